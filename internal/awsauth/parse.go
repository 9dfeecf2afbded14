package awsauth

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/spec"
)

// Keys of the ConfigMap's data that the authenticator looks at; each holds
// YAML as text (EKS user guide, auth-configmap).
const (
	mapRoles    = "mapRoles"
	mapUsers    = "mapUsers"
	mapAccounts = "mapAccounts"
)

// Parse reads the data of the ConfigMap; nil is that of one that is not there.
// What is read is never an error: what lets nobody in is told in Malformed.
func Parse(data map[string]string) *spec.AWSAuth {
	p := parser{rows: map[string]spec.AWSAuthRow{}}
	p.items(mapUsers, "userarn", data[mapUsers])
	p.items(mapRoles, "rolearn", data[mapRoles]) // asked first, so it stands above mapUsers
	accounts := p.accounts(data[mapAccounts])
	for _, key := range slices.Sorted(maps.Keys(data)) {
		p.key(key)
	}
	return &spec.AWSAuth{Read: true, Accounts: accounts, Malformed: p.notes,
		Rows: slices.SortedFunc(maps.Values(p.rows), func(a, b spec.AWSAuthRow) int {
			return cmp.Or(cmp.Compare(a.ARN, b.ARN), cmp.Compare(a.Username, b.Username))
		})}
}

type parser struct {
	rows  map[string]spec.AWSAuthRow // by ARN in lower case: of two the last rules
	notes []string
}

func (p *parser) note(format string, args ...any) {
	p.notes = append(p.notes, fmt.Sprintf(format, args...))
}

// key notes one that looks like one of ours. Case counts here, and in the
// items it does not.
func (p *parser) key(key string) {
	for _, known := range []string{mapRoles, mapUsers, mapAccounts} {
		if key != known && strings.EqualFold(key, known) {
			p.note("key %q is not read; it is written %q", key, known)
		}
	}
}

// An item is one of mapRoles or mapUsers. encoding/json takes its keys in any
// case, and so does the authenticator, which reads with it.
type item struct {
	RoleARN  string   `json:"rolearn"`
	UserARN  string   `json:"userarn"`
	Username string   `json:"username"`
	Groups   []string `json:"groups"`
	SSO      any      `json:"sso"`
}

func (p *parser) items(part, key, text string) {
	for n, raw := range p.list(part, text) {
		var i item
		// An error in one member leaves the others as they are.
		if err := json.Unmarshal(raw, &i); err != nil {
			p.note("%s item %d: %s", part, n+1, plain(err))
		}
		principal := i.RoleARN
		if part == mapUsers {
			principal = i.UserARN
		}
		switch {
		case principal == "" && part == mapRoles && i.SSO != nil:
			p.note("%s item %d: \"sso\" in place of %s, which EKS does not read", part, n+1, key)
		case principal == "":
			p.note("%s item %d: no %s", part, n+1, key)
		default:
			p.odd(part, n+1, principal)
			p.rows[strings.ToLower(principal)] = spec.AWSAuthRow{ARN: principal, Username: i.Username, Groups: i.Groups}
		}
	}
}

// odd notes an ARN that no caller has: the row is loaded and matches nobody.
func (p *parser) odd(part string, n int, principal string) {
	a, err := arn.ParsePrincipal(principal)
	switch {
	case err != nil:
		p.note("%s item %d: %v", part, n, err)
	case a.Kind == arn.Role && a.Path != "/":
		p.note("%s item %d: %q matches nobody; a role is written without its path here, as %q", part, n, principal, a.RoleOf())
	case a.Kind != arn.Role && a.Kind != arn.User && a.Kind != arn.Root && a.Kind != arn.FederatedUser:
		p.note("%s item %d: %q is no role or user, and matches nobody", part, n, principal)
	}
}

// list is the items of a part, or a note why there are none.
func (p *parser) list(part, text string) []json.RawMessage {
	if empty(text) {
		return nil
	}
	var items []json.RawMessage
	asJSON, err := yaml.YAMLToJSON([]byte(text))
	if err == nil {
		err = json.Unmarshal(asJSON, &items)
	}
	if err != nil {
		p.note("%s is not read at all: %s", part, plain(err))
		return nil
	}
	return items
}

// empty texts are passed over.
func empty(text string) bool {
	t := strings.TrimSpace(text)
	return t == "" || t == "``" || t == `""` || t == `''`
}

func plain(err error) string {
	s := err.Error()
	for _, technical := range []string{"yaml: ", "json: ", "error converting YAML to JSON: "} {
		s = strings.ReplaceAll(s, technical, "")
	}
	s = strings.ReplaceAll(s, "cannot unmarshal", "cannot read")
	s = strings.ReplaceAll(s, "Go value of type []json.RawMessage", "a list")
	s = strings.ReplaceAll(s, "Go value of type awsauth.item", "an item")
	s = strings.ReplaceAll(s, "Go struct field item.", "")
	return s
}
