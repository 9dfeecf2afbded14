package spec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
)

// A union is what all places of a cluster say of one principal.
type union struct {
	Item                // of the first place, with what the others add
	from map[string]Pos // which place said username, type, policy ARN, tag:KEY …
	all  []Item         // by place
}

// unite brings the items of each principal together, where name says which
// belong together. Groups, tags and policies add up; two different values
// where there can be one only are reported with both places.
func (c *Cluster) unite(items []Item, name func(PrincipalRef) string) ([]*union, Problems) {
	var r report
	byName := make(map[string]*union, len(items))
	unions := make([]*union, 0, len(items))
	for _, item := range items {
		key := name(item.Principal)
		u := byName[key]
		if u == nil {
			u = &union{}
			byName[key] = u
			unions = append(unions, u)
		}
		u.all = append(u.all, item)
	}
	for _, u := range unions {
		r.unite(u)
		r.consistent(c, u)
	}
	r.twoSpellings(unions)
	return unions, r.Problems
}

// unite merges in the order of places, not of arrival, so that the result is
// the same however the files were given.
func (r *report) unite(u *union) {
	slices.SortStableFunc(u.all, func(a, b Item) int {
		if a.Own != b.Own {
			if a.Own {
				return -1
			}
			return 1
		}
		return a.Pos.compare(b.Pos)
	})
	first := u.all[0]
	u.Item = Item{Principal: first.Principal, Own: first.Own, Pos: first.Pos, Tags: map[string]string{}}
	u.from = map[string]Pos{}
	for _, item := range u.all {
		r.single(u, item.Pos, "usernames", &u.Username, item.Username)
		r.single(u, item.Pos, "types", &u.Type, item.Type)
		r.single(u, item.Pos, "reasons", &u.Reason, item.Reason)
		if !item.Expires.IsZero() {
			var have, next string
			if !u.Expires.IsZero() {
				have = formatTime(u.Expires)
			}
			next = formatTime(item.Expires)
			if r.single(u, item.Pos, "expiries", &have, next) {
				u.Expires = item.Expires
			}
		}
		for key, value := range item.Tags {
			r.tag(u, item.Pos, key, value)
		}
		for _, p := range item.Policies {
			r.addPolicy(u, item.Pos, p)
		}
		u.Groups = append(u.Groups, item.Groups...)
	}
	if at, ok := u.from["expiries"]; ok {
		for _, item := range u.all {
			if item.Expires.IsZero() {
				r.warnf(item.Pos, "write the same expires here if that is intended",
					"%s also loses the access declared here when the expires at %v passes", u.Principal, at)
				break
			}
		}
	}
}

// single takes over a value of which there can be one.
func (r *report) single(u *union, at Pos, what string, have *string, next string) bool {
	switch {
	case next == "" || *have == next:
		return false
	case *have == "":
		*have = next
		u.from[what] = at
		return true
	}
	r.errorf(at, "keep one of them; a principal has one entry in a cluster",
		"%s has two %s: %.200q here and %.200q at %v", u.Principal, what, next, *have, u.from[what])
	return false
}

func (r *report) tag(u *union, at Pos, key, value string) {
	have, ok := u.Tags[key]
	if ok && have != value {
		r.errorf(
			at,
			"give one of them",
			"%s has two values of tag %q: %q here and %q at %v",
			u.Principal,
			key,
			value,
			have,
			u.from["tag:"+key],
		)
		return
	}
	if !ok {
		u.Tags[key] = value
		u.from["tag:"+key] = at
	}
}

func (r *report) addPolicy(u *union, at Pos, p Policy) {
	for _, have := range u.Policies {
		if have.ARN != p.ARN {
			continue
		}
		if !have.Equal(p) {
			r.errorf(at, onePolicy, "%s has access policy %q twice: %s here and %s at %v",
				u.Principal, arn.PolicyName(p.ARN), where(p.Namespaces), where(have.Namespaces), u.from[p.ARN])
		}
		return
	}
	u.Policies = append(u.Policies, p)
	u.from[p.ARN] = at
}

// consistent says whether the parts of an entry fit each other, its principal
// and the cluster. What the table of types has from no source that is certain
// is a warning.
func (r *report) consistent(c *Cluster, u *union) {
	entryType := u.Type
	if entryType == "" {
		entryType = eksfacts.Standard
	}
	tell := func(hint, format string, args ...any) {
		if v := refuse(hint, format, args...); eksfacts.OwnAccountRole(entryType) {
			r.addVerdict(u.Pos, v)
		} else {
			v.warning = true
			r.addVerdict(u.Pos, v)
		}
	}
	p, err := arn.ParsePrincipal(u.Principal.ARN)
	isUser := u.Principal.User != "" || err == nil && p.Kind == arn.User
	if entryType != eksfacts.Standard {
		if isUser {
			tell("write a role, or remove the type", "type %s is for roles, and %s is a user", entryType, u.Principal)
		}
		if err == nil && p.Account != c.ID.Account {
			tell("", "type %s is for roles of the cluster's own account, and %s is not", entryType, u.Principal)
		}
	}
	if !eksfacts.TakesNames(entryType) && eksfacts.IsKnownType(entryType) {
		if len(u.Groups) > 0 {
			tell("remove groups: EKS sets those of nodes", "%s of type %s cannot have groups", u.Principal, entryType)
		}
		if u.Username != "" {
			tell(
				"remove username: EKS sets that of nodes",
				"%s of type %s cannot have a username",
				u.Principal,
				entryType,
			)
		}
	}
	if !eksfacts.TakesPolicies(entryType) && len(u.Policies) > 0 && eksfacts.IsKnownType(entryType) {
		tell("remove the policies or the type", "%s of type %s cannot have access policies", u.Principal, entryType)
	}
	if isUser && usesSession(u.Username) {
		r.errorf(
			u.Pos,
			"remove username, or write a fixed one",
			"username %q is for the sessions of roles; %s is a user",
			u.Username,
			u.Principal,
		)
	}
	limit, reserve := eksfacts.MaxTags, ""
	if c.Owner != "" {
		limit -= ownTags
		reserve = fmt.Sprintf(", and eksaccess needs %d of them", ownTags)
	}
	if n := len(overlay(c.Tags, u.Tags)); n > limit {
		r.errorf(
			u.Pos,
			fmt.Sprintf("an entry has at most %d tags%s", eksfacts.MaxTags, reserve),
			"%s has %d tags",
			u.Principal,
			n,
		)
	}
}

// ownTags is how many tags of ours an entry may come to have.
const ownTags = 4

// twoSpellings warns of principals that differ in case only: IAM takes them
// for one, EKS for two (authenticator).
func (r *report) twoSpellings(unions []*union) {
	seen := make(map[string]*union, len(unions))
	for _, u := range unions {
		name := u.Principal.String()
		key := strings.ToLower(name)
		if first := seen[key]; first != nil && first.Principal != u.Principal {
			r.warnf(
				u.Pos,
				"write it as in IAM, which has one of the two",
				"%s differs only in case from the principal at %v",
				name,
				first.Pos,
			)
			continue
		}
		seen[key] = u
	}
}
