package terraform_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"pgregory.net/rapid"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/handover"
	"github.com/eksaccess/eksaccess/internal/handover/handovertest"
	"github.com/eksaccess/eksaccess/internal/terraform"
	"github.com/eksaccess/eksaccess/spec"
)

var update = flag.Bool("update", false, "rewrite golden files")

func TestMain(m *testing.M) {
	flag.Set("rapid.checks", "300")
	os.Exit(m.Run())
}

// What is written, taken for the state that Terraform has once it is applied,
// is read back as the same entries.
func TestWriteThenRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clusters := handovertest.Clusters(t)
		text := terraform.Write(clusters, terraform.Options{Imports: true})
		state := stateOf(t, text)
		got, notes, err := terraform.Read(spec.Source{Name: "state.json", Data: state})
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		want := withEntries(clusters)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(handover.Entry{}, "Source"), cmpopts.IgnoreFields(handover.Cluster{}, "Mode"), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("(-written +read):\n%s\n%s", diff, text)
		}
		for _, n := range notes {
			t.Fatalf("unexpected note %v\n%s", n, text)
		}
	})
}

func withEntries(clusters []handover.Cluster) []handover.Cluster {
	var out []handover.Cluster
	for _, c := range clusters {
		if len(c.Entries) > 0 {
			out = append(out, c)
		}
	}
	return out
}

// stateOf evaluates a configuration as Terraform would, and makes of its
// resources what "terraform show -json" prints. It fails where a resource is
// there twice, an import block is missing or has another id than the
// provider's documentation asks for.
func stateOf(t *rapid.T, text []byte) []byte {
	file, diags := hclsyntax.ParseConfig(text, "access.tf", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatalf("%v\n%s", diags, text)
	}
	body := file.Body.(*hclsyntax.Body)
	place := map[string]map[string]cty.Value{"": {}} // of providers, by alias
	entries := map[string]cty.Value{}
	for _, b := range body.Blocks {
		switch {
		case b.Type == "provider":
			v := attributes(t, b.Body, nil)
			alias := ""
			if a, ok := v["alias"]; ok {
				alias = a.AsString()
			}
			place[alias] = v
		case b.Type == "resource" && b.Labels[0] == "aws_eks_access_entry":
			if !entries[b.Labels[1]].IsNull() && entries[b.Labels[1]] != cty.NilVal {
				t.Fatalf("two entries are called %q", b.Labels[1])
			}
			entries[b.Labels[1]] = cty.ObjectVal(attributes(t, b.Body, nil))
		}
	}
	scope := &hcl.EvalContext{Variables: map[string]cty.Value{"aws_eks_access_entry": cty.ObjectVal(entries)}}
	var resources []map[string]any
	ids, imports := map[string]string{}, map[string]string{}
	for _, b := range body.Blocks {
		if b.Type == "import" {
			to := string(b.Body.Attributes["to"].Expr.Range().SliceBytes(text))
			imports[to] = attributes(t, b.Body, nil)["id"].AsString()
		}
		if b.Type != "resource" {
			continue
		}
		address := b.Labels[0] + "." + b.Labels[1]
		v := attributes(t, b.Body, scope)
		p := place[providerOf(b.Body, text)]
		principal, cluster := v["principal_arn"].AsString(), v["cluster_name"].AsString()
		values := map[string]any{}
		for name, value := range v {
			values[name] = plain(value)
		}
		id := cluster + ":" + principal
		if b.Labels[0] == "aws_eks_access_entry" {
			account := p["allowed_account_ids"].AsValueSlice()[0].AsString()
			values["access_entry_arn"] = arn.ARN{Partition: "aws", Service: "eks", Region: p["region"].AsString(), Account: account,
				Resource: "access-entry/" + cluster + "/role/1/x/1"}.String()
			values["tags_all"] = values["tags"]
		} else {
			id = cluster + "#" + principal + "#" + v["policy_arn"].AsString()
			s := map[string]any{}
			for name, value := range attributes(t, b.Body.Blocks[0].Body, nil) {
				s[name] = plain(value)
			}
			values["access_scope"] = []any{s}
			values["region"] = p["region"].AsString()
		}
		ids[address] = id
		resources = append(resources, map[string]any{"address": address, "mode": "managed", "type": b.Labels[0], "values": values})
	}
	if diff := cmp.Diff(ids, imports); diff != "" {
		t.Fatalf("import blocks (-want +got):\n%s\n%s", diff, text)
	}
	if len(ids) != len(resources) {
		t.Fatalf("a resource is there twice:\n%s", text)
	}
	out, err := json.Marshal(map[string]any{"format_version": "1.0", "values": map[string]any{"root_module": map[string]any{"resources": resources}}})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func providerOf(b *hclsyntax.Body, text []byte) string {
	a := b.Attributes["provider"]
	if a == nil {
		return ""
	}
	return string(bytes.TrimPrefix(a.Expr.Range().SliceBytes(text), []byte("aws.")))
}

func attributes(t *rapid.T, b *hclsyntax.Body, scope *hcl.EvalContext) map[string]cty.Value {
	out := map[string]cty.Value{}
	for name, a := range b.Attributes {
		if name == "provider" || name == "to" {
			continue
		}
		v, diags := a.Expr.Value(scope)
		if diags.HasErrors() {
			t.Fatalf("%s: %v", name, diags)
		}
		out[name] = v
	}
	return out
}

func plain(v cty.Value) any {
	switch {
	case v.Type() == cty.String:
		return v.AsString()
	case v.Type().IsObjectType():
		m := map[string]any{}
		for k, e := range v.AsValueMap() {
			m[k] = plain(e)
		}
		return m
	}
	var l []any
	for _, e := range v.AsValueSlice() {
		l = append(l, plain(e))
	}
	return l
}

// The golden files are what a person gets to read; Terraform's own formatter
// has nothing to add to them.
func TestWriteGolden(t *testing.T) {
	one, two := golden(), golden()
	two = append(two, handover.Cluster{ID: arn.Cluster{Partition: "aws", Account: "444455556666", Region: "us-east-1", Name: "prod"}, Entries: []handover.Entry{
		entry("arn:aws:iam::444455556666:role/a/ops", nil, policy("AmazonEKSViewPolicy")), entry("arn:aws:iam::444455556666:role/b/ops", nil),
		entry("arn:aws:iam::444455556666:role/2nd", nil)}})
	handover.Sort(two)
	reach := func(id arn.Cluster) (string, string) {
		if id.Account == "444455556666" {
			return "arn:aws:iam::444455556666:role/eksaccess", "a-shared-word"
		}
		return "", ""
	}
	for name, text := range map[string][]byte{
		"one.tf":        terraform.Write(one, terraform.Options{Imports: true}),
		"two.tf":        terraform.Write(two, terraform.Options{Imports: true, Reach: reach}),
		"no-imports.tf": terraform.Write(one, terraform.Options{}),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(path, text, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(text)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			formatted(t, path)
		})
	}
}

// formatted asks Terraform, where it is installed. What it knows without its
// providers is the syntax and the form.
func formatted(t *testing.T, path string) {
	bin, err := exec.LookPath("terraform")
	if err != nil {
		t.Skip("terraform is not installed")
	}
	cmd := exec.Command(bin, "fmt", "-check", "-diff", path)
	cmd.Env = append(os.Environ(), "CHECKPOINT_DISABLE=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("terraform fmt: %v\n%s", err, out)
	}
}

func golden() []handover.Cluster {
	return []handover.Cluster{{ID: arn.Cluster{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Name: "prod"}, Entries: []handover.Entry{
		entry("arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_PaymentsDev_0123456789abcdef", nil,
			spec.Policy{ARN: arn.AccessPolicy("aws", "AmazonEKSEditPolicy"), Scope: "namespace", Namespaces: []string{"payments", "payments-*"}},
			policy("AmazonEKSViewPolicy")),
		{Entry: handover.Fill(spec.Entry{Principal: "arn:aws:iam::111122223333:role/nodes", Type: "EC2_LINUX"})},
		{Entry: handover.Fill(spec.Entry{Principal: "arn:aws:iam::111122223333:role/odd", Username: "odd:{{SessionName}}", Groups: []string{"${aws_iam_role.x.arn}", "a\"b", "%{ if true }"},
			Tags: map[string]string{"cost center": "42", "team": "payments"}})},
		entry("arn:aws:iam::111122223333:role/platform-admin", map[string]string{"team": "platform"}, policy("AmazonEKSClusterAdminPolicy")),
	}}}
}

func entry(principal string, tags map[string]string, policies ...spec.Policy) handover.Entry {
	return handover.Entry{Entry: handover.Fill(spec.Entry{Principal: principal, Tags: tags, Policies: policies})}
}

func policy(name string) spec.Policy {
	return spec.Policy{ARN: arn.AccessPolicy("aws", name), Scope: spec.ScopeCluster}
}

// Names are Terraform's to take, and stay as they are when another entry is
// added that does not clash with them.
func TestNames(t *testing.T) {
	ok := regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)
	rapid.Check(t, func(t *rapid.T) {
		file, _ := hclsyntax.ParseConfig(terraform.Write(handovertest.Clusters(t), terraform.Options{}), "access.tf", hcl.InitialPos)
		for _, b := range file.Body.(*hclsyntax.Body).Blocks {
			if b.Type == "resource" && !ok.MatchString(b.Labels[1]) {
				t.Errorf("%q is no name", b.Labels[1])
			}
		}
	})
}
