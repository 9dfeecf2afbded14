package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/eksaccess/eksaccess/internal/ekssim"
)

// Two people, each with a file in which the other is not: whoever is admin of
// the one file is deleted by the other.
const rivalWorld = `
accounts: [{id: "111122223333", roles: [a, b, left, right]}]
credentials:
  - {accessKeyId: AKIALEFT, principal: role/left, account: "111122223333"}
  - {accessKeyId: AKIARIGHT, principal: role/right, account: "111122223333"}
clusters:
  - name: one
    mode: API
    bootstrap: false
    entries:
      - {principal: role/a, policies: [AmazonEKSClusterAdminPolicy], tags: {"eksaccess:owner": platform}}
      - {principal: role/b, policies: [AmazonEKSClusterAdminPolicy], tags: {"eksaccess:owner": platform}}
`

const rivalFile = `
apiVersion: eksaccess/v1
owner: platform
clusters:
  - arn: arn:aws:eks:eu-west-1:111122223333:cluster/one
    admins: [{role: %s}]
`

// Ways for the other's admin to lose it. That of the first is narrowed where
// the file still declares the role.
var rivalFiles = []string{rivalFile, rivalFile + "    access: [{role: %s, policy: AmazonEKSViewPolicy}]\n"}

// A duel is two applies of one cluster.
type duel struct {
	*lab
	files map[string]string // by profile

	mu    sync.Mutex
	calls map[string]int // by access key
	gates map[string]*gate
}

// A gate stops one side before its nth call until it is opened.
type gate struct {
	nth           int
	reached, open chan struct{}
}

func newDuel(t *testing.T) *duel {
	d := &duel{lab: newLab(t), files: map[string]string{}}
	dir := filepath.Dir(d.file)
	config := ""
	for _, side := range []string{"left", "right"} {
		d.files[side] = filepath.Join(dir, side+".yaml")
		config += fmt.Sprintf(
			"[profile %s]\naws_access_key_id = AKIA%s\naws_secret_access_key = simulated\n",
			side,
			strings.ToUpper(side),
		)
	}
	if err := os.WriteFile(filepath.Join(dir, "config"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(dir, "config"))
	d.sim.AddHook(ekssim.Hook{Reads: true, Before: func(c ekssim.Call) { d.stop(c.AccessKeyID) }})
	return d
}

func (d *duel) begin(t *testing.T, file string) {
	t.Helper()
	d.load(t, rivalWorld, "", nil)
	for side, admin := range map[string]string{"left": "a", "right": "b"} {
		other := map[string]string{"a": "b", "b": "a"}[admin]
		text := fmt.Sprintf(file, []any{admin, other}[:strings.Count(file, "%s")]...)
		if err := os.WriteFile(d.files[side], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls, d.gates = map[string]int{}, map[string]*gate{}
}

func (d *duel) gate(side string, nth int) *gate {
	g := &gate{nth, make(chan struct{}), make(chan struct{})}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.gates["AKIA"+strings.ToUpper(side)] = g
	return g
}

func (d *duel) stop(key string) {
	d.mu.Lock()
	d.calls[key]++
	g, n := d.gates[key], d.calls[key]
	d.mu.Unlock()
	if g != nil && n == g.nth {
		close(g.reached)
		<-g.open
	}
}

// apply begins an apply of one side. Calls come one after the other, so that
// the nth is the same each time.
func (d *duel) apply(side string, more ...string) chan ending {
	done := make(chan ending, 1)
	go func() {
		args := []string{"apply", "-f", d.files[side], "--profile", side, "--yes", "--no-journal", "-o", "json"}
		done <- d.run(append(args, more...)...)
	}()
	return done
}

var rivalCluster = ekssim.ClusterID{Account: account, Region: "eu-west-1", Name: "one"}

func (d *duel) over(t *testing.T, how string, ends ...ending) {
	t.Helper()
	if len(d.sim.LivingAdmins(rivalCluster)) > 0 {
		return
	}
	var calls []string
	for _, c := range d.sim.Calls(ekssim.CallFilter{Service: "eks"}) {
		calls = append(
			calls,
			fmt.Sprint(c.Seq, " ", c.AccessKeyID, " ", c.Operation, " ", c.Principal, " ", c.ErrorCode),
		)
	}
	t.Errorf("%s: nobody is admin any more\n%s", how, strings.Join(calls, "\n"))
	for _, e := range ends {
		t.Logf("exit code %d\n%s%s", e.code, e.stdout, e.stderr)
	}
}

func TestRivals(t *testing.T) { rivals(t, sparser(13)) }

// rivals: however two applies are interleaved that each take the other's last
// admin, somebody is admin in the end. One is stopped before its nth call; the
// other begins and is stopped before its mth; then they end in both orders.
// The mth is every so manieth, the nth is each.
func rivals(t *testing.T, stride int) (duels int) {
	t.Helper()
	d := newDuel(t)
	for i, file := range rivalFiles {
		d.begin(t, file)
		<-d.apply("left", "--concurrency=1")
		calls := d.calls["AKIALEFT"]
		for n := 1; n <= calls; n++ {
			for m := 1 + n%stride; m <= calls; m += stride {
				for _, first := range []string{"left", "right"} {
					how := fmt.Sprintf("file %d, left stopped at call %d, right at %d, %s ends first", i, n, m, first)
					d.begin(t, file)
					gates := map[string]*gate{"left": d.gate("left", n), "right": d.gate("right", m)}
					ends := map[string]chan ending{}
					got := map[string]ending{}
					for _, side := range []string{"left", "right"} {
						ends[side] = d.apply(side, "--concurrency=1")
						select {
						case <-gates[side].reached:
						case got[side] = <-ends[side]:
						}
					}
					second := map[string]string{"left": "right", "right": "left"}[first]
					for _, side := range []string{first, second} {
						close(gates[side].open)
						if _, over := got[side]; !over {
							got[side] = <-ends[side]
						}
					}
					d.over(t, how, got["left"], got["right"])
					if duels++; t.Failed() {
						return duels
					}
				}
			}
		}
	}
	return duels
}

// The same, left to chance.
func TestRivalsInParallel(t *testing.T) {
	d := newDuel(t)
	for i := range 20 {
		d.begin(t, rivalFiles[i%len(rivalFiles)])
		// The right one begins when the left has made a call: the cli library
		// keeps one help flag for all programs of a process and writes to it
		// while it parses.
		g := d.gate("left", 1)
		left := d.apply("left")
		<-g.reached
		right := d.apply("right")
		close(g.open)
		d.over(t, fmt.Sprintf("round %d", i), <-left, <-right)
	}
}
