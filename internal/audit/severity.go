package audit

import (
	"fmt"
	"slices"
	"strings"
)

// A Severity says how soon somebody should look.
type Severity string

const (
	Critical Severity = "critical" // somebody is in, or nobody is, who should not be so now
	High     Severity = "high"     // one mistake or one theft away from that
	Medium   Severity = "medium"   // wider than needed, or a trap for later
	Low      Severity = "low"      // tidying
	Info     Severity = "info"
)

// Severities lists them, the gravest first.
var Severities = []Severity{Critical, High, Medium, Low, Info}

// ParseSeverity returns the severity called s.
func ParseSeverity(s string) (Severity, error) {
	if v := Severity(strings.ToLower(s)); slices.Contains(Severities, v) {
		return v, nil
	}
	names := make([]string, len(Severities))
	for i, v := range Severities {
		names[i] = string(v)
	}
	return "", fmt.Errorf("unknown severity %q: it is one of %s", s, strings.Join(names, ", "))
}

// AtLeast reports whether s is as grave as t, or graver.
func (s Severity) AtLeast(t Severity) bool {
	return slices.Index(Severities, s) <= slices.Index(Severities, t)
}
