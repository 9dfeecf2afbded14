//go:build acceptance

package acceptance

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// flows are a story: each begins where the one before it ended, so the first
// that fails is the last.
func (s *suite) flows(t *testing.T) {
	for _, f := range []struct {
		name string
		run  func(*suite, *testing.T)
	}{
		{"validate", (*suite).validate},
		{"create", (*suite).createEntry},
		{"scope in place", (*suite).scopeInPlace},
		{"widen", (*suite).widen},
		{"groups and username", (*suite).groups},
		{"tags", (*suite).tags},
		{"drift", (*suite).drift},
		{"who", (*suite).who},
		{"doctor", (*suite).doctor},
		{"snapshot", (*suite).snapshot},
		{"audit", (*suite).audit},
		{"import", (*suite).importLive},
		{"undo", (*suite).undo},
		{"saved plan", (*suite).savedPlan},
		{"removal", (*suite).removal},
		{"adoption", (*suite).adoption},
		{"recover drill", (*suite).drill},
	} {
		if !t.Run(f.name, func(t *testing.T) { f.run(s, t) }) {
			t.Fatalf("the flows end here; those after %q were not tried", f.name)
		}
	}
}

const namespace = "eksaccess-acceptance"

// file declares PRINCIPAL with the keys given, or without any nobody. Only
// what carries its owner can it delete, and that is PRINCIPAL's entry alone.
func (s *suite) file(t *testing.T, keys ...string) string {
	t.Helper()
	text := fmt.Sprintf(
		"apiVersion: eksaccess/v1\nowner: %s\nclusters:\n  - arn: %s\n    prune: owned\n",
		owner,
		s.clusterARN,
	)
	if len(keys) > 0 {
		text += "    access:\n      - principal: " + s.principal + "\n        " + strings.Join(
			keys,
			"\n        ",
		) + "\n"
	}
	return s.program.write(t, "clusters.yaml", text)
}

const viewInNamespace = "policies: [{policy: AmazonEKSViewPolicy, namespaces: [" + namespace + "]}]"

// holds waits until EKS tells that PRINCIPAL has exactly this; nil for no entry.
func (s *suite) holds(t *testing.T, want *access) {
	t.Helper()
	err := eventually(s.ctx, settling, func() (string, error) {
		got, err := s.read(s.ctx, s.principal)
		return cmp.Diff(want, got), err
	})
	if err != nil {
		t.Fatalf("(-want +got) %v", err)
	}
}

// standard is an entry as the file of these flows makes it.
func (s *suite) standard(policies map[string][]string) *access {
	return &access{
		Type:     "STANDARD",
		Username: s.derivedUsername(),
		Tags:     map[string]string{"eksaccess:owner": owner},
		Policies: policies,
	}
}

// derivedUsername is the username EKS gives who names none. EKS user guide,
// set-custom-username.
func (s *suite) derivedUsername() string {
	if kind, name, _ := strings.Cut(s.principal[strings.LastIndex(s.principal, ":")+1:], "/"); kind == "role" {
		return "arn:" + s.partition + ":sts::" + s.account + ":assumed-role/" + name[strings.LastIndex(name, "/")+1:] +
			"/{{SessionName}}"
	}
	return s.principal
}

// becomes plans a file, which must be for one action of these operations,
// applies it, and plans again, which must find nothing to do.
func (s *suite) becomes(t *testing.T, file, action string, operations ...string) {
	t.Helper()
	changes := s.plan(t, "-f", file)
	if len(changes) != 1 || changes[0].Action != action {
		t.Fatalf("the plan is %+v, and should be one %s", changes, action)
	}
	var got []string
	for _, step := range changes[0].Steps {
		got = append(got, step.Operation)
	}
	if diff := cmp.Diff(operations, got); diff != "" {
		t.Fatalf("the steps of %s (-want +got):\n%s", action, diff)
	}
	s.run(t, []int{0}, "apply", "-f", file, "--yes")
	if again := s.plan(t, "-f", file); len(again) > 0 {
		t.Fatalf("applied, and the next plan is not empty: %+v", again)
	}
}

func (s *suite) validate(t *testing.T) {
	s.run(t, []int{0}, "validate", "-f", s.file(t, viewInNamespace))
	s.run(t, []int{1}, "validate", "-f", s.program.write(t, "wrong.yaml", "apiVersion: eksaccess/v1\nclustres: []\n"))
}

func (s *suite) createEntry(t *testing.T) {
	f := s.file(t, viewInNamespace)
	s.run(t, []int{2}, "plan", "-f", f, "--detailed-exitcode")
	s.becomes(t, f, "create", "CreateAccessEntry", "AssociateAccessPolicy")
	s.holds(t, s.standard(map[string][]string{"AmazonEKSViewPolicy": {namespace}}))
}

// A scope is changed by associating again, with nothing taken in between.
func (s *suite) scopeInPlace(t *testing.T) {
	s.becomes(
		t,
		s.file(t, "policies: [{policy: AmazonEKSViewPolicy, namespaces: ["+namespace+", "+namespace+"-*]}]"),
		"update",
		"AssociateAccessPolicy",
	)
	s.holds(t, s.standard(map[string][]string{"AmazonEKSViewPolicy": {namespace, namespace + "-*"}}))
	// one is won and one lost: the union first
	s.becomes(
		t,
		s.file(t, "policies: [{policy: AmazonEKSViewPolicy, namespaces: ["+namespace+", "+namespace+"-2]}]"),
		"update",
		"AssociateAccessPolicy",
		"AssociateAccessPolicy",
	)
	s.holds(t, s.standard(map[string][]string{"AmazonEKSViewPolicy": {namespace, namespace + "-2"}}))
}

func (s *suite) widen(t *testing.T) {
	s.becomes(t, s.file(t, "policies: [AmazonEKSViewPolicy]"), "update", "AssociateAccessPolicy")
	s.holds(t, s.standard(map[string][]string{"AmazonEKSViewPolicy": nil}))
	s.becomes(t, s.file(t, viewInNamespace), "update", "AssociateAccessPolicy")
	s.holds(t, s.standard(map[string][]string{"AmazonEKSViewPolicy": {namespace}}))
}

// Groups and username come and go, and what is left out is as EKS derives it.
func (s *suite) groups(t *testing.T) {
	want := s.standard(map[string][]string{"AmazonEKSViewPolicy": {namespace}})
	want.Groups, want.Username = []string{"eksaccess-acceptance:a", "eksaccess-acceptance:b"}, "eksaccess-acceptance"
	s.becomes(
		t,
		s.file(
			t,
			viewInNamespace,
			"groups: ['eksaccess-acceptance:b', 'eksaccess-acceptance:a']",
			"username: eksaccess-acceptance",
		),
		"update",
		"UpdateAccessEntry",
		"UpdateAccessEntry",
	)
	s.holds(t, want)
	want.Groups = want.Groups[:1]
	s.becomes(
		t,
		s.file(t, viewInNamespace, "groups: ['eksaccess-acceptance:a']", "username: eksaccess-acceptance"),
		"update",
		"UpdateAccessEntry",
	)
	s.holds(t, want)
	s.becomes(t, s.file(t, viewInNamespace), "update", "UpdateAccessEntry")
	s.holds(t, s.standard(map[string][]string{"AmazonEKSViewPolicy": {namespace}}))
}

func (s *suite) tags(t *testing.T) {
	want := s.standard(map[string][]string{"AmazonEKSViewPolicy": {namespace}})
	for _, value := range []string{"one", "two + 2 = @4/_.:-"} {
		s.becomes(t, s.file(t, viewInNamespace, "tags: {cost-center: '"+value+"'}"), "update", "TagResource")
		want.Tags["cost-center"] = value
		s.holds(t, want)
	}
}

// What is done behind the file's back is seen, and taken back.
func (s *suite) drift(t *testing.T) {
	f := s.file(t, viewInNamespace)
	if err := s.associate(s.ctx, "AmazonEKSEditPolicy", namespace); err != nil {
		t.Fatal(err)
	}
	s.waitForChange(t, f)
	s.run(t, []int{2}, "plan", "-f", f, "--detailed-exitcode")
	s.becomes(t, f, "update", "DisassociateAccessPolicy")
	got, err := s.read(s.ctx, s.principal)
	if err != nil || got == nil || !slices.Equal(got.Policies["AmazonEKSViewPolicy"], []string{namespace}) ||
		len(got.Policies) != 1 {
		t.Errorf("it has %+v, error %v", got, err)
	}
}

// waitForChange waits until the program sees a change that was made behind its back.
func (s *suite) waitForChange(t *testing.T, file string) {
	t.Helper()
	err := eventually(s.ctx, settling, func() (string, error) {
		if len(s.plan(t, "-f", file)) == 0 {
			return "the plan is still empty", nil
		}
		return "", nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (s *suite) removal(t *testing.T) {
	s.becomes(t, s.file(t), "delete", "DeleteAccessEntry")
	s.holds(t, nil)
}
