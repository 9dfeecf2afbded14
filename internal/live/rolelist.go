package live

import (
	"context"
	"strings"
	"sync"

	"github.com/eksaccess/eksaccess/internal/arn"
)

// listFrom is for how many roles of an account one list of all is better than
// asking for each. A page of the list holds a thousand, which is what an
// account may have unless it was given more (IAM user guide, quotas): so it is
// one call in most, and a few in the others.
const listFrom = 10

// A roleBook has the roles that lists told of, and the names of those that
// nobody told of yet and that will be asked for.
type roleBook struct {
	mu       sync.Mutex
	arns     map[string]found
	names    map[string]found // by name in lower case: IAM keeps names unique without regard to it
	expected map[string]bool
}

func (b *roleBook) enter(list []found) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.arns == nil {
		b.arns, b.names = map[string]found{}, map[string]found{}
	}
	for _, r := range list {
		b.arns[r.arn], b.names[strings.ToLower(r.name)] = r, r
		delete(b.expected, r.name)
	}
}

func (b *roleBook) byARN(principal string) (found, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f, ok := b.arns[principal]
	return f, ok
}

func (b *roleBook) byName(name string) (found, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f, ok := b.names[strings.ToLower(name)]
	return f, ok
}

// expect reports whether those expected have become many.
func (b *roleBook) expect(names []string) (many bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.expected == nil {
		b.expected = map[string]bool{}
	}
	for _, name := range names {
		if _, known := b.names[strings.ToLower(name)]; !known {
			b.expected[name] = true
		}
	}
	return len(b.expected) > listFrom
}

// Expect says which principals will be asked about. Where these are many roles,
// with those of before, the list of all is read meanwhile. It does not wait.
func (d *Directory) Expect(ctx context.Context, principals []string) {
	var names []string
	for _, principal := range principals {
		if p, err := arn.ParsePrincipal(principal); err == nil && p.Kind == arn.Role && d.unasked(p, nil) == "" {
			names = append(names, p.Name)
		}
	}
	if d.book.expect(names) {
		go d.all(ctx)
	}
}

// all reads all roles into the book, once. Where IAM doesn't let them be
// listed, each will be asked for.
func (d *Directory) all(ctx context.Context) { _, _ = d.under(ctx, "/") }
