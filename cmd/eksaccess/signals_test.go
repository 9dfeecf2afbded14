package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/eksaccess/eksaccess/internal/process"
)

// crashProgram is main with an error of its own in place of a command.
func crashProgram() {
	process.AbortOnCrash()
	switch os.Args[1] {
	case "panic":
		os.Exit(func() (code int) {
			p := &program{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}
			defer func() { code = p.exitAfterPanic(recover()) }()
			panic("out of order ::error::x")
		}())
	case "panic in a goroutine":
		go func() { panic("out of order") }()
	case "runtime error in a goroutine":
		go func() { var none *program; none.quiet = true }()
	case "fatal error":
		var m sync.Mutex
		m.Unlock()
	}
	select {}
}

func TestCrashesNeverEndIn2(t *testing.T) {
	for _, test := range []string{"panic", "panic in a goroutine", "runtime error in a goroutine", "fatal error"} {
		t.Run(test, func(t *testing.T) {
			t.Parallel()
			var errOut bytes.Buffer
			child := exec.Command("eksaccess-crash", test)
			child.Stderr = &errOut
			if err := child.Run(); err == nil {
				t.Fatal("it ended with 0")
			}
			code := child.ProcessState.ExitCode()
			if status := child.ProcessState.Sys().(syscall.WaitStatus); code != exitFailure &&
				!(status.Signaled() && status.Signal() == syscall.SIGABRT) {
				t.Errorf("it ended with %d (%v)\n%s", code, status, &errOut)
			}
			if test == "panic" &&
				!strings.Contains(errOut.String(), "eksaccess: error: internal error: out of order \\x3a:error::x\n") {
				t.Errorf("standard error:\n%s", &errOut)
			}
		})
	}
}

// A stopper is the program as a process of its own, to which signals are sent
// while one of its calls is at work.
type stopper struct {
	*victim
	at      func(*http.Request) bool
	signals []syscall.Signal
	hang    bool                     // the call gets no answer
	fails   func(*http.Request) bool // answered with 500; nil for none
	once    sync.Once
}

func (s *stopper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	child := s.child
	s.mu.Unlock()
	serve := s.sim.ServeHTTP
	if s.fails != nil && s.fails(r) {
		serve = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }
	}
	if child == nil || !s.at(r) {
		serve(w, r)
		return
	}
	s.once.Do(func() {
		for _, sig := range s.signals {
			_ = child.Process.Signal(sig)
		}
	})
	if s.hang {
		_, _ = io.Copy(io.Discard, r.Body) // or the server does not see that the client goes
		<-r.Context().Done()
		return
	}
	serve(w, r)
}

func stop(t *testing.T, command []string, s *stopper) (e ending, state *os.ProcessState) {
	t.Helper()
	s.victim = newVictim(t, killWorld, killFile)
	server := httptest.NewServer(s)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	var out, errOut bytes.Buffer
	child := exec.Command("eksaccess", append(command, "-f", s.file)...)
	child.Env, child.Stdout, child.Stderr = append(s.env, "AWS_ENDPOINT_URL="+server.URL), &out, &errOut
	s.mu.Lock()
	s.child = child
	err := child.Start()
	s.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	return ending{child.ProcessState.ExitCode(), out.String(), errOut.String()}, child.ProcessState
}

func isListing(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/access-entries")
}

func isDeletion(r *http.Request) bool {
	return r.Method == http.MethodDelete && strings.Contains(r.URL.Path, "retyped") &&
		!strings.Contains(r.URL.Path, "access-policies")
}

// A signal ends a run in order, whatever it does: what is in flight is finished,
// the exit code is 1, and no principal is left without its entry by a replace.
func TestSignals(t *testing.T) {
	apply := append([]string{"apply", "--yes", "-o", "json"}, allowEverything...)
	for name, signals := range map[string][]syscall.Signal{
		"interrupt": {syscall.SIGINT}, "terminate": {syscall.SIGTERM}, "hang up": {syscall.SIGHUP},
		"hang up twice": {syscall.SIGHUP, syscall.SIGHUP}, "systemd": {syscall.SIGTERM, syscall.SIGHUP},
	} {
		t.Run(name+"/while a plan reads", func(t *testing.T) {
			t.Parallel()
			e, _ := stop(t, []string{"plan"}, &stopper{at: isListing, hang: true, signals: signals})
			if e.code != exitFailure || !strings.Contains(e.stderr, "interrupted") {
				t.Errorf("it ends with %d\n%s", e.code, e.stderr)
			}
		})
		t.Run(name+"/while an apply reads", func(t *testing.T) {
			t.Parallel()
			e, _ := stop(t, apply, &stopper{at: isListing, hang: true, signals: signals})
			if e.code != exitFailure || !strings.Contains(e.stderr, "interrupted") {
				t.Errorf("it ends with %d\n%s", e.code, e.stderr)
			}
		})
		t.Run(name+"/between delete and create", func(t *testing.T) {
			t.Parallel()
			s := &stopper{at: isDeletion, signals: signals}
			e, _ := stop(t, apply, s)
			if e.code != exitFailure || !strings.Contains(e.stdout, `"status": "interrupted"`) {
				t.Errorf("it ends with %d\n%s%s", e.code, e.stdout, e.stderr)
			}
			if _, ok := shapes(s.sim)["prod arn:aws:iam::111122223333:role/retyped"]; !ok {
				t.Error("the replaced entry is missing")
			}
		})
	}
}

// from is a condition that is true for what reading is true for, from the first
// request on that write is true for.
func from(write, reading func(*http.Request) bool) func(*http.Request) bool {
	var begun atomic.Bool
	return func(r *http.Request) bool {
		if write(r) {
			begun.Store(true)
		}
		return begun.Load() && reading(r)
	}
}

func isRequest(method, part string) func(*http.Request) bool {
	return func(r *http.Request) bool {
		return r.Method == method && strings.Contains(r.URL.Path, part)
	}
}

// A signal ends an apply in every phase, also while a reading gets no answer. What
// was about to be taken away is not.
func TestSignalsWhileApplyReads(t *testing.T) {
	apply := append([]string{"apply", "--yes", "-o", "json"}, allowEverything...)
	const prefix = "prod arn:aws:iam::111122223333:role/"
	for name, moment := range map[string]struct {
		at    func() func(*http.Request) bool
		stays string
		goes  string
	}{
		"the state of an update": {
			at:    func() func(*http.Request) bool { return isRequest(http.MethodGet, "/updates/") },
			stays: "gone1",
		},
		"the grants": {
			at:    func() func(*http.Request) bool { return from(isRequest(http.MethodPost, "new0001"), isListing) },
			stays: "gone1",
		},
		"an entry before it is deleted": {
			at: func() func(*http.Request) bool {
				const entry = "/access-entries/arn:aws:iam::111122223333:role/retyped"
				return from(isRequest(http.MethodPost, "/update-config"),
					from(isListing, isRequest(http.MethodGet, entry)))
			},
			stays: "gone1",
		},
		"the last admins": {
			at: func() func(*http.Request) bool {
				const entry = "/access-entries/arn:aws:iam::111122223333:role/eksaccess"
				return from(isRequest(http.MethodDelete, "role/gone1"), isRequest(http.MethodGet, entry))
			},
			stays: "boss1", goes: "gone1",
		},
		"all at the end": {
			at: func() func(*http.Request) bool {
				return from(isRequest(http.MethodDelete, "role/boss2"), isListing)
			},
			goes: "boss1",
		},
	} {
		for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
			t.Run(name+"/"+signal.String(), func(t *testing.T) {
				t.Parallel()
				s := &stopper{at: moment.at(), hang: true, signals: []syscall.Signal{signal}}
				e, _ := stop(t, apply, s)
				if e.code != exitFailure || !strings.Contains(e.stdout, `"status": "interrupted"`) {
					t.Errorf("it ends with %d\n%s%s", e.code, e.stdout, e.stderr)
				}
				left := shapes(s.sim)
				if _, there := left[prefix+moment.stays]; moment.stays != "" && !there {
					t.Errorf("the entry of %s was deleted", moment.stays)
				}
				if _, there := left[prefix+moment.goes]; moment.goes != "" && there {
					t.Errorf("the entry of %s is still there: it was stopped at another moment", moment.goes)
				}
			})
		}
	}
}

// A signal ends every command that reads, at whatever call AWS stops answering.
func TestSignalsWhileReading(t *testing.T) {
	for _, command := range [][]string{
		{"plan"}, {"audit"}, {"who"}, {"doctor"}, {"cleanup", "--expired", "--orphaned", "--yes"},
		{"recover", "--yes", "--no-kubeconfig", "--reason", "INC-1"},
	} {
		var calls atomic.Int32
		stop(t, command, &stopper{at: func(*http.Request) bool { calls.Add(1); return false }})
		if calls.Load() < 5 {
			t.Fatalf("%s makes only %d calls", command[0], calls.Load())
		}
		for n := int32(1); n <= calls.Load()*3/4; n += max(1, calls.Load()/4) { // how many the last ones are varies
			t.Run(fmt.Sprintf("%s/call %d of %d", command[0], n, calls.Load()), func(t *testing.T) {
				t.Parallel()
				var seen atomic.Int32
				s := &stopper{
					at:      func(*http.Request) bool { return seen.Add(1) >= n },
					hang:    true,
					signals: []syscall.Signal{syscall.SIGTERM},
				}
				e, _ := stop(t, command, s)
				if e.code != exitFailure || !strings.Contains(e.stderr+e.stdout, "interrupted") {
					t.Errorf("it ends with %d\n%s%s", e.code, e.stdout, e.stderr)
				}
			})
		}
	}
}

// A recovery that is interrupted after its last write was not confirmed, but ends
// with 1 like every interrupted run.
func TestSignalAfterRecovery(t *testing.T) {
	s := &stopper{
		at:      isRequest(http.MethodGet, "/fargate-profiles"),
		hang:    true,
		signals: []syscall.Signal{syscall.SIGTERM},
	}
	e, _ := stop(t, []string{"recover", "--yes", "--no-kubeconfig", "--reason", "INC-1"}, s)
	if e.code != exitFailure || !strings.Contains(e.stderr, "error: interrupted (SIGTERM); could not confirm") {
		t.Errorf("it ends with %d\n%s%s", e.code, e.stdout, e.stderr)
	}
}

// SIGQUIT ends the program at once, but not with 2.
func TestSIGQUIT(t *testing.T) {
	e, state := stop(
		t,
		[]string{"plan", "--detailed-exitcode"},
		&stopper{at: isListing, hang: true, signals: []syscall.Signal{syscall.SIGQUIT}},
	)
	if status := state.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGABRT {
		t.Errorf("it ends with %d (%v)\n%.2000s", e.code, status, e.stderr)
	}
}

// A run that is interrupted while AWS fails says what AWS answered last.
func TestInterruptedWhileAWSFails(t *testing.T) {
	var asked atomic.Int32
	s := &stopper{
		signals: []syscall.Signal{syscall.SIGINT},
		at:      func(r *http.Request) bool { return isListing(r) && asked.Add(1) == 2 },
		fails:   isListing,
	}
	e, _ := stop(t, []string{"plan"}, s)
	if e.code != exitFailure ||
		!strings.Contains(e.stderr, "interrupted (Ctrl-C); the last error of AWS was ListAccessEntries: ") {
		t.Errorf("it ends with %d\n%s", e.code, e.stderr)
	}
}
