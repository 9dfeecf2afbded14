package arn

import (
	"fmt"
	"regexp"
	"strings"
)

// A Cluster is where one EKS cluster is. All four parts are needed to mean
// the same cluster wherever a file is read.
type Cluster struct {
	Partition string `json:"partition"`
	Account   string `json:"account"`
	Region    string `json:"region"`
	Name      string `json:"name"`
}

// The model of the service gives the pattern and the length, 1 to 100
// (EKS service model 2017-11-01, shape ClusterName).
var clusterName = regexp.MustCompile(`^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$`)

// IsClusterName reports whether EKS would take s as a cluster's name.
func IsClusterName(s string) bool { return clusterName.MatchString(s) }

var regionName = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]+$`)

// IsRegion reports whether s has the shape of a region's name.
func IsRegion(s string) bool { return regionName.MatchString(s) }

// ParseCluster reads arn:partition:eks:region:account:cluster/name.
func ParseCluster(s string) (Cluster, error) {
	a, err := Parse(s)
	if err != nil {
		return Cluster{}, err
	}
	name, ok := strings.CutPrefix(a.Resource, "cluster/")
	switch {
	case a.Service != "eks" || !ok:
		return Cluster{}, fmt.Errorf(
			"%q is not the ARN of an EKS cluster: want arn:aws:eks:region:account:cluster/name",
			s,
		)
	case !IsAccount(a.Account):
		return Cluster{}, fmt.Errorf("%q has no twelve-digit account number", s)
	case !IsRegion(a.Region):
		return Cluster{}, fmt.Errorf("%q has no region", s)
	case !IsClusterName(name):
		return Cluster{}, fmt.Errorf(
			"%q: a cluster's name is 1 to 100 letters, digits, \"-\" or \"_\", a letter or digit first",
			s,
		)
	}
	return Cluster{a.Partition, a.Account, a.Region, name}, nil
}

// ARN is the cluster's ARN.
func (c Cluster) ARN() string {
	return ARN{c.Partition, "eks", c.Region, c.Account, "cluster/" + c.Name}.String()
}

// EntryARNs is the pattern that IAM policies need for the access entries of
// the cluster (Service Authorization Reference, Amazon EKS).
func (c Cluster) EntryARNs() string {
	return ARN{c.Partition, "eks", c.Region, c.Account, "access-entry/" + c.Name + "/*"}.String()
}

// Path is account/region/name, the short form that the --cluster flag takes.
func (c Cluster) Path() string { return c.Account + "/" + c.Region + "/" + c.Name }

func (c Cluster) String() string { return c.Path() }

// Compare orders clusters by account, region, name.
func (c Cluster) Compare(d Cluster) int {
	for _, p := range [][2]string{{c.Account, d.Account}, {c.Region, d.Region}, {c.Name, d.Name},
		{c.Partition, d.Partition}} {
		if r := strings.Compare(p[0], p[1]); r != 0 {
			return r
		}
	}
	return 0
}

// AccessPolicy is the ARN of the access policy called name in a partition:
// no region, and "aws" for the account (EKS user guide,
// access-policy-permissions).
func AccessPolicy(partition, name string) string {
	return ARN{partition, "eks", "", "aws", "cluster-access-policy/" + name}.String()
}

// PolicyName is the name in an access policy's ARN, or s itself where s is no
// such ARN.
func PolicyName(s string) string {
	if _, name, ok := strings.Cut(s, ":cluster-access-policy/"); ok {
		return name
	}
	return s
}

// PartitionOf guesses the partition of a region from its prefix, for clusters
// written by name, region and account.
func PartitionOf(region string) string {
	for _, p := range []struct{ prefix, partition string }{
		{"cn-", "aws-cn"}, {"us-gov-", "aws-us-gov"}, {"us-isob-", "aws-iso-b"}, {"us-isof-", "aws-iso-f"},
		{"us-iso-", "aws-iso"}, {"eu-isoe-", "aws-iso-e"}, {"eusc-", "aws-eusc"},
	} {
		if strings.HasPrefix(region, p.prefix) {
			return p.partition
		}
	}
	return "aws"
}
