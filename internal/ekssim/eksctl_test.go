package ekssim_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEksctl lists access entries with eksctl, which asks for the versions of
// EKS, the caller and the cluster first.
func TestEksctl(t *testing.T) {
	eksctl, err := exec.LookPath("eksctl")
	if err != nil {
		t.Skip("eksctl is not installed")
	}
	s := start(t, `
accounts: [{id: "111122223333", roles: [admin, devs]}]
credentials: [{accessKeyId: AKIAADMIN, principal: role/admin}]
clusters:
  - name: dev
    bootstrap: false
    entries:
      - {principal: role/devs, groups: [g1], policies: [{policy: AmazonEKSEditPolicy, namespaces: [shop]}]}
`)
	dir := t.TempDir()
	c := exec.Command(eksctl, "get", "accessentry", "--cluster", "dev", "--region", "eu-west-1", "-o", "json")
	c.Env = append(s.Env("AKIAADMIN"), "HOME="+dir, "PATH="+os.Getenv("PATH"),
		"AWS_CONFIG_FILE="+filepath.Join(dir, "none"), "AWS_SHARED_CREDENTIALS_FILE="+filepath.Join(dir, "none"))
	out, err := c.Output()
	if err != nil {
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			out = append(out, failed.Stderr...)
		}
		t.Fatalf("%v: %s", err, out)
	}
	type entry struct {
		PrincipalARN     string   `json:"principalARN"`
		KubernetesGroups []string `json:"kubernetesGroups"`
		AccessPolicies   []struct {
			PolicyARN   string `json:"policyARN"`
			AccessScope struct {
				Type       string   `json:"type"`
				Namespaces []string `json:"namespaces"`
			} `json:"accessScope"`
		} `json:"accessPolicies"`
	}
	var got []entry
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var want []entry
	if err := json.Unmarshal([]byte(`[{
		"principalARN": "arn:aws:iam::111122223333:role/devs",
		"kubernetesGroups": ["g1"],
		"accessPolicies": [{
			"policyARN": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy",
			"accessScope": {"type": "namespace", "namespaces": ["shop"]}
		}]
	}]`), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("eksctl get accessentry (-want +got):\n%s", diff)
	}
}
