package eksfacts

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/arn"
)

func TestTypes(t *testing.T) {
	for _, test := range []struct {
		entryType                         string
		policies, names, ownAccount, node bool
		username                          string // of role x
	}{
		{Standard, true, true, false, false, "arn:aws:sts::111122223333:assumed-role/x/{{SessionName}}"},
		{EC2Linux, false, false, true, true, "system:node:{{EC2PrivateDNSName}}"},
		{EC2Windows, false, false, true, true, "system:node:{{EC2PrivateDNSName}}"},
		{FargateLinux, false, false, true, true, "system:node:{{SessionName}}"},
		{HybridLinux, false, false, true, true, "system:node:{{SessionName}}"},
		{EC2, true, false, true, true, ""},
		{HyperPodLinux, false, false, false, true, ""},
		{"NEW_TYPE", true, true, false, true, ""},
	} {
		t.Run(test.entryType, func(t *testing.T) {
			want := []any{test.policies, test.names, test.ownAccount, test.node, test.username}
			got := []any{
				TakesPolicies(
					test.entryType,
				), TakesNames(test.entryType), OwnAccountRole(test.entryType), IsNode(test.entryType),
				DefaultUsername(test.entryType, "arn:aws:iam::111122223333:role/team/x"),
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if IsKnownType(test.entryType) != slices.Contains(Types, test.entryType) {
				t.Error("IsKnownType and Types differ")
			}
		})
	}
	for _, entryType := range append(slices.Clone(Types), "NEW_TYPE") {
		if TakesPolicies(entryType) && !MayHavePolicies(entryType) {
			t.Errorf("%s may be given policies that are not asked for", entryType)
		}
	}
	if MayHavePolicies(EC2Linux) || !MayHavePolicies(EC2) || !MayHavePolicies(HyperPodLinux) {
		t.Error("policies are asked for where none can be, or not where some may be")
	}
	for principal, want := range map[string]string{
		"arn:aws:iam::111122223333:user/team/x": "arn:aws:iam::111122223333:user/team/x",
		"arn:aws-cn:iam::111122223333:role/x":   "arn:aws-cn:sts::111122223333:assumed-role/x/{{SessionName}}",
		"arn:aws:iam::111122223333:root":        "",
		"no ARN":                                "",
	} {
		if got := DefaultUsername(Standard, principal); got != want {
			t.Errorf("the derived name of %q is %q, want %q", principal, got, want)
		}
	}
}

func TestReservedPrefix(t *testing.T) {
	for name, want := range map[string]string{
		"system:masters": "system:", "eks:x": "eks:", "aws:x": "aws:", "amazon:x": "amazon:", "iam:x": "iam:",
		"system": "", "sts:x": "", "System:x": "", "x:system:": "", "": "",
	} {
		if got := ReservedPrefix(name); got != want {
			t.Errorf("ReservedPrefix(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestModes(t *testing.T) {
	for _, test := range []struct {
		from, to string
		want     []string
		reason   string
	}{
		{ModeConfigMap, ModeAPI, []string{ModeAPIAndConfigMap, ModeAPI}, "EKS takes one step at a time"},
		{ModeConfigMap, ModeAPIAndConfigMap, []string{ModeAPIAndConfigMap}, ""},
		{ModeAPIAndConfigMap, ModeAPI, []string{ModeAPI}, ""},
		{ModeAPI, ModeAPIAndConfigMap, nil, "there is no way back, and the mode wanted is the least"},
		{ModeAPI, ModeAPI, nil, ""},
		{"", ModeAPI, nil, "what is not known is not changed"},
		{ModeConfigMap, "", nil, ""},
	} {
		if diff := cmp.Diff(test.want, ModeSteps(test.from, test.to)); diff != "" {
			t.Errorf("%s to %s (-want +got):\n%s%s", test.from, test.to, diff, test.reason)
		}
	}
	if ReadsEntries(ModeConfigMap) || !ReadsEntries(ModeAPIAndConfigMap) || !ReadsEntries(ModeAPI) || ReadsEntries("") {
		t.Error("entries are read in the two API modes")
	}
}

func TestCheckTag(t *testing.T) {
	for _, test := range []struct {
		name, key, value string
		want             string // part of the error
	}{
		{"plain", "team", "platform", ""},
		{"all characters", "a b+-=._:/@1", "ä é 漢字 1", ""},
		{"empty value", "k", "", ""},
		{"empty key", "", "v", "is empty"},
		{"long key", strings.Repeat("ä", 129), "", "longer than 128"},
		{"longest key", strings.Repeat("ä", 128), "", ""},
		{"long value", "k", strings.Repeat("ä", 257), "longer than 256"},
		{"longest value", "k", strings.Repeat("ä", 256), ""},
		{"AWS's", "aws:x", "", "AWS's own"},
		{"AWS's in any case", "AwS:x", "", "AWS's own"},
		{"hash", "a#b", "", "a character AWS refuses"},
		{"hash in the value", "k", "a#b", "a character AWS refuses"},
		{"line break", "k", "a\nb", "a character AWS refuses"},
		{"escape", "k", "\x1b[31m", "a character AWS refuses"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := CheckTag(test.key, test.value)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if err != nil && strings.ContainsRune(err.Error(), '\x1b') {
				t.Errorf("%q would drive a terminal", err)
			}
		})
	}
}

func TestOwnerByTags(t *testing.T) {
	for _, test := range []struct {
		key, want string
	}{
		{"alpha.eksctl.io/cluster-name", "eksctl"},
		{"aws:cloudformation:stack-name", "CloudFormation"},
		{"services.k8s.aws/namespace", "ACK"},
		{"sigs.k8s.io/cluster-api-provider-aws/cluster/x", "Cluster API"},
		{"kubernetes.io/cluster/x", "Cluster API"},
		{"crossplane-name", "Crossplane"},
		{"team", ""},
	} {
		if got := OwnerByTags(map[string]string{"a": "b", test.key: "x"}); got != test.want {
			t.Errorf("tag %q is of %q, want %q", test.key, got, test.want)
		}
	}
	if got := OwnerByTags(map[string]string{"aws:cloudformation:stack-name": "x",
		"alpha.eksctl.io/cluster-name": "y"}); got != "eksctl" {
		t.Errorf("eksctl works through CloudFormation, got %q", got)
	}
}

func TestPolicies(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range Policies {
		if seen[p.Name] {
			t.Errorf("%q is listed twice", p.Name)
		}
		seen[p.Name] = true
		if got, ok := PolicyNamed(p.Name); !ok || got != p {
			t.Errorf("%q is not found by its name", p.Name)
		}
		if p.Use == "" || p.OnlyScope != "" && p.OnlyScope != "cluster" && p.OnlyScope != "namespace" {
			t.Errorf("%+v is not whole", p)
		}
	}
	if _, ok := PolicyNamed("amazoneksviewpolicy"); ok {
		t.Error("names are told apart by case")
	}
	if !IsClusterAdmin(arn.AccessPolicy("aws-cn", ClusterAdminPolicy)) ||
		IsClusterAdmin(arn.AccessPolicy("aws", "AmazonEKSAdminPolicy")) {
		t.Error("the admin policy is told by its name, in any partition")
	}
	for name, want := range map[string][2]bool{
		"AmazonEKSKROPolicy": {true, false}, "AmazonEKSNetworkingPolicy": {true, false},
		"AmazonEKSComputePolicy": {true, false},
		ClusterAdminPolicy:       {false, true}, "AmazonEKSViewPolicy": {false, true}, AutoNodePolicy: {false, false},
		"Unknown": {false, false},
	} {
		if got := [2]bool{IsOnlyForAWS(arn.AccessPolicy("aws", name)),
			IsForUsers(arn.AccessPolicy("aws", name))}; got != want {
			t.Errorf("%s: only for AWS, for users = %v, want %v", name, got, want)
		}
	}
}

func TestIAMNames(t *testing.T) {
	for name, want := range map[string]bool{"x": true, "a_b+c=d,e.f@g-h": true, "": false, "a b": false, "a/b": false,
		"ä": false, strings.Repeat("x", 64): true, strings.Repeat("x", 65): false, "x\n": false} {
		if IsIAMName(name, MaxRoleName) != want {
			t.Errorf("IsIAMName(%q) is not %t", name, want)
		}
	}
	for path, want := range map[string]bool{"/": true, "/a/": true, "/a/b/": true, "": false, "a": false, "/a": false,
		"/ä/": false, "/a b/": false, "/" + strings.Repeat("x", 510) + "/": true, "/" + strings.Repeat("x", 511) +
			"/": false} {
		if IsIAMPath(path) != want {
			t.Errorf("IsIAMPath(%.20q) is not %t", path, want)
		}
	}
	for id, want := range map[string]bool{"ab": true, "a": false, "": false, "a:b/c": true, "a b": false,
		strings.Repeat("x", 1224): true, strings.Repeat("x", 1225): false} {
		if IsExternalID(id) != want {
			t.Errorf("IsExternalID(%.20q) is not %t", id, want)
		}
	}
}

// Regions are of the partition that their names say, and each is there once.
func TestRegions(t *testing.T) {
	for _, p := range arn.Partitions {
		list := Regions(p)
		if len(list) == 0 || !slices.IsSorted(list) || len(slices.Compact(list)) != len(Regions(p)) {
			t.Errorf("%s: %v", p, list)
		}
		for _, r := range list {
			if !arn.IsRegion(r) || arn.PartitionOf(r) != p {
				t.Errorf("%s has %q, which is of %s", p, r, arn.PartitionOf(r))
			}
		}
	}
	if len(Regions("aws-mars")) != 0 {
		t.Error("nobody knows the regions of an unknown partition")
	}
}

// What TagValue gives, AWS takes, and what AWS takes it leaves as it is.
func TestTagValue(t *testing.T) {
	for in, want := range map[string]string{
		"INC-4711: on call": "INC-4711: on call", "a;b'c\n<d>": "a-b-c--d-", "größe 1 @ x/y": "größe 1 @ " +
			"x/y", "\xff!": "--", "": "",
		strings.Repeat("ü", 300): strings.Repeat("ü", 256),
	} {
		got := TagValue(in)
		if got != want || CheckTag("k", got) != nil {
			t.Errorf("TagValue(%q) = %q, %v; want %q", in, got, CheckTag("k", got), want)
		}
	}
}
