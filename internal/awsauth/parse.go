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
// What is read is never an error: what gives no access is listed in Malformed.
func Parse(data map[string]string) *spec.AWSAuth {
	p := parse(data)
	rows := map[string]spec.AWSAuthRow{}
	for _, i := range p.items {
		if i.Row.ARN != "" {
			rows[strings.ToLower(i.Row.ARN)] = i.Row // of two the last rules
		}
	}
	return &spec.AWSAuth{Read: true, Accounts: p.accountList, Malformed: p.notes, Unparsed: p.unparsed,
		Rows: slices.SortedFunc(maps.Values(rows), func(a, b spec.AWSAuthRow) int {
			return cmp.Or(cmp.Compare(a.ARN, b.ARN), cmp.Compare(a.Username, b.Username))
		})}
}

// An Item is one item of the ConfigMap as it stands there, good or bad.
type Item struct {
	Place string          // "mapRoles item 3", or the key of a part that can't be read
	Row   spec.AWSAuthRow // its ARN is "" where there is none
	Notes []string        // what is wrong with it, without its place
	NoARN bool            // what stands in the place of its ARN is none
	// Overruled by a later item for the same ARN: EKS does not look at it.
	Overruled string
}

// Items are all items of mapRoles and then of mapUsers, and after them what is
// wrong with the rest. The accounts of mapAccounts are for [Parse] to tell.
func Items(data map[string]string) []Item {
	p := parse(data)
	last := map[string]int{}
	for n, i := range p.items {
		if i.Row.ARN == "" {
			continue
		}
		key := strings.ToLower(i.Row.ARN)
		if before, twice := last[key]; twice {
			p.items[before].Overruled = i.Place
		}
		last[key] = n
	}
	slices.SortStableFunc(p.items, func(a, b Item) int { return cmp.Compare(rank(a.Place), rank(b.Place)) })
	return p.items
}

func rank(place string) int {
	for i, part := range []string{mapRoles, mapUsers} {
		if strings.HasPrefix(place, part) {
			return i
		}
	}
	return 2
}

func parse(data map[string]string) *parser {
	p := &parser{}
	p.parsePart(mapUsers, "userarn", data[mapUsers])
	p.parsePart(mapRoles, "rolearn", data[mapRoles]) // asked first, so it stands above mapUsers
	p.accountList = p.accounts(data[mapAccounts])
	for _, key := range slices.Sorted(maps.Keys(data)) {
		p.checkKey(key)
	}
	return p
}

type parser struct {
	items       []Item
	accountList []string
	notes       []string // each with its place
	unparsed    []string // those of notes that are about a whole key
}

// addNote tells what is wrong with a place, as an item of its own where there is
// none to put it to.
func (p *parser) addNote(place, sep, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	p.notes = append(p.notes, place+sep+text)
	if n := len(p.items); n == 0 || p.items[n-1].Place != place {
		p.items = append(p.items, Item{Place: place})
	}
	last := &p.items[len(p.items)-1]
	last.Notes = append(last.Notes, text)
}

// checkKey notes one that looks like one of ours. Case counts here, and in the
// items it does not.
func (p *parser) checkKey(key string) {
	for _, known := range []string{mapRoles, mapUsers, mapAccounts} {
		if key != known && strings.EqualFold(key, known) {
			p.addNote(fmt.Sprintf("key %q", key), " ", "is not read; it is written %q", known)
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

func (p *parser) parsePart(part, key, text string) {
	for n, raw := range p.list(part, text) {
		place := fmt.Sprintf("%s item %d", part, n+1)
		var i item
		// An error in one member leaves the others as they are.
		if err := json.Unmarshal(raw, &i); err != nil {
			p.addNote(place, ": ", "%s", plainMessage(err))
		}
		principal := i.RoleARN
		if part == mapUsers {
			principal = i.UserARN
		}
		switch {
		case principal == "" && part == mapRoles && i.SSO != nil:
			p.addNote(place, ": ", "\"sso\" in place of %s, which EKS does not read", key)
		case principal == "":
			p.addNote(place, ": ", "no %s", key)
		default:
			isARN := p.checkARN(place, principal)
			row := spec.AWSAuthRow{ARN: principal, Username: i.Username, Groups: i.Groups}
			if n := len(p.items); n > 0 && p.items[n-1].Place == place {
				p.items[n-1].Row, p.items[n-1].NoARN = row, !isARN
			} else {
				p.items = append(p.items, Item{Place: place, Row: row, NoARN: !isARN})
			}
		}
	}
}

// checkARN notes an ARN that no caller has: the row is loaded and matches no principal. It
// reports whether it is an ARN at all.
func (p *parser) checkARN(place, principal string) bool {
	a, err := arn.ParsePrincipal(principal)
	switch {
	case err != nil:
		p.addNote(place, ": ", "%v", err)
	case a.Kind == arn.Role && a.Path != "/":
		p.addNote(place, ": ", "%q matches no principal; a role is written without its path here, as %q",
			principal, a.RoleOf())
	case a.Kind != arn.Role && a.Kind != arn.User && a.Kind != arn.Root && a.Kind != arn.FederatedUser:
		p.addNote(place, ": ", "%q is not a role or user, and matches no principal", principal)
	}
	return err == nil
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
		p.addUnreadable(part, text, err)
		return nil
	}
	return items
}

// addUnreadable notes that a key cannot be parsed.
func (p *parser) addUnreadable(key, text string, err error) {
	why := unrenderedTemplate(text)
	if why == "" {
		why = withLinesFromKey(plainMessage(err))
	}
	p.addNote(key, " ", "is not read at all: %s", why)
	p.unparsed = append(p.unparsed, p.notes[len(p.notes)-1])
}

// empty texts are passed over.
func empty(text string) bool {
	t := strings.TrimSpace(text)
	return t == "" || t == "``" || t == `""` || t == `''`
}

func plainMessage(err error) string {
	s := err.Error()
	for _, technical := range []string{"yaml: ", "json: ", "error converting YAML to JSON: "} {
		s = strings.ReplaceAll(s, technical, "")
	}
	s = strings.ReplaceAll(s, "cannot unmarshal", "cannot read")
	s = strings.ReplaceAll(s, "Go value of type []json.RawMessage", "a list")
	s = strings.ReplaceAll(s, "Go value of type awsauth.item", "an item")
	s = strings.ReplaceAll(s, "Go struct field item.", "")
	s = strings.ReplaceAll(s, " of type []string", ", which is a list")
	return s
}
