package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
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
// for both and no network between: what the program waits for comes at once.
type lab struct {
	sim     *ekssim.Server
	network http.RoundTripper // the simulator's
	dir     string            // home of the program
	file    string            // of clusters

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
	if l.sim, err = ekssim.New(ekssim.DemoWorld(), ekssim.WithClock(l.time)); err != nil {
		t.Fatal(err)
	}
	if l.network, err = l.sim.Transport(); err != nil {
		t.Fatal(err)
	}
	l.sim.AddHook(ekssim.Hook{
		Before: func(c ekssim.Call) { l.tell(false, c) },
		After:  func(c ekssim.Call) { l.tell(true, c) },
		Arrive: func(c ekssim.Call) {
			if l.outside != nil {
				l.outside(c)
			}
		},
	})
	l.dir = t.TempDir()
	l.file = filepath.Join(l.dir, "clusters.yaml")
	for _, kv := range atHome(l.dir, l.sim.Env("AKIASIM"+account)) {
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

// load puts a world and a file for it in the place of what was there. Journals
// of earlier worlds go.
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
	if err == nil {
		err = os.RemoveAll(filepath.Join(l.dir, ".local", "state"))
	}
	if err != nil {
		t.Fatalf("the world is wrong: %v\n%s", err, world)
	}
	l.wait(context.Background(), time.Hour) // nothing of it is too young to be seen
	l.sim.ForgetCalls()
}

// checks is how many random worlds a property is tested with: CHECKS, as make
// soak and make race set it, or few enough for every change.
func checks() int {
	if n, err := strconv.Atoi(os.Getenv("CHECKS")); err == nil {
		return n
	}
	return 100
}

// soaks reports whether this is make soak.
func soaks() bool { return checks() >= 1000 }

// sparser is a stride for what CHECKS does not count: longer except in make
// soak.
func sparser(stride int) int {
	if !soaks() {
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
	"--progress=none",
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
	code := l.program(&out, &errOut).run(context.Background(), append([]string{"eksaccess"}, args...))
	return ending{code, out.String(), errOut.String()}
}

func (l *lab) program(stdout, stderr io.Writer) *program {
	return &program{
		stdin:             strings.NewReader(""),
		stdout:            stdout,
		stderr:            stderr,
		testOnlySleep:     l.wait,
		testOnlyNow:       l.time,
		testOnlyPatience:  patience,
		testOnlyTransport: l.network,
	}
}

// patience is the longest pause between attempts: none, as an answer either is
// there or does not come at all.
const patience = time.Nanosecond
