package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/ekssim"
)

// A moment is one at which the program is killed: at its nth write, before the
// write is done, or after, before its answer.
type moment struct {
	nth  int
	done bool
}

func (m moment) String() string {
	if m.done {
		return fmt.Sprintf("killed after write %d was done, before its answer", m.nth)
	}
	return fmt.Sprintf("killed before write %d was done", m.nth)
}

// A victim is the program as a process of its own, in front of a simulator that
// can tell when to kill it.
type victim struct {
	sim    *ekssim.Server
	server *httptest.Server
	env    []string
	file   string

	mu    sync.Mutex
	when  moment
	seen  int           // writes of this run
	child *exec.Cmd     // of this run
	dead  chan struct{} // closed when it has ended
}

// heedSignals makes the programs that a test starts heed the signals that this
// process was started to ignore, as nohup and background jobs of a shell are.
func heedSignals() {
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if signal.Ignored(s) {
			signal.Notify(make(chan os.Signal, 1), s)
		}
	}
}

func newVictim(t testing.TB, world, file string) *victim {
	t.Helper()
	heedSignals()
	w, err := ekssim.ParseWorld([]byte(world))
	if err != nil {
		t.Fatal(err)
	}
	v := &victim{file: filepath.Join(t.TempDir(), "clusters.yaml")}
	if v.sim, err = ekssim.New(w); err != nil {
		t.Fatal(err)
	}
	v.server = httptest.NewServer(v)
	t.Cleanup(func() {
		v.server.CloseClientConnections()
		v.server.Close()
		v.sim.Close()
	})
	if err := os.WriteFile(v.file, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	env := v.sim.Env("AKIASIM" + account)
	env = slices.DeleteFunc(env, func(s string) bool { return strings.HasPrefix(s, "AWS_ENDPOINT_URL=") })
	foreign := func(s string) bool { return strings.HasPrefix(s, "AWS_") }
	v.env = append(
		slices.DeleteFunc(os.Environ(), foreign),
		atHome(filepath.Dir(v.file), append(env, "AWS_ENDPOINT_URL="+v.server.URL))...)
	return v
}

// ServeHTTP is the simulator, with the kill in between.
func (v *victim) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	write := r.Method != http.MethodGet && r.URL.Path != "/" // of EKS: STS and IAM are asked at the root
	v.mu.Lock()
	if write {
		v.seen++
	}
	now, when, child, dead := write && v.seen == v.when.nth, v.when, v.child, v.dead
	v.mu.Unlock()
	if !now {
		v.sim.ServeHTTP(w, r)
		return
	}
	if when.done {
		v.sim.ServeHTTP(httptest.NewRecorder(), r)
	}
	_ = child.Process.Kill()
	<-dead
	panic(http.ErrAbortHandler) // nobody is there to be answered
}

// apply runs the program to its end, or to the moment of its death.
func (v *victim) apply(when moment) (killed bool, e ending) {
	var out, errOut bytes.Buffer
	child := exec.Command(
		"eksaccess",
		append([]string{"apply", "-f", v.file, "--yes", "-o", "json"}, allowEverything...)...)
	child.Env, child.Stdout, child.Stderr = v.env, &out, &errOut
	dead := make(chan struct{})
	v.mu.Lock()
	v.when, v.seen, v.child, v.dead = when, 0, child, dead
	err := child.Start() // locked: no call of it is looked at before it is known
	v.mu.Unlock()
	if err == nil {
		err = child.Wait()
	}
	close(dead)
	e = ending{child.ProcessState.ExitCode(), out.String(), errOut.String()}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		e.stderr += err.Error()
	}
	return e.code == -1, e
}

// shapes are all entries, as text.
func shapes(sim *ekssim.Server) map[string]string {
	out := map[string]string{}
	for _, c := range sim.World().Clusters {
		out[c.Name+" mode"] = c.Mode
		for _, e := range c.Entries {
			out[c.Name+" "+e.Principal] = shape(e)
		}
	}
	return out
}

// writesOf is how many writes a run makes that nobody kills, and what the
// world is after it.
func writesOf(t *testing.T, world, file string) (n int, want map[string]string) {
	t.Helper()
	v := newVictim(t, world, file)
	if _, e := v.apply(moment{}); e.code != 0 {
		t.Fatalf("apply ends with %d\n%s%s", e.code, e.stdout, e.stderr)
	}
	return v.seen, shapes(v.sim)
}

// killAt kills a run, and sees to it that the next one gets where the first
// would have got, and that nobody lost anything on the way that they keep. A
// second run that is to be killed too dies at its first write.
func killAt(t testing.TB, world, file string, m moment, again bool, want map[string]string) (f findings, kills int) {
	t.Helper()
	v := newVictim(t, world, file)
	killed, e := v.apply(m)
	if !killed {
		f.unconverged = append(f.unconverged, fmt.Sprintf("%s: it was not: %d\n%s%s", m, e.code, e.stdout, e.stderr))
		return f, 0
	}
	kills = 1
	if again {
		if killed, _ := v.apply(moment{nth: 1, done: m.done}); killed {
			kills++
		}
	}
	if _, e = v.apply(moment{}); e.code != 0 {
		f.unconverged = append(
			f.unconverged,
			fmt.Sprintf("%s: the next run ends with %d\n%s%s", m, e.code, e.stdout, e.stderr),
		)
		return f, kills
	}
	if diff := cmp.Diff(want, shapes(v.sim)); diff != "" {
		f.unconverged = append(f.unconverged, fmt.Sprintf("%s: the next run leads elsewhere (-want +got)\n%s", m, diff))
	}
	for _, l := range timelines(v.sim) {
		for _, g := range l.gaps(killReplaced) {
			f.gaps = append(f.gaps, m.String()+": "+g)
		}
		for _, g := range l.lockouts() {
			f.lockouts = append(f.lockouts, m.String()+": "+g)
		}
	}
	f.mutations = applied(v.sim.Calls(ekssim.CallFilter{Mutating: true}))
	return f, kills
}

// kills goes through the moments, some side by side: most of the time of a run
// is spent waiting.
func kills(
	t *testing.T,
	world, file string,
	moments []moment,
	again bool,
	want map[string]string,
) (all findings, n int) {
	t.Helper()
	var mu sync.Mutex
	var group sync.WaitGroup
	free := make(chan struct{}, 4)
	for _, m := range moments {
		free <- struct{}{}
		group.Go(func() {
			defer func() { <-free }()
			f, k := killAt(t, world, file, m, again, want)
			mu.Lock()
			defer mu.Unlock()
			all.add(f)
			n += k
		})
	}
	group.Wait()
	return all, n
}

func everyMoment(writes, stride int) (moments []moment) {
	for n := 1; n <= writes; n += stride {
		moments = append(moments, moment{n, false}, moment{min(n+stride/2, writes), true})
	}
	return moments
}

// A run that is killed at any of its writes is repaired by running it again.
// make chaos kills at every one; here are some.
func TestKilled(t *testing.T) {
	writes, want := writesOf(t, killWorld, killFile)
	if writes < 40 {
		t.Fatalf("%d writes are too few", writes)
	}
	f, _ := kills(t, killWorld, killFile, everyMoment(writes, sparser(9)), false, want)
	for _, bad := range f.bad() {
		t.Error(bad)
	}
}

// A replace that was cut off may be cut off again while it is finished: in make
// soak at each moment, in make test at every third, before a write and after.
func TestKilledTwice(t *testing.T) {
	_, want := writesOf(t, killWorld, killFile)
	moments := createsOfReplaces(t)
	for i := range moments {
		if !soaks() && i%3 != 0 {
			moments[i] = moment{}
		}
	}
	moments = slices.DeleteFunc(moments, func(m moment) bool { return m.nth == 0 })
	f, _ := kills(t, killWorld, killFile, moments, true, want)
	for _, bad := range f.bad() {
		t.Error(bad)
	}
}

// createsOfReplaces are the moments between the two writes of a replace.
func createsOfReplaces(t *testing.T) (moments []moment) {
	t.Helper()
	v := newVictim(t, killWorld, killFile)
	v.apply(moment{})
	for i, c := range v.sim.Calls(ekssim.CallFilter{Mutating: true}) {
		if c.Operation == "CreateAccessEntry" && slices.Contains(killReplaced, c.Cluster+" "+c.Principal) {
			moments = append(moments, moment{i + 1, false}, moment{i + 1, true})
		}
	}
	return moments
}
