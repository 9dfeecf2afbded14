package live_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/eksaccess/eksaccess/internal/ekssim"
	"github.com/eksaccess/eksaccess/internal/live"
)

// BenchmarkRead reads one cluster from an EKS that answers after 40 ms, and
// tells how many times the bound that takes: three round trips and the calls
// at the concurrency used.
func BenchmarkRead(b *testing.B) {
	const latency, room = 40 * time.Millisecond, 50
	for _, entries := range []int{200, 3000} {
		b.Run(fmt.Sprintf("1x%d", entries), func(b *testing.B) {
			sim, s := connect(b, fmt.Sprintf(`
settings: {seed: 1, latency: %s}
accounts: [{id: "111122223333", roles: [admin]}]
credentials: [{accessKeyId: AKIAME, principal: "arn:aws:iam::111122223333:role/admin"}]
clusters: [{name: prod, entries: [{bulk: {prefix: team/r, count: %d}, policies: [AmazonEKSViewPolicy]}]}]
`, latency, entries), "AKIAME", "prod")
			b.ReportAllocs()
			for b.Loop() {
				got, err := live.Read(b.Context(), s.EKS, prod("prod"), live.Options{Limiter: live.NewLimiter(room)})
				if err != nil || len(got.Entries) != entries {
					b.Fatal(err)
				}
			}
			calls := float64(len(sim.Calls(ekssim.CallFilter{}))) / float64(b.N)
			bound := (3 + calls/room) * latency.Seconds()
			b.ReportMetric(calls, "calls/op")
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/bound, "times-the-bound")
		})
	}
}
