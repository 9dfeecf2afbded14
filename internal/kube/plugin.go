package kube

import (
	"cmp"

	"k8s.io/client-go/tools/clientcmd/api"
)

// A Plugin is how kubectl gets tokens for a cluster: by a command.
type Plugin struct {
	ARN, Region, Name string // of the cluster
	ID                string // what tokens name; another than Name for local clusters on Outposts
	Profile           string // AWS shared-config profile; "" for the SDK's chain
	Role              string // ARN of a role to assume; "" for none
	ExternalID        string // for Role
	Program           string // this program, as it is found on the PATH; "" for "eksaccess"
}

// TokenCommand calls this program. The profile is an argument: keys in the
// environment have precedence over a profile there (AWS SDKs and Tools reference,
// "Precedence of settings"), and kubectl would use another principal.
func (p Plugin) TokenCommand() *api.ExecConfig {
	args := []string{"token", "--cluster", p.ARN}
	if p.ID != p.Name {
		args = append(args, "--cluster-id", p.ID)
	}
	if p.Role != "" {
		args = append(args, "--role", p.Role)
	}
	if p.ExternalID != "" {
		args = append(args, "--external-id", p.ExternalID)
	}
	if p.Profile != "" {
		args = append(args, "--profile", p.Profile)
	}
	e := exec(cmp.Or(p.Program, "eksaccess"), args)
	e.InteractiveMode = api.NeverExecInteractiveMode
	e.InstallHint = e.Command + " is not on the PATH; put it there, or write the entry again with: eksaccess " +
		"kubeconfig --exec aws"
	return e
}

// AWSTokenCommand calls the aws command, as its own "eks update-kubeconfig" does (aws-cli,
// customizations/eks/update_kubeconfig.py), but with the profile as an argument:
// keys in the environment take precedence over AWS_PROFILE, which that command
// writes, and not over --profile (aws-cli issue 7794).
func (p Plugin) AWSTokenCommand() *api.ExecConfig {
	args := []string{"--region", p.Region}
	if p.Profile != "" {
		args = append(args, "--profile", p.Profile)
	}
	args = append(args, "eks", "get-token")
	if p.ID != p.Name {
		args = append(args, "--cluster-id", p.ID)
	} else {
		args = append(args, "--cluster-name", p.Name)
	}
	args = append(args, "--output", "json")
	if p.Role != "" {
		args = append(args, "--role", p.Role)
	}
	e := exec("aws", args)
	e.InteractiveMode = api.IfAvailableExecInteractiveMode // it may ask for an MFA code
	return e
}

func exec(command string, args []string) *api.ExecConfig {
	return &api.ExecConfig{APIVersion: execVersions[0], Command: command, Args: args}
}
