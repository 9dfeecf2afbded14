package transfer

import (
	"bytes"
	"regexp"
)

const apiGroup = `\bapiVersion"?\s*:\s*["']?`

// knownTools are tools whose files declare access entries and have no importer,
// by marks that only their files have.
var knownTools = []struct {
	name string
	mark *regexp.Regexp
}{
	// API groups of Kubernetes objects: of ACK's EKS controller, of the
	// Crossplane providers, of Cluster API and its AWS provider.
	{"ACK", regexp.MustCompile(apiGroup + `[a-z0-9-]+\.services\.k8s\.aws/`)},
	{"Crossplane", regexp.MustCompile(apiGroup + `(?:[a-z0-9-]+\.)*(?:aws\.(?:m\.)?upbound\.io|crossplane\.io)/`)},
	{"Cluster API", regexp.MustCompile(apiGroup + `(?:[a-z0-9-]+\.)*cluster\.x-k8s\.io/`)},
	// CloudFormation user guide, "Template anatomy"; CDK writes the same.
	{"CloudFormation", regexp.MustCompile(`\bAWSTemplateFormatVersion"?\s*:|` +
		`\bType"?\s*:\s*["']?AWS::[A-Za-z0-9]+::[A-Za-z0-9]`)},
	// Pulumi documentation, "Resource names" (URNs), "Pulumi YAML" (types), and
	// the names of its packages.
	{"Pulumi", regexp.MustCompile(`\burn:pulumi:|\btype"?\s*:\s*["']?aws:eks[:/]|@pulumi/|\bpulumi_(?:aws|eks)\b`)},
}

// ToolOf returns the name of the tool whose file data is, or "" if it is of none
// that is known. A state of Terraform may hold files of other tools as text.
func ToolOf(data []byte) string {
	if bytes.Contains(data, []byte(`"terraform_version"`)) {
		return ""
	}
	for _, t := range knownTools {
		if t.mark.Match(data) {
			return t.name
		}
	}
	return ""
}
