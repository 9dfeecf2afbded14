package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rogpeppe/go-internal/txtar"
	"k8s.io/client-go/tools/clientcmd"
)

// longestPause is the variable by which a script shortens the pauses of the
// program in workers: between attempts of a call, and while it waits for EKS.
const longestPause = "LONGEST_PAUSE"

// workerName is how a test binary is called that is a worker.
const workerName = "eksaccess-worker"

// A workerRequest is one run of the program in a worker.
type workerRequest struct {
	Args []string `json:"args"` // the name of the program first
	Env  []string `json:"env"`
	Dir  string   `json:"dir"`
}

// A workerAnswer is what came of it.
type workerAnswer struct {
	Code   int    `json:"code"`
	Stdout string `json:"stdout"`
	Stderr string `json:"stderr"`
}

// runWorker runs the program for every request on standard input, each in the
// environment and the folder of the request, as a process of its own would.
func runWorker() {
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var r workerRequest
		if err := in.Decode(&r); err != nil {
			if !errors.Is(err, io.EOF) {
				panic(err)
			}
			return
		}
		os.Clearenv()
		for _, v := range r.Env {
			name, value, _ := strings.Cut(v, "=")
			if err := os.Setenv(name, value); err != nil {
				panic(err)
			}
		}
		if err := os.Chdir(r.Dir); err != nil {
			panic(err)
		}
		// client-go reads HOME once.
		clientcmd.RecommendedConfigDir = filepath.Join(os.Getenv("HOME"), ".kube")
		clientcmd.RecommendedHomeFile = filepath.Join(clientcmd.RecommendedConfigDir, "config")
		if err := out.Encode(r.run()); err != nil {
			panic(err)
		}
	}
}

func (r workerRequest) run() (answer workerAnswer) {
	var out, errOut bytes.Buffer
	p := &program{stdin: strings.NewReader(""), stdout: &out, stderr: &errOut}
	if longest, err := time.ParseDuration(os.Getenv(longestPause)); err == nil {
		p.testOnlyPatience = longest
		p.testOnlySleep = func(ctx context.Context, d time.Duration) error {
			select {
			case <-time.After(min(d, longest)):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	defer func() {
		if panicked := recover(); panicked != nil {
			answer.Code = p.exitAfterPanic(panicked)
		}
		answer.Stdout, answer.Stderr = out.String(), errOut.String()
	}()
	// What a run leaves going, the end of its process would stop.
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	answer.Code = p.run(ctx, r.Args)
	return answer
}

// A worker is a process that runs the program many times, one run after the
// other: most runs take less time than the start of a process.
type worker struct {
	process *exec.Cmd
	in      io.WriteCloser
	out     *json.Decoder
	stderr  bytes.Buffer
}

func startWorker() (*worker, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	// Without a home, nothing that is read once leads to this machine's files.
	w := &worker{process: &exec.Cmd{Path: self, Args: []string{workerName}, Env: []string{"HOME=/nonexistent"}}}
	w.process.Stderr = &w.stderr
	if w.in, err = w.process.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := w.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	w.out = json.NewDecoder(out)
	return w, w.process.Start()
}

func (w *worker) run(r workerRequest) (answer workerAnswer, err error) {
	if err := json.NewEncoder(w.in).Encode(r); err != nil {
		return answer, fmt.Errorf("asking a worker: %w", err)
	}
	if err := w.out.Decode(&answer); err != nil {
		_ = w.process.Wait()
		return answer, fmt.Errorf("a worker answers: %w\n%s", err, w.stderr.String())
	}
	return answer, nil
}

// workers run the program for scripts.
type workers struct {
	names names // of variables that scripts set

	mu   sync.Mutex
	idle []*worker
}

func (w *workers) run(r workerRequest) (workerAnswer, error) {
	w.mu.Lock()
	var one *worker
	if n := len(w.idle); n > 0 {
		one, w.idle = w.idle[n-1], w.idle[:n-1]
	}
	w.mu.Unlock()
	var err error
	if one == nil {
		if one, err = startWorker(); err != nil {
			return workerAnswer{}, err
		}
	}
	answer, err := one.run(r)
	if err == nil {
		w.mu.Lock()
		w.idle = append(w.idle, one)
		w.mu.Unlock()
	}
	return answer, err
}

// close ends the workers.
func (w *workers) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, one := range w.idle {
		_ = one.in.Close()
		_ = one.process.Wait()
	}
	w.idle = nil
}

// ownProcess are scripts whose runs need processes of their own.
var ownProcess = map[string]string{
	"ask":             "runs at a terminal",
	"recover":         "runs at a terminal",
	"quiet-libraries": "looks at what libraries print to the standard error of the process",
}

// ofProgram is a line of a script that runs the program in the foreground.
var ofProgram = regexp.MustCompile(
	`^((?:\[[^\]]*\] *)*(?:! )?)(?:exec|exits ([0-9]+)) ((?:kubectl-)?eksaccess(?: .*)?)$`)

// scripts writes the scripts of a folder to another one, in which "run" takes
// the place of "exec" and "exits" where a worker can run the program. Lines keep
// their numbers.
func (w *workers) scripts(t *testing.T, from string) string {
	t.Helper()
	to := t.TempDir()
	files, err := filepath.Glob(filepath.Join(from, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d scripts in %s: %v", len(files), from, err)
	}
	for _, name := range files {
		script := txtar.Parse([]byte(read(t, name)))
		if ownProcess[strings.TrimSuffix(filepath.Base(name), ".txtar")] == "" {
			script.Comment = w.rewrite(script.Comment)
		}
		if err := os.WriteFile(filepath.Join(to, filepath.Base(name)), txtar.Format(script), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

func (w *workers) rewrite(script []byte) []byte {
	lines := strings.Split(string(script), "\n")
	input := false // the next command has input
	for i, line := range lines {
		m := ofProgram.FindStringSubmatch(line)
		if m != nil && !input && !strings.HasSuffix(line, "&") {
			lines[i] = m[1] + "run " + m[2] + " " + m[3]
			if m[2] == "" {
				lines[i] = m[1] + "run any " + m[3]
			}
		}
		if variable, ok := strings.CutPrefix(line, "env "); ok {
			w.names.add(variable)
		}
		if line != "" && !strings.HasPrefix(line, "#") {
			input = strings.HasPrefix(line, "stdin ")
		}
	}
	return []byte(strings.Join(lines, "\n"))
}

// names are those of all variables that a script may have.
type names []string

var assignment = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*)=`)

// add adds the names of assignments.
func (n *names) add(variables ...string) {
	for _, v := range variables {
		if m := assignment.FindStringSubmatch(v); m != nil && !slices.Contains(*n, m[1]) {
			*n = append(*n, m[1])
		}
	}
}

// environment has the variables of a script that are not empty.
func (n *names) environment(ts *testscript.TestScript) (variables []string) {
	for _, name := range *n {
		if value := ts.Getenv(name); value != "" {
			variables = append(variables, name+"="+value)
		}
	}
	return variables
}

// runLine runs the program in a worker, as "exec" does ("run any …") or "exits"
// ("run CODE …").
func (w *workers) runLine(ts *testscript.TestScript, neg bool, args []string) {
	environment := slices.Concat(w.names.environment(ts), ts.Value(namesKey{}).(*names).environment(ts))
	answer, err := w.run(workerRequest{Args: args[1:], Env: environment, Dir: ts.MkAbs(".")})
	ts.Check(err)
	_, _ = io.WriteString(ts.Stdout(), answer.Stdout)
	_, _ = io.WriteString(ts.Stderr(), answer.Stderr)
	switch args[0] {
	case "any":
		if (answer.Code != 0) != neg {
			ts.Fatalf("exit code %d", answer.Code)
		}
	case fmt.Sprint(answer.Code):
		if problem := errorLine(answer.Code, answer.Stderr); problem != "" {
			ts.Fatalf("%s", problem)
		}
	default:
		ts.Fatalf("exit code %d, want %s", answer.Code, args[0])
	}
}
