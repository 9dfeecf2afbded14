package live_test

import (
	"testing"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/ekssim"
	"github.com/eksaccess/eksaccess/internal/live"
)

// TestUnreportedMode: where DescribeCluster shows no mode, what EKS answers to
// ListAccessEntries decides, and nothing is taken for granted.
func TestUnreportedMode(t *testing.T) {
	const world = `
accounts: [{id: "111122223333", roles: [admin]}]
credentials:
  - {accessKeyId: AKIAADMIN, principal: role/admin}
  - {accessKeyId: AKIABLIND, principal: role/admin, session: blind, denied: ["eks:ListAccessEntries"]}
clusters:
  - {name: shown, mode: API, entries: [{principal: role/admin}]}
  - {name: api, mode: API, hideAccessConfig: true, entries: [{principal: role/admin}]}
  - {name: both, hideAccessConfig: true, entries: [{principal: role/admin}]}
  - {name: old, mode: CONFIG_MAP, hideAccessConfig: true}
`
	for _, tt := range []struct {
		name, key, cluster, mode string
		lists                    int
	}{
		{"shown", "AKIAADMIN", "shown", eksfacts.ModeAPI, 0},
		{"with entries", "AKIAADMIN", "api", eksfacts.ModeUnknown, 1},
		{"with entries, of the other mode", "AKIAADMIN", "both", eksfacts.ModeUnknown, 1},
		{"EKS refuses because of the mode", "AKIAADMIN", "old", eksfacts.ModeConfigMap, 1},
		{"EKS refuses for another reason", "AKIABLIND", "old", eksfacts.ModeUnknown, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sim, s := connect(t, world, tt.key, tt.cluster)
			l, err := live.ReadCluster(t.Context(), s.EKS, prod(tt.cluster), "")
			if err != nil || l.Mode != tt.mode {
				t.Fatalf("mode %v, %v; want %s", l, err, tt.mode)
			}
			lists := 0
			for _, c := range sim.Calls(ekssim.CallFilter{}) {
				if c.Operation == "ListAccessEntries" {
					lists++
				}
			}
			if lists != tt.lists {
				t.Errorf("%d calls of ListAccessEntries, want %d", lists, tt.lists)
			}
			if tt.key != "AKIAADMIN" {
				return
			}
			l, err = live.Read(t.Context(), s.EKS, prod(tt.cluster), live.Options{})
			if err != nil || l.Mode != tt.mode || l.EntriesRead != (tt.mode != eksfacts.ModeConfigMap) {
				t.Errorf("read with its entries: %+v, %v", l, err)
			}
		})
	}
}
