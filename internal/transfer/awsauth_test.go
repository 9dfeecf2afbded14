package transfer_test

import (
	"cmp"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awsauth"
	"github.com/eksaccess/eksaccess/internal/transfer"
)

const ownRole = "arn:aws:iam::111122223333:role/"

// rowsOf are rows of mapRoles of a cluster that is named, or of none.
func rowsOf(id arn.Cluster, mapRoles string) *transfer.AuthRows {
	items := awsauth.Items(map[string]string{"mapRoles": mapRoles})
	if id == (arn.Cluster{}) {
		id = transfer.AccountOfRows(items)
	}
	return &transfer.AuthRows{ID: id, Items: items}
}

var prod = arn.Cluster{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Name: "prod"}

// wordsOf is all that a report says of a cluster.
func wordsOf(c transfer.Cluster) string {
	var b strings.Builder
	for _, n := range c.Notes {
		b.WriteString(strings.Join([]string{string(n.Outcome), n.Subject, n.Why, n.Hint}, "\n") + "\n")
	}
	return b.String()
}

// No hint binds anything in place of groups of nodes, whatever else a row has:
// their ClusterRoles read all secrets, or are for kubelet and kube-proxy alone.
func TestNoHintBindsRolesOfNodes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		groups := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{
			"system:nodes", "system:bootstrappers", "system:node-proxier", "eks:kube-proxy-windows",
			"system:monitoring",
			"system:kube-scheduler", "system:kube-controller-manager", "system:node-problem-detector",
			"system:persistent-volume-provisioner", "system:serviceaccounts", "system:unauthenticated", "eks:logs",
			"devs",
		}), 1, 5, rapid.ID[string]).Draw(t, "groups")
		row := "- rolearn: " + ownRole + "r\n  username: someone\n  groups: [" + strings.Join(groups, ", ") + "]\n"
		words := wordsOf(rowsOf(prod, row).Cluster())
		for line := range strings.Lines(words) {
			for _, role := range []string{
				"system:node", "system:node-proxier", "eks:node-bootstrapper", "eks:kube-proxy-windows",
				"system:kube-scheduler",
				"system:kube-controller-manager", "system:node-problem-detector",
				"system:persistent-volume-provisioner", "ROLE",
			} {
				if strings.Contains(line, "roleRef") && strings.Contains(line, "name: "+role+"}") {
					t.Errorf("groups %v: binds ClusterRole %s:\n%s", groups, role, words)
				}
			}
			if strings.Contains(line, "aws-auth:nodes") || strings.Contains(line, "aws-auth:bootstrappers") {
				t.Errorf("groups %v: rebinds a group of nodes:\n%s", groups, words)
			}
		}
	})
}

func TestGroupsThatEntriesCannotGive(t *testing.T) {
	tests := []struct {
		name, reason, username, groups string
		want                           []string
		never                          string
	}{
		{
			name: "the name of one node", reason: "nothing is bound to it", username: "system:node:ip-10-0-0-1",
			want: []string{"gives nothing by RBAC", "type: EC2_LINUX"}, never: "group of your own",
		},
		{
			name: "of nodes", reason: "a person needs nothing, a role of nodes a node type",
			groups: "system:bootstrappers, system:nodes",
			want:   []string{"gives nothing by RBAC", "users system:node:NAME", "type: EC2_LINUX"},
			never:  "ClusterRoleBinding",
		},
		{
			name: "of Fargate", reason: "the type tells the kind of nodes", groups: "system:nodes, system:node-proxier",
			want: []string{"gives nothing by RBAC", "type: FARGATE_LINUX"}, never: "ClusterRoleBinding",
		},
		{
			name: "of nodes, and others", reason: "only the others are rebound",
			groups: "system:nodes, system:monitoring, devs",
			want: []string{
				"gives nothing by RBAC",
				"name: system:monitoring}",
				"groups: [devs, aws-auth:monitoring]",
			},
			never: "aws-auth:nodes",
		},
		{
			name: "of nodes, and one's own", reason: "one's own are kept", groups: "system:nodes, devs",
			want: []string{"otherwise add to access", "groups: [devs]"}, never: "ClusterRoleBinding",
		},
		{
			name: "bound by nobody", reason: "Kubernetes binds user system:kube-scheduler, no group",
			groups: "system:kube-scheduler",
			want:   []string{"Kubernetes binds nothing to group", "kubectl get clusterrolebindings,rolebindings"},
			never:  "roleRef",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			username := cmp.Or(tt.username, "me")
			c := rowsOf(
				prod,
				"- {rolearn: "+ownRole+"r, username: \""+username+"\", groups: ["+tt.groups+"]}",
			).Cluster()
			words := wordsOf(c)
			if len(c.Entries) != 0 {
				t.Errorf("carried over: %+v", c.Entries)
			}
			for _, want := range tt.want {
				if !strings.Contains(words, want) {
					t.Errorf("no %q, since %s:\n%s", want, tt.reason, words)
				}
			}
			if strings.Contains(words, tt.never) {
				t.Errorf("%q, although %s:\n%s", tt.never, tt.reason, words)
			}
		})
	}
}

func TestAccountOfRows(t *testing.T) {
	const nodes = `username: "system:node:{{EC2PrivateDNSName}}"`
	tests := []struct {
		name, reason, rows, want string
	}{
		{
			name: "nodes", reason: "nodes are of the cluster's account, and most rows are not",
			rows: "- {rolearn: " + ownRole + "n, " + nodes + "}\n- {rolearn: 'arn:aws:iam::999900001111:role/a'}\n" +
				"- {rolearn: 'arn:aws:iam::999900001111:role/b'}\n", want: "111122223333",
		},
		{name: "no nodes", reason: "a majority proves nothing",
			rows: "- {rolearn: " + ownRole + "a}\n- {rolearn: " + ownRole + "b}\n"},
		{
			name: "nodes of two accounts", reason: "one of them is wrong",
			rows: "- {rolearn: " + ownRole + "n, " + nodes + "}\n- {rolearn: 'arn:aws:iam::999900001111:role/n', " +
				nodes + "}\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := rowsOf(arn.Cluster{}, tt.rows).ID
			if diff := gocmp.Diff(tt.want, got.Account); diff != "" || got.Name != "" || got.Region != "" {
				t.Errorf("%+v: %s (-want +got):\n%s", got, tt.reason, diff)
			}
		})
	}
}

// The role of a permission set is never named by an ARN that has lost its path.
func TestRolesOfPermissionSets(t *testing.T) {
	const dev = "AWSReservedSSO_Dev_0123456789abcdef"
	tests := []struct {
		name, reason, rows string
		cluster            arn.Cluster
		sets               []string
		says               string
	}{
		{name: "no cluster", reason: "plan looks it up", rows: "- {rolearn: " + ownRole + dev + ", groups: [g]}",
			sets: []string{"Dev"}},
		{
			name: "IAM denied", reason: "the same", cluster: prod,
			rows: "- {rolearn: " + ownRole + "AWSReservedSSO_A_b_0123456789abcdef, groups: [g]}", sets: []string{"A_b"},
		},
		{
			name: "in the hint", reason: "its entry stands there", cluster: prod,
			rows: "- {rolearn: " + ownRole + dev + ", groups: [system:monitoring]}", says: "- permissionSet: Dev",
		},
		{
			name: "another account", reason: "only that account knows the path", cluster: prod,
			rows: "- {rolearn: 'arn:aws:iam::999900001111:role/" + dev + "', groups: [g]}",
			says: "with credentials of account 999900001111",
		},
		{
			name: "two accounts, no cluster", reason: "it is not known which account is the cluster's",
			rows: "- {rolearn: " + ownRole + dev +
				", groups: [g]}\n- {rolearn: 'arn:aws:iam::999900001111:role/x', groups: [g]}",
			says: "pass --cluster",
		},
		{
			name: "two suffixes", reason: "one of the roles no longer exists", cluster: prod,
			rows: "- {rolearn: " + ownRole + dev + ", groups: [g]}\n- {rolearn: " + ownRole +
				"AWSReservedSSO_Dev_fedcba9876543210, groups: [h]}",
			says: "one role at a time",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := rowsOf(tt.cluster, tt.rows).Cluster()
			var sets []string
			for _, e := range c.Entries {
				if e.Ref.PermissionSet != "" {
					sets = append(sets, e.Ref.PermissionSet)
				} else if strings.Contains(e.Principal, "AWSReservedSSO") {
					t.Errorf("named %s", e.Principal)
				}
			}
			if diff := gocmp.Diff(tt.sets, sets); diff != "" {
				t.Errorf("permission sets, since %s (-want +got):\n%s", tt.reason, diff)
			}
			for _, n := range c.Notes {
				if strings.Contains(n.Hint, "role/AWSReservedSSO") || strings.Contains(n.Why, "if it has one") {
					t.Errorf("an ARN without its path: %s\n%s", n.Why, n.Hint)
				}
			}
			if !strings.Contains(wordsOf(c), tt.says) {
				t.Errorf("does not say %q:\n%s", tt.says, wordsOf(c))
			}
		})
	}
}
