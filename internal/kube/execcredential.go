package kube

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// execVersions are the versions of ExecCredential that kubectl may ask for, in
// which a token reads the same (Kubernetes documentation, "Authenticating",
// client-go credential plugins). The first is for those who don't ask.
var execVersions = []string{"client.authentication.k8s.io/v1beta1", "client.authentication.k8s.io/v1"}

// An execCredential is what a credential plugin prints, as "aws eks get-token"
// does: spec is there and empty.
type execCredential struct {
	Kind       string   `json:"kind"`
	APIVersion string   `json:"apiVersion"`
	Spec       struct{} `json:"spec"`
	Status     struct {
		ExpirationTimestamp string `json:"expirationTimestamp"`
		Token               string `json:"token"`
	} `json:"status"`
}

// ExecVersion is the version that info, the value of KUBERNETES_EXEC_INFO,
// asks for. kubectl takes no other than the one it asked for.
func ExecVersion(info string) (string, error) {
	if info == "" {
		return execVersions[0], nil
	}
	var asked struct{ APIVersion string }
	if err := json.Unmarshal([]byte(info), &asked); err != nil {
		return "", fmt.Errorf("reading KUBERNETES_EXEC_INFO: %w", err)
	}
	if !slices.Contains(execVersions, asked.APIVersion) {
		return "", fmt.Errorf(
			"KUBERNETES_EXEC_INFO requests apiVersion %q: supported are %s",
			asked.APIVersion,
			strings.Join(execVersions, " or "),
		)
	}
	return asked.APIVersion, nil
}

// ExecCredential is the token as kubectl takes it from a credential plugin.
func (t Token) ExecCredential(version string) ([]byte, error) {
	c := execCredential{Kind: "ExecCredential", APIVersion: version}
	c.Status.ExpirationTimestamp, c.Status.Token = t.Expires.UTC().Format(time.RFC3339), t.bearer
	return json.Marshal(c)
}
