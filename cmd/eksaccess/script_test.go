package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/rogpeppe/go-internal/testscript"
	"sigs.k8s.io/yaml"

	"github.com/eksaccess/eksaccess/internal/ekssim"
	"github.com/eksaccess/eksaccess/internal/transfer/transfertest"
)

var update = flag.Bool("update", false, "rewrite the golden parts of scripts")

func TestMain(m *testing.M) {
	flag.Set("rapid.checks", strconv.Itoa(checks()))
	flag.Set("test.parallel", "6") // some scripts wait for most of their time
	testscript.Main(m, map[string]func(){"eksaccess": main, "kubectl-eksaccess": main, "eksaccess-crash": crashProgram,
		workerName: runWorker})
}

// TestScript runs the program against a simulator that the script starts with
// its command sim. In make soak every run is a process of its own; otherwise
// workers run it where they can (worker_test.go). Beyond testscript's own
// commands there are:
//
//	sim WORLD.yaml [KEY]     start the simulator and point AWS's variables at it; KEY: the world's first
//	login KEY                go on with another access key
//	exits CODE COMMAND…      run a command that must end with CODE
//	calls [FILTER…]          print the calls made since the last "forget": mutating, failed,
//	                         or a glob over operations
//	forget                   forget the calls made
//	edit FILE                a change behind the API's back (ekssim.Edit)
//	fault FILE               add faults
//	when OPERATION N FILE    make the edit in FILE before the Nth call of OPERATION from now on
//	world                    print the world as it is
//	tfstate FILE             print what "terraform show -json" would, once FILE is applied
//	bytes FILE TEXT [N]      write TEXT, with Go's escapes, N times: what can't stand in a script
//	run any|CODE PROGRAM…    what exec and exits are where a worker runs the program
//	inert [annotations]      check that a CI runner takes nothing of the last output for a command,
//	                         save annotations
func TestScript(t *testing.T) {
	dir, w := "testdata/script", &workers{}
	t.Cleanup(w.close)
	if !*update && !soaks() {
		dir = w.scripts(t, dir)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		Setup:               cleanEnvironment,
		Condition:           condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"sim": startSim, "login": login, "exits": exits, "calls": calls, "forget": forget,
			"edit": edit, "when": editWhen, "fault": addFaults, "world": world, "bytes": writeBytes,
			"tfstate": tfState, "inert": inert,
			"run": w.runLine,
		},
	})
}

// condition is [soak]: whether many random worlds are tested. Then every run of
// the program is a process of its own, and scripts start other programs that
// take seconds.
func condition(name string) (bool, error) {
	if name != "soak" {
		return false, fmt.Errorf("unknown condition %q", name)
	}
	return soaks(), nil
}

type (
	simKey   struct{}
	namesKey struct{} // of variables: a *names
)

// cleanEnvironment keeps this machine's AWS settings out of scripts. Without
// sim, there are no credentials, and none are looked for on the network.
func cleanEnvironment(env *testscript.Env) error {
	holder := &struct{ *ekssim.Server }{}
	env.Values[simKey{}] = holder
	env.Defer(func() {
		if holder.Server != nil {
			holder.Close()
		}
	})
	home := filepath.Join(env.WorkDir, ".home")
	root, err := filepath.Abs("../..")
	if err != nil {
		return err
	}
	env.Vars = append(env.Vars, "REPO="+root, "HOME="+home, "NO_COLOR=", "COLUMNS=100",
		"AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE="+filepath.Join(env.WorkDir, "aws-config"),
		"AWS_SHARED_CREDENTIALS_FILE="+filepath.Join(env.WorkDir, "aws-credentials"))
	variables := &names{}
	variables.add(env.Vars...)
	env.Values[namesKey{}] = variables
	return os.Mkdir(home, 0o700)
}

func sim(ts *testscript.TestScript) *ekssim.Server {
	s := ts.Value(simKey{}).(*struct{ *ekssim.Server }).Server
	if s == nil {
		ts.Fatalf("no simulator: begin with sim WORLD.yaml")
	}
	return s
}

func startSim(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: sim WORLD.yaml [KEY]")
	}
	w, err := ekssim.ParseWorld(withTimes(ts.ReadFile(args[0]), time.Now()))
	ts.Check(err)
	s, err := ekssim.Start(w)
	ts.Check(err)
	ts.Value(simKey{}).(*struct{ *ekssim.Server }).Server = s
	login(ts, false, args[1:])
}

// relativeTime is a time relative to now in the files of sim and edit:
// NOW+90m, NOW-24h.
var relativeTime = regexp.MustCompile(`NOW([+-][0-9]+[hm])`)

func withTimes(text string, now time.Time) []byte {
	return relativeTime.ReplaceAllFunc([]byte(text), func(match []byte) []byte {
		d, err := time.ParseDuration(string(match[len("NOW"):]))
		if err != nil {
			return match
		}
		return []byte(now.Add(d).UTC().Format(time.RFC3339))
	})
}

func login(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 0 {
		args = []string{sim(ts).World().Credentials[0].AccessKeyID}
	}
	ts.Value(namesKey{}).(*names).add(sim(ts).Env(args[0])...)
	for _, v := range sim(ts).Env(args[0]) {
		name, value, _ := strings.Cut(v, "=")
		ts.Setenv(name, value)
	}
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
	if strings.HasSuffix(args[1], "eksaccess") {
		if problem := errorLine(got, ts.ReadFile("stderr")); problem != "" {
			ts.Fatalf("%s", problem)
		}
	}
}

// errorLine says what is wrong with the last line on standard error: there is
// one "eksaccess: error: …" where the exit code is not 0 or 2, with nothing but
// its own further lines and hints after it, and else none.
func errorLine(code int, stderr string) string {
	errors, after := 0, ""
	hint := false
	for line := range strings.Lines(stderr) {
		switch {
		case strings.HasPrefix(line, "eksaccess: error: "):
			errors, after, hint = errors+1, "", true
		case hint && (strings.HasPrefix(line, "eksaccess: hint: ") || strings.HasPrefix(line, "  ")):
		default:
			after, hint = line, false
		}
	}
	switch {
	case code == exitOK || code == exitDifferences:
		if errors > 0 {
			return fmt.Sprintf("exit code %d, and standard error has an error", code)
		}
	case errors != 1:
		return fmt.Sprintf("exit code %d, and standard error has %d lines \"eksaccess: error: …\"", code, errors)
	case after != "":
		return "after the error, standard error has " + after
	}
	return ""
}

func calls(ts *testscript.TestScript, neg bool, args []string) {
	filter := ekssim.CallFilter{}
	for _, a := range args {
		switch a {
		case "mutating":
			filter.Mutating = true
		case "failed":
			filter.Failed = true
		default:
			filter.Operation = a
		}
	}
	out := ts.Stdout() // even for none, or what was printed before stays
	for _, c := range sim(ts).Calls(filter) {
		line := c.Operation
		for _, part := range []string{c.Cluster, c.Principal, c.Policy, c.Resource, c.Query, c.Body, c.ErrorCode} {
			if part != "" {
				line += " " + part
			}
		}
		fmt.Fprintln(out, line)
	}
}

func forget(ts *testscript.TestScript, neg bool, args []string) { sim(ts).ForgetCalls() }

func edit(ts *testscript.TestScript, neg bool, args []string) {
	var e ekssim.Edit
	ts.Check(yaml.UnmarshalStrict(withTimes(ts.ReadFile(args[0]), time.Now()), &e))
	ts.Check(sim(ts).Edit(e))
}

// editWhen is a writer outside: it changes the world right before a call of the
// program.
func editWhen(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: when OPERATION N FILE")
	}
	nth, err := strconv.Atoi(args[1])
	ts.Check(err)
	var e ekssim.Edit
	ts.Check(yaml.UnmarshalStrict(withTimes(ts.ReadFile(args[2]), time.Now()), &e))
	s := sim(ts)
	var mu sync.Mutex
	s.AddHook(ekssim.Hook{Arrive: func(c ekssim.Call) {
		mu.Lock()
		defer mu.Unlock()
		if c.Operation != args[0] {
			return
		}
		if nth--; nth == 0 {
			if err := s.Edit(e); err != nil {
				ts.Logf("when %s: %v", args[0], err)
			}
		}
	}})
}

func addFaults(ts *testscript.TestScript, neg bool, args []string) {
	var f []ekssim.Fault
	ts.Check(yaml.UnmarshalStrict([]byte(ts.ReadFile(args[0])), &f))
	ts.Check(sim(ts).AddFault(f...))
}

func world(ts *testscript.TestScript, neg bool, args []string) {
	out, err := yaml.Marshal(sim(ts).World())
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%s", out)
}

func tfState(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: tfstate FILE")
	}
	state, err := transfertest.TerraformState([]byte(ts.ReadFile(args[0])))
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%s\n", state)
}

func writeBytes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: bytes FILE TEXT [N]")
	}
	text, err := strconv.Unquote(`"` + args[1] + `"`)
	ts.Check(err)
	n := 1
	if len(args) == 3 {
		n, err = strconv.Atoi(args[2])
		ts.Check(err)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Repeat(text, n)), 0o600))
}

var annotation = regexp.MustCompile(`^::(notice|warning|error) [a-z]+=[^:]*::`)

// inert reads both streams as the runners of GitHub Actions and Azure Pipelines
// do (render.Safe has the sources).
func inert(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 1 || len(args) == 1 && args[0] != "annotations" {
		ts.Fatalf("usage: inert [annotations]")
	}
	for _, stream := range []string{"stdout", "stderr"} {
		text := ts.ReadFile(stream)
		if strings.ContainsAny(text, "\x1b\x07\r\u009b\u202e\u2028") {
			ts.Fatalf("%s holds a control character", stream)
		}
		for line := range strings.Lines(text) {
			line = strings.TrimSuffix(line, "\n")
			bare := strings.TrimLeftFunc(line, unicode.IsSpace)
			if strings.HasPrefix(bare, "::") &&
				!(len(args) == 1 && stream == "stdout" && annotation.MatchString(line)) ||
				strings.Contains(line, "##[") ||
				strings.Contains(line, "##vso[") {
				ts.Fatalf("%s holds a workflow command: %s", stream, line)
			}
		}
	}
}
