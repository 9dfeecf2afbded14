package ekssim

import (
	"strings"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
)

// A directory is what IAM and STS know: accounts with their principals, and
// access keys.
type directory struct {
	accounts    map[string]*account
	credentials map[string]*Credential

	serviceTrust map[TrustPolicy]bool // see serviceOnly
}

func newDirectory() *directory {
	return &directory{
		accounts: map[string]*account{}, credentials: map[string]*Credential{}, serviceTrust: map[TrustPolicy]bool{},
	}
}

// An account's roles and users are keyed by name: IAM names are unique in an
// account whatever their path. IAM user guide: reference_iam-quotas.
type account struct {
	id, partition string
	roles, users  map[string]*Principal
	folded        map[string]bool // kind/name in lower case: names differ by more than case
}

func newAccount(id, partition string) *account {
	return &account{id, partition, map[string]*Principal{}, map[string]*Principal{}, map[string]bool{}}
}

func (a *account) add(kind string, p *Principal) (ok bool) {
	key := kind + "/" + strings.ToLower(p.Name)
	if a.folded[key] {
		return false
	}
	a.folded[key] = true
	a.named(kind)[p.Name] = p
	return true
}

func (a *account) remove(kind, name string) {
	delete(a.folded, kind+"/"+strings.ToLower(name))
	delete(a.named(kind), name)
}

func (a *account) arn(kind string, p *Principal) string {
	return arns.IAM{Partition: a.partition, Account: a.id, Kind: kind, Path: p.Path, Name: p.Name}.String()
}

func (a *account) named(kind string) map[string]*Principal {
	if kind == "user" {
		return a.users
	}
	return a.roles
}

// principal finds who an ARN names. known is false for an account the world
// says nothing about, so that nothing follows from p being nil.
func (d *directory) principal(arn string) (p *Principal, known bool) {
	a, ok := arns.Parse(arn)
	if !ok {
		return nil, false
	}
	acct := d.accounts[a.Account]
	if acct == nil {
		return nil, false
	}
	p = acct.named(a.Kind)[a.Name]
	if p == nil || acct.arn(a.Kind, p) != arn {
		return nil, true // the whole ARN must match: a path left out names nobody
	}
	return p, true
}

// gone reports whether a principal is known not to exid.
func (d *directory) gone(arn string) bool {
	p, known := d.principal(arn)
	return known && p == nil
}

// boundID is the unique id an entry made now would be bound to.
func (d *directory) boundID(arn string) string {
	if p, _ := d.principal(arn); p != nil {
		return p.ID
	}
	return madeUpID(arn)
}

// madeUpID stands for the id of somebody in an account the world does not
// know.
func madeUpID(arn string) string {
	prefix := "AROA"
	if a, _ := arns.Parse(arn); a.Kind == "user" {
		prefix = "AIDA"
	}
	return arns.UniqueID(prefix, "foreign", arn)
}

// outlived reports whether a key was issued to a principal that does not exist
// any more, even if there is another of its name now.
func (d *directory) outlived(c *Credential) bool {
	a, _ := arns.Parse(c.Principal)
	p, known := d.principal(c.Principal)
	return known && a.Kind != "root" && (p == nil || p.ID != c.BoundTo)
}

// serviceOnly of a role is worked out once for each policy.
func (d *directory) serviceOnly(p *Principal) bool {
	if p == nil || p.Trust == "" {
		return false
	}
	only, known := d.serviceTrust[p.Trust]
	if !known {
		only = p.Trust.serviceOnly()
		d.serviceTrust[p.Trust] = only
	}
	return only
}

// addNamed adds the principal that an ARN names, whatever its case and path.
func (a *account) addNamed(out map[string]bool, name arns.IAM) {
	if p := a.named(name.Kind)[name.Name]; p != nil {
		out[a.arn(name.Kind, p)] = true
		return
	}
	if !a.folded[name.Kind+"/"+strings.ToLower(name.Name)] {
		return
	}
	for n, p := range a.named(name.Kind) {
		if strings.EqualFold(n, name.Name) {
			out[a.arn(name.Kind, p)] = true
		}
	}
}
