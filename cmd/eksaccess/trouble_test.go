package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"pgregory.net/rapid"

	"github.com/eksaccess/eksaccess/internal/ekssim"
)

// A trouble is what goes wrong while a world is changed.
type trouble struct {
	seed   int64         // of which calls are hit
	faults bool          // three calls in ten fail
	lag    time.Duration // what was written is seen only later
	denied string        // this operation is refused for good, from the nth call on
	lost   string        // every other answer to this operation is lost
	nth    int
	rival  int  // another writer changes something around every so manieth write; 0 for none
	other  bool // somebody else is to be admin, not whoever runs it
}

var writes = []string{"CreateAccessEntry", "UpdateAccessEntry", "DeleteAccessEntry", "AssociateAccessPolicy",
	"DisassociateAccessPolicy", "TagResource", "UntagResource", "UpdateClusterConfig"}

func drawTrouble(t *rapid.T) trouble {
	x := trouble{
		seed: int64(rapid.IntRange(1, 1<<20).Draw(t, "seed of faults")),
		nth:  rapid.IntRange(1, 4).Draw(t, "nth"),
	}
	x.faults = rapid.IntRange(1, 4).Draw(t, "faults") > 1
	if rapid.Bool().Draw(t, "lagging") {
		x.lag = 2 * time.Second
	}
	switch rapid.IntRange(1, 4).Draw(t, "trouble") {
	case 1:
		x.denied = rapid.SampledFrom(writes).Draw(t, "denied")
	case 2:
		x.lost = rapid.SampledFrom(writes).Draw(t, "lost")
	case 3:
		x.rival = rapid.IntRange(1, 6).Draw(t, "rival")
	}
	x.other = rapid.Bool().Draw(t, "other admin")
	return x
}

// mixed is three calls in ten failing, in every way that AWS is known to.
func mixed() []ekssim.Fault {
	faults := []ekssim.Fault{
		{Effect: "throttle", Probability: 0.06},
		{Effect: "tooManyRequests", Probability: 0.04},
		{Effect: "rateExceeded", Probability: 0.02},
		{Effect: "serverError", Probability: 0.05},
		{Effect: "serviceUnavailable", Probability: 0.04},
		{Effect: "unavailable", Probability: 0.05}, // a load balancer's page
		{Effect: "reset", Probability: 0.05},
		{Effect: "lost", Probability: 0.05, Mutating: true},
		{Effect: "timeout", Probability: 0.003},
	}
	for i := range faults {
		faults[i].Name = "mixed"
	}
	return faults
}

func (x trouble) begin(l *lab, t fataler) {
	var faults []ekssim.Fault
	if x.denied != "" {
		faults = append(faults, ekssim.Fault{Operation: x.denied, Effect: "deny", After: x.nth - 1})
	}
	if x.lost != "" {
		for n := x.nth; n < x.nth+40; n += 2 {
			faults = append(faults, ekssim.Fault{Operation: x.lost, Effect: "lost", Nth: n})
		}
	}
	if x.faults {
		faults = append(faults, mixed()...)
	}
	if err := l.sim.AddFault(faults...); err != nil {
		t.Fatalf("%v", err)
	}
	l.around = nil
	if x.rival > 0 {
		l.around = x.another(l)
	}
}

func (x trouble) end(l *lab) (faults int) {
	for _, f := range l.sim.Faults() {
		faults += f.Fired
	}
	l.around = nil
	l.sim.RemoveFaults("*")
	return faults
}

const formerSuffix = "Dev_ffffffffffffffff"

// another is a second writer: entries come, go and change, sometimes between
// the decision to send a write and the write.
func (x trouble) another(l *lab) func(bool, ekssim.Call) {
	r := rand.New(rand.NewPCG(uint64(x.seed), 1))
	n := 0
	var one sync.Mutex // clusters are written to side by side
	return func(_ bool, c ekssim.Call) {
		one.Lock()
		defer one.Unlock()
		if n++; n%x.rival != 0 {
			return
		}
		id := ekssim.ClusterID{Account: c.Account, Region: c.Region, Name: c.Cluster}
		principal := "role/" + roleNames[r.IntN(len(roleNames))]
		if r.IntN(2) == 0 && strings.Contains(c.Principal, ":") {
			principal = c.Principal
		}
		if r.IntN(3) == 0 || strings.HasSuffix(principal, formerSuffix) { // whom no entry must bring to life
			_ = l.sim.DeleteEntry(id, principal) // which it may not have
			return
		}
		e := ekssim.Entry{Principal: principal, Groups: []string{"theirs"}, Policies: []ekssim.Association{
			{Policy: "AmazonEKSViewPolicy", Namespaces: []string{"n" + fmt.Sprint(r.IntN(3))}}}}
		if r.IntN(3) == 0 {
			e.Policies[0] = ekssim.Association{Policy: "AmazonEKSClusterAdminPolicy"}
		}
		_ = l.sim.PutEntry(id, e)
	}
}
