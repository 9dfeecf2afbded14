package transfer_test

import (
	"testing"

	"github.com/eksaccess/eksaccess/internal/transfer"
)

func TestToolOf(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"ACK", "apiVersion: eks.services.k8s.aws/v1alpha1\nkind: AccessEntry\n", "ACK"},
		{"Crossplane, by Upbound", "kind: AccessEntry\napiVersion: eks.aws.upbound.io/v1beta1\n", "Crossplane"},
		{"Crossplane, namespaced", "apiVersion: eks.aws.m.upbound.io/v1beta1\n", "Crossplane"},
		{"Crossplane, community", "apiVersion: eks.aws.crossplane.io/v1alpha1\n", "Crossplane"},
		{"Cluster API, the control plane", "apiVersion: \"controlplane.cluster.x-k8s.io/v1beta2\"\n", "Cluster API"},
		{"Cluster API, the cluster", "---\napiVersion: cluster.x-k8s.io/v1beta1\n", "Cluster API"},
		{"CloudFormation in YAML", "Resources:\n  A:\n    Type: AWS::EKS::AccessEntry\n", "CloudFormation"},
		{"CloudFormation in JSON", `{"Resources": {"A": {"Type": "AWS::EKS::Cluster"}}}`, "CloudFormation"},
		{"CloudFormation, only its version", "AWSTemplateFormatVersion: '2010-09-09'\n", "CloudFormation"},
		{"Pulumi's state", `{"version": 3, "deployment": {"resources": [{"urn": "urn:pulumi:dev::x"}]}}`, "Pulumi"},
		{"Pulumi in YAML", "resources:\n  a:\n    type: aws:eks:AccessEntry\n", "Pulumi"},
		{"Pulumi in TypeScript", `import * as aws from "@pulumi/aws";`, "Pulumi"},
		{"a ConfigMap", "apiVersion: v1\nkind: ConfigMap\n", ""},
		{"a ClusterConfig", "apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\n", ""},
		{"a state of Terraform", `{"version": 4, "resources": [{"type": "aws_eks_access_entry"}]}`, ""},
		{"a state with a template", `{"version": 4, "terraform_version": "1.11.4", "body": "Type: AWS::S3::Bucket"`,
			""},
		{"one of ours", "apiVersion: eksaccess/v1\n", ""},
	} {
		if got := transfer.ToolOf([]byte(tt.text)); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
