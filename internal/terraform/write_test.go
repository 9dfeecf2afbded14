package terraform_test

import (
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
	"pgregory.net/rapid"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/terraform"
	"github.com/eksaccess/eksaccess/internal/transfer"
	"github.com/eksaccess/eksaccess/internal/transfer/transfertest"
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
		clusters := transfertest.Clusters(t)
		text := terraform.Write(clusters, terraform.Options{Imports: true})
		state, err := transfertest.TerraformState(text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		got, notes, err := terraform.Read(spec.Source{Name: "state.json", Data: state})
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		want := withEntries(clusters)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(transfer.Entry{}, "Source"),
			cmpopts.IgnoreFields(transfer.Cluster{}, "Mode"), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("(-written +read):\n%s\n%s", diff, text)
		}
		for _, n := range notes {
			t.Fatalf("unexpected note %v\n%s", n, text)
		}
	})
}

func withEntries(clusters []transfer.Cluster) []transfer.Cluster {
	var out []transfer.Cluster
	for _, c := range clusters {
		if len(c.Entries) > 0 {
			out = append(out, c)
		}
	}
	return out
}

// The golden files are what a person gets to read; Terraform's own formatter
// has nothing to add to them.
func TestWriteGolden(t *testing.T) {
	one, two := golden(), golden()
	two = append(
		two,
		transfer.Cluster{
			ID: arn.Cluster{Partition: "aws", Account: "444455556666", Region: "us-east-1", Name: "prod"},
			Entries: []transfer.Entry{
				entry(
					"arn:aws:iam::444455556666:role/a/ops",
					nil,
					policy("AmazonEKSViewPolicy"),
				), entry("arn:aws:iam::444455556666:role/b/ops", nil),
				entry("arn:aws:iam::444455556666:role/2nd", nil)},
		},
	)
	transfer.Sort(two)
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
			checkWithTerraform(t, text)
		})
	}
}

// checkWithTerraform is what Terraform itself says, where it is installed: without providers,
// of the form ("fmt") and of the configuration as a whole ("get", which finds a
// resource that is there twice or a block that is none); with the folder of
// plugins that TERRAFORM_PLUGIN_DIR names, "validate" too.
func checkWithTerraform(t *testing.T, text []byte) {
	bin, err := exec.LookPath("terraform")
	if err != nil {
		t.Skip("terraform is not installed")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "access.tf"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	commands := [][]string{{"fmt", "-check", "-diff"}, {"get", "-no-color"}}
	if plugins := os.Getenv("TERRAFORM_PLUGIN_DIR"); plugins != "" {
		commands = append(
			commands,
			[]string{"init", "-no-color", "-backend=false", "-plugin-dir=" + plugins},
			[]string{"validate", "-no-color"},
		)
	}
	for _, args := range commands {
		cmd := exec.Command(bin, args...)
		cmd.Dir = dir
		cmd.Env = []string{"CHECKPOINT_DISABLE=1", "HOME=" + dir, "PATH=" + os.Getenv("PATH")}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("terraform %s: %v\n%s", args[0], err, out)
		}
	}
}

func golden() []transfer.Cluster {
	return []transfer.Cluster{
		{
			ID: arn.Cluster{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Name: "prod"},
			Entries: []transfer.Entry{
				entry(
					"arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_PaymentsDev_0123456789abcdef",
					nil,
					spec.Policy{
						ARN:        arn.AccessPolicy("aws", "AmazonEKSEditPolicy"),
						Scope:      "namespace",
						Namespaces: []string{"payments", "payments-*"},
					},
					policy("AmazonEKSViewPolicy"),
				),
				{
					Entry: transfer.Fill(
						spec.Entry{Principal: "arn:aws:iam::111122223333:role/nodes", Type: "EC2_LINUX"},
					),
				},
				{
					Entry: transfer.Fill(
						spec.Entry{
							Principal: "arn:aws:iam::111122223333:role/odd",
							Username:  "odd:{{SessionName}}",
							Groups:    []string{"${aws_iam_role.x.arn}", "a\"b", "%{ if true }"},
							Tags:      map[string]string{"cost center": "42", "team": "payments"},
						},
					),
				},
				entry(
					"arn:aws:iam::111122223333:role/platform-admin",
					map[string]string{"team": "platform"},
					policy("AmazonEKSClusterAdminPolicy"),
				),
			},
		},
	}
}

func entry(principal string, tags map[string]string, policies ...spec.Policy) transfer.Entry {
	return transfer.Entry{Entry: transfer.Fill(spec.Entry{Principal: principal, Tags: tags, Policies: policies})}
}

func policy(name string) spec.Policy {
	return spec.Policy{ARN: arn.AccessPolicy("aws", name), Scope: spec.ScopeCluster}
}

// Names are Terraform's to take, and stay as they are when another entry is
// added that does not clash with them.
func TestNames(t *testing.T) {
	ok := regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)
	rapid.Check(t, func(t *rapid.T) {
		file, _ := hclsyntax.ParseConfig(
			terraform.Write(transfertest.Clusters(t), terraform.Options{}),
			"access.tf",
			hcl.InitialPos,
		)
		for _, b := range file.Body.(*hclsyntax.Body).Blocks {
			if b.Type == "resource" && !ok.MatchString(b.Labels[1]) {
				t.Errorf("%q is no name", b.Labels[1])
			}
		}
	})
}
