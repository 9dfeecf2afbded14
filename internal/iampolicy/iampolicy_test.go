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
	return &spec.Cluster{
		ID:    arn.Cluster{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Name: name},
		Items: items,
	}
}

func view(role string) spec.Item {
	return spec.Item{
		Principal: spec.PrincipalRef{Role: role},
		Policies:  []spec.Policy{{ARN: arn.AccessPolicy("aws", "AmazonEKSViewPolicy"), Scope: spec.ScopeCluster}},
	}
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
	a := cluster("a", view("dev"))
	b := cluster("b", view("dev"),
		spec.Item{Principal: spec.PrincipalRef{ARN: "arn:aws:iam::111122223333:role/nodes"}, Type: "EC2_LINUX"},
	)
	a.Owner, b.Mode = "platform", "API"
	got := statements(For(Apply, []*spec.Cluster{a, b}))
	const at = "arn:aws:eks:eu-west-1:111122223333:"
	for sid, want := range map[string]Statement{
		"CreateEntries1": {"CreateEntries1", "Allow", []string{"eks:CreateAccessEntry"},
			[]string{at + "cluster/a", at + "cluster/b"}, condition{
				"ArnLike": {"eks:principalArn": {"arn:aws:iam::111122223333:role/*/dev",
					"arn:aws:iam::111122223333:role/dev"}},
				"StringEquals": {"eks:accessEntryType": {"STANDARD"}}}},
		"CreateEntries2": {"CreateEntries2", "Allow", []string{"eks:CreateAccessEntry"}, []string{at + "cluster/b"},
			condition{
				"ArnLike":      {"eks:principalArn": {"arn:aws:iam::111122223333:role/nodes"}},
				"StringEquals": {"eks:accessEntryType": {"EC2_LINUX"}}}},
		"GrantPolicies": {"GrantPolicies", "Allow", []string{"eks:AssociateAccessPolicy"},
			[]string{at + "access-entry/a/*", at + "access-entry/b/*"},
			condition{
				"ArnEquals": {"eks:policyArn": {arn.AccessPolicy("aws", "AmazonEKSViewPolicy")}},
				"ArnLike": {"eks:principalArn": {"arn:aws:iam::111122223333:role/*/dev",
					"arn:aws:iam::111122223333:role/dev"}},
				"StringEquals": {"eks:accessScope": {"cluster"}},
			}},
		"TagEntries": {"TagEntries", "Allow", []string{"eks:TagResource", "eks:UntagResource"},
			[]string{at + "access-entry/a/*"}, nil},
		"PassNodeRoles": {"PassNodeRoles", "Allow", []string{"iam:PassRole"},
			[]string{"arn:aws:iam::111122223333:role/nodes"},
			condition{"StringEquals": {"iam:PassedToService": {"ec2.amazonaws.com"}}}},
		"ChangeMode": {"ChangeMode", "Allow", []string{"eks:UpdateClusterConfig"}, []string{at + "cluster/b"},
			condition{"StringEquals": {"eks:authenticationMode": {"API_AND_CONFIG_MAP", "API"}}}},
	} {
		if diff := cmp.Diff(want, got[sid]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", sid, diff)
		}
	}
}

// A call is one of AssociateAccessPolicy.
type call struct {
	cluster, principal, policy string
	namespaces                 []string // nil: the whole cluster
}

// allows judges a call as IAM does, by the conditions that the policies have.
func allows(t interface{ Fatalf(string, ...any) }, docs []Document, c call) bool {
	scope := "cluster"
	if c.namespaces != nil {
		scope = "namespace"
	}
	keys := map[string][]string{
		"eks:principalArn": {c.principal}, "eks:policyArn": {c.policy}, "eks:accessScope": {scope},
		"eks:namespaces": c.namespaces,
	}
	holds := func(op, key string, wanted []string) bool {
		in := func(got string) bool {
			return slices.ContainsFunc(wanted, func(w string) bool {
				return w == got || strings.HasPrefix(op, "Arn") && arn.Match(w, got)
			})
		}
		if op == forAll {
			return !slices.ContainsFunc(keys[key], func(got string) bool { return !in(got) })
		}
		if op != "ArnLike" && op != "ArnEquals" && op != "StringEquals" {
			t.Fatalf("operator %s", op)
		}
		return slices.ContainsFunc(keys[key], in)
	}
	for _, d := range docs {
		for _, s := range d.Statement {
			if !slices.Contains(s.Action, "eks:AssociateAccessPolicy") ||
				!slices.Contains(s.Resource, "arn:aws:eks:eu-west-1:111122223333:access-entry/"+c.cluster+"/*") {
				continue
			}
			all := true
			for op, on := range s.Condition {
				for key, wanted := range on {
					all = all && holds(op, key, wanted)
				}
			}
			if all {
				return true
			}
		}
	}
	return false
}

// Of associations, the policies allow exactly those that are declared: not the
// policy of another principal, not another cluster's, no wider scope and no
// further namespace.
func TestGrantsAreExact(t *testing.T) {
	names := []string{"a", "b", "c"}
	policies := []string{"AmazonEKSViewPolicy", "AmazonEKSEditPolicy", "AmazonEKSClusterAdminPolicy"}
	places := [][]string{nil, {"n1"}, {"n2"}, {"n1", "n2"}, {"n1", "n3-*"}}
	rapid.Check(t, func(t *rapid.T) {
		var clusters []*spec.Cluster
		declares := map[string][]string{} // cluster, principal, policy → namespaces
		for _, name := range names {
			c := cluster(name)
			for _, who := range names {
				item := spec.Item{Principal: spec.PrincipalRef{Role: who}}
				for _, policy := range policies {
					i := rapid.IntRange(-3, len(places)-1).Draw(t, "place")
					if i < 0 {
						continue
					}
					p := spec.Policy{ARN: arn.AccessPolicy("aws", policy), Scope: spec.ScopeCluster}
					if places[i] != nil {
						p.Scope, p.Namespaces = spec.ScopeNamespace, places[i]
					}
					item.Policies = append(item.Policies, p)
					declares[name+who+policy] = append([]string{p.Scope}, places[i]...)
				}
				c.Items = append(c.Items, item)
			}
			clusters = append(clusters, c)
		}
		docs := For(Apply, clusters)
		for _, name := range names {
			for _, who := range names {
				for _, policy := range policies {
					want, declared := declares[name+who+policy]
					for _, namespaces := range append(places, []string{"kube-system"}, []string{"n1", "kube-system"}) {
						c := call{name, "arn:aws:iam::111122223333:role/team/" + who, arn.AccessPolicy("aws", policy),
							namespaces}
						within := declared && (want[0] == "cluster") == (namespaces == nil)
						for _, n := range namespaces {
							within = within && slices.Contains(want[1:], n)
						}
						if got := allows(t, docs, c); got != within {
							t.Fatalf("%+v: allowed %t, declared %v", c, got, want)
						}
					}
				}
			}
		}
	})
}

// A change of namespaces sends the old and the new ones together; what was
// before, is allowed when it is given.
func TestForApplyWithBefore(t *testing.T) {
	grants := func(docs []Document) (namespaces [][]string) {
		for _, s := range statements(docs) {
			if n := s.Condition[forAll]["eks:namespaces"]; n != nil {
				namespaces = append(namespaces, n)
			}
		}
		return namespaces
	}
	in := func(namespaces ...string) *spec.Cluster {
		item := view("dev")
		item.Policies[0].Scope, item.Policies[0].Namespaces = spec.ScopeNamespace, namespaces
		return cluster("a", item)
	}
	other := in("secret")
	other.ID.Name = "other"
	if diff := cmp.Diff([][]string{{"new"}}, grants(For(Apply, []*spec.Cluster{in("new")}))); diff != "" {
		t.Error(diff)
	}
	docs := For(Apply, []*spec.Cluster{in("new")}, in("old", "new"), other)
	if diff := cmp.Diff([][]string{{"new", "old"}}, grants(docs)); diff != "" {
		t.Error(diff)
	}
	c := call{"a", "arn:aws:iam::111122223333:role/dev", arn.AccessPolicy("aws", "AmazonEKSViewPolicy"),
		[]string{"new", "old"}}
	if !allows(t, docs, c) {
		t.Errorf("%+v is not allowed", c)
	}
}

// A list of namespaces is never parted: a call has to fit one statement. One
// that is too long is left out, and the scope still holds.
func TestNamespacesAreNotParted(t *testing.T) {
	for _, n := range []int{2, 40, 400} {
		item := view("dev")
		item.Policies[0].Scope = spec.ScopeNamespace
		for i := range n {
			item.Policies[0].Namespaces = append(item.Policies[0].Namespaces,
				fmt.Sprintf("namespace-with-a-long-name-%03d", i))
		}
		var clusters []*spec.Cluster
		for i := range 100 {
			clusters = append(clusters, cluster(fmt.Sprintf("cluster-%d", i), item))
		}
		for _, d := range For(Apply, clusters) {
			if size(d) > MaxManaged {
				t.Errorf("%d namespaces: a policy of %d characters", n, size(d))
			}
			for _, s := range d.Statement {
				if !slices.Contains(s.Action, "eks:AssociateAccessPolicy") {
					continue
				}
				list := s.Condition[forAll]["eks:namespaces"]
				if len(list) != n && (n == 2 || n == 40 || list != nil) {
					t.Errorf("%d namespaces: %s lists %d", n, s.Sid, len(list))
				}
				if s.Condition["StringEquals"]["eks:accessScope"][0] != "namespace" {
					t.Errorf("%s: %v", s.Sid, s.Condition)
				}
			}
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
	want := []string{
		"arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_Dev_????????????????",
	}
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

func TestGrantRoles(t *testing.T) {
	const admin, any = "arn:aws:iam::111122223333:role/admin", "arn:aws:iam::*:role/eksaccess"
	reached, own := cluster("prod"), cluster("dev")
	reached.AssumeRole = admin
	for _, test := range []struct {
		name     string
		given    []string
		clusters []*spec.Cluster
		want     []string
		err      string
	}{
		{name: "as given, once, in order", given: []string{admin, any, admin}, want: []string{any, admin}},
		{name: "given above files", given: []string{any}, clusters: []*spec.Cluster{reached}, want: []string{any}},
		{name: "of files", clusters: []*spec.Cluster{reached, reached}, want: []string{admin}},
		{name: "none", err: "--scp needs to know who may grant cluster admin"},
		{
			name: "a cluster without a role", clusters: []*spec.Cluster{reached, own},
			err: `cluster "111122223333/eu-west-1/dev" is reached without assumeRole, so the file does not tell who may grant`,
		},
		{
			name: "a user", given: []string{"arn:aws:iam::111122223333:user/x"},
			err: `--role "arn:aws:iam::111122223333:user/x" is not the ARN of an IAM role`,
		},
	} {
		got, err := GrantRoles(test.given, test.clusters)
		if text := fmt.Sprint(err); !slices.Equal(got, test.want) || test.err != "" && text != test.err ||
			test.err == "" && err != nil {
			t.Errorf("%s: %q, %v, want %q, %s", test.name, got, err, test.want, test.err)
		}
	}
}
