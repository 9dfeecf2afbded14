package spec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.yaml.in/yaml/v3"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/yamlfile"
)

// iam answers as IAM would: permission sets have their path and a suffix, and
// dev is the one role with a path.
func iam(c *Cluster) map[PrincipalRef]string {
	arns := map[PrincipalRef]string{}
	for _, ref := range c.Refs() {
		at := func(resource string) string {
			return arn.ARN{
				Partition: c.ID.Partition,
				Service:   "iam",
				Account:   c.ID.Account,
				Resource:  resource,
			}.String()
		}
		switch {
		case ref.PermissionSet != "":
			arns[ref] = at(
				"role" + arn.SSOPathPrefix + "eu-west-1/AWSReservedSSO_" + ref.PermissionSet + "_0123456789abcdef",
			)
		case ref.Role == "dev":
			arns[ref] = at("role/path/dev")
		case ref.Role != "":
			arns[ref] = at("role/" + ref.Role)
		default:
			arns[ref] = at("user/" + ref.User)
		}
	}
	return arns
}

// Each file of testdata/valid has what it comes to, and any warning, in its
// golden.
func TestValid(t *testing.T) {
	for _, path := range files(t, "testdata/valid/*.yaml") {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".yaml"), func(t *testing.T) {
			fleet, problems := load(t, path)
			if problems.Failed() {
				t.Fatal(problems)
			}
			var b strings.Builder
			b.WriteString(problems.text())
			for _, c := range fleet.Clusters {
				want, p := c.Resolve(iam(c))
				if p.Failed() {
					t.Fatal(p)
				}
				c.dump(&b)
				b.WriteString(p.text())
				want.dump(&b)
			}
			golden(t, strings.TrimSuffix(path, ".yaml")+".golden", b.String())
		})
	}
}

// dump writes what is set of a cluster, one thing a line.
func (c *Cluster) dump(b *strings.Builder) {
	fmt.Fprintf(b, "cluster %s %v at %v\n", c.ID.Partition, c.ID, c.Pos)
	line := func(key string, value any) {
		if s := fmt.Sprint(value); s != "" && s != "[]" && s != "map[]" && s != "false" && s != "0" {
			fmt.Fprintf(b, "  %s %s\n", key, s)
		}
	}
	line("labels", c.Labels)
	line("owner", c.Owner)
	line("profile", c.Profile)
	line("assumeRole", c.AssumeRole)
	line("externalId", c.ExternalID)
	line("mode", c.Mode)
	line("prune", c.Prune)
	line("prune here", c.PruneHere)
	line("watch", c.Watch)
	line("tags", c.Tags)
	line("minAdmins", c.Guards.MinAdmins)
	line("maxRemovals", c.Guards.MaxRemovals)
	line("trustedAccounts", c.Guards.TrustedAccounts)
	if c.Guards.MaxExpiry > 0 {
		line("maxExpiry", c.Guards.MaxExpiry)
	}
	line("mustExpire", c.Guards.MustExpire)
	line("reasonPatterns", c.Guards.ReasonPatterns)
	for _, r := range c.Guards.RequiredAdmins {
		line("requiredAdmin", fmt.Sprintf("%v at %v", r.Principal, r.Pos))
	}
	line("ignore", c.Ignore)
	for _, a := range c.Absent {
		line("absent", fmt.Sprintf("%v at %v", a.Principal, a.Pos))
	}
}

func (w *Want) dump(b *strings.Builder) {
	for _, e := range w.Entries {
		fmt.Fprintf(b, "  entry %s\n    %s %q\n    as %v at %v\n", e.Principal, e.Type, e.Username, e.Ref, e.Pos)
		if !e.Expires.IsZero() {
			fmt.Fprintf(b, "    expires %v\n", e.Expires)
		}
		if len(e.Groups) > 0 {
			fmt.Fprintf(b, "    groups %q\n", e.Groups)
		}
		for _, p := range e.Policies {
			fmt.Fprintf(b, "    policy %s %s %q\n", p.ARN, p.Scope, p.Namespaces)
		}
		for _, key := range slices.Sorted(maps.Keys(e.Tags)) {
			fmt.Fprintf(b, "    tag %s=%q\n", key, e.Tags[key])
		}
	}
}

// What Decode reads from the node tree is what sigs.k8s.io/yaml reads into the
// same types, for every file that Decode lets pass. The two share no code, so
// a file can't mean one thing here and another to the tools around it.
func TestSameAsSigs(t *testing.T) {
	for _, path := range files(t, "testdata/valid/*.yaml") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			data := mustRead(t, path)
			documents, problems := Decode(Source{path, data})
			if problems.Failed() {
				t.Fatal(problems)
			}
			text, _ := Source{path, data}.text()
			roots, _ := yamlfile.Parse(path, text)
			for i, doc := range documents {
				one, err := yaml.Marshal(roots[i])
				if err != nil {
					t.Fatal(err)
				}
				var other Document
				decode := sigsyaml.UnmarshalStrict
				if bytes.Contains(one, []byte("<<")) {
					// Strict, it takes what overrides a merged key for a repetition.
					decode = func(b []byte, v any, _ ...sigsyaml.JSONOpt) error { return sigsyaml.Unmarshal(b, v) }
				}
				if err := decode(one, &other); err != nil {
					t.Fatal(err)
				}
				byName := func(a, b SetLine) int { return strings.Compare(a.Name.Value, b.Name.Value) }
				slices.SortFunc(doc.Sets, byName)
				slices.SortFunc(other.Sets, byName)
				if diff := cmp.Diff(*doc, other, cmpopts.IgnoreTypes(Pos{}, Mark{}), cmpopts.EquateEmpty(),
					cmpopts.SortSlices(func(a, b Pair) bool { return a.Key.Value < b.Key.Value })); diff != "" {
					t.Errorf("document %d (-Decode +sigs.k8s.io/yaml):\n%s", i+1, diff)
				}
			}
		})
	}
}

// The types of the format have no decoding by JSON but this, for the test
// above.

func (t *Text) UnmarshalJSON(b []byte) error  { return json.Unmarshal(b, &t.Value) }
func (f *Flag) UnmarshalJSON(b []byte) error  { return json.Unmarshal(b, &f.Value) }
func (c *Count) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, &c.Value) }

func (s *ShareText) UnmarshalJSON(b []byte) (err error) {
	s.Share, err = ParseShare(strings.Trim(string(b), `"`))
	return err
}

func (p *Period) UnmarshalJSON(b []byte) (err error) {
	p.Value, err = time.ParseDuration(strings.Trim(string(b), `"`))
	return err
}

func (m *Moment) UnmarshalJSON(b []byte) error {
	m.Text = strings.Trim(string(b), `"`)
	if err := json.Unmarshal(b, &m.Time); err != nil {
		return err
	}
	m.Time = m.Time.UTC().Truncate(time.Second)
	return nil
}

func (p *Pairs) UnmarshalJSON(b []byte) error {
	var m map[string]Text
	err := json.Unmarshal(b, &m)
	for k, v := range m {
		*p = append(*p, Pair{Text{Value: k}, v})
	}
	return err
}

func (s *SetLines) UnmarshalJSON(b []byte) error {
	var m map[string]SetLine
	err := json.Unmarshal(b, &m)
	for k, v := range m {
		v.Name = Text{Value: k}
		*s = append(*s, v)
	}
	return err
}

// bare decodes a string into the field that may stand for the whole, and a
// mapping into whole, a type without methods.
func bare(b []byte, whole any, field *Text) error {
	if b[0] == '"' {
		return json.Unmarshal(b, field)
	}
	return json.Unmarshal(b, whole)
}

type (
	clusterFields ClusterLine
	accessFields  AccessLine
	adminFields   AdminLine
	absentFields  AbsentLine
	policyFields  PolicyLine
)

func (c *ClusterLine) UnmarshalJSON(b []byte) error { return bare(b, (*clusterFields)(c), &c.ARN) }
func (a *AccessLine) UnmarshalJSON(b []byte) error  { return bare(b, (*accessFields)(a), &a.Principal) }
func (a *AdminLine) UnmarshalJSON(b []byte) error   { return bare(b, (*adminFields)(a), &a.Principal) }
func (a *AbsentLine) UnmarshalJSON(b []byte) error  { return bare(b, (*absentFields)(a), &a.Principal) }
func (p *PolicyLine) UnmarshalJSON(b []byte) error  { return bare(b, (*policyFields)(p), &p.Policy) }

// Every struct of the format has its keys as tags, each key once.
func TestKeys(t *testing.T) {
	for _, p := range parts {
		seen := map[string]bool{}
		for _, name := range keysOf(p.of).names {
			if seen[name] {
				t.Errorf("%s has the key %q twice", p.name, name)
			}
			seen[name] = true
		}
	}
	if got := keysOf(reflect.TypeFor[AccessLine]()).bare; got == nil {
		t.Error("an item of access can't be an ARN alone")
	}
}
