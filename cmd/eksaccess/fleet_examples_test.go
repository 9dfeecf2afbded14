package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	kubeyaml "sigs.k8s.io/yaml"
)

func fleetExample(name string) string { return filepath.Join("../../examples/fleet", name) }

// The manifests are what Kubernetes' own types take: no key that it does not
// know, and what a Job of many needs to be one.
func TestKubernetesExamples(t *testing.T) {
	kinds := map[string]func() any{
		"ServiceAccount":        func() any { return &corev1.ServiceAccount{} },
		"PersistentVolumeClaim": func() any { return &corev1.PersistentVolumeClaim{} },
		"Job":                   func() any { return &batchv1.Job{} },
		"CronJob":               func() any { return &batchv1.CronJob{} },
	}
	jobs := map[string]batchv1.JobSpec{}
	for _, name := range []string{"indexed-job.yaml", "cronjob.yaml"} {
		for _, doc := range strings.Split(read(t, fleetExample(name)), "\n---\n") {
			var head struct{ Kind string }
			if err := kubeyaml.Unmarshal([]byte(doc), &head); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if kinds[head.Kind] == nil {
				t.Fatalf("%s: what is a %q?", name, head.Kind)
			}
			object := kinds[head.Kind]()
			if err := kubeyaml.UnmarshalStrict([]byte(doc), object); err != nil {
				t.Errorf("%s: %s: %v", name, head.Kind, err)
			}
			switch o := object.(type) {
			case *batchv1.Job:
				jobs[o.Name] = o.Spec
			case *batchv1.CronJob:
				jobs[o.Name] = o.Spec.JobTemplate.Spec
			}
		}
	}
	for name, job := range jobs {
		pod := job.Template.Spec
		if pod.RestartPolicy != corev1.RestartPolicyNever {
			t.Errorf("%s: a pod that ends is made again in place, and its exit code lost", name)
		}
		volumes := map[string]bool{}
		for _, v := range pod.Volumes {
			volumes[v.Name] = true
		}
		for _, c := range pod.Containers {
			for _, m := range c.VolumeMounts {
				if !volumes[m.Name] {
					t.Errorf("%s mounts %q, and there is no such volume", name, m.Name)
				}
			}
			if slices.Equal(c.Command, []string{"/bin/sh", "-c"}) {
				shell(t, name, strings.Join(c.Args, " "))
			}
		}
	}
	plan := jobs["eksaccess-plan"]
	if plan.CompletionMode == nil || *plan.CompletionMode != batchv1.IndexedCompletion || plan.Completions == nil {
		t.Fatalf("the plan is no Indexed Job")
	}
	if want := fmt.Sprintf(`--shard "$JOB_COMPLETION_INDEX/%d"`, *plan.Completions); !strings.Contains(
		plan.Template.Spec.Containers[0].Args[0],
		want,
	) {
		t.Errorf("a Job of %d pods has to say %s", *plan.Completions, want)
	}
}

// shell reports what a shell finds wrong with the form of a script.
func shell(t *testing.T, name, script string) {
	t.Helper()
	c := exec.Command("sh", "-n")
	c.Stdin = strings.NewReader(script)
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%s: %v: %s", name, err, out)
	}
}

// The matrix has the shards that its command speaks of, and jobs need jobs that
// there are.
func TestMatrixExample(t *testing.T) {
	var w struct {
		Name        string
		On          map[string]any
		Permissions map[string]string
		Concurrency string
		Jobs        map[string]struct {
			RunsOn      string `yaml:"runs-on"`
			Needs       string
			If          string
			Permissions map[string]string
			Strategy    struct {
				FailFast bool `yaml:"fail-fast"`
				Matrix   map[string][]int
			}
			Steps []struct {
				Uses, Run string
				With      map[string]any
			}
		}
	}
	d := yaml.NewDecoder(strings.NewReader(read(t, fleetExample("github-matrix.yml"))))
	d.KnownFields(true)
	if err := d.Decode(&w); err != nil {
		t.Fatal(err)
	}
	for name, j := range w.Jobs {
		if _, there := w.Jobs[j.Needs]; j.Needs != "" && !there || j.RunsOn == "" || len(j.Steps) == 0 {
			t.Errorf("job %s: %+v", name, j)
		}
		for i, s := range j.Steps {
			if (s.Uses == "") == (s.Run == "") {
				t.Errorf("step %d of %s has to use something or run something", i, name)
			}
			shell(t, name, regexp.MustCompile(`\$\{\{.*?\}\}`).ReplaceAllString(s.Run, "X"))
		}
	}
	shards := w.Jobs["plan"].Strategy.Matrix["shard"]
	for i, s := range shards {
		if s != i {
			t.Errorf("the shards are %v", shards)
		}
	}
	if want := fmt.Sprintf("--shard ${{ matrix.shard }}/%d ", len(shards)); !strings.Contains(
		read(t, fleetExample("github-matrix.yml")),
		want,
	) {
		t.Errorf("a matrix of %d has to say %s", len(shards), want)
	}
}

// A state of the Amazon States Language, as far as the example uses it
// (https://states-language.net/spec.html).
type state struct {
	Type                                       string
	Next                                       string
	End                                        bool
	Comment, Resource, Error, Cause            string
	Parameters, ItemSelector                   map[string]any
	ItemsPath, ResultPath                      *string
	MaxConcurrency, ToleratedFailurePercentage int
	ItemProcessor                              *machine
	Retry                                      []map[string]any
	Catch                                      []struct {
		ErrorEquals []string
		ResultPath  string
		Next        string
	}
}

type machine struct {
	Comment         string
	ProcessorConfig *struct{ Mode, ExecutionType string }
	StartAt         string
	States          map[string]state
}

// check says what is wrong with the form of a state machine: states that are
// not there, that nothing leads to, or that lead nowhere.
func (m machine) check(inside bool) error {
	var errs []error
	reached, todo := map[string]bool{}, []string{m.StartAt}
	for len(todo) > 0 {
		name := todo[0]
		todo = todo[1:]
		s, there := m.States[name]
		if !there {
			errs = append(errs, fmt.Errorf("there is no state %q", name))
			continue
		}
		if reached[name] {
			continue
		}
		reached[name] = true
		ends := s.End || s.Type == "Succeed" || s.Type == "Fail"
		if ends == (s.Next != "") {
			errs = append(errs, fmt.Errorf("state %q has to end or to lead to one", name))
		}
		if s.Next != "" {
			todo = append(todo, s.Next)
		}
		for _, c := range s.Catch {
			todo = append(todo, c.Next)
		}
		switch s.Type {
		case "Task":
			if s.Resource == "" {
				errs = append(errs, fmt.Errorf("task %q has no resource", name))
			}
		case "Map":
			if s.ItemProcessor == nil {
				errs = append(errs, fmt.Errorf("map %q has no processor", name))
				break
			}
			errs = append(errs, s.ItemProcessor.check(true))
		case "Pass", "Succeed", "Fail", "Choice", "Wait", "Parallel":
		default:
			errs = append(errs, fmt.Errorf("state %q is of type %q", name, s.Type))
		}
	}
	for name := range m.States {
		if !reached[name] {
			errs = append(errs, fmt.Errorf("nothing leads to state %q", name))
		}
	}
	if inside &&
		(m.ProcessorConfig == nil || m.ProcessorConfig.Mode != "DISTRIBUTED" || m.ProcessorConfig.ExecutionType == "") {
		errs = append(errs, errors.New("the map is not a distributed one, which has a mode and an execution type"))
	}
	return errors.Join(errs...)
}

func TestStateMachineExample(t *testing.T) {
	text := read(t, fleetExample("step-functions.json"))
	var m machine
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		t.Fatal(err)
	}
	if err := m.check(false); err != nil {
		t.Error(err)
	}
	// What a path fills in has a name that ends in ".$", and nothing else has.
	for _, member := range regexp.MustCompile(`"([^"]+)": "(\$[^"]*|States\.[A-Z][A-Za-z]+\(.*?\))"`).FindAllStringSubmatch(text, -1) {
		if !strings.HasSuffix(member[1], ".$") && !slices.Contains([]string{"ItemsPath", "ResultPath"}, member[1]) {
			t.Errorf("%s is taken as it stands: %s", member[1], member[2])
		}
	}
	for _, command := range regexp.MustCompile(`"Command": (\[.*\])`).FindAllStringSubmatch(text, -1) {
		var words []string
		if err := json.Unmarshal([]byte(command[1]), &words); err != nil || len(words) != 3 {
			t.Fatalf("%s: %v", command[1], err)
		}
		shell(t, "step-functions.json", words[2])
	}
	var last int
	for _, m := range regexp.MustCompile(`States\.ArrayRange\(0, (\d+), 1\)`).FindAllStringSubmatch(text, -1) {
		last, _ = strconv.Atoi(m[1])
	}
	if want := fmt.Sprintf("--shard $SHARD/%d ", last+1); last == 0 || !strings.Contains(text, want) {
		t.Errorf("a map over 0 to %d has to say %s", last, want)
	}
	// The check is one that fails.
	for _, broken := range []string{
		strings.Replace(text, `"Next": "Merge"`, `"Next": "Marge"`, 1),
		strings.Replace(text, `"Mode": "DISTRIBUTED"`, `"Mode": "INLINE"`, 1),
		strings.Replace(text, `"End": true`, `"End": false`, 1),
	} {
		var m machine
		if err := json.NewDecoder(bytes.NewReader([]byte(broken))).Decode(&m); err != nil || m.check(false) == nil {
			t.Errorf("nothing is found wrong with a machine that is broken: %v", err)
		}
	}
}

func TestWavesExample(t *testing.T) { shell(t, "waves.sh", read(t, fleetExample("waves.sh"))) }
