package fleet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

// A resolver knows the ARN of a principal that a file declares: IAM, or a
// snapshot.
type resolver interface {
	Resolve(context.Context, spec.PrincipalRef) (string, error)
}

// resolve gives every declared principal its ARN. A name that IAM lacks fails
// the cluster, unless the time of all its lines is over: what is left of it is
// then found among the live entries, as with absent.
func (c *Cluster) resolve(ctx context.Context, have *spec.Live, now time.Time) error {
	arns := map[spec.PrincipalRef]string{}
	var errs []error
	for _, ref := range c.Declared.Refs() {
		principal, err := c.names.Resolve(ctx, ref)
		if IsNotFound(err) && isExpired(c.Declared, ref, now) {
			principal, err = liveNamed(have, ref), nil
		}
		switch {
		case err != nil:
			errs = append(errs, err)
		case principal != "":
			arns[ref] = principal
		default:
			c.Past = append(c.Past, itemsOf(c.Declared, ref)...)
		}
	}
	if len(errs) > 0 {
		return joinAWS(errs)
	}
	declared := *c.Declared
	declared.Items = slices.DeleteFunc(slices.Clone(declared.Items), func(i spec.Item) bool {
		return slices.ContainsFunc(c.Past, func(e spec.Item) bool { return e.Principal == i.Principal })
	})
	want, problems := declared.Resolve(arns)
	if problems.Failed() {
		return problemError(problems)
	}
	c.Want = want
	return nil
}

// IsNotFound reports whether an error says that IAM does not have a principal.
func IsNotFound(err error) bool {
	var e *fault.Error
	return errors.As(err, &e) && e.Code == fault.PrincipalNotFound
}

func itemsOf(c *spec.Cluster, ref spec.PrincipalRef) []spec.Item {
	return slices.DeleteFunc(slices.Clone(c.Items), func(i spec.Item) bool { return i.Principal != ref })
}

func isExpired(c *spec.Cluster, ref spec.PrincipalRef, now time.Time) bool {
	return !slices.ContainsFunc(
		itemsOf(c, ref),
		func(i spec.Item) bool { return i.Expires.IsZero() || now.Before(i.Expires) },
	)
}

// liveNamed is the principal of the live entry that the name fits, or "".
func liveNamed(have *spec.Live, ref spec.PrincipalRef) string {
	for _, e := range have.Entries {
		if ref.Matches(e.Principal, have.ID.Account) {
			return e.Principal
		}
	}
	return ""
}

// joinAWS makes one error of several of one cluster: the first's code, all
// messages and all hints.
func joinAWS(errs []error) error {
	first := *awserr.From(errs[0], awserr.Call{})
	var messages, hints []string
	for _, err := range errs {
		e := awserr.From(err, awserr.Call{})
		messages = append(messages, e.Message)
		if e.Hint != "" && !slices.Contains(hints, e.Hint) {
			hints = append(hints, e.Hint)
		}
	}
	first.Message, first.Hint = strings.Join(messages, "; "), strings.Join(hints, "; ")
	return &first
}

// problemError is what resolving found wrong with a file.
func problemError(problems spec.Problems) error {
	first := problems.Errors[0]
	return &fault.Error{Code: fault.InvalidFile, Message: problems.Error(), Hint: first.Hint}
}

// Names resolves names by what a snapshot has of a cluster.
type Names struct{ Cluster *snapshot.Cluster }

// Resolve returns the ARN of a principal.
func (n Names) Resolve(_ context.Context, ref spec.PrincipalRef) (string, error) {
	principal, err := n.Cluster.Resolve(ref)
	switch {
	case err != nil:
		return "", err
	case principal == "":
		return "", &fault.Error{
			Code:    fault.NotInSnapshot,
			Message: fmt.Sprintf("the snapshot does not contain the ARN of %s", ref),
			Hint:    "take a snapshot with the file that declares it: eksaccess snapshot -f FILE --save FILE",
		}
	}
	return principal, nil
}
