package run

import (
	"errors"
	"fmt"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// checkExpires refuses --expires where it could not be kept: the end is a tag
// that needs an owner, and an end needs a reason.
func checkExpires(o plan.Options, clusters []*spec.Cluster) error {
	if o.Expires == 0 {
		return nil
	}
	for _, cl := range clusters {
		if cl.Watch {
			continue // never written
		}
		if cl.Owner == "" {
			return fault.WithHint(
				fmt.Errorf("--expires requires an owner: the document that declares %v (%v) has none", cl.ID, cl.Pos),
				`write "owner: break-glass" on top of it`)
		}
		if o.Reason != "" {
			continue
		}
		if item := withoutReason(cl); item != nil {
			return fault.WithHint(fmt.Errorf("--expires requires a reason: %v (%v) has none", item.Principal, item.Pos),
				"pass one, for example --reason INC-4711, or write reason in the file")
		}
	}
	return nil
}

// withoutReason is an item of a principal for which the cluster gives no
// reason, or nil.
func withoutReason(c *spec.Cluster) *spec.Item {
	reasons := map[spec.PrincipalRef]bool{}
	for _, i := range c.Items {
		if i.Reason != "" {
			reasons[i.Principal] = true
		}
	}
	for n, i := range c.Items {
		if !reasons[i.Principal] && (i.Type == "" || i.Type == eksfacts.Standard) {
			return &c.Items[n]
		}
	}
	return nil
}

// checkTakeOwnership refuses --take-ownership for clusters whose file has no
// owner: it would only remove the other owner's tag.
func checkTakeOwnership(o plan.Options, clusters []*spec.Cluster) error {
	if !o.Allow.TakeOwnership {
		return nil
	}
	for _, cl := range clusters {
		if cl.Owner != "" {
			continue
		}
		where := fmt.Sprintf("the document that declares %v (%v) has none", cl.ID, cl.Pos)
		if cl.Pos.File == "" { // of a saved plan
			where = fmt.Sprintf("the file that declares %v has none", cl.ID)
		}
		return fault.WithHint(errors.New("--take-ownership requires an owner: "+where),
			`write "owner: NAME" on top of it, or remove --take-ownership`)
	}
	return nil
}
