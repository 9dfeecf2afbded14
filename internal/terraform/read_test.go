package terraform_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/terraform"
	"github.com/eksaccess/eksaccess/internal/transfer"
	"github.com/eksaccess/eksaccess/spec"
)

// state is a state with these resources in its root module.
func state(resources ...string) string {
	return `{"format_version":"1.0","terraform_version":"1.11.4","values":{"root_module":{"resources":[` + strings.Join(
		resources,
		",",
	) + `]}}}`
}

func accessEntry(address, cluster, role, more string) string {
	return fmt.Sprintf(`{"address":%q,"mode":"managed","type":"aws_eks_access_entry","values":{"cluster_name":%q,
		"principal_arn":"arn:aws:iam::111122223333:role/%s","kubernetes_groups":[],"type":"STANDARD","tags":null%s}}`, address, cluster, role, more)
}

func entryARN(region, account, cluster string) string {
	return fmt.Sprintf(
		`,"access_entry_arn":"arn:aws:eks:%s:%s:access-entry/%s/role/111122223333/x/c1"`,
		region,
		account,
		cluster,
	)
}

func association(address, cluster, role, policy, more string) string {
	return fmt.Sprintf(
		`{"address":%q,"mode":"managed","type":"aws_eks_access_policy_association","values":{"cluster_name":%q,
		"principal_arn":"arn:aws:iam::111122223333:role/%s","policy_arn":"arn:aws:eks::aws:cluster-access-policy/%s"%s}}`,
		address,
		cluster,
		role,
		policy,
		more,
	)
}

const (
	wide   = `,"access_scope":[{"type":"cluster","namespaces":[]}]`
	narrow = `,"access_scope":[{"type":"namespace","namespaces":["b","a"]}]`
)

// summary writes what was read in a few words: a line for each cluster, entry,
// policy and note.
func summary(clusters []transfer.Cluster, notes []transfer.Note) string {
	var b strings.Builder
	for _, c := range clusters {
		fmt.Fprintf(&b, "%s %s\n", c.ID, c.Mode)
		for _, e := range c.Entries {
			name := e.Principal[strings.LastIndex(e.Principal, "/")+1:]
			fmt.Fprintf(&b, "  %s %s %s", name, e.Type, e.Source)
			if u := e.OwnUsername(); u != "" {
				fmt.Fprintf(&b, " as %s", u)
			}
			if len(e.Groups) > 0 {
				fmt.Fprintf(&b, " in %v", e.Groups)
			}
			if len(e.Tags) > 0 {
				fmt.Fprintf(&b, " %v", e.Tags)
			}
			b.WriteString("\n")
			for _, p := range e.Policies {
				fmt.Fprintf(&b, "    %s %s %v\n", p.ARN[strings.LastIndex(p.ARN, "/")+1:], p.Scope, p.Namespaces)
			}
		}
	}
	for _, n := range notes {
		fmt.Fprintf(&b, "- %s\n", n)
	}
	return b.String()
}

func TestRead(t *testing.T) {
	in := entryARN("eu-west-1", "111122223333", "prod")
	for _, test := range []struct{ name, in, want string }{
		{"an entry with its policies", state(
			accessEntry("aws_eks_access_entry.a", "prod", "a",
				in+`,"user_name":"arn:aws:sts::111122223333:assumed-role/a/{{SessionName}}","tags_all":{"team":"x","from":"default_tags"}`),
			association("aws_eks_access_policy_association.a", "prod", "a", "AmazonEKSViewPolicy", wide),
			association("aws_eks_access_policy_association.b", "prod", "a", "AmazonEKSEditPolicy", narrow)), `
111122223333/eu-west-1/prod 
  a STANDARD aws_eks_access_entry.a map[from:default_tags team:x]
    AmazonEKSEditPolicy namespace [a b]
    AmazonEKSViewPolicy cluster []
`},
		{"modules, count and for_each",
			`{"format_version":"1.0","values":{"root_module":{"resources":[],"child_modules":[{"address":"module.eks[\"p.1\"]","resources":[` +
				accessEntry(`module.eks["p.1"].aws_eks_access_entry.this["a"]`, "prod", "a", in) +
				`],"child_modules":[{"address":"module.eks[\"p.1\"].module.x[0]","resources":[` +
				accessEntry(`module.eks["p.1"].module.x[0].aws_eks_access_entry.this[1]`, "prod", "b", in) + `]}]}]}}}`, `
111122223333/eu-west-1/prod 
  a STANDARD module.eks["p.1"].aws_eks_access_entry.this["a"]
  b STANDARD module.eks["p.1"].module.x[0].aws_eks_access_entry.this[1]
`},
		{"a mode, from the cluster, which also says where it is", state(
			`{"address":"aws_eks_cluster.c","mode":"managed","type":"aws_eks_cluster","values":{"name":"prod","arn":"arn:aws:eks:eu-west-1:111122223333:cluster/prod",
				"access_config":[{"authentication_mode":"API","bootstrap_cluster_creator_admin_permissions":true}]}}`,
			accessEntry("aws_eks_access_entry.a", "prod", "a", "")), `
111122223333/eu-west-1/prod API
  a STANDARD aws_eks_access_entry.a
- prod: aws_eks_cluster.c: EKS made an entry for the creator of the cluster, which Terraform does not know of
`},
		{"a data source says where a cluster is, and is no entry", state(
			`{"address":"data.aws_eks_cluster.c","mode":"data","type":"aws_eks_cluster","values":{"name":"prod","arn":"arn:aws:eks:eu-west-1:111122223333:cluster/prod","access_config":[{"authentication_mode":"API"}]}}`,
			strings.Replace(accessEntry("data.aws_eks_access_entry.b", "prod", "b", in), `"managed"`, `"data"`, 1),
			accessEntry("aws_eks_access_entry.a", "prod", "a", "")), `
111122223333/eu-west-1/prod 
  a STANDARD aws_eks_access_entry.a
`},
		{"nothing says where the cluster is", state(accessEntry("aws_eks_access_entry.a", "prod", "a", `,"region":"eu-west-1"`), accessEntry("aws_eks_access_entry.b", "dev", "a", "")), `
//dev 
  a STANDARD aws_eks_access_entry.b
/eu-west-1/prod 
  a STANDARD aws_eks_access_entry.a
`},
		{"two clusters of one name: the policy goes with its principal", state(
			accessEntry("aws_eks_access_entry.a", "prod", "a", in),
			accessEntry("aws_eks_access_entry.b", "prod", "b", entryARN("us-east-1", "111122223333", "prod")),
			association("aws_eks_access_policy_association.b", "prod", "b", "P", wide)), `
111122223333/eu-west-1/prod 
  a STANDARD aws_eks_access_entry.a
111122223333/us-east-1/prod 
  b STANDARD aws_eks_access_entry.b
    P cluster []
`},
		{"two clusters of one name and one principal: the region tells, else nothing does", state(
			accessEntry("aws_eks_access_entry.a", "prod", "a", in),
			accessEntry("aws_eks_access_entry.b", "prod", "a", entryARN("us-east-1", "111122223333", "prod")),
			association("aws_eks_access_policy_association.b", "prod", "a", "P", wide+`,"region":"us-east-1"`),
			association("aws_eks_access_policy_association.c", "prod", "a", "Q", wide)), `
111122223333/eu-west-1/prod 
  a STANDARD aws_eks_access_entry.a
111122223333/us-east-1/prod 
  a STANDARD aws_eks_access_entry.b
    P cluster []
- prod: aws_eks_access_policy_association.c: left out: it may be of any of 111122223333/eu-west-1/prod, 111122223333/us-east-1/prod
`},
		{"two clusters of one name in two modules",
			`{"format_version":"1.0","values":{"root_module":{"child_modules":[{"address":"module.a","resources":[` +
				accessEntry("module.a.aws_eks_access_entry.a", "prod", "a", in) + `,` +
				association("module.a.aws_eks_access_policy_association.a", "prod", "a", "P", wide) +
				`]},{"address":"module.b","resources":[` +
				accessEntry("module.b.aws_eks_access_entry.a", "prod", "a",
					entryARN("us-east-1", "111122223333", "prod")) + `,` +
				association("module.b.aws_eks_access_policy_association.a", "prod", "a", "Q", wide) + `]}]}}}`, `
111122223333/eu-west-1/prod 
  a STANDARD module.a.aws_eks_access_entry.a
    P cluster []
111122223333/us-east-1/prod 
  a STANDARD module.b.aws_eks_access_entry.a
    Q cluster []
`},
		{"a policy whose entry is elsewhere", state(association("aws_eks_access_policy_association.a", "prod", "a", "P", wide)), `
- prod: aws_eks_access_policy_association.a: left out: the entry of arn:aws:iam::111122223333:role/a is not in it, so what else it has is not known
`},
		{"aws-auth, and what another provider made", state(
			`{"address":"kubernetes_config_map_v1_data.a","mode":"managed","type":"kubernetes_config_map_v1_data","values":{"metadata":[{"name":"aws-auth","namespace":"kube-system"}]}}`,
			`{"address":"kubernetes_config_map.b","mode":"managed","type":"kubernetes_config_map","values":{"metadata":[{"name":"other","namespace":"kube-system"}]}}`,
			`{"address":"awscc_eks_access_entry.a","mode":"managed","type":"awscc_eks_access_entry","values":{}}`), `
- awscc_eks_access_entry.a: left out: it is of the provider awscc
- kubernetes_config_map_v1_data.a: left out: it is the ConfigMap aws-auth, which is no access entry
`},
		{"odd values", state(
			strings.Replace(accessEntry("aws_eks_access_entry.a", "prod", "a", in),
				`"arn:aws:iam::111122223333:role/a"`, `7`, 1),
			`{"address":"aws_eks_access_entry.b","mode":"managed","type":"aws_eks_access_entry"}`,
			`{"address":"aws_eks_access_entry.c","mode":"managed","type":"aws_eks_access_entry","values":{"cluster_name":"prod"}}`,
			accessEntry("aws_eks_access_entry.d", "-", "a", ""),
			strings.Replace(accessEntry("aws_eks_access_entry.h", "prod", "h", in), "arn:aws:iam::111122223333:role/h",
				"role/h", 1),
			accessEntry("aws_eks_access_entry.e", "prod", "e", in),
			accessEntry("aws_eks_access_entry.f", "prod", "e", in),
			strings.Replace(accessEntry("aws_eks_access_entry.g", "prod", "g", in), `"mode"`,
				`"deposed_key":"0123","mode"`, 1),
			association("aws_eks_access_policy_association.a", "prod", "e", "P", ""),
			association("aws_eks_access_policy_association.b", "prod", "e", "P", wide),
			association("aws_eks_access_policy_association.c", "prod", "e", "P", narrow)), `
111122223333/eu-west-1/prod 
  e STANDARD aws_eks_access_entry.e
    P cluster []
- aws_eks_access_entry.a: left out: its values have another form than the provider gives them
- aws_eks_access_entry.b: left out: it has no values
- aws_eks_access_entry.c: left out: it has no principal_arn
- aws_eks_access_entry.d: left out: "-" is no name of a cluster
- aws_eks_access_policy_association.a: left out: it has no access_scope
- prod: aws_eks_access_entry.h: left out: its principal_arn "role/h" is no ARN
- prod: aws_eks_access_entry.f: left out: aws_eks_access_entry.e stands for the same entry
- aws_eks_access_policy_association.c: left out: another resource gives the same policy at another scope
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			clusters, notes, err := terraform.Read(spec.Source{Name: "state.json", Data: []byte(test.in)})
			if err != nil {
				t.Fatal(err)
			}
			// Notes come by cluster, then by subject; a table reads better as it is.
			if diff := cmp.Diff(sortedLines(test.want), sortedLines("\n"+summary(clusters, notes))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// sortedLines sorts the notes at the end, and nothing else.
func sortedLines(s string) []string {
	var head, notes []string
	for _, l := range strings.Split(strings.TrimSpace(s), "\n") {
		if strings.HasPrefix(l, "- ") {
			notes = append(notes, l)
		} else {
			head = append(head, l)
		}
	}
	for i := range notes {
		for j := i; j > 0 && notes[j] < notes[j-1]; j-- {
			notes[j], notes[j-1] = notes[j-1], notes[j]
		}
	}
	return append(head, notes...)
}

// A plan is what will be; what only an apply will tell is left out by name, and
// what the configuration does not set is no such thing.
func TestReadPlan(t *testing.T) {
	change := func(address, action, unknown string) string {
		return fmt.Sprintf(`{"address":%q,"change":{"actions":[%q],"after_unknown":%s}}`, address, action, unknown)
	}
	unset := `{"access_entry_arn":true,"kubernetes_groups":true,"user_name":true,"tags_all":{}}`
	plan := `{"format_version":"1.2","planned_values":{"root_module":{"resources":[` + strings.Join([]string{
		`{"address":"aws_eks_access_entry.new","mode":"managed","type":"aws_eks_access_entry","values":{"cluster_name":"prod","principal_arn":"arn:aws:iam::111122223333:role/new","type":"STANDARD","tags":{"a":"b"}}}`,
		`{"address":"aws_eks_access_entry.grouped","mode":"managed","type":"aws_eks_access_entry","values":{"cluster_name":"prod","principal_arn":"arn:aws:iam::111122223333:role/grouped","type":"STANDARD"}}`,
		`{"address":"aws_eks_access_entry.role[0]","mode":"managed","type":"aws_eks_access_entry","values":{"cluster_name":"prod","type":"STANDARD"}}`,
		`{"address":"aws_eks_access_policy_association.new","mode":"managed","type":"aws_eks_access_policy_association","values":{"cluster_name":"prod","principal_arn":"arn:aws:iam::111122223333:role/new",
			"policy_arn":"arn:aws:eks::aws:cluster-access-policy/P","access_scope":[{"type":"cluster","namespaces":null}]}}`,
		`{"address":"aws_eks_access_policy_association.spaces","mode":"managed","type":"aws_eks_access_policy_association","values":{"cluster_name":"prod","principal_arn":"arn:aws:iam::111122223333:role/new",
			"policy_arn":"arn:aws:eks::aws:cluster-access-policy/Q","access_scope":[{"type":"namespace"}]}}`}, ",") + `]}},
	"prior_state":{"format_version":"1.0","values":{"root_module":{"resources":[
		{"address":"data.aws_eks_cluster.c","mode":"data","type":"aws_eks_cluster","values":{"name":"prod","arn":"arn:aws:eks:eu-west-1:111122223333:cluster/prod"}},
		{"address":"aws_eks_access_entry.old","mode":"managed","type":"aws_eks_access_entry","values":{"cluster_name":"prod","principal_arn":"arn:aws:iam::111122223333:role/old"}}]}}},
	"resource_changes":[` + strings.Join([]string{
		change("aws_eks_access_entry.new", "create", unset), change("aws_eks_access_entry.grouped", "create", unset),
		change(
			"aws_eks_access_entry.role[0]",
			"create",
			`{"principal_arn":true,"user_name":true}`,
		), change("aws_eks_access_entry.old", "delete", `{}`),
		change("aws_eks_access_policy_association.new", "create", `{"associated_at":true,"access_scope":[{}]}`),
		change(
			"aws_eks_access_policy_association.spaces",
			"create",
			`{"access_scope":[{"namespaces":true}]}`,
		)}, ",") + `],
	"configuration":{"root_module":{"resources":[
		{"address":"aws_eks_access_entry.new","expressions":{"cluster_name":{},"principal_arn":{}}},
		{"address":"aws_eks_access_entry.grouped","expressions":{"kubernetes_groups":{"references":["random_pet.x"]}}}]}}}`
	clusters, notes, err := terraform.Read(spec.Source{Name: "plan.json", Data: []byte(plan)})
	if err != nil {
		t.Fatal(err)
	}
	want := `
111122223333/eu-west-1/prod 
  new STANDARD aws_eks_access_entry.new map[a:b]
    P cluster []
- aws_eks_access_entry.old: left out: this plan deletes it
- aws_eks_access_entry.grouped: left out: its kubernetes_groups is known after apply only
- aws_eks_access_entry.role[0]: left out: its principal_arn is known after apply only
- aws_eks_access_policy_association.spaces: left out: its access_scope is known after apply only
`
	if diff := cmp.Diff(want, "\n"+summary(clusters, notes)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What is not the output of "terraform show -json" is refused in one sentence
// that says what it is.
func TestReadOther(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"empty", " \n", "f: the file is empty"},
		{"text", "hello", "f:1:1: this is not JSON"},
		{"configuration", "# access\nresource \"aws_eks_access_entry\" \"a\" {\n}\n",
			"f:1:1: this is configuration of Terraform, not its state"},
		{"cut off", "{\"format_version\":\n\"1.0\",", "f:2:7: this is not JSON"},
		{"PowerShell", "\xff\xfe{\x00}\x00", `f: the file is UTF-16, as PowerShell writes it with ">"`},
		{"an empty state", `{"format_version":"1.0"}`, "f: the state is empty"},
		{"an older state file", `{"version":3,"modules":[]}`,
			"f: the file is a state of version 3; this version reads version 4"},
		{"a later state file", `{"version":5,"resources":[]}`,
			"f: the file is a state of version 5; this version reads version 4"},
		{"a bad state file", `{"version":4,"resources":[7]}`,
			`f:1:2: the whole is of kind number, which it never is in what "terraform show -json" prints`},
		{"an encrypted state", `{"meta":{},"encrypted_data":"x","encryption_version":"v0"}`,
			"f: the file is an encrypted state"},
		{"log", `{"@level":"info","@message":"Terraform 1.11.4"}` + "\n" + `{"@level":"info"}`,
			`f: the file is a log, as "terraform plan -json" prints it`},
		{"other JSON", `{"a":1}`,
			`f: the file is no state: it has no format_version, as "terraform show -json" prints, and no version`},
		{"an array", `[]`,
			`f:1:1: the whole is of kind array, which it never is in what "terraform show -json" prints`},
		{"a later version", `{"format_version":"2.0"}`,
			`f: the file is of format_version "2.0"; this version reads 0 and 1`},
		{"two values", "{\"format_version\":\"1.0\"}\n{}", "f:1:24: something follows the JSON value"},
		{"a wrong kind", `{"format_version":"1.0","values":{"root_module":{"resources":7}}}`,
			`f:1:62: "values.root_module.resources" is of kind number, which it never is in what "terraform show -json" prints`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, _, err := terraform.Read(spec.Source{Name: "f", Data: []byte(test.in)})
			if err == nil || err.Error() != test.want {
				t.Errorf("got  %v\nwant %v", err, test.want)
			}
		})
	}
}

// A state file reads as "terraform show -json" prints it: with modules, count,
// for_each, data sources and deposed objects.
func TestReadStateFile(t *testing.T) {
	const attributes = `{"cluster_name":"prod","principal_arn":"arn:aws:iam::111122223333:role/%s","type":"STANDARD",
		"kubernetes_groups":["g"],"access_entry_arn":"arn:aws:eks:eu-west-1:111122223333:access-entry/prod/role/111122223333/%[1]s/c1"}`
	entry := func(role string) string { return fmt.Sprintf(attributes, role) }
	file := `{"version":4,"terraform_version":"1.11.4","serial":7,"lineage":"x","outputs":{},"resources":[
		{"mode":"managed","type":"aws_eks_access_entry","name":"one","provider":"p","instances":[{"attributes":` + entry("one") + `}]},
		{"mode":"managed","type":"aws_eks_access_entry","name":"many","each":"list","instances":[
			{"index_key":0,"attributes":` + entry("m0") + `},{"index_key":1,"attributes":` + entry("m1") + `},
			{"index_key":1,"deposed":"00000001","attributes":` + entry("old") + `}]},
		{"module":"module.eks[\"a.b\"]","mode":"managed","type":"aws_eks_access_entry","name":"this","each":"map",
			"instances":[{"index_key":"x y","attributes":` + entry("x") + `}]},
		{"module":"module.eks[\"a.b\"]","mode":"managed","type":"aws_eks_access_policy_association","name":"this","each":"map",
			"instances":[{"index_key":"x y","attributes":{"cluster_name":"prod","principal_arn":"arn:aws:iam::111122223333:role/x",
				"policy_arn":"arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy","access_scope":[{"type":"cluster"}]}}]},
		{"mode":"data","type":"aws_eks_access_entry","name":"seen","instances":[{"attributes":` + entry("seen") + `}]}
	],"check_results":null}`
	clusters, notes, err := terraform.Read(spec.Source{Name: "terraform.tfstate", Data: []byte(file)})
	if err != nil {
		t.Fatal(err)
	}
	want := `prod (111122223333, eu-west-1)` + " " + `
  m0 STANDARD aws_eks_access_entry.many[0] in [g]
  m1 STANDARD aws_eks_access_entry.many[1] in [g]
  one STANDARD aws_eks_access_entry.one in [g]
  x STANDARD module.eks["a.b"].aws_eks_access_entry.this["x y"] in [g]
    AmazonEKSViewPolicy cluster []
`
	got := summary(clusters, notes)
	_, got, _ = strings.Cut(got, "\n")
	_, want, _ = strings.Cut(want, "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(clusters) != 1 || clusters[0].ID.Path() != "111122223333/eu-west-1/prod" {
		t.Errorf("%+v", clusters)
	}
}

// Whatever the bytes are, there is an answer: an error, or entries that name a
// principal, each once a cluster.
func FuzzRead(f *testing.F) {
	f.Add(
		state(
			accessEntry("aws_eks_access_entry.a", "prod", "a", entryARN("eu-west-1", "111122223333", "prod")),
			association("aws_eks_access_policy_association.a", "prod", "a", "P", narrow),
		),
	)
	f.Add(state(accessEntry("aws_eks_access_entry.a", "prod", "a", `,"access_entry_arn":"not-an-arn"`)))
	f.Add(
		`{"format_version":"1.0","planned_values":{"root_module":{}},"resource_changes":[{"address":"a[\"","change":{"actions":["delete"],"after_unknown":true}}]}`,
	)
	f.Add(
		`{"format_version":"1.0","values":null,"prior_state":{"values":{"root_module":{"resources":[{"type":"aws_eks_cluster","values":{"arn":"arn:aws:eks:::"}}]}}}}`,
	)
	f.Add(`{"version":4,"resources":[{"module":"module.a[\"","mode":"managed","type":"aws_eks_access_entry","name":"a",
		"instances":[{"index_key":1e99,"attributes":{"cluster_name":"p","principal_arn":"arn:aws:iam::111122223333:role/a"}}]}]}`)
	f.Fuzz(func(t *testing.T, data string) {
		clusters, notes, err := terraform.Read(spec.Source{Name: "f", Data: []byte(data)})
		if err != nil && (clusters != nil || notes != nil || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%v beside clusters or notes", err)
		}
		for _, c := range clusters {
			seen := map[string]bool{}
			for _, e := range c.Entries {
				if _, err := arn.Parse(e.Principal); err != nil || e.Type == "" || seen[e.Principal] {
					t.Errorf("%+v", e)
				}
				seen[e.Principal] = true
			}
		}
	})
}
