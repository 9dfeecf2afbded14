//go:build acceptance

package acceptance

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/eksaccess/eksaccess/internal/ekssim"
)

var simulated = flag.Bool("simulator", false, "take a simulated cluster in the place of CLUSTER")

var mutating = ekssim.CallFilter{Mutating: true}

const runner = "AKIARUNNER"

// world holds a cluster that is disposable, and some that are not.
const world = `
settings: {updatePolls: 3}
accounts:
  - id: "111122223333"
    roles: [{name: mode, policies: [{Statement: [{Effect: Allow, Action: "eks:UpdateClusterConfig", Resource: "*"}]}]}, runner, maker, nodes, taken, acceptance/subject, gone, aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS]
credentials:
  - {accessKeyId: AKIARUNNER, principal: role/runner, session: me}
clusters:
  - name: throwaway
    creator: role/maker
    entries:
      - {principal: role/maker, policies: [AmazonEKSClusterAdminPolicy]}
      - {principal: role/runner, policies: [AmazonEKSClusterAdminPolicy]}
      - {principal: role/taken, tags: {eksaccess:owner: platform}, groups: [devs]}
      - {principal: role/nodes, type: EC2_LINUX}
    kubernetes:
      namespaces: [eksaccess-acceptance]
  - {name: old, mode: CONFIG_MAP}
  - {name: dying, status: DELETING}
  - name: dirty
    entries:
      - {principal: role/taken, tags: {eksaccess:owner: eksaccess-acceptance}}
`

// simulatedMeans are all there are, so that everything is asked.
var simulatedMeans = means{
	cluster:        "throwaway",
	region:         "eu-west-1",
	principal:      "arn:aws:iam::111122223333:role/acceptance/subject",
	throwawayRole:  "eksaccess-acceptance-brief",
	foreignAccount: "999900001111",
	toggleLogging:  true,
	modeRole:       "arn:aws:iam::111122223333:role/mode",
}

// startSimulator lets the runner do what docs/acceptance.md says is needed for a
// cluster; * for any.
func startSimulator(t *testing.T, cluster string) *ekssim.Server {
	t.Helper()
	w, err := ekssim.ParseWorld([]byte(world))
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range w.Accounts[0].Roles {
		if r.Name == "runner" {
			w.Accounts[0].Roles[i].Policies = []ekssim.PolicyDocument{documentedPolicy(t, cluster)}
		}
	}
	sim, err := ekssim.Start(w)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sim.Close() })
	return sim
}

// documentedPolicy is the one that docs/acceptance.md says is needed.
func documentedPolicy(t *testing.T, cluster string) (p ekssim.PolicyDocument) {
	t.Helper()
	text, err := os.ReadFile("../../docs/acceptance.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```json\n")
	policy, _, found := strings.Cut(rest, "```\n")
	if !found {
		t.Fatal("docs/acceptance.md has no policy")
	}
	m := simulatedMeans
	policy = strings.NewReplacer("REGION", m.region, "ACCOUNT", strings.Split(m.principal, ":")[4], "CLUSTER", cluster,
		"PRINCIPAL", m.principal, "THROWAWAY_ROLE", m.throwawayRole, "MODE_ROLE", m.modeRole).Replace(policy)
	if err := json.Unmarshal([]byte(policy), &p); err != nil {
		t.Fatalf("the policy of docs/acceptance.md: %v", err)
	}
	return p
}

func simulatedSite(sim *ekssim.Server, m means) *site {
	s := newSite(
		m,
		aws.Config{Region: m.region, Credentials: credentials.NewStaticCredentialsProvider(runner, "simulated", "")},
		sim.URL(),
	)
	s.patience = time.Second
	return s
}

// pretend makes this process and the programs it starts find a simulator where
// AWS would be, as a user's variables would, and gives all means.
func pretend(t *testing.T) *ekssim.Server {
	t.Helper()
	sim := startSimulator(t, simulatedMeans.cluster)
	none := filepath.Join(t.TempDir(), "none")
	for _, kv := range append(sim.Env(runner), "HOME="+t.TempDir(), "AWS_PROFILE=", "AWS_SESSION_TOKEN=",
		"AWS_CA_BUNDLE=",
		"AWS_CONFIG_FILE="+none, "AWS_SHARED_CREDENTIALS_FILE="+none,
		"CLUSTER="+simulatedMeans.cluster, "REGION="+simulatedMeans.region, "PRINCIPAL="+simulatedMeans.principal,
		"THROWAWAY_ROLE="+simulatedMeans.throwawayRole, "FOREIGN_ACCOUNT="+simulatedMeans.foreignAccount,
		"TOGGLE_LOGGING=1",
		"MODE_ROLE="+simulatedMeans.modeRole, confirmation+"=yes-change-"+simulatedMeans.cluster) {
		name, value, _ := strings.Cut(kv, "=")
		t.Setenv(name, value)
	}
	return sim
}
