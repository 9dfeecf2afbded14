package eksfacts

import (
	"strconv"
	"strings"
)

// leastPlatforms are the platform versions that know access entries, by minor
// version of Kubernetes 1; later ones all do (guide,
// setting-up-access-entries).
var leastPlatforms = map[int]int{23: 17, 24: 15, 25: 12, 26: 11, 27: 10, 28: 6, 29: 1, 30: 2}

// LeastPlatform is the platform version that a cluster of this Kubernetes
// version needs for access entries: "eks.6", or "" where any will do. known is
// false for a version that can't be read; of those before 1.23 none has access
// entries, and impossible is true.
func LeastPlatform(version string) (least string, impossible, known bool) {
	major, rest, ok := strings.Cut(version, ".")
	minor, err := strconv.Atoi(rest)
	if !ok || major != "1" || err != nil {
		return "", false, false
	}
	if minor < 23 {
		return "", true, true
	}
	if n := leastPlatforms[minor]; n > 0 {
		return "eks." + strconv.Itoa(n), false, true
	}
	return "", false, true
}

// OlderPlatform reports whether platform version a comes before b; both read
// like "eks.5". ok is false where one doesn't.
func OlderPlatform(a, b string) (older, ok bool) {
	x, err := strconv.Atoi(strings.TrimPrefix(a, "eks."))
	y, err2 := strconv.Atoi(strings.TrimPrefix(b, "eks."))
	return x < y, err == nil && err2 == nil
}
