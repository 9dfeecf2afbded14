package audit

import (
	"fmt"
	"slices"
	"strings"
)

// A Severity says how urgent a finding is.
type Severity string

const (
	Critical Severity = "critical" // access is open to attackers or lost to admins now
	High     Severity = "high"     // one mistake or one stolen credential leads to that
	Medium   Severity = "medium"   // more access than needed, or a risk for later
	Low      Severity = "low"      // cleanup
	Info     Severity = "info"
)

// Severities lists them, the highest first.
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
	return "", fmt.Errorf("unknown severity %q: want one of %s", s, strings.Join(names, ", "))
}

// AtLeast reports whether s is t or higher.
func (s Severity) AtLeast(t Severity) bool {
	return slices.Index(Severities, s) <= slices.Index(Severities, t)
}
