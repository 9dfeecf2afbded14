package spec

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func source(name string, lines ...string) Source {
	return Source{name, []byte("apiVersion: eksaccess/v1\n" + strings.Join(lines, "\n") + "\n")}
}

const clusterProd = "arn:aws:eks:eu-west-1:111122223333:cluster/prod"

func TestSeveralFiles(t *testing.T) {
	for _, test := range []struct {
		name    string
		sources []Source
		want    string // all messages
		reason  string
	}{
		{
			name: "sets of another file",
			sources: []Source{source("b.yaml", "clusters: [{arn: "+clusterProd+", include: [s]}]"),
				source("a.yaml", "sets: {s: {access: [{role: x}]}}")},
			reason: "sets are shared, whatever the order of the files",
		},
		{
			name: "the same file twice",
			sources: []Source{source("a.yaml", "clusters: ["+clusterProd+"]"),
				source("a.yaml", "clusters: ["+clusterProd+"]")},
			want:   "a.yaml: the file is given twice\n  hint: pass it once\n",
			reason: "else everything in it would be told to be there twice",
		},
		{
			name: "one set in two files",
			sources: []Source{source("a.yaml", "sets: {s: {clusters: ['*'], access: [{role: x}]}}",
				"clusters: ["+clusterProd+"]"), source("b.yaml", "sets: {s: {access: [{role: x}]}}")},
			want: "b.yaml:2:8: set \"s\" is declared twice, first at a.yaml:2:8\n  hint: rename one of them\n",
		},
		{
			name: "one cluster in two files",
			sources: []Source{source("b.yaml", "clusters: ["+clusterProd+"]"), source("a.yaml", "clusters: [{name: "+
				"prod, region: eu-west-1, account: '111122223333'}]")},
			want: "a.yaml:2:12: cluster \"111122223333/eu-west-1/prod\" is declared twice, first at b.yaml:2:12\n" +
				"  hint: put both into one; access from sets and from the top of the document is added\n",
			reason: "the order is that of the files, not of their names",
		},
		{
			name: "problems in the order of the files",
			sources: []Source{source("b.yaml", "ovner: x"),
				source("a.yaml", "ovner: x", "clusters: ["+clusterProd+"]")},
			want: "b.yaml:2:1: unknown key \"ovner\" in a document\n  hint: did you mean \"owner\"?\na.yaml:2:1: " +
				"unknown key \"ovner\" in a document\n  hint: did you mean \"owner\"?\n",
		},
		{
			name: "an owner is of its document",
			sources: []Source{source("a.yaml", "owner: a", "sets: {s: {access: [{role: x, expires: "+
				"2026-12-01T18:00:00Z}]}}"), source("b.yaml", "clusters: [{arn: "+clusterProd+", include: [s]}]")},
			want: "a.yaml:3:21: expires requires an owner, because it is stored in tags (cluster " +
				"\"111122223333/eu-west-1/prod\")\n" +
				"  hint: write \"owner: NAME\" on top of the document that declares the cluster\n",
			reason: "the tag would say whose entry it is, and that is the cluster's",
		},
		{
			name: "a lost file hides what is looked for",
			sources: []Source{{"a.yaml", []byte("a: [")},
				source("b.yaml", "clusters: [{arn: "+clusterProd+", include: [s]}]")},
			want: "a.yaml:1:1: not valid YAML: did not find expected node content\n  hint: a bracket is opened " +
				"and not closed, or a value is missing\n",
			reason: "the set may be in the file that can't be read",
		},
		{
			name: "nothing at all",
			want: "no cluster is declared\n  hint: list them under clusters, by ARN or by name, region and account\n",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			fleet, problems := Load(test.sources)
			if diff := cmp.Diff(test.want, problems.text()); diff != "" {
				t.Errorf("(-want +got):\n%s%s", diff, test.reason)
			}
			if (fleet == nil) != problems.Failed() {
				t.Errorf("fleet %v with errors %v", fleet, problems.Errors)
			}
		})
	}
}

func TestResolve(t *testing.T) {
	expiry := time.Date(2026, 12, 1, 18, 0, 0, 0, time.UTC)
	fleet, problems := Load([]Source{source("a.yaml",
		"owner: platform",
		"admins: [{role: top}]",
		"clusters:",
		"  - arn: "+clusterProd,
		"    access:",
		"      - {permissionSet: Dev, expires: 2026-12-01T18:00:00Z}",
		"      - {role: a, username: one}",
		"      - {user: b}",
		"    absent:",
		"      - arn:aws:iam::111122223333:role/gone/*",
	)})
	if problems.Failed() {
		t.Fatal(problems)
	}
	c := fleet.Clusters[0]
	dev, a, b, top := PrincipalRef{
		PermissionSet: "Dev",
	}, PrincipalRef{
		Role: "a",
	}, PrincipalRef{
		User: "b",
	}, PrincipalRef{
		Role: "top",
	}
	if diff := cmp.Diff([]PrincipalRef{dev, a, top, b}, c.Refs()); diff != "" {
		t.Errorf("Refs (-want +got):\n%s", diff)
	}
	arnOf := func(resource string) string { return "arn:aws:iam::111122223333:" + resource }
	answers := func(change map[PrincipalRef]string) map[PrincipalRef]string {
		m := map[PrincipalRef]string{
			dev: arnOf("role/dev"),
			a:   arnOf("role/a"),
			b:   arnOf("user/b"),
			top: arnOf("role/top"),
		}
		for k, v := range change {
			m[k] = v
		}
		return m
	}
	for _, test := range []struct {
		name   string
		arns   map[PrincipalRef]string
		want   string // error
		reason string
	}{
		{name: "fine", arns: answers(nil)},
		{
			name: "not asked for", arns: map[PrincipalRef]string{dev: arnOf("role/dev"), a: arnOf("role/a"),
				b: arnOf("user/b")},
			want: "a.yaml:3:10: role=top was not found in IAM",
		},
		{
			name:   "a service's",
			arns:   answers(map[PrincipalRef]string{a: arnOf("role/aws-service-role/x.amazonaws.com/a")}),
			want:   `a.yaml:8:9: principal "arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/a" is a service-linked role, and EKS refuses entries for these`,
			reason: "the name alone did not tell",
		},
		{
			name: "own and absent", arns: answers(map[PrincipalRef]string{a: arnOf("role/gone/a")}),
			want: "a.yaml:8:9: arn:aws:iam::111122223333:role/gone/a is declared here and listed under absent at " +
				"a.yaml:11:9",
			reason: "only the path shows it",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			want, problems := c.Resolve(test.arns)
			if diff := cmp.Diff(test.want, problems.Error()); diff != "" {
				t.Errorf("(-want +got):\n%s%s", diff, test.reason)
			}
			if (want == nil) != problems.Failed() {
				t.Errorf("want is %v with errors %v", want, problems.Errors)
			}
		})
	}

	want, problems := c.Resolve(answers(map[PrincipalRef]string{top: arnOf("role/gone/top")}))
	if problems.Failed() || len(want.Entries) != 3 {
		t.Errorf("top is absent by its path, and not the cluster's own: got %v, %v", want, problems)
	}
	want, problems = c.Resolve(answers(nil))
	if problems.Failed() {
		t.Fatal(problems)
	}
	first := want.Entries[0]
	if first.Principal != arnOf("role/a") || first.Username != "one" || first.Tags[TagOwner] != "platform" {
		t.Errorf("entries are not sorted, or not whole: %+v", first)
	}
	if e := want.Entries[1]; !e.Expires.Equal(expiry) || e.Tags[TagExpires] != "2026-12-01T18:00:00Z" || e.Ref != dev {
		t.Errorf("the expiry is lost: %+v", e)
	}
	if e := want.Entries[3]; e.Username != arnOf("user/b") {
		t.Errorf("the derived name of a user is its ARN, got %q", e.Username)
	}
}

// fleetOf builds n clusters with the access of a large company.
func fleetOf(n, items int) []byte {
	var b strings.Builder
	b.WriteString("apiVersion: eksaccess/v1\nowner: platform\nclusters:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - name: c%d\n    region: eu-west-1\n    account: \"111122223333\"\n    access:\n", i)
		for j := range items {
			fmt.Fprintf(
				&b,
				"      - principal: arn:aws:iam::111122223333:role/team-%d\n        policy: AmazonEKSEditPolicy\n"+
					"        namespaces: [team-%d, \"team-%d-*\"]\n        groups: [team-%d]\n        tags: {team: "+
					"\"%d\"}\n",
				j,
				j,
				j,
				j,
				j,
			)
		}
	}
	return []byte(b.String())
}

// The program should answer "validate" at once: 300 ms for 10,000 lines.
func BenchmarkLoad(b *testing.B) {
	data := fleetOf(100, 20)
	b.Logf("%d lines", strings.Count(string(data), "\n"))
	for b.Loop() {
		if _, problems := Load([]Source{{"a.yaml", data}}); problems.Failed() {
			b.Fatal(problems)
		}
	}
}
