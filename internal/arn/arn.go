// Package arn reads and compares the ARNs that access entries are about: IAM
// principals, STS sessions, EKS clusters and access policies.
//
// It is text only. Whether a principal exists is for IAM to say, whether EKS
// takes it is for EKS.
package arn

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// An ARN is the six parts of arn:partition:service:region:account:resource.
type ARN struct {
	Partition string
	Service   string
	Region    string
	Account   string
	Resource  string // may hold ":" and "/"
}

// Parse splits s. It checks that all six parts are there and that there is no
// white space or control character; nothing about their content.
func Parse(s string) (ARN, error) {
	parts := strings.SplitN(s, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[1] == "" || parts[2] == "" || parts[5] == "" {
		return ARN{}, fmt.Errorf("%q is not an ARN: want arn:partition:service:region:account:resource", s)
	}
	for _, r := range s {
		if r <= ' ' || r == 0x7f {
			return ARN{}, fmt.Errorf("%q is not an ARN: it holds white space or a control character", s)
		}
	}
	return ARN{parts[1], parts[2], parts[3], parts[4], parts[5]}, nil
}

func (a ARN) String() string {
	return strings.Join([]string{"arn", a.Partition, a.Service, a.Region, a.Account, a.Resource}, ":")
}

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

// IsAccount reports whether s is a twelve-digit AWS account number.
func IsAccount(s string) bool { return accountID.MatchString(s) }

// Partitions are those the authenticator of EKS knows
// (kubernetes-sigs/aws-iam-authenticator, pkg/arn). Others may come.
var Partitions = []string{"aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"}

// IsPartition reports whether s is a partition known here.
func IsPartition(s string) bool { return slices.Contains(Partitions, s) }
