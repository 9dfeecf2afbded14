package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eksaccess/eksaccess/internal/ekssim"
)

// A lab is a simulator and the whole program in one process, with one clock
// for both: what the program waits for comes at once.
type lab struct {
	sim  *ekssim.Server
	file string // of clusters

	// around is told of every write of a run, before it is done and after.
	around func(done bool, c ekssim.Call)
	// outside is called for every request of a run before it is handled, as
	// the moment for another writer.
	outside func(c ekssim.Call)

	mu  sync.Mutex
	now time.Time
}

func newLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{now: time.Now()}
	var err error
	if l.sim, err = ekssim.Start(ekssim.DemoWorld(), ekssim.WithClock(l.time)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.sim.Close() })
	l.sim.AddHook(ekssim.Hook{
		Before: func(c ekssim.Call) { l.tell(false, c) },
		After:  func(c ekssim.Call) { l.tell(true, c) },
		Arrive: func(c ekssim.Call) {
			if l.outside != nil {
				l.outside(c)
			}
		},
	})
	dir := t.TempDir()
	l.file = filepath.Join(dir, "clusters.yaml")
	for _, kv := range atHome(dir, l.sim.Env("AKIASIM"+account)) {
		name, value, _ := strings.Cut(kv, "=")
		t.Setenv(name, value)
	}
	return l
}

// atHome is an environment in which the program finds nothing of this machine.
func atHome(dir string, env []string) []string {
	return append([]string{"HOME=" + dir, "XDG_STATE_HOME=", "AWS_PROFILE=", "AWS_SESSION_TOKEN=", "AWS_CA_BUNDLE=",
		"AWS_CONFIG_FILE=" + filepath.Join(
			dir,
			"none",
		), "AWS_SHARED_CREDENTIALS_FILE=" + filepath.Join(dir, "none")}, env...)
}

func (l *lab) tell(done bool, c ekssim.Call) {
	if l.around != nil {
		l.around(done, c)
	}
}

func (l *lab) time() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

func (l *lab) wait(ctx context.Context, d time.Duration) error {
	l.mu.Lock()
	l.now = l.now.Add(d)
	l.mu.Unlock()
	return ctx.Err()
}

// load puts a world and a file for it in the place of what was there.
func (l *lab) load(t fataler, world, file string, settings func(*ekssim.World)) {
	t.Helper()
	w, err := ekssim.ParseWorld(withTimes(world, l.time()))
	if err == nil {
		if settings != nil {
			settings(&w)
		}
		err = l.sim.Load(w)
	}
	if err == nil {
		err = os.WriteFile(l.file, []byte(file), 0o600)
	}
	if err != nil {
		t.Fatalf("the world is wrong: %v\n%s", err, world)
	}
	l.wait(context.Background(), time.Hour) // nothing of it is too young to be seen
	l.sim.ForgetCalls()
}

// sparser is a stride for what CHECKS does not count, longer where CHECKS asks
// for fewer worlds than there are by themselves: under the race detector.
func sparser(stride int) int {
	if n, err := strconv.Atoi(os.Getenv("CHECKS")); err == nil && n < 1000 {
		return 4 * stride
	}
	return stride
}

// fataler is a *testing.T or a *rapid.T.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// allowEverything but what a test is about: fewer admins than one.
var allowEverything = []string{
	"--take-ownership",
	"--allow-api-only",
	"--allow-node-removal",
	"--allow-self-lockout",
	"--allow-aws-auth-restored",
	"--allow-aws-auth-hidden",
	"--quiet",
}

// An ending is how a run of the program ended.
type ending struct {
	code           int
	stdout, stderr string
}

func (l *lab) run(args ...string) ending {
	return l.plainly(append(args, allowed(args, allowEverything)...)...)
}

// allowed leaves --take-ownership out of flags where the file of a command has
// no owner: the program refuses it there.
func allowed(args, flags []string) []string {
	i := slices.Index(args, "-f")
	if i < 0 {
		return flags
	}
	data, err := os.ReadFile(args[i+1])
	if err != nil || strings.Contains(string(data), "owner:") {
		return flags
	}
	return slices.DeleteFunc(slices.Clone(flags), func(f string) bool { return f == "--take-ownership" })
}

// plainly runs the program as it is called, with no flag of its own.
func (l *lab) plainly(args ...string) ending {
	var out, errOut bytes.Buffer
	p := &program{stdin: strings.NewReader(""), stdout: &out, stderr: &errOut,
		testOnlySleep: l.wait, testOnlyNow: l.time, testOnlyPatience: patience}
	code := p.run(context.Background(), append([]string{"eksaccess"}, args...))
	return ending{code, out.String(), errOut.String()}
}

// patience is short, and yet an answer is never mistaken for one that does not
// come: it may take fifty times as long.
const patience = 8 * time.Millisecond
