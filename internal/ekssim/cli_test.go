package ekssim_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/eksaccess/eksaccess/internal/ekssim"
)

// cliWorld has for every command what it works on, so that all of them can
// run side by side.
const cliWorld = `
accounts:
  - id: "111122223333"
    roles: [admin, fresh, r1, r2, r3, r4, r5, r6, {bulk: {prefix: team/m, count: 120}}]
    users: [alice]
credentials: [{accessKeyId: AKIAADMIN, principal: role/admin, session: me}]
clusters:
  - name: dev
    updates: [{id: u-1, type: AccessConfigUpdate, status: Successful, createdAt: 2025-05-05T05:05:05Z, params: [{type: AuthenticationMode, value: '"API"'}]}]
    entries:
      - {principal: role/r1, groups: [g1], policies: [AmazonEKSViewPolicy]}
      - {principal: role/r2}
      - {principal: role/r3}
      - {principal: role/r4}
      - {principal: role/r5, policies: [AmazonEKSViewPolicy]}
      - {principal: role/r6, uuid: 11111111-2222-4333-8444-555555555555, tags: {a: b, c: d}}
      - {bulk: {prefix: team/m, count: 120}, policies: [AmazonEKSEditPolicy]}
  - {name: switch}
  - {name: tagged, tags: {a: b, c: d}}
  - {name: old, mode: CONFIG_MAP}
`

// TestAWSCommandLine drives every operation with the aws command line, which
// is another client than the SDK: it sends and reads some things differently.
func TestAWSCommandLine(t *testing.T) {
	if n, err := strconv.Atoi(os.Getenv("CHECKS")); err != nil || n < 1000 {
		t.Skip("each call of the aws command line takes about a second: make soak runs them")
	}
	aws, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("the aws command line is not installed")
	}
	s := start(t, cliWorld)
	const (
		entry   = "arn:aws:eks:eu-west-1:111122223333:access-entry/dev/role/111122223333/r6/11111111-2222-4333-8444-555555555555"
		cluster = "arn:aws:eks:eu-west-1:111122223333:cluster/tagged"
		role    = "--principal-arn=arn:aws:iam::111122223333:role/"
		view    = "--policy-arn=arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
		on      = "--cluster-name=dev"
	)
	tests := []struct {
		operation string
		args      []string
		want      string // of standard output, or of the error
	}{
		{
			"CreateAccessEntry",
			[]string{
				"eks",
				"create-access-entry",
				on,
				role + "fresh",
				"--kubernetes-groups",
				"g",
				"--tags",
				"k=v",
				"--query",
				"accessEntry.[username,kubernetesGroups[0],tags.k,type]",
			},
			"arn:aws:sts::111122223333:assumed-role/fresh/{{SessionName}}\tg\tv\tSTANDARD",
		},
		{
			"DescribeAccessEntry",
			[]string{
				"eks",
				"describe-access-entry",
				on,
				role + "r1",
				"--query",
				"accessEntry.[principalArn,kubernetesGroups[0],createdAt]",
			},
			"arn:aws:iam::111122223333:role/r1\tg1\t1740819600",
		},
		{
			"UpdateAccessEntry",
			[]string{
				"eks",
				"update-access-entry",
				on,
				role + "r2",
				"--username",
				"u:{{SessionName}}",
				"--kubernetes-groups",
				"x",
				"y",
				"--query",
				"accessEntry.[username,kubernetesGroups]",
			},
			"u:{{SessionName}}\nx\ty",
		},
		{"DeleteAccessEntry", []string{"eks", "delete-access-entry", on, role + "r3"}, ""},
		{
			"ListAccessEntries",
			[]string{
				"eks",
				"list-access-entries",
				on,
				"--associated-policy-arn=arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy",
				"--query",
				"length(accessEntries)",
			},
			"100\n20",
		},
		{
			"AssociateAccessPolicy",
			[]string{
				"eks",
				"associate-access-policy",
				on,
				role + "r4",
				view,
				"--access-scope",
				"type=namespace,namespaces=n1,n-*",
				"--query",
				"associatedAccessPolicy.accessScope.[type,namespaces]",
			},
			"namespace\nn1\tn-*",
		},
		{"DisassociateAccessPolicy", []string{"eks", "disassociate-access-policy", on, role + "r5", view}, ""},
		{
			"ListAssociatedAccessPolicies",
			[]string{
				"eks",
				"list-associated-access-policies",
				on,
				role + "r1",
				"--query",
				"associatedAccessPolicies[].[accessScope.type,policyArn]",
			},
			"cluster\tarn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
		},
		{
			"ListAccessPolicies",
			[]string{"eks", "list-access-policies", "--query", "accessPolicies[?name=='AmazonEKSViewPolicy'].arn"},
			"arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
		},
		{
			"DescribeCluster",
			[]string{
				"eks",
				"describe-cluster",
				"--name=dev",
				"--query",
				"cluster.[name,status,accessConfig.authenticationMode]",
			},
			"dev\tACTIVE\tAPI_AND_CONFIG_MAP",
		},
		{
			"CreateCluster",
			[]string{
				"eks",
				"create-cluster",
				"--name=new",
				"--role-arn=arn:aws:iam::111122223333:role/r1",
				"--resources-vpc-config={}",
				"--region=eu-north-1",
				"--query",
				"cluster.[name,status,accessConfig.authenticationMode]",
			},
			"new\tCREATING\tCONFIG_MAP",
		},
		{"ListClusters", []string{"eks", "list-clusters", "--query", "clusters"}, "dev\told\tswitch\ttagged"},
		{
			"UpdateClusterConfig",
			[]string{
				"eks",
				"update-cluster-config",
				"--name=switch",
				"--access-config",
				"authenticationMode=API",
				"--query",
				"update.[status,type,params[0].value]",
			},
			"InProgress\tAccessConfigUpdate\t\"API\"",
		},
		{
			"DescribeUpdate",
			[]string{"eks", "describe-update", "--name=dev", "--update-id=u-1", "--query", "update.[id,status]"},
			"u-1\tSuccessful",
		},
		{"ListUpdates", []string{"eks", "list-updates", "--name=dev", "--query", "updateIds"}, "u-1"},
		{"TagResource", []string{"eks", "tag-resource", "--resource-arn=" + entry, "--tags", "x=y"}, ""},
		{"UntagResource", []string{"eks", "untag-resource", "--resource-arn=" + entry, "--tag-keys", "a", "c"}, ""},
		{
			"ListTagsForResource",
			[]string{"eks", "list-tags-for-resource", "--resource-arn=" + cluster, "--query", "tags.[a,c]"},
			"b\td",
		},
		{
			"GetCallerIdentity",
			[]string{"sts", "get-caller-identity", "--query", "Arn"},
			"arn:aws:sts::111122223333:assumed-role/admin/me",
		},
		{
			"AssumeRole",
			[]string{
				"sts",
				"assume-role",
				"--role-arn=arn:aws:iam::111122223333:role/r1",
				"--role-session-name=ci",
				"--query",
				"AssumedRoleUser.Arn",
			},
			"arn:aws:sts::111122223333:assumed-role/r1/ci",
		},
		{
			"GetRole",
			[]string{"iam", "get-role", "--role-name=m0001", "--query", "Role.[Arn,Path]"},
			"arn:aws:iam::111122223333:role/team/m0001\t/team/",
		},
		{
			"GetUser",
			[]string{"iam", "get-user", "--user-name=alice", "--query", "User.Arn"},
			"arn:aws:iam::111122223333:user/alice",
		},
		{"ListRoles", []string{"iam", "list-roles", "--path-prefix=/team/", "--query", "length(Roles)"}, "100\n20"},

		// How refusals look.
		{"ListAccessEntries", []string{"eks", "list-access-entries", "--cluster-name=old"},
			"An error occurred (InvalidRequestException) when calling the ListAccessEntries operation: The cluster's " +
				"authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation."},
		{"GetRole", []string{"iam", "get-role", "--role-name=nobody"},
			"An error occurred (NoSuchEntity) when calling the GetRole operation: The role with name nobody cannot " +
				"be found."},
	}
	none := filepath.Join(t.TempDir(), "none")
	env := slices.DeleteFunc(os.Environ(), func(kv string) bool { return strings.HasPrefix(kv, "AWS_") })
	env = append(env, s.Env(adminK)...)
	env = append(env, "AWS_CONFIG_FILE="+none, "AWS_SHARED_CREDENTIALS_FILE="+none, "AWS_PAGER=", "AWS_MAX_ATTEMPTS=1")
	slots := make(chan struct{}, runtime.NumCPU())
	t.Run("calls", func(t *testing.T) {
		for _, tt := range tests {
			t.Run(strings.Join(tt.args[:2], " "), func(t *testing.T) {
				t.Parallel()
				slots <- struct{}{}
				defer func() { <-slots }()
				cmd := exec.Command(aws, append(tt.args, "--output", "text")...)
				cmd.Env = env
				out, err := cmd.CombinedOutput()
				got := strings.TrimSpace(string(out))
				if got != tt.want || (err != nil) != strings.HasPrefix(tt.want, "An error occurred") {
					t.Errorf("%v\ngot  %q\nwant %q", err, got, tt.want)
				}
			})
		}
	})
	seen := s.Operations(ekssim.CallFilter{})
	for _, tt := range tests {
		if !slices.Contains(seen, tt.operation) {
			t.Errorf("%s was not called", tt.operation)
		}
	}
	rights := s.Rights(dev)
	if _, fresh := rights[arn("role/fresh")]; !fresh || len(rights) != 126 { // one made, one deleted
		t.Errorf("%d entries", len(rights))
	}
}
