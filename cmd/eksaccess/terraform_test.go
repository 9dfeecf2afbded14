package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	ekstypes "github.com/aws/aws-sdk-go-v2/service/eks/types"

	"github.com/eksaccess/eksaccess/internal/ekssim"
	"github.com/eksaccess/eksaccess/internal/transfer/transfertest"
)

// terraformWorld has an entry of each kind that is exported.
const terraformWorld = `
accounts:
  - id: "111122223333"
    roles: [platform, team/payments, plain, nodes, aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_0123456789abcdef]
    users: [alice]
credentials: [{accessKeyId: AKIATERRAFORM, principal: role/platform, session: me}]
clusters:
  - name: prod
    account: "111122223333"
    mode: API
    entries:
      - {principal: role/platform, policies: [AmazonEKSClusterAdminPolicy], tags: {team: platform}}
      - principal: role/team/payments
        groups: [payments]
        username: "payments:{{SessionName}}"
        policies: [AmazonEKSViewPolicy, {policy: AmazonEKSEditPolicy, namespaces: [shop, "shop-*"]}]
      - {principal: role/plain}
      - {principal: role/nodes, type: EC2_LINUX}
      - {principal: role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_0123456789abcdef, groups: [dev]}
      - {principal: user/alice, policies: [AmazonEKSAdminViewPolicy]}
`

// endpoints makes the provider call a simulator.
const endpoints = `provider "aws" {
  skip_metadata_api_check = true
  skip_region_validation  = true
  endpoints {
    eks = "URL"
    sts = "URL"
    iam = "URL"
  }
}
`

// A terraformFolder is a configuration, and the world that it is for.
type terraformFolder struct {
	t        *testing.T
	sim      *ekssim.Server
	dir, bin string
	env      []string
}

func newTerraformFolder(t *testing.T) *terraformFolder {
	t.Helper()
	bin, err := exec.LookPath("terraform")
	if err != nil {
		t.Skip("terraform is not installed")
	}
	plugins := transfertest.PluginDir()
	if plugins == "" {
		t.Skip("Terraform's AWS provider is not installed: TERRAFORM_PLUGIN_DIR names the folder that has it")
	}
	if testing.Short() {
		t.Skip("the AWS provider takes seconds to start")
	}
	world, err := ekssim.ParseWorld([]byte(terraformWorld))
	if err != nil {
		t.Fatal(err)
	}
	sim, err := ekssim.Start(world)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sim.Close() })
	f := &terraformFolder{t: t, sim: sim, dir: t.TempDir(), bin: bin}
	f.env = atHome(f.dir, sim.Env("AKIATERRAFORM"))
	for _, kv := range f.env {
		name, value, _ := strings.Cut(kv, "=")
		t.Setenv(name, value)
	}
	f.write("endpoints_override.tf", strings.ReplaceAll(endpoints, "URL", sim.URL()))
	f.write("access.tf", f.eksaccess(0, "export", "-o", "terraform", "--cluster", "prod", "--region", "eu-west-1"))
	f.terraform(0, "init", "-input=false", "-plugin-dir="+plugins)
	return f
}

func (f *terraformFolder) path(name string) string { return filepath.Join(f.dir, name) }

func (f *terraformFolder) write(name, text string) {
	f.t.Helper()
	if err := os.WriteFile(f.path(name), []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// terraform runs the real program, and returns what it printed.
func (f *terraformFolder) terraform(code int, args ...string) string {
	f.t.Helper()
	cmd := exec.Command(f.bin, args...)
	cmd.Dir = f.dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "NO_COLOR=1",
		"TF_CLI_ARGS=-no-color"}, f.env...)
	var errOut strings.Builder
	cmd.Stderr = &errOut
	out, err := cmd.Output()
	if got := cmd.ProcessState.ExitCode(); got != code {
		f.t.Fatalf("terraform %s: exit code %d, want %d (%v)\n%s%s", strings.Join(args, " "), got, code, err, out,
			errOut.String())
	}
	return string(out)
}

// plan runs terraform plan, which must end with this exit code (2: there are
// changes) and print this.
func (f *terraformFolder) plan(code int, says string) {
	f.t.Helper()
	out := f.terraform(code, "plan", "-input=false", "-detailed-exitcode")
	if !strings.Contains(out, says) {
		f.t.Errorf("terraform plan does not say %q:\n%s", says, out)
	}
}

// eksaccess runs the program, and returns its standard output.
func (f *terraformFolder) eksaccess(code int, args ...string) string {
	f.t.Helper()
	var out, errOut strings.Builder
	p := &program{stdin: strings.NewReader(""), stdout: &out, stderr: &errOut}
	if got := p.run(context.Background(), append([]string{"eksaccess"}, args...)); got != code {
		f.t.Fatalf("eksaccess %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, out.String(),
			errOut.String())
	}
	return out.String()
}

// client is what somebody changes access with by hand.
func (f *terraformFolder) client() *eks.Client {
	f.t.Helper()
	c, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		f.t.Fatal(err)
	}
	return eks.NewFromConfig(c)
}

const plainRole = "arn:aws:iam::111122223333:role/plain"

// byHand changes an entry beside Terraform.
func (f *terraformFolder) byHand(principal, username string, groups ...string) {
	f.t.Helper()
	_, err := f.client().UpdateAccessEntry(context.Background(), &eks.UpdateAccessEntryInput{
		ClusterName: aws.String("prod"), PrincipalArn: aws.String(principal), Username: aws.String(username),
		KubernetesGroups: groups,
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

// What is exported, Terraform itself imports as it is, and from its state it
// comes back as it was. Then it sees what others change of it.
func TestTerraformItself(t *testing.T) {
	f := newTerraformFolder(t)
	f.sim.ForgetCalls()
	f.plan(2, "Plan: 9 to import, 0 to add, 0 to change, 0 to destroy.")
	f.terraform(0, "apply", "-input=false", "-auto-approve")
	f.plan(0, "No changes.")
	for _, c := range f.sim.Calls(ekssim.CallFilter{Mutating: true}) {
		t.Errorf("Terraform called %s of %s", c.Operation, c.Principal)
	}

	// Back: from what it prints, and from its state file.
	f.write("show.json", f.terraform(0, "show", "-json"))
	shown := f.eksaccess(0, "import", "terraform", f.path("show.json"))
	kept := f.eksaccess(0, "import", "terraform", f.path("terraform.tfstate"))
	if shown != kept {
		t.Errorf("from terraform show -json:\n%s\nfrom the state file:\n%s", shown, kept)
	}
	f.write("clusters.yaml", shown)
	f.eksaccess(0, "plan", "-f", f.path("clusters.yaml"), "--detailed-exitcode")
	if again := f.eksaccess(0, "export", "-o", "terraform", "-f",
		f.path("clusters.yaml")); again != f.read("access.tf") {
		t.Errorf("exported again:\n%s", again)
	}

	// Groups and usernames that somebody adds by hand are changes.
	f.byHand(plainRole, "arn:aws:sts::111122223333:assumed-role/plain/{{SessionName}}", "admins")
	f.byHand("arn:aws:iam::111122223333:user/alice", "someone")
	f.plan(2, "0 to add, 2 to change, 0 to destroy")
}

func (f *terraformFolder) read(name string) string {
	f.t.Helper()
	b, err := os.ReadFile(f.path(name))
	if err != nil {
		f.t.Fatal(err)
	}
	return string(b)
}

// What Terraform does not see, as docs/coexist.md says: attributes that are
// left out, and associations and entries that it did not create.
func TestWhatTerraformDoesNotSee(t *testing.T) {
	f := newTerraformFolder(t)
	left := regexp.MustCompile(`(?m)^ +(kubernetes_groups|user_name) += .*\n`).ReplaceAllString(f.read("access.tf"), "")
	f.write("access.tf", left)
	f.terraform(0, "apply", "-input=false", "-auto-approve")

	f.byHand(plainRole, "someone:{{SessionName}}", "admins")
	ctx, client := context.Background(), f.client()
	_, err := client.AssociateAccessPolicy(ctx, &eks.AssociateAccessPolicyInput{
		ClusterName: aws.String("prod"), PrincipalArn: aws.String(plainRole),
		PolicyArn:   aws.String("arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"),
		AccessScope: &ekstypes.AccessScope{Type: ekstypes.AccessScopeTypeCluster},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.CreateAccessEntry(ctx, &eks.CreateAccessEntryInput{
		ClusterName: aws.String("prod"), PrincipalArn: aws.String("arn:aws:iam::999900001111:role/other"),
		KubernetesGroups: []string{"admins"},
	})
	if err != nil {
		t.Fatal(err)
	}
	f.plan(0, "No changes.")

	// eksaccess sees all of it.
	f.write("clusters.yaml", f.eksaccess(0, "import", "terraform", f.path("terraform.tfstate")))
	f.eksaccess(2, "plan", "-f", f.path("clusters.yaml"), "--detailed-exitcode")
}
