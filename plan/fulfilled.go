package plan

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// The fields of entries, by the names that a plan shows them under.
const (
	FieldEntry    = "entry"
	FieldType     = "type"
	FieldUsername = "username"
	FieldGroups   = "groups"
	FieldPolicies = "policies"
	FieldTags     = "tags"
	FieldMode     = "authentication mode" // of a cluster
)

// An Unseen is a field that a reading does not show as it should be.
type Unseen struct {
	Principal string `json:"principal,omitempty"` // none: the mode of the cluster
	Field     string `json:"field"`
	Name      string `json:"name,omitempty"` // of the group, policy or tag
	Have      string `json:"have,omitempty"` // "" where it is not there
	Want      string `json:"want,omitempty"` // "" where it should not be there
}

// String is the field as a plan shows what is still to be changed.
func (u Unseen) String() string {
	sign, value := "~", u.Have+" -> "+u.Want
	switch {
	case u.Have == "":
		sign, value = "+", u.Want
	case u.Want == "":
		sign, value = "-", u.Have
	}
	words := slices.DeleteFunc([]string{u.Field, sign, u.Name, value}, func(w string) bool { return w == "" })
	return strings.Join(words, " ")
}

// UnseenText is a list of fields in running text.
func UnseenText(list []Unseen) string {
	texts := make([]string, len(list))
	for i, u := range list {
		texts[i] = u.String()
	}
	return strings.Join(texts, ", ")
}

// UnfulfilledFields lists the fields in which the cluster, as read, is not what the
// change wanted.
func UnfulfilledFields(c Change, have *spec.Live) []Unseen {
	var out []Unseen
	if p := c.PreviousPrincipal; p != nil && removes(c, *p) && have.Entry(*p) != nil {
		out = append(out, Unseen{Principal: *p, Field: FieldEntry, Have: "there"})
	}
	e := have.Entry(c.Principal)
	switch {
	case c.After == nil && e != nil:
		out = append(out, Unseen{Principal: c.Principal, Field: FieldEntry, Have: "there"})
	case c.After != nil && e == nil:
		out = append(out, Unseen{Principal: c.Principal, Field: FieldEntry, Want: c.After.Type})
	case c.After != nil:
		out = append(out, unseen(e.Entry, *c.After, false)...)
	}
	return out
}

// Fulfilled reports whether the cluster, as read, is what the change wanted.
func Fulfilled(c Change, have *spec.Live) bool { return len(UnfulfilledFields(c, have)) == 0 }

// UngrantedFields lists what the change's grants should have given and the cluster, as
// read, does not show. What its revocations will take may be there too.
func UngrantedFields(c Change, have *spec.Live) []Unseen {
	if c.After == nil || !slices.ContainsFunc(c.Steps, func(s Step) bool { return s.Phase == Grant }) {
		return nil
	}
	e := have.Entry(c.Principal)
	if e == nil {
		return []Unseen{{Principal: c.Principal, Field: FieldEntry, Want: c.After.Type}}
	}
	return unseen(e.Entry, *c.After, true)
}

// Granted reports whether everything the change's grants should have given is
// there.
func Granted(c Change, have *spec.Live) bool { return len(UngrantedFields(c, have)) == 0 }

// unseen lists the fields in which an entry is not as wanted, of those that this
// program can set; with grants, it may have more. Other people's tags, and what
// EKS derives for nodes, are not looked at.
func unseen(have, want spec.Entry, grants bool) []Unseen {
	var out []Unseen
	add := func(field, name, is, should string) {
		out = append(out, Unseen{Principal: want.Principal, Field: field, Name: name, Have: is, Want: should})
	}
	if have.Type != want.Type {
		add(FieldType, "", have.Type, want.Type)
	}
	if eksfacts.TakesNames(want.Type) {
		if !grants && want.Username != "" && have.Username != want.Username {
			add(FieldUsername, "", have.Username, want.Username)
		}
		for _, g := range union(have.Groups, want.Groups) {
			has, wants := slices.Contains(have.Groups, g), slices.Contains(want.Groups, g)
			switch {
			case wants && !has:
				add(FieldGroups, "", "", g)
			case has && !wants && !grants:
				add(FieldGroups, "", g, "")
			}
		}
	}
	for _, id := range union(policyARNs(&have), policyARNs(&want)) {
		p, has := have.Policy(id)
		q, wants := want.Policy(id)
		if grants && (!wants || has && covers(p, q)) || p.Equal(q) {
			continue
		}
		add(FieldPolicies, arn.PolicyName(id), scopeText(p), scopeText(q))
	}
	for _, key := range slices.Sorted(maps.Keys(mergedTags(have.Tags, want.Tags))) {
		is, has := have.Tags[key]
		should, wants := want.Tags[key]
		isOurs := strings.HasPrefix(key, spec.TagPrefix)
		switch {
		case wants && !has && !isReserved(key):
			add(FieldTags, key, "", "= "+plainOrQuoted(should))
		case wants && is != should && !isReserved(key):
			add(FieldTags, key, "= "+plainOrQuoted(is), plainOrQuoted(should))
		case has && !wants && isOurs && !grants:
			add(FieldTags, key, "= "+plainOrQuoted(is), "")
		}
	}
	return out
}

// plainOrQuoted is a value as a plan shows it: quoted where it would run into
// the words around it.
func plainOrQuoted(s string) string {
	if s == "" || strings.ContainsAny(s, " ,\"\t\n") {
		return strconv.Quote(s)
	}
	return s
}

// same reports whether an entry is as wanted in all that this program can set.
func same(have, want spec.Entry) bool { return len(unseen(have, want, false)) == 0 }

func removes(c Change, principal string) bool {
	return slices.ContainsFunc(c.Steps, func(s Step) bool {
		return s.Operation == DeleteAccessEntry && s.Principal == principal
	})
}
