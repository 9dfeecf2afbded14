package transfer_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awsauth"
	"github.com/eksaccess/eksaccess/internal/transfer"
	"github.com/eksaccess/eksaccess/spec"
)

var dev = arn.Cluster{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Name: "dev"}

// Whatever is in aws-auth: no panic, every row is in the report, and what is
// written is a file that takes.
func FuzzAWSAuth(f *testing.F) {
	const iam = "arn:aws:iam::111122223333:"
	for _, s := range []string{
		"- {rolearn: " + iam + "role/a, username: 'x:{{SessionName}}', groups: [system:masters, g]}",
		"- {rolearn: " + iam + "role/n, username: 'system:node:{{EC2PrivateDNSName}}', groups: [system:nodes, " +
			"eks:kube-proxy-windows]}",
		"- {rolearn: " + iam + "role/m, username: 'system:x', groups: [system:monitoring, \"a\\nb\"]}",
		"- {rolearn: 'arn:aws:iam::999900001111:role/x/y'}\n- {rolearn: arn}\n- 7\n- {rolearn: " +
			"'arn:aws:iam::111122223333:root'}",
		"- {rolearn: " + iam + "role/aws-service-role/x/AWSServiceRoleForX}\n- {rolearn: " + iam +
			"role/${account}}\n- {rolearn: " + iam + "role/*}",
		"- {rolearn: 'arn:aws:iam::111122223333:role/\u202e'}\n- {rolearn: 'arn:::::'}\n- {rolearn: " +
			"'arn:aws:iam::1:role/'}",
	} {
		f.Add(s, strings.ReplaceAll(strings.ReplaceAll(s, "rolearn", "userarn"), "role/", "user/"), "- 111122223333")
	}
	f.Fuzz(func(t *testing.T, roles, users, accounts string) {
		data := map[string]string{"mapRoles": roles, "mapUsers": users, "mapAccounts": accounts}
		rows := transfer.AuthRows{
			ID:         dev,
			Items:      awsauth.Items(data),
			Accounts:   awsauth.Parse(data).Accounts,
			Principals: map[string]transfer.Resolved{},
		}
		for i, p := range rows.Ask() {
			switch i % 3 {
			case 0:
				rows.Principals[p.String()] = transfer.Resolved{Gone: true}
			case 1:
				rows.Principals[p.String()] = transfer.Resolved{
					ARN: strings.Replace(p.String(), ":role/", ":role/team/", 1),
				}
			}
		}
		text, told := transfer.Write(&transfer.Import{Source: "f", Clusters: []transfer.Cluster{rows.Cluster()}},
			transfer.Options{})
		if _, problems := spec.Load([]spec.Source{{Name: "f.yaml", Data: text}}); problems.Failed() {
			t.Fatalf("%v\n%s", problems, text)
		}
		for _, i := range rows.Items {
			if !slices.ContainsFunc(told.Clusters[0].Notes, func(n transfer.Note) bool { return n.Source == i.Place }) {
				t.Errorf("%s is not reported: %v", i.Place, told.Clusters[0].Notes)
			}
		}
		merged, _, err := transfer.Merge(
			spec.Source{Name: "f.yaml", Data: text},
			&transfer.Import{Source: "f", Clusters: []transfer.Cluster{rows.Cluster()}},
		)
		if err != nil || string(merged) != string(text) {
			t.Fatalf("merged into itself it is another: %v\n%s\n%s", err, text, merged)
		}
	})
}
