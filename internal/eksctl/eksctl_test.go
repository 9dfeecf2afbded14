package eksctl_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksctl"
	"github.com/eksaccess/eksaccess/internal/transfer"
	"github.com/eksaccess/eksaccess/internal/transfer/transfertest"
	"github.com/eksaccess/eksaccess/spec"
)

func TestMain(m *testing.M) {
	flag.Set("rapid.checks", "300")
	os.Exit(m.Run())
}

// clusterConfig is eksctl's own reading: its types, by its YAML library, which
// knows YAML's older words for true and false (eksctl, pkg/eksctl/loader).
type clusterConfig struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name   string `json:"name"`
		Region string `json:"region"`
	} `json:"metadata"`
	AccessConfig struct {
		AuthenticationMode string `json:"authenticationMode"`
		AccessEntries      []struct {
			PrincipalARN       string   `json:"principalARN"`
			Type               string   `json:"type"`
			KubernetesGroups   []string `json:"kubernetesGroups"`
			KubernetesUsername string   `json:"kubernetesUsername"`
			AccessPolicies     []struct {
				PolicyARN   string `json:"policyARN"`
				AccessScope struct {
					Type       string   `json:"type"`
					Namespaces []string `json:"namespaces"`
				} `json:"accessScope"`
			} `json:"accessPolicies"`
		} `json:"accessEntries"`
	} `json:"accessConfig"`
}

// What is written is read back as the same entries, by us and by eksctl.
func TestWriteThenRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := transfertest.Clusters(t)[0]
		text, _ := eksctl.Write(c)
		got, _, err := eksctl.Read(spec.Source{Name: "f", Data: text})
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		want := c
		want.ID.Account = ""
		if want.Mode == "" {
			want.Mode = "API_AND_CONFIG_MAP"
		}
		ignore := cmp.Options{
			cmpopts.IgnoreFields(transfer.Entry{}, "Source"),
			cmpopts.IgnoreFields(spec.Entry{}, "Tags"),
			cmpopts.EquateEmpty(),
		}
		if diff := cmp.Diff([]transfer.Cluster{want}, got, ignore); diff != "" {
			t.Fatalf("(-written +read):\n%s\n%s", diff, text)
		}
		var theirs clusterConfig
		if err := sigsyaml.UnmarshalStrict(text, &theirs); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		var entries []transfer.Entry
		for _, e := range theirs.AccessConfig.AccessEntries {
			out := spec.Entry{
				Principal: e.PrincipalARN,
				Type:      e.Type,
				Username:  e.KubernetesUsername,
				Groups:    e.KubernetesGroups,
			}
			for _, p := range e.AccessPolicies {
				out.Policies = append(
					out.Policies,
					spec.Policy{ARN: p.PolicyARN, Scope: p.AccessScope.Type, Namespaces: p.AccessScope.Namespaces},
				)
			}
			entries = append(entries, transfer.Entry{Entry: transfer.Fill(out)})
		}
		if diff := cmp.Diff(want.Entries, entries, ignore); diff != "" || theirs.Metadata.Name != c.ID.Name ||
			theirs.Metadata.Region != c.ID.Region {
			t.Fatalf("eksctl reads another thing (-written +read):\n%s\n%s", diff, text)
		}
	})
}

// summary writes what was read in a few words.
func summary(clusters []transfer.Cluster, notes []transfer.Note) string {
	var b strings.Builder
	for _, c := range clusters {
		fmt.Fprintf(&b, "%s %s\n", c.ID, c.Mode)
		for _, e := range c.Entries {
			fmt.Fprintf(&b, "  %s %s %s %v %s\n", e.Name(), e.Type, e.OwnUsername(), e.Groups, e.Source)
			for _, p := range e.Policies {
				fmt.Fprintf(&b, "    %s %s %v\n", arn.PolicyName(p.ARN), p.Scope, p.Namespaces)
			}
		}
		for _, r := range c.Rows {
			fmt.Fprintf(&b, "  row %s %s %s %v %s\n", r.Place, r.Row.ARN, r.Row.Username, r.Row.Groups, r.Overruled)
		}
		for _, account := range c.Accounts {
			fmt.Fprintf(&b, "  account %s\n", account)
		}
	}
	for _, n := range notes {
		fmt.Fprintf(&b, "- %s\n", n)
	}
	return b.String()
}

const head = "apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata: {name: prod, region: eu-west-1}\n"

func TestRead(t *testing.T) {
	const off = "  bootstrapClusterCreatorAdminPermissions: false\n"
	for _, test := range []struct{ name, in, want string }{
		// All that eksctl's user guide and its published examples write.
		{"all there is", head + `nodeGroups: [{name: ng, instanceType: m5d.large}]
accessConfig:
  bootstrapClusterCreatorAdminPermissions: false
  authenticationMode: API
  accessEntries:
    - principalARN: arn:aws:iam::111122223333:user/me
      type: STANDARD
      kubernetesGroups: [one, two]
    - principalARN: arn:aws:iam::111122223333:role/viewer
      accessPolicies:
        - policyARN: arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy
          accessScope:
            type: namespace
            namespaces: [my-namespace, default, dev-*]
    - principalARN: arn:aws:iam::111122223333:role/team/admin
      kubernetesUsername: admin:{{SessionName}}
      accessPolicies:
        - policyARN: arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy
          accessScope: {type: cluster}
    - principalARN: arn:aws:iam::111122223333:role/nodes
      type: EC2_LINUX
`, `/eu-west-1/prod API
  nodes EC2_LINUX  [] f:23:7
  admin STANDARD admin:{{SessionName}} [] f:18:7
    AmazonEKSClusterAdminPolicy cluster []
  viewer STANDARD  [] f:12:7
    AmazonEKSViewPolicy namespace [default dev-* my-namespace]
  me STANDARD  [one two] f:9:7
`},
		{"rows of aws-auth", head + "accessConfig:\n" + off + `iamIdentityMappings:
  - {arn: "arn:aws:iam::000000000000:role/admin", groups: ["system:masters"], username: admin, noDuplicateARNs: true}
  - {arn: "arn:aws:iam::000000000000:ROLE/admin", groups: [b], username: later}
  - {serviceName: emr-containers, namespace: emr}
  - {account: 012345678901}
  - {username: nobody}
`, `/eu-west-1/prod 
  row f:7:5 arn:aws:iam::000000000000:role/admin admin [system:masters] f:8:5
  row f:8:5 arn:aws:iam::000000000000:ROLE/admin later [b] 
  account 012345678901
- prod: f:9:5: serviceName: emr-containers: left out: eksctl makes Kubernetes roles and bindings for it, which no access entry holds
- prod: f:11:5: left out: it has none of arn, account and serviceName
`},
		{"the creator, unless it is said", head, `/eu-west-1/prod 
- prod: f:1:1: bootstrapClusterCreatorAdminPermissions: it is on unless it is said to be off, and so EKS made an entry for the creator of the cluster, who is not in the file
`},
		{"two clusters, and something else", head + "accessConfig:\n" + off + "---\nkind: Deployment\n---\n---\n" + strings.Replace(head, "prod", "dev", 1) + "accessConfig:\n" + off, `/eu-west-1/dev 
/eu-west-1/prod 
- f:7:1: left out: it is no ClusterConfig
`},
		{"odd entries", head + "accessConfig:\n" + off + `  accessEntries:
    -
    - just text
    - {principalARN: nobody}
    - {type: STANDARD}
    - {principalARN: [a]}
    - {principalARN: "arn:aws:iam::111122223333:role/a", kubernetesGroup: [x]}
    - {principalARN: "arn:aws:iam::111122223333:role/a", kubernetesGroups: [x]}
    - principalARN: arn:aws:iam::111122223333:role/b
      accessPolicies: [{policyARN: "P", accessScope: {type: cluster}}, {policyARN: "P", accessScope: {type: namespace, namespaces: [a]}}]
`, `/eu-west-1/prod 
  a STANDARD  [] f:12:7
  b STANDARD  [] f:14:7
    P cluster []
- prod: f:7:6: left out: it is no mapping
- prod: f:8:7: left out: text stands where a mapping belongs
- prod: f:9:7: nobody: left out: its principalARN is no ARN
- prod: f:10:7: left out: it has no principalARN
- prod: f:11:7: left out: a list stands where text belongs
- prod: f:12:58: "kubernetesGroup": left out: nothing is known of this key
- prod: f:13:7: arn:aws:iam::111122223333:role/a: left out: it stands at f:12:7 already
- prod: f:14:7: arn:aws:iam::111122223333:role/b: P: left out: a policy holds once for a principal
`},
		{"types in any case", head + "accessConfig:\n" + off + `  accessEntries:
    - {principalARN: "arn:aws:iam::111122223333:role/a", type: standard, kubernetesGroups: [g]}
    - {principalARN: "arn:aws:iam::111122223333:role/b", type: EC2_Linux}
    - {principalARN: "arn:aws:iam::111122223333:role/c", type: ec2, accessPolicies: [{policyARN: P, accessScope: {type: cluster}}]}
`, `/eu-west-1/prod 
  a STANDARD  [g] f:7:7
  b EC2_LINUX  [] f:8:7
  c EC2  [] f:9:7
    P cluster []
`},
		{"scopes that eksctl refuses", head + "accessConfig:\n" + off + `  accessEntries:
    - {principalARN: "arn:aws:iam::111122223333:role/a", accessPolicies: [{policyARN: P, accessScope: {type: namespace, namespaces: []}}]}
    - {principalARN: "arn:aws:iam::111122223333:role/b", accessPolicies: [{policyARN: P, accessScope: {type: cluster}}, {policyARN: Q}]}
    - {principalARN: "arn:aws:iam::111122223333:role/c", accessPolicies: [{policyARN: P, accessScope: {type: cluster, namespaces: [x]}}]}
    - {principalARN: "arn:aws:iam::111122223333:role/d", accessPolicies: [{accessScope: {type: cluster}}]}
    - {principalARN: "arn:aws:iam::111122223333:role/e", accessPolicies: [{policyARN: P, accessScope: {type: Namespace}}]}
`, `/eu-west-1/prod 
- prod: f:7:7: arn:aws:iam::111122223333:role/a: left out: accessPolicies[0].accessScope has type namespace and no namespaces
- prod: f:8:7: arn:aws:iam::111122223333:role/b: left out: accessPolicies[1].accessScope has no type
- prod: f:9:7: arn:aws:iam::111122223333:role/c: left out: accessPolicies[0].accessScope has type cluster, and namespaces
- prod: f:10:7: arn:aws:iam::111122223333:role/d: left out: accessPolicies[0] has no policyARN
- prod: f:11:7: arn:aws:iam::111122223333:role/e: left out: accessPolicies[0].accessScope has type "Namespace": eksctl takes cluster and namespace
`},
		{"roles of nodes as STANDARD", head + "accessConfig:\n" + off + `  accessEntries:
    - principalARN: arn:aws:iam::111122223333:role/a
      kubernetesUsername: system:node:{{EC2PrivateDNSName}}
      kubernetesGroups: [system:bootstrappers, system:nodes]
      accessPolicies: [{accessScope: {type: EC2_WINDOWS}}]
    - {principalARN: "arn:aws:iam::111122223333:role/b", kubernetesGroups: [system:nodes]}
    - principalARN: arn:aws:iam::111122223333:role/c
      accessPolicies: [{policyARN: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAutoNodePolicy", accessScope: {type: cluster}}]
`, `/eu-west-1/prod 
  c STANDARD  [] f:12:7
    AmazonEKSAutoNodePolicy cluster []
- prod: f:7:7: arn:aws:iam::111122223333:role/a: left out: it has a name or groups of nodes, which an entry of type STANDARD cannot have; a type of nodes as accessScope is no scope
- prod: f:11:7: arn:aws:iam::111122223333:role/b: left out: it has a name or groups of nodes, which an entry of type STANDARD cannot have
- prod: f:12:7: arn:aws:iam::111122223333:role/c: policy AmazonEKSAutoNodePolicy is for nodes of Auto Mode, whose entries have type EC2
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			clusters, notes, err := eksctl.Read(spec.Source{Name: "f", Data: []byte(test.in)})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, summary(clusters, notes)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadOther(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"empty", "", "f: the file is empty"},
		{"a ConfigMap", "apiVersion: v1\nkind: ConfigMap\n", "f: the file has no ClusterConfig"},
		{"another version", "apiVersion: v1\nkind: ClusterConfig\n", `f:1:1: "v1" is no version of eksctl's`},
		{"no name", "apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata: {region: " +
			"eu-west-1}\n", `f:1:1: metadata names no cluster: name "", region "eu-west-1"`},
		{"a wrong type", head + "accessConfig: 7\n", "f:4:1: a number stands where a mapping belongs"},
		{"no YAML", "a: [", "f:1:1: not valid YAML: did not find expected node content"},
		{"twice", head + "---\n" + head, `f:5:1: cluster "prod" of region "eu-west-1" is in the file twice`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, _, err := eksctl.Read(spec.Source{Name: "f", Data: []byte(test.in)})
			if err == nil || err.Error() != test.want {
				t.Errorf("got  %v\nwant %v", err, test.want)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add(
		head + "accessConfig: {accessEntries: [{principalARN: x}, {principalARN: 'arn:aws:iam::1:role/a', " +
			"accessPolicies: [{policyARN: p}]}]}\n",
	)
	f.Add(head + "iamIdentityMappings: [{arn: a, groups: [b]}, {account: '1'}]\n")
	f.Add(head + "a: &a [*a]\naccessConfig: {accessEntries: *a}\n")
	f.Add(
		head + "x: &x {principalARN: 'arn:aws:iam::1:role/a'}\naccessConfig: {accessEntries: [*x, {<<: *x, type: " +
			"EC2}]}\n",
	)
	f.Fuzz(func(t *testing.T, data string) {
		clusters, notes, err := eksctl.Read(spec.Source{Name: "f", Data: []byte(data)})
		if err != nil && (clusters != nil || notes != nil) {
			t.Errorf("%v beside clusters or notes", err)
		}
		for _, c := range clusters {
			for _, e := range c.Entries {
				if _, err := arn.Parse(e.Principal); err != nil || e.Type == "" || e.Source == "" {
					t.Errorf("%+v", e)
				}
			}
		}
	})
}

// eksctl refuses a whole ClusterConfig for one entry of a type that it does not
// know: such an entry is left out.
func TestWriteLeavesOutUnknownTypes(t *testing.T) {
	c := transfer.Cluster{ID: arn.Cluster{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Name: "prod"}}
	for _, kind := range []string{
		"STANDARD", "EC2", "EC2_LINUX", "EC2_WINDOWS", "FARGATE_LINUX", "HYBRID_LINUX", "HYPERPOD_LINUX", "NEW_TYPE",
	} {
		e := spec.Entry{Principal: "arn:aws:iam::111122223333:role/" + kind, Type: kind}
		c.Entries = append(c.Entries, transfer.Entry{Entry: transfer.Fill(e)})
	}
	text, notes := eksctl.Write(c)
	for _, e := range c.Entries {
		refused := e.Type == "HYPERPOD_LINUX" || e.Type == "NEW_TYPE"
		if strings.Contains(string(text), e.Principal+"\n") == refused {
			t.Errorf("%s: refused by eksctl %t, but the file is\n%s", e.Type, refused, text)
		}
		noted := false
		for _, n := range notes {
			noted = noted || n.Subject == e.Principal && n.Outcome == transfer.Left &&
				strings.Contains(n.Why, "eksctl has no type "+e.Type)
		}
		if noted != refused {
			t.Errorf("%s: refused by eksctl %t, notes %+v", e.Type, refused, notes)
		}
	}
	c.Entries = c.Entries[len(c.Entries)-2:]
	if files, _ := eksctl.Files([]transfer.Cluster{c}); len(files) != 0 {
		t.Errorf("a file without entries: %s", files[0].Data)
	}
}
