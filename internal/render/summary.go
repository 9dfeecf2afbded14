package render

import "github.com/eksaccess/eksaccess/plan"

// onlyDeclared says what a plan is silent about; "" where it isn't.
func onlyDeclared(s plan.Summary) string {
	if s.DeclaredOnly == 0 {
		return ""
	}
	return "Only declared entries were read (--declared-only): undeclared entries, and owned entries that are no " +
		"longer declared, are not in this plan."
}
