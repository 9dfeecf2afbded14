package transfer

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// dropUnwritable takes out of c the entries that no file of ours can hold, each
// with a note. Package spec decides: what is written is read back, and has to
// mean the entry and nothing else.
func (c *Cluster) dropUnwritable() {
	if whyUnwritable(c.ID, c.Entries) == "" {
		return
	}
	c.Entries = slices.DeleteFunc(c.Entries, func(e Entry) bool {
		why := whyUnwritable(c.ID, []Entry{e})
		if why != "" {
			do := ""
			if kind, ok := NodeType(e.Username, e.Groups); ok && e.Type == eksfacts.Standard {
				do = NodeHint(e.Principal, kind)
			}
			c.note(Left, &e, why, do)
		}
		return why != ""
	})
}

// whyUnwritable says why entries of a cluster do not mean the same once they are
// written down, or is "".
func whyUnwritable(id arn.Cluster, entries []Entry) string {
	if len(entries) == 0 {
		return ""
	}
	id = withParts(id, entries)
	doc := &spec.Document{
		APIVersion: spec.Text{Value: spec.APIVersion},
		Guards:     spec.GuardLines{TrustedAccounts: texts(foreign(id, entries))},
	}
	cl := spec.ClusterLine{ARN: spec.Text{Value: id.ARN()}}
	for i := range entries {
		lineOf(&entries[i]).add(&cl.AccessLines)
	}
	doc.Clusters = []spec.ClusterLine{cl}
	fleet, problems := spec.Load([]spec.Source{{Name: "import", Data: spec.Encode(doc)}})
	if problems.Failed() {
		return problems.Errors[0].Summary
	}
	arns := map[spec.PrincipalRef]string{}
	for _, e := range entries {
		arns[e.Ref] = e.Principal
	}
	want, problems := fleet.Clusters[0].Resolve(arns)
	if problems.Failed() {
		return problems.Errors[0].Summary
	}
	if len(want.Entries) != len(entries) {
		return "the principal is there twice"
	}
	byPrincipal := make(map[string]spec.Entry, len(want.Entries))
	for _, w := range want.Entries {
		byPrincipal[w.Principal] = w.Entry
	}
	for _, e := range entries {
		have := e.Entry.Canonical()
		have.Tags = carriedTags(have.Tags)
		w, ok := byPrincipal[e.Principal]
		if !ok {
			return "no file can name its principal"
		}
		if fields := differentFields(have, w); len(fields) > 0 {
			return "it cannot be written as it is: " + strings.Join(fields, "; ")
		}
	}
	return ""
}

// differentFields says in which fields an entry differs from what a file makes
// of it.
func differentFields(e, read spec.Entry) []string {
	var fields []string
	differ := func(field string, want, got any) {
		if !reflect.DeepEqual(want, got) {
			fields = append(fields, fmt.Sprintf("its %s %.200q would be read as %.200q", field, want, got))
		}
	}
	differ("type", e.Type, read.Type)
	differ("username", e.Username, read.Username)
	differ("groups", e.Groups, read.Groups)
	for _, p := range e.Policies {
		q, ok := read.Policy(p.ARN)
		switch name := policyName(p.ARN, e.Principal); {
		case !ok:
			fields = append(fields, fmt.Sprintf("its policy %.200q would be read as %.200q", p.ARN, policyARNs(read)))
		case p.Scope == spec.ScopeNamespace && len(p.Namespaces) == 0:
			fields = append(fields, "policy "+name+" has scope namespace and no namespaces")
		case p.Scope == "":
			fields = append(fields, "policy "+name+" has no scope: it is cluster or namespace")
		default:
			differ("scope of policy "+name, p.Scope, q.Scope)
			differ("namespaces of policy "+name, p.Namespaces, q.Namespaces)
		}
	}
	if len(fields) == 0 && len(e.Policies) != len(read.Policies) {
		differ("policies", policyARNs(e), policyARNs(read))
	}
	differ("tags", e.Tags, read.Tags)
	if len(fields) == 0 && !reflect.DeepEqual(e, read) {
		fields = append(fields, fmt.Sprintf("%+v would be read as %+v", e, read))
	}
	return fields
}

func policyARNs(e spec.Entry) []string {
	var arns []string
	for _, p := range e.Policies {
		arns = append(arns, p.ARN)
	}
	return arns
}

// withParts gives a cluster that was not named the parts that a file requires,
// for a check only: they are never shown.
func withParts(id arn.Cluster, entries []Entry) arn.Cluster {
	if id.Name != "" {
		return id
	}
	id.Name, id.Region = "unnamed", "us-east-1"
	for _, e := range entries {
		if p, err := arn.ParsePrincipal(e.Principal); err == nil && id.Account == "" && arn.IsAccount(p.Account) {
			id.Partition, id.Account = p.Partition, p.Account
		}
	}
	return id
}

// sameMeaning reports whether two files declare the same in the same clusters,
// wherever in them it stands.
func sameMeaning(a, b []byte) bool {
	said := func(text []byte) map[arn.Cluster][]spec.Item {
		fleet, problems := spec.Load([]spec.Source{{Name: "import", Data: text}})
		if problems.Failed() {
			return nil
		}
		out := map[arn.Cluster][]spec.Item{}
		for _, c := range fleet.Clusters {
			items := slices.Clone(c.Items)
			for i := range items {
				items[i].Pos, items[i].Own = spec.Pos{}, false
			}
			slices.SortFunc(
				items,
				func(a, b spec.Item) int { return strings.Compare(a.Principal.String(), b.Principal.String()) },
			)
			out[c.ID] = items
		}
		return out
	}
	x, y := said(a), said(b)
	return x != nil && reflect.DeepEqual(x, y)
}

// foreign are the accounts of principals that are not the cluster's own.
func foreign(id arn.Cluster, entries []Entry) []string {
	var accounts []string
	for _, e := range entries {
		if p, err := arn.ParsePrincipal(e.Principal); err == nil && arn.IsAccount(p.Account) &&
			p.Account != id.Account {
			accounts = append(accounts, p.Account)
		}
	}
	slices.Sort(accounts)
	return slices.Compact(accounts)
}

func sortedKeys(m map[string]int) []string { return slices.Sorted(maps.Keys(m)) }

// lines is how long a file is.
func lines(text []byte) int { return strings.Count(string(text), "\n") }
