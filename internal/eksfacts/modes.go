package eksfacts

// Authentication modes, in the only order EKS lets a cluster take them, one
// step an update and never back (guide, setting-up-access-entries).
const (
	ModeConfigMap       = "CONFIG_MAP"
	ModeAPIAndConfigMap = "API_AND_CONFIG_MAP"
	ModeAPI             = "API"

	// ModeUnknown is that of a cluster whose DescribeCluster shows no mode, and
	// whose entries can be read: API_AND_CONFIG_MAP or API.
	ModeUnknown = "unknown"
)

// Modes lists the modes, the one a cluster starts from first.
var Modes = []string{ModeConfigMap, ModeAPIAndConfigMap, ModeAPI}

// ModeRank is the mode's place in [Modes], or -1. That of ModeUnknown is the
// least it can be.
func ModeRank(mode string) int {
	if mode == ModeUnknown {
		mode = ModeAPIAndConfigMap
	}
	for i, m := range Modes {
		if m == mode {
			return i
		}
	}
	return -1
}

// ModeSteps are the updates that take a cluster from one mode to another; nil
// where it is there or further on.
func ModeSteps(from, to string) []string {
	f, t := ModeRank(from), ModeRank(to)
	if f < 0 || t <= f {
		return nil
	}
	return Modes[f+1 : t+1]
}

// ReadsEntries reports whether a cluster in this mode answers access-entry
// calls; in CONFIG_MAP even reading is refused.
func ReadsEntries(mode string) bool { return ModeRank(mode) > 0 }
