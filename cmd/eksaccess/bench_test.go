//go:build bench

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/eksaccess/eksaccess/internal/awsclient"
	"github.com/eksaccess/eksaccess/internal/ekssim"
)

// latency is that of every call, as from one region to another.
const latency = 40 * time.Millisecond

// entriesAtOnce is what package apply writes to in one cluster at a time.
const entriesAtOnce = 10

// A bench is a fleet, and what is done with it.
type bench struct {
	name              string
	clusters, entries int // entries a cluster
	rate              int // calls a second that the server lets through, twice as many at once; 0 for all
	apply             bool
	once              bool // takes minutes: only as a process of its own
}

var benches = []bench{
	{name: "plan, 1 cluster × 200 entries", clusters: 1, entries: 200},
	{name: "plan, 1 × 3,000", clusters: 1, entries: 3000},
	{name: "plan, 100 × 50", clusters: 100, entries: 50},
	{name: "plan, 1,000 × 100", clusters: 1000, entries: 100, once: true},
	{name: "plan, 100 × 50, throttled", clusters: 100, entries: 50, rate: 20, once: true},
	{name: "apply, 500 creates of one policy", clusters: 1, entries: 500, apply: true},
}

// TestBench prints the table of docs/performance.md. BENCH chooses cases by a
// regular expression; BENCH_RATE is the rate of the throttled one.
func TestBench(t *testing.T) {
	chosen := regexp.MustCompile(os.Getenv("BENCH"))
	binary := build(t)
	t.Logf("%s %s, %d CPUs, load %s", runtime.GOOS, runtime.Version(), runtime.NumCPU(), load())
	fmt.Println("| case | calls | throttled | bound | in process | ratio | as a process | ratio | peak memory |")
	fmt.Println("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
	for _, b := range benches {
		if !chosen.MatchString(b.name) {
			continue
		}
		if rate, err := strconv.Atoi(os.Getenv("BENCH_RATE")); err == nil && b.rate > 0 {
			b.rate = rate
		}
		inside, ratio := "", ""
		if !b.once {
			took, calls := b.run(t, b.inProcess)
			inside, ratio = seconds(took), fmt.Sprintf("%.2f", took.Seconds()/b.bound(calls).Seconds())
		}
		memory := 0
		took, calls := b.run(t, func(t *testing.T, args []string) { memory = runProcess(t, binary, args) })
		fmt.Printf("| %s | %d | %d | %s | %s | %s | %s | %.2f | %d MB |\n", b.name, calls.all, calls.throttled,
			seconds(b.bound(calls)), inside, ratio, seconds(took), took.Seconds()/b.bound(calls).Seconds(), memory/1024)
	}
	if chosen.MatchString("version") {
		begun := time.Now()
		const times = 20
		for range times {
			runProcess(t, binary, []string{"version"})
		}
		fmt.Printf("| version | | | | | | %s | | |\n", seconds(time.Since(begun)/times))
	}
	if chosen.MatchString("validate") {
		file := longFile(t)
		runProcess(t, binary, []string{"validate", "-f", file}) // once for the file to be in memory
		begun := time.Now()
		memory := runProcess(t, binary, []string{"validate", "-f", file})
		fmt.Printf("| validate, 10,000 lines | | | | | | %s | | %d MB |\n", seconds(time.Since(begun)), memory/1024)
	}
}

// TestBenchPeers measures what people do today, on the same simulated cluster:
// a loop of the aws command line.
func TestBenchPeers(t *testing.T) {
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("there is no aws command")
	}
	entries := 200
	if n, err := strconv.Atoi(os.Getenv("BENCH_ENTRIES")); err == nil {
		entries = n
	}
	b := bench{name: "peers", clusters: 1, entries: entries}
	took, calls := b.run(t, func(t *testing.T, _ []string) {
		c := exec.Command("sh", "-c", `
			aws eks describe-cluster --name c0000 --region eu-west-1 >/dev/null
			for p in $(aws eks list-access-entries --cluster-name c0000 --region eu-west-1 --query 'accessEntries[]' --output text); do
				aws eks describe-access-entry --cluster-name c0000 --region eu-west-1 --principal-arn "$p" >/dev/null
				aws eks list-associated-access-policies --cluster-name c0000 --region eu-west-1 --principal-arn "$p" >/dev/null
			done`)
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	})
	fmt.Printf(
		"| a loop of aws, 1 cluster × %d entries | %d | %d | | | | %s | | |\n",
		entries,
		calls.all,
		calls.throttled,
		seconds(took),
	)
}

type callsMade struct{ all, throttled, writes int }

// bound is the least time that the calls can take: a chain of round trips (who
// calls; the cluster and its list; an entry; its policies), and the calls at
// the concurrency used. Writing has two chains, since what was written is read
// again.
func (b bench) bound(c callsMade) time.Duration {
	if b.rate > 0 {
		return time.Duration(float64(c.all-c.throttled) / float64(b.rate) * float64(time.Second))
	}
	chain := 4.0
	if b.apply {
		chain = 8
	}
	trips := chain + float64(c.all-c.writes)/awsclient.DefaultConcurrency + float64(c.writes)/entriesAtOnce
	return time.Duration(trips * float64(latency))
}

// run starts the world of a case and does something in it.
func (b bench) run(t *testing.T, do func(*testing.T, []string)) (time.Duration, callsMade) {
	t.Helper()
	w, err := ekssim.ParseWorld([]byte(b.world()))
	if err != nil {
		t.Fatal(err)
	}
	sim, err := ekssim.Start(w)
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	home := t.TempDir()
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
			os.Unsetenv(name)
		}
	}
	for _, kv := range append(sim.Env("AKIABENCH"), "HOME="+home, "XDG_STATE_HOME="+home,
		"AWS_CONFIG_FILE="+filepath.Join(home, "none"), "AWS_SHARED_CREDENTIALS_FILE="+filepath.Join(home, "none")) {
		name, value, _ := strings.Cut(kv, "=")
		t.Setenv(name, value)
	}
	file := filepath.Join(home, "clusters.yaml")
	if err := os.WriteFile(file, []byte(b.file()), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"plan", "-f", file, "--detailed-exitcode", "--timeout", "2h"}
	if b.apply {
		args = []string{"apply", "-f", file, "--yes", "--timeout", "2h"}
	}
	runtime.GC()
	begun := time.Now()
	do(t, args)
	took := time.Since(begun)
	var calls callsMade
	for _, c := range sim.Calls(ekssim.CallFilter{}) {
		calls.all++
		if c.Fault == "rateLimit" {
			calls.throttled++
		}
		if c.Mutating {
			calls.writes++
		}
	}
	return took, calls
}

func (b bench) inProcess(t *testing.T, args []string) {
	var out, errOut bytes.Buffer
	p := &program{stdin: strings.NewReader(""), stdout: &out, stderr: &errOut}
	if code := p.run(context.Background(), append([]string{"eksaccess"}, args...)); code != 0 {
		t.Fatalf("exit code %d\n%s\n%s", code, out.String(), errOut.String())
	}
}

// runProcess runs the program by itself and returns the most memory it had, in KB,
// where the system tells. What wait4 says of it is no use: there the memory of
// this process counts, from before the other was loaded.
func runProcess(t *testing.T, binary string, args []string) (most int) {
	t.Helper()
	var out bytes.Buffer
	c := exec.Command(binary, args...)
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- c.Wait() }()
	for {
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("%v\n%s", err, out.String())
			}
			return most
		case <-time.After(5 * time.Millisecond):
			status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.Process.Pid))
			if m := highWater.FindSubmatch(status); m != nil {
				most, _ = strconv.Atoi(string(m[1]))
			}
		}
	}
}

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "eksaccess")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

func (b bench) world() string {
	var s strings.Builder
	fmt.Fprintf(&s, "settings: {seed: 1, latency: %s, iamPageSize: 1000", latency)
	if b.rate > 0 {
		fmt.Fprintf(&s, ", rateLimit: {rate: %d, burst: %d}", b.rate, 2*b.rate)
	}
	fmt.Fprintf(
		&s,
		"}\naccounts: [{id: \"111122223333\", roles: [admin, {bulk: {prefix: team/r, count: %d}}]}]\n",
		b.entries,
	)
	s.WriteString("credentials: [{accessKeyId: AKIABENCH, principal: role/admin, session: bench}]\nclusters:\n")
	for i := range b.clusters {
		fmt.Fprintf(
			&s,
			"  - name: c%04d\n    mode: API\n    entries:\n      - {principal: role/admin, policies: "+
				"[AmazonEKSClusterAdminPolicy]}\n",
			i,
		)
		if !b.apply {
			fmt.Fprintf(&s, "      - {bulk: {prefix: team/r, count: %d}, policies: [AmazonEKSViewPolicy]}\n", b.entries)
		}
	}
	return s.String()
}

// file declares what is there; for apply, what is to be made.
func (b bench) file() string {
	var s strings.Builder
	s.WriteString("apiVersion: eksaccess/v1\nadmins: [{role: admin}]\naccess:\n")
	for i := range b.entries {
		fmt.Fprintf(
			&s,
			"  - {principal: \"arn:aws:iam::111122223333:role/team/r%04d\", policy: AmazonEKSViewPolicy}\n",
			i+1,
		)
	}
	s.WriteString("clusters:\n")
	for i := range b.clusters {
		fmt.Fprintf(&s, "  - arn:aws:eks:eu-west-1:111122223333:cluster/c%04d\n", i)
	}
	return s.String()
}

// longFile has ten thousand lines, as people write them.
func longFile(t *testing.T) string {
	var s strings.Builder
	s.WriteString("apiVersion: eksaccess/v1\nowner: platform\nclusters:\n")
	for i := 0; strings.Count(s.String(), "\n") < 10000; i++ {
		fmt.Fprintf(
			&s,
			"  - arn: arn:aws:eks:eu-west-1:111122223333:cluster/c%04d\n    labels: {env: prod}\n    access:\n",
			i,
		)
		for j := range 10 {
			fmt.Fprintf(
				&s,
				"      - principal: arn:aws:iam::111122223333:role/team/r%04d\n        policy: AmazonEKSEditPolicy\n "+
					"       namespaces: [a, b]\n        groups: [team:%d]\n",
				j,
				j,
			)
		}
	}
	file := filepath.Join(t.TempDir(), "long.yaml")
	if err := os.WriteFile(file, []byte(s.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func seconds(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}

func load() string {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "not known"
	}
	return strings.Join(strings.Fields(string(data))[:3], " ")
}
