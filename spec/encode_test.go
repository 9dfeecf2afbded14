package spec

import (
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"github.com/eksaccess/eksaccess/internal/yamlfile"
)

func text(s string) Text { return Text{Value: s} }

func texts(list ...string) []Text {
	out := make([]Text, len(list))
	for i, s := range list {
		out[i] = text(s)
	}
	return out
}

// What a person would write.
func TestEncode(t *testing.T) {
	doc := &Document{
		Mark:       Mark{Comments: []string{"Made from live access.", "", "Add an owner to adopt."}},
		APIVersion: text(APIVersion),
		Owner:      text("platform"),
		Defaults:   Settings{Tags: Pairs{{text("team"), text("x")}}, Watch: Flag{Value: true}},
		Guards: GuardLines{
			MaxRemovals:     ShareText{Share: Share{Set: true, Percent: true, Value: 25}},
			TrustedAccounts: texts("012345678901"),
			MaxExpiry:       Period{Value: 90 * time.Minute},
			MustExpire:      text("all"),
			ReasonPattern:   text("^INC-[0-9]+$"),
		},
		Ignore: texts("arn:aws:iam::*:role/vendor-*"),
		AccessLines: AccessLines{
			Admins: []AdminLine{{PrincipalLine: PrincipalLine{PermissionSet: text("AdministratorAccess")}}},
		},
		Sets: SetLines{
			{Name: text("empty")},
			{
				Name:     text("payments"),
				Mark:     Mark{Comments: []string{"on 2 clusters"}},
				Clusters: texts("prod", "staging-*"),
				AccessLines: AccessLines{
					Access: []AccessLine{{PrincipalLine: PrincipalLine{Role: text("on")}, Type: text("EC2_LINUX")}},
				},
			},
		},
		Clusters: []ClusterLine{
			{ARN: text("arn:aws:eks:eu-west-1:111122223333:cluster/a")},
			{
				ARN:  text("arn:aws:eks:eu-west-1:111122223333:cluster/b"),
				Mark: Mark{Aside: "nothing but system entries"},
			},
			{
				Mark: Mark{
					Comments: []string{"3 system entries are left out"},
				}, ARN: text("arn:aws:eks:eu-west-1:111122223333:cluster/c"),
				Include: texts("payments"),
				AccessLines: AccessLines{
					Admins: []AdminLine{
						{
							PrincipalLine: PrincipalLine{Principal: text("arn:aws:iam::111122223333:role/a")},
							Mark:          Mark{Aside: "eksctl"},
						},
						{
							PrincipalLine: PrincipalLine{Role: text("oncall")},
							Expires:       Moment{Time: time.Date(2026, 12, 1, 18, 0, 0, 0, time.UTC)},
							Reason:        text("INC-4711: pager"),
						},
					},
					Access: []AccessLine{{
						Mark:          Mark{Comments: []string{"IAM has no such role"}, Aside: "CloudFormation"},
						PrincipalLine: PrincipalLine{Principal: text("arn:aws:iam::111122223333:role/team/payments")},
						Policies: []PolicyLine{
							{Policy: text("AmazonEKSViewPolicy")},
							{Policy: text("AmazonEKSEditPolicy"), Namespaces: texts("payments", "payments-*")},
						},
						Groups:   texts("payments:developers", "no", "a, b"),
						Username: text("payments:{{SessionName}}"),
						Tags:     Pairs{{text("cost-center"), text("42")}, {text("empty"), text("")}},
					}},
				},
			},
			{Name: text("d"), Account: text("111122223333"), Settings: Settings{Region: text("eu-west-1")}},
		},
	}
	want := `# Made from live access.
#
# Add an owner to adopt.

apiVersion: eksaccess/v1
owner: platform

defaults:
  tags: {team: x}
  watch: true

guards:
  maxRemovals: 25%
  maxExpiry: 90m
  mustExpire: all
  reasonPattern: "^INC-[0-9]+$"
  trustedAccounts: ["012345678901"]

ignore: [arn:aws:iam::*:role/vendor-*]

admins:
  - permissionSet: AdministratorAccess

sets:
  empty: {}

  # on 2 clusters
  payments:
    clusters: [prod, staging-*]
    access:
      - role: "on"
        type: EC2_LINUX

clusters:
  - arn:aws:eks:eu-west-1:111122223333:cluster/a
  - arn:aws:eks:eu-west-1:111122223333:cluster/b  # nothing but system entries

  # 3 system entries are left out
  - arn: arn:aws:eks:eu-west-1:111122223333:cluster/c
    include: [payments]
    admins:
      - arn:aws:iam::111122223333:role/a  # eksctl
      - role: oncall
        expires: 2026-12-01T18:00:00Z
        reason: "INC-4711: pager"
    access:
      # IAM has no such role
      - principal: arn:aws:iam::111122223333:role/team/payments  # CloudFormation
        policies:
          - AmazonEKSViewPolicy
          - policy: AmazonEKSEditPolicy
            namespaces: [payments, payments-*]
        groups: [payments:developers, "no", "a, b"]
        username: "payments:{{SessionName}}"
        tags: {cost-center: "42", empty: ""}

  - name: d
    account: "111122223333"
    region: eu-west-1
`
	if diff := cmp.Diff(want, string(Encode(doc))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	sameRead(t, doc, Encode(doc))
}

// sameRead holds that text is read back as the document it was made of.
func sameRead(t fataler, doc *Document, text []byte) {
	t.Helper()
	again, problems := Decode(Source{"f.yaml", text})
	if problems.Failed() || len(again) != 1 {
		t.Fatalf("it reads back as %d documents: %v\n%s", len(again), problems, text)
	}
	if diff := cmp.Diff(doc, again[0], cmpopts.IgnoreTypes(Pos{}, Mark{}), cmpopts.IgnoreFields(Moment{}, "Text"),
		cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("it reads back as another document (-encoded +decoded):\n%s\n%s", diff, text)
	}
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// All that is taken can be written.
func TestEncodeValidFiles(t *testing.T) {
	for _, path := range files(t, "testdata/valid/*.yaml") {
		docs, _ := Decode(Source{path, mustRead(t, path)})
		for _, doc := range docs {
			sameRead(t, doc, Encode(doc))
		}
	}
}

// Every key of the format, whatever the next feature adds to it.
func TestEncodeEveryKey(t *testing.T) {
	var doc Document
	keys := 0
	fillAll(reflect.ValueOf(&doc).Elem(), &keys)
	doc.APIVersion = text(APIVersion)
	out := Encode(&doc)
	again, problems := Decode(Source{"f.yaml", out})
	if problems.Failed() || keys < 60 {
		t.Fatalf("%d keys: %v\n%s", keys, problems, out)
	}
	if diff := cmp.Diff(&doc, again[0], cmpopts.IgnoreTypes(Pos{}, Mark{}),
		cmpopts.IgnoreFields(Moment{}, "Text")); diff != "" {
		t.Errorf("-encoded +decoded:\n%s\n%s", diff, out)
	}
}

// fillAll gives every key of the format a value.
func fillAll(v reflect.Value, n *int) {
	switch x := v.Addr().Interface().(type) {
	case *Text:
		*x = text("x")
	case *Flag:
		x.Value = true
	case *Count:
		x.Value = 7
	case *ShareText:
		x.Share = Share{Set: true, Value: 3}
	case *Moment:
		x.Time = time.Date(2026, 12, 1, 18, 0, 0, 0, time.UTC)
	case *Day:
		x.Time = time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)
	case *Period:
		x.Value = 36 * time.Hour
	case *Pairs:
		*x = Pairs{{text("k"), text("v")}}
	case *SetLines:
		*x = make(SetLines, 1)
		(*x)[0].Name = text("s")
		fillAll(reflect.ValueOf(x).Elem().Index(0), n)
	default:
		if v.Kind() == reflect.Slice {
			v.Set(reflect.MakeSlice(v.Type(), 2, 2))
			for i := range 2 {
				fillAll(v.Index(i), n)
			}
			return
		}
		for _, index := range keysOf(v.Type()).index {
			*n++
			fillAll(v.FieldByIndex(index), n)
		}
	}
}

// hostile are strings that YAML, its readers or a terminal take for more than
// text.
var hostile = rapid.OneOf(
	rapid.SampledFrom(
		[]string{
			"no",
			"on",
			"y",
			"Yes",
			"null",
			"~",
			"true",
			"012345670123",
			"1e3",
			"0x10",
			"1_000",
			".inf",
			"2026-11-25",
			"12:30:45",
			"=",
			"<<",
			"-",
			"- x",
			"a: b",
			"a:",
			":a",
			"#x",
			"a #b",
			"a#b",
			"&a",
			"*a",
			"!x",
			"|",
			">",
			"%x",
			"@x",
			"`x",
			"{a}",
			"[a]",
			"a,b",
			"'",
			`"`,
			`\`,
			`\n`,
			"---",
			"...",
			" a",
			"a ",
			"é",
			"日本",
			"\u200b",
			"\u202e",
			"\u00a0",
			"\u2028",
			"\u0085",
			"\ufeff",
			"a\U000e0061",
			"?",
			"? a",
			"${account}",
			"<<<<<<<",
			"=======",
			".",
			"/",
			"_",
			"a\\",
		},
	),
	rapid.String(),
	rapid.StringMatching(`[ -~]{1,12}`),
)

// One that reads of files may hold; others it says no to, and they are written
// all the same.
func takes(s string) bool {
	return s != "" && utf8.ValidString(s) &&
		!strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError })
}

func TestEncodeIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := func(label string) Text { return text(hostile.Filter(takes).Draw(t, label)) }
		words := func(label string) []Text {
			var list []Text
			for range rapid.IntRange(0, 3).Draw(t, label) {
				list = append(list, word(label))
			}
			return list
		}
		mark := func() Mark {
			return Mark{
				Comments: rapid.SliceOfN(rapid.String(), 0, 2).Draw(t, "comments"),
				Aside:    hostile.Draw(t, "aside"),
			}
		}
		pairs := Pairs{{word("key"), word("value")}}
		doc := &Document{Mark: mark(), APIVersion: text(APIVersion), Owner: word("owner"), Ignore: words("ignore"),
			Defaults: Settings{
				Tags: pairs,
			}, Sets: SetLines{{Mark: mark(), Name: word("set"), Clusters: words("globs")}}}
		for range rapid.IntRange(0, 3).Draw(t, "clusters") {
			doc.Clusters = append(
				doc.Clusters,
				ClusterLine{Mark: mark(), ARN: word("arn"), Include: words("include"), AccessLines: AccessLines{
					Access: []AccessLine{
						{
							Mark:          mark(),
							PrincipalLine: PrincipalLine{Principal: word("principal")},
							Groups:        words("groups"),
							Tags:          pairs,
							Policies: []PolicyLine{
								{Mark: mark(), Policy: word("policy"), Namespaces: words("namespaces")},
							},
						},
					},
					Absent: []AbsentLine{{Mark: mark(), PrincipalLine: PrincipalLine{User: word("user")}}},
				}},
			)
		}
		out := Encode(doc)
		sameRead(t, doc, out)
		if strings.ContainsFunc(string(out), func(r rune) bool { return r != '\n' && !yamlfile.IsVisible(r) }) {
			t.Fatalf("it holds what can't be seen: %q", out)
		}
	})
}

// Text of any bytes, what Decode refuses too: one value, and no more than that.
func FuzzEncodeText(f *testing.F) {
	for _, s := range []string{"", "no", "a: b", "\x00", "\xff", "\n- x", "\"", "\u2028x", "a\r\nb"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := Encode(
			&Document{
				APIVersion: text(APIVersion),
				Ignore:     texts(s+"x", "end"),
				Clusters:   []ClusterLine{{ARN: text("x" + s), Mark: Mark{Aside: s, Comments: []string{s}}}},
			},
		)
		var got struct{ Ignore, Clusters []string }
		if err := yaml.Unmarshal(out, &got); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		valid := strings.ToValidUTF8(s, "\ufffd")
		if utf8.ValidString(s) &&
			(len(got.Ignore) != 2 || got.Ignore[0] != s+"x" || len(got.Clusters) != 1 || got.Clusters[0] != "x"+valid) {
			t.Fatalf("%q is read as %q and %q\n%s", s, got.Ignore, got.Clusters, out)
		}
	})
}
