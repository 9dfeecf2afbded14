package arn

import "strings"

// HasGlob reports whether pattern holds a "*".
func HasGlob(pattern string) bool { return strings.Contains(pattern, "*") }

// Match reports whether s fits pattern, in which "*" stands for any run of
// characters, "/" and ":" too, and everything else for itself.
func Match(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == s
	}
	if !strings.HasPrefix(s, parts[0]) {
		return false
	}
	s = s[len(parts[0]):]
	last := len(parts) - 1
	for _, part := range parts[1:last] {
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return strings.HasSuffix(s, parts[last])
}
