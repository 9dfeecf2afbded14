package eksctl

import "go.yaml.in/yaml/v3"

// What every ClusterConfig opens with.
const (
	apiVersion = "eksctl.io/v1alpha5"
	kind       = "ClusterConfig"
)

// The types of this file are a ClusterConfig, as far as it is about access.
// The same types are read and written.

type config struct {
	APIVersion   string        `yaml:"apiVersion"`
	Kind         string        `yaml:"kind"`
	Metadata     metadata      `yaml:"metadata"`
	AccessConfig *accessConfig `yaml:"accessConfig,omitempty"`
	Mappings     []yaml.Node   `yaml:"iamIdentityMappings,omitempty"`
}

type metadata struct {
	Name   string `yaml:"name"`
	Region string `yaml:"region"`
}

type accessConfig struct {
	Mode      string      `yaml:"authenticationMode,omitempty"`
	Bootstrap *bool       `yaml:"bootstrapClusterCreatorAdminPermissions,omitempty"`
	Entries   []yaml.Node `yaml:"accessEntries,omitempty"`
}

type accessEntry struct {
	Principal string         `yaml:"principalARN"`
	Type      string         `yaml:"type,omitempty"`
	Groups    []string       `yaml:"kubernetesGroups,omitempty"`
	Username  string         `yaml:"kubernetesUsername,omitempty"`
	Policies  []accessPolicy `yaml:"accessPolicies,omitempty"`
}

type accessPolicy struct {
	Policy string      `yaml:"policyARN"`
	Scope  accessScope `yaml:"accessScope"`
}

type accessScope struct {
	Type       string   `yaml:"type"`
	Namespaces []string `yaml:"namespaces,omitempty"`
}

// An identityMapping is an item of iamIdentityMappings: rows of aws-auth.
type identityMapping struct {
	ARN      string   `yaml:"arn"`
	Username string   `yaml:"username"`
	Groups   []string `yaml:"groups"`
	Account  string   `yaml:"account"`
	Service  string   `yaml:"serviceName"`

	Namespace string `yaml:"namespace"`
	// Both spellings have been published.
	NoDuplicateARNs bool `yaml:"noDuplicateARNs"`
	NoDuplicateArns bool `yaml:"noDuplicateArns"`
}
