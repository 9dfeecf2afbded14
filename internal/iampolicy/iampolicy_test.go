package iampolicy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/spec"
)

func cluster(name string, items ...spec.Item) *spec.Cluster {
	return &spec.Cluster{ID: arn.Cluster{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Name: name}, Items: items}
}

func view(role string) spec.Item {
	return spec.Item{Principal: spec.PrincipalRef{Role: role}, Policies: []spec.Policy{{ARN: arn.AccessPolicy("aws", "AmazonEKSViewPolicy"), Scope: spec.ScopeCluster}}}
}

func statements(docs []Document) map[string]Statement {
	out := map[string]Statement{}
	for _, d := range docs {
		for _, s := range d.Statement {
			out[s.Sid] = s
		}
	}
	return out
}

func TestForApply(t *testing.T) {
	a, b := cluster("a", view("dev")), cluster("b", view("dev"), spec.Item{Principal: spec.PrincipalRef{ARN: "arn:aws:iam::111122223333:role/nodes"}, Type: "EC2_LINUX"})
	a.Owner, b.Mode = "platform", "API"
	got := statements(For(Apply, []*spec.Cluster{a, b}))
	const at = "arn:aws:eks:eu-west-1:111122223333:"
	for sid, want := range map[string]Statement{
		"CreateEntries1": {"CreateEntries1", "Allow", []string{"eks:CreateAccessEntry"}, []string{at + "cluster/a"}, condition{
			"ArnLike":      {"eks:principalArn": {"arn:aws:iam::111122223333:role/*/dev", "arn:aws:iam::111122223333:role/dev"}},
			"StringEquals": {"eks:accessEntryType": {"STANDARD"}}}},
		"GrantPolicies": {"GrantPolicies", "Allow", []string{"eks:AssociateAccessPolicy"}, []string{at + "access-entry/a/*", at + "access-entry/b/*"},
			condition{"ArnEquals": {"eks:policyArn": {arn.AccessPolicy("aws", "AmazonEKSViewPolicy")}}}},
		"TagEntries": {"TagEntries", "Allow", []string{"eks:TagResource", "eks:UntagResource"}, []string{at + "access-entry/a/*"}, nil},
		"PassNodeRoles": {"PassNodeRoles", "Allow", []string{"iam:PassRole"}, []string{"arn:aws:iam::111122223333:role/nodes"},
			condition{"StringEquals": {"iam:PassedToService": {"ec2.amazonaws.com"}}}},
		"ChangeMode": {"ChangeMode", "Allow", []string{"eks:UpdateClusterConfig"}, []string{at + "cluster/b"},
			condition{"StringEquals": {"eks:authenticationMode": {"API_AND_CONFIG_MAP", "API"}}}},
	} {
		if diff := cmp.Diff(want, got[sid]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", sid, diff)
		}
	}
}

// What a file does not ask for is not in its policy.
func TestForApplyLeavesOut(t *testing.T) {
	got := statements(For(Apply, []*spec.Cluster{cluster("a", view("dev"))}))
	for _, sid := range []string{"AssumeRoles", "TagEntries", "PassNodeRoles", "ChangeMode", "ChangeModeWatch"} {
		if _, there := got[sid]; there {
			t.Errorf("%s is there for nothing", sid)
		}
	}
	for _, s := range statements(For(Plan, []*spec.Cluster{cluster("a", view("dev"))})) {
		for _, a := range s.Action {
			if !strings.Contains(a, ":Describe") && !strings.Contains(a, ":List") && !strings.Contains(a, ":Get") {
				t.Errorf("plan may %s", a)
			}
		}
	}
}

func TestPermissionSetPattern(t *testing.T) {
	got := principalPatterns(cluster("a").ID, spec.PrincipalRef{PermissionSet: "Dev"})
	want := []string{"arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_Dev_????????????????"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// However many clusters, no policy is larger than IAM takes, none is empty,
// and together they allow what one alone would.
func TestPack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var clusters []*spec.Cluster
		for i := range rapid.IntRange(1, 120).Draw(t, "clusters") {
			c := cluster(fmt.Sprintf("cluster-%d", i))
			for j := range rapid.IntRange(0, 30).Draw(t, "items") {
				c.Items = append(c.Items, view(fmt.Sprintf("r%d", j)))
			}
			c.Mode = rapid.SampledFrom([]string{"", "API", "API_AND_CONFIG_MAP"}).Draw(t, "mode")
			clusters = append(clusters, c)
		}
		var all []declared
		for _, c := range clusters {
			all = append(all, declaredIn(c))
		}
		var w writer
		w.read(all)
		w.apply(all)
		docs := pack(w.statements, MaxManaged)
		for i, d := range docs {
			b, err := json.Marshal(d)
			if err != nil {
				t.Fatal(err)
			}
			if len(b) > MaxManaged || len(d.Statement) == 0 {
				t.Errorf("policy %d has %d characters and %d statements", i+1, len(b), len(d.Statement))
			}
			sids := map[string]bool{}
			for _, s := range d.Statement {
				if sids[s.Sid] {
					t.Errorf("policy %d has two statements %s", i+1, s.Sid)
				}
				sids[s.Sid] = true
			}
		}
		if diff := cmp.Diff(grants([]Document{{version, w.statements}}), grants(docs)); diff != "" {
			t.Errorf("parted, the policies allow something else (-whole +parts):\n%s", diff)
		}
	})
}

// grants spells out what documents allow: action, resource, and each value of
// each condition.
func grants(docs []Document) []string {
	var out []string
	for _, d := range docs {
		for _, s := range d.Statement {
			for _, r := range s.Resource {
				spread := []string{strings.Join(s.Action, " ") + " on " + r}
				for _, op := range slices.Sorted(func(yield func(string) bool) {
					for op := range s.Condition {
						if !yield(op) {
							return
						}
					}
				}) {
					for key, values := range s.Condition[op] {
						var next []string
						for _, had := range spread {
							for _, v := range values {
								next = append(next, had+" if "+op+" "+key+" "+v)
							}
						}
						spread = next
					}
				}
				out = append(out, spread...)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestSCP(t *testing.T) {
	d, err := SCP([]string{"arn:aws:iam::*:role/eksaccess"})
	if err != nil {
		t.Fatal(err)
	}
	s := d.Statement[0]
	if s.Effect != "Deny" || !slices.Equal(s.Action, []string{"eks:AssociateAccessPolicy"}) ||
		!slices.Equal(s.Condition["ArnNotLike"]["aws:PrincipalArn"], []string{"arn:aws:iam::*:role/eksaccess"}) {
		t.Errorf("%+v", s)
	}
	if _, err := SCP([]string{strings.Repeat("x", MaxSCP)}); err == nil {
		t.Error("a policy that is too large was made")
	}
}
