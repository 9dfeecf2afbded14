package spec

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eksaccess/eksaccess/internal/arn"
)

const (
	devARN  = "arn:aws:eks:eu-west-1:111122223333:cluster/dev"
	prodARN = "arn:aws:eks:eu-west-1:111122223333:cluster/prod"
)

func cluster(t fataler, s string) arn.Cluster {
	t.Helper()
	id, err := arn.ParseCluster(s)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return id
}

func markedLines(p PrincipalLine) AccessLines {
	new := Mark{Comments: []string{"new"}}
	return AccessLines{
		Admins: []AdminLine{{Mark: new, PrincipalLine: p}},
		Access: []AccessLine{
			{
				Mark:          new,
				PrincipalLine: PrincipalLine{Role: text("viewer")},
				Policy:        text("AmazonEKSViewPolicy"),
				Namespaces:    texts("a", "b"),
			},
		},
	}
}

func TestExtend(t *testing.T) {
	tests := []struct{ name, reason, file, want string }{
		{
			name: "lists", reason: "at their ends, below the last line that is not a comment",
			file: "apiVersion: eksaccess/v1\nclusters:\n  - arn: " + devARN + " # dev\n    access:   # people\n      " +
				"- role: a   # first\n        policy: AmazonEKSViewPolicy\n      # - role: b\n\n    admins:\n    - " +
				"role: c\n\n# end\n",
			want: "apiVersion: eksaccess/v1\nclusters:\n  - arn: " + devARN + " # dev\n    access:   # people\n      " +
				"- role: a   # first\n        policy: AmazonEKSViewPolicy\n      # new\n      - role: viewer\n       " +
				" policy: AmazonEKSViewPolicy\n        namespaces: [a, b]\n      # - role: b\n\n    admins:\n    - " +
				"role: c\n    # new\n    - role: new\n\n# end\n",
		}, {
			name: "an ARN alone", reason: "it becomes a mapping; its comment stays where it is",
			file: "apiVersion: eksaccess/v1\nclusters:\n- \"" + devARN + "\"   # dev\n- " + prodARN,
			want: "apiVersion: eksaccess/v1\nclusters:\n- arn: \"" + devARN + "\"   # dev\n  admins:\n    # new\n    " +
				"- role: new\n  access:\n    # new\n    - role: viewer\n      policy: AmazonEKSViewPolicy\n      " +
				"namespaces: [a, b]\n- " + prodARN,
		}, {
			name: "the end of a file", reason: "whose last line does not end, or another document follows",
			file: "apiVersion: eksaccess/v1\nclusters:\n  - name: dev\n    account: \"111122223333\"\n    region: " +
				"eu-west-1\n---\napiVersion: eksaccess/v1\nclusters: [" + prodARN + "]",
			want: "apiVersion: eksaccess/v1\nclusters:\n  - name: dev\n    account: \"111122223333\"\n    region: " +
				"eu-west-1\n    admins:\n      # new\n      - role: new\n    access:\n      # new\n      - role: " +
				"viewer\n        policy: AmazonEKSViewPolicy\n        namespaces: [a, b]\n---\napiVersion: " +
				"eksaccess/v1\nclusters: [" + prodARN + "]",
		}, {
			name: "brackets", reason: "lists on one line go on",
			file: "apiVersion: eksaccess/v1\nclusters:\n  - {arn: " + devARN + ", admins: [], access: [{principal: " +
				"\"arn:aws:iam::111122223333:role/]/a\", policy: AmazonEKSViewPolicy}, ], } # x\n",
			want: "apiVersion: eksaccess/v1\nclusters:\n  - {arn: " + devARN + ", admins: [\n      # added\n      " +
				"{role: new}], access: [{principal: \"arn:aws:iam::111122223333:role/]/a\", policy: " +
				"AmazonEKSViewPolicy}, \n      # added\n      {role: viewer, policy: AmazonEKSViewPolicy, " +
				"namespaces: [a, b]}], } # x\n",
		}, {
			name: "an ARN in brackets", reason: "braces make it a mapping",
			file: "apiVersion: eksaccess/v1\nclusters: [" + prodARN + ", " + devARN + "]\n",
			want: "apiVersion: eksaccess/v1\nclusters: [" + prodARN + ", {arn: " + devARN + ", admins: [{role: " +
				"new}], access: [{role: viewer, policy: AmazonEKSViewPolicy, namespaces: [a, b]}]}]\n",
		}, {
			name: "Windows", reason: "lines end as they do",
			file: "\ufeffapiVersion: eksaccess/v1\r\nclusters:\r\n  - arn: " + devARN + "\r\n    admins:\r\n      - " +
				"role: a\r\n    access: [{role: b, groups: [c]}]\r\n",
			want: "\ufeffapiVersion: eksaccess/v1\r\nclusters:\r\n  - arn: " + devARN + "\r\n    admins:\r\n      - " +
				"role: a\r\n      # new\r\n      - role: new\r\n    access: [{role: b, groups: [c]},\r\n        # " +
				"added\r\n        {role: viewer, policy: AmazonEKSViewPolicy, namespaces: [a, b]}]\r\n",
		}, {
			name: "JSON", reason: "it holds no comments",
			file: `{"apiVersion": "eksaccess/v1", "clusters": [{"arn": "` + devARN + `", "admins": [{"role": "a"}]}]}`,
			want: `{"apiVersion": "eksaccess/v1", "clusters": [{"arn": "` + devARN +
				`", "admins": [{"role": "a"}, {role: new}], access: [{role: viewer, policy: AmazonEKSViewPolicy, namespaces: [a, b]}]}]}`,
		}, {
			name: "shared", reason: "what an alias repeats would change elsewhere",
			file: "apiVersion: eksaccess/v1\nclusters:\n  - arn: " + devARN + "\n    admins: &a\n      - role: a\n  " +
				"- arn: " + prodARN + "\n    admins: *a\n",
		}, {
			name: "merged", reason: "a key of its own would hide the merged one",
			file: "apiVersion: eksaccess/v1\nclusters:\n  - &a\n    arn: " + prodARN + "\n    admins: [{role: a}]\n  " +
				"- <<: *a\n    arn: " + devARN + "\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, left, err := Extend(Source{"f.yaml", []byte(tt.file)}, Additions{Comment: "added",
				Access: map[arn.Cluster]AccessLines{cluster(t, devARN): markedLines(PrincipalLine{Role: text("new")})}})
			if err != nil {
				t.Fatal(err)
			}
			want := tt.want
			if want == "" {
				want = tt.file
				if len(left) != 1 {
					t.Errorf("left is %v, want the cluster", left)
				}
			}
			if diff := cmp.Diff(want, string(got)); diff != "" {
				t.Errorf("%s; -want +got:\n%s", tt.reason, diff)
			}
		})
	}
}

func TestExtendByClusters(t *testing.T) {
	prod := []ClusterLine{
		{
			Mark: Mark{Comments: []string{"new"}},
			ARN:  text(prodARN),
			AccessLines: AccessLines{
				Admins: []AdminLine{
					{PrincipalLine: PrincipalLine{Principal: text("arn:aws:iam::999900001111:role/a")}},
				},
			},
		},
	}
	tests := []struct{ name, file, want string }{
		{
			"after the last",
			"# top\napiVersion: eksaccess/v1\n\n# mine\n# all of them\nclusters:\n  - " + devARN + "\n# end\n",
			"# top\napiVersion: eksaccess/v1\n\n# added\nguards:\n  trustedAccounts: [\"999900001111\"]\n\n# mine\n# " +
				"all of them\nclusters:\n  - " + devARN + "\n\n  # new\n  - arn: " + prodARN + "\n    admins:\n      " +
				"- arn:aws:iam::999900001111:role/a\n# end\n",
		},
		{"with guards", "apiVersion: eksaccess/v1\nclusters: [" + devARN + "]\nguards:\n  minAdmins: 1\n",
			"apiVersion: eksaccess/v1\nclusters: [" + devARN + ",\n    # added\n    {arn: " + prodARN + ", admins: " +
				"[arn:aws:iam::999900001111:role/a]}]\nguards:\n  minAdmins: 1\n  trustedAccounts: " +
				"[\"999900001111\"]\n"},
		{
			"with accounts",
			"apiVersion: eksaccess/v1\nguards: {trustedAccounts: [\"123456789012\"]}\nclusters:\n- " + devARN + "\n",
			"apiVersion: eksaccess/v1\nguards: {trustedAccounts: [\"123456789012\",\n    # added\n    " +
				"\"999900001111\"]}\nclusters:\n- " + devARN + "\n\n# new\n- arn: " + prodARN + "\n  admins:\n    - " +
				"arn:aws:iam::999900001111:role/a\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, _, err := Extend(
				Source{"f.yaml", []byte(tt.file)},
				Additions{Clusters: prod, TrustedAccounts: []string{"999900001111"}, Comment: "added"},
			)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// Every file that is taken can be added to, in every cluster but those that
// share lines, and keeps every byte.
func TestExtendValidFiles(t *testing.T) {
	extended := 0
	for _, path := range files(t, "testdata/valid/*.yaml") {
		src := Source{path, mustRead(t, path)}
		fleet, problems := Load([]Source{src})
		if problems.Failed() {
			continue // its sets are in another file
		}
		add := Additions{
			Access:   map[arn.Cluster]AccessLines{},
			Comment:  "added",
			Clusters: []ClusterLine{{ARN: text("arn:aws:eks:eu-north-1:111122223333:cluster/added")}},
		}
		for _, c := range fleet.Clusters {
			add.Access[c.ID] = markedLines(PrincipalLine{Role: text("added")})
		}
		out, left, err := Extend(src, add)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		extended += len(fleet.Clusters) - len(left)
		if !keeps(src.Data, out) {
			t.Errorf("%s: it does not keep every byte:\n%s", path, cmp.Diff(string(src.Data), string(out)))
		}
	}
	if extended < 15 {
		t.Errorf("%d clusters were added to, want more", extended)
	}
}

// keeps reports whether old is within new, with nothing but additions.
func keeps(old, new []byte) bool {
	for _, b := range old {
		i := bytes.IndexByte(new, b)
		if i < 0 {
			return false
		}
		new = new[i+1:]
	}
	return true
}

// Files as people lay them out, in many ways.
func TestExtendAnyFile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pick := func(label string, s ...string) string { return rapid.SampledFrom(s).Draw(t, label) }
		eol := pick("line ends", "\n", "\r\n")
		var b strings.Builder
		line := func(s string) { b.WriteString(s + pick("comment", "", "", "  # a [comment {") + eol) }
		gap := func(indent string) {
			switch pick("gap", "", "", "", "blank", "comment") {
			case "blank":
				b.WriteString(eol)
			case "comment":
				b.WriteString(indent + "# - role: x" + eol)
			}
		}
		line("apiVersion: eksaccess/v1")
		if rapid.Bool().Draw(t, "guards") {
			line(
				pick(
					"guards",
					"guards: {minAdmins: 1}",
					"guards:"+eol+"  minAdmins: 1",
					"guards: {trustedAccounts: [\"123456789012\"]}",
				),
			)
		}
		gap("")
		line("clusters:")
		dash := pick("indent", "", "  ", "      ")
		add := Additions{
			Access:          map[arn.Cluster]AccessLines{},
			Comment:         "added",
			TrustedAccounts: []string{"999900001111"},
		}
		for i := range rapid.IntRange(1, 4).Draw(t, "clusters") {
			id := fmt.Sprintf("arn:aws:eks:eu-west-1:111122223333:cluster/c%d", i)
			if rapid.Bool().Draw(t, "add") {
				add.Access[cluster(t, id)] = markedLines(
					PrincipalLine{Principal: text("arn:aws:iam::999900001111:role/new")},
				)
			}
			gap(dash)
			switch pick("cluster", "bare", "quoted", "flow", "block", "block") {
			case "bare":
				line(dash + "- " + id)
			case "quoted":
				line(dash + "-   '" + id + "'")
			case "flow":
				line(
					dash + "- {arn: " + id + ", admins: " + pick(
						"admins",
						"[]",
						`[{role: a, username: "it's } #so"}]`,
						"[ {user: b}, ]",
					) + ", watch: false}",
				)
			default:
				line(dash + "- arn: " + id)
				for _, key := range rapid.Permutation([]string{"admins", "access", "labels"}).Draw(t,
					"keys")[:rapid.IntRange(0, 3).Draw(t, "n")] {
					gap(dash + "    ")
					switch {
					case key == "labels":
						line(dash + "  labels: {a: b}")
					case rapid.Bool().Draw(t, "flow list"):
						line(
							dash + "  " + key + ": " + pick(
								"list",
								"[]",
								"[{role: 'a'}, {user: b}]",
								"["+eol+dash+"    {role: c},"+eol+dash+"  ]",
							),
						)
					default:
						line(dash + "  " + key + ":")
						under := dash + pick("list indent", "  ", "    ")
						for _, r := range []string{"x", "y"}[:rapid.IntRange(1, 2).Draw(t, "items")] {
							gap(under)
							line(under + "- role: " + key + r)
							if rapid.Bool().Draw(t, "more") {
								line(
									under + "  username: " + pick(
										"username",
										"\"a: # b]\"",
										"'it''s'",
										"\"folded:"+eol+under+"    here\"",
										"plain"+eol+under+"    and # folded",
										"|-"+eol+under+"    block",
									),
								)
							}
						}
					}
				}
			}
		}
		gap("")
		if rapid.Bool().Draw(t, "another document") {
			line("---")
			line("apiVersion: eksaccess/v1")
			line("clusters: [arn:aws:eks:eu-west-1:111122223333:cluster/other]")
		}
		if rapid.Bool().Draw(t, "new cluster") {
			add.Clusters = []ClusterLine{
				{
					Mark:        Mark{Comments: []string{"new"}},
					ARN:         text(prodARN),
					AccessLines: markedLines(PrincipalLine{User: text("u")}),
				},
			}
		}
		text := b.String()
		if rapid.Bool().Draw(t, "no last line end") {
			text = strings.TrimRight(text, "\r\n")
		}
		src := Source{"f.yaml", []byte(text)}
		if _, problems := Load([]Source{src}); problems.Failed() {
			t.Fatalf("the file is wrong: %v\n%s", problems, text)
		}
		out, left, err := Extend(src, add)
		if err != nil || len(left) > 0 {
			t.Fatalf("left %v: %v\n%s", left, err, text)
		}
		if !keeps(src.Data, out) {
			t.Fatalf("it does not keep every byte:\n%s", cmp.Diff(text, string(out)))
		}
		for _, l := range bytes.SplitAfter(out, []byte("\n")) {
			if eol == "\r\n" && bytes.HasSuffix(l, []byte("\n")) && !bytes.HasSuffix(l, []byte("\r\n")) {
				t.Fatalf("line %q ends otherwise than the others", l)
			}
		}
	})
}
