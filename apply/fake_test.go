package apply

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/aws/smithy-go/middleware"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// A clock that only sleeping moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return nil
}

// A fakeEKS is one cluster that remembers: the writer and the reader of it.
// What goes wrong is added by before and after, which see every write.
type fakeEKS struct {
	mu      sync.Mutex
	clock   *clock
	id      arn.Cluster
	mode    string
	entries map[string]spec.LiveEntry
	updates map[string]*fakeUpdate
	serial  int
	groups  []string // of the last update, as sent
	slow    int      // so often, DescribeCluster still tells the mode of before

	calls   []string                 // "CreateAccessEntry role/a", in the order they came
	before  func(call string) error  // may refuse; nothing is changed then
	after   func(call string) error  // may lose the answer of what was done
	moved   func(f *fakeEKS)         // after every change of entries
	awsAuth *spec.AWSAuth            // as readings have it; no rows unless a test sets some
	onMode  func(f *fakeEKS)         // what EKS does by itself at a mode step
	polls   int                      // an update is done at this poll
	ends    Update                   // how it ends; zero: Successful
	lag     time.Duration            // entries are read as they were then
	past    []fakeState              // for lag
	gone    map[string]spec.Identity // what IAM says
	reads   func(what string) error  // may refuse a reading
	dead    map[string]bool          // principals whose entry gives no access
	// arrive is called for every call and reading before it is handled; an error
	// is its answer.
	arrive func(ctx context.Context, call string) error
}

type fakeUpdate struct {
	mode  string
	polls int
	over  bool
}

type fakeState struct {
	at      time.Time
	entries map[string]spec.LiveEntry
}

func newFake(entries ...spec.Entry) *fakeEKS {
	f := &fakeEKS{
		clock:   newClock(),
		id:      arn.Cluster{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Name: "prod"},
		mode:    eksfacts.ModeAPIAndConfigMap,
		awsAuth: &spec.AWSAuth{Read: true},
		entries: map[string]spec.LiveEntry{},
		updates: map[string]*fakeUpdate{},
		polls:   1,
		dead:    map[string]bool{},
	}
	for _, e := range entries {
		f.addEntry(e)
	}
	f.keep()
	return f
}

// addEntry makes an entry behind the API's back.
func (f *fakeEKS) addEntry(e spec.Entry) {
	f.serial++
	e = e.Canonical()
	if e.Username == "" {
		e.Username = eksfacts.DefaultUsername(e.Type, e.Principal)
	}
	f.entries[e.Principal] = spec.LiveEntry{
		Entry: e,
		ARN: fmt.Sprintf(
			"arn:aws:eks:eu-west-1:111122223333:access-entry/prod/role/111122223333/%s/%d",
			e.Principal[strings.LastIndex(e.Principal, "/")+1:],
			f.serial,
		),
		CreatedAt: f.clock.Now(),
	}
}

func (f *fakeEKS) keep() { f.past = append(f.past, fakeState{f.clock.Now(), maps.Clone(f.entries)}) }

func short(principal string) string { return principal[strings.LastIndex(principal, ":")+1:] }

func (f *fakeEKS) do(ctx context.Context, op, principal string, change func() error) (middleware.Metadata, error) {
	call := strings.TrimSpace(op + " " + short(principal))
	if err := f.arrives(ctx, call); err != nil {
		return middleware.Metadata{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return middleware.Metadata{}, err // as the SDK, which does not even send it
	}
	f.calls = append(f.calls, call)
	if f.before != nil {
		if err := f.before(call); err != nil {
			return middleware.Metadata{}, err
		}
	}
	if op != "UpdateClusterConfig" && f.mode == eksfacts.ModeConfigMap {
		return middleware.Metadata{}, &types.InvalidRequestException{
			Message: aws.String(
				"The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this " +
					"operation.",
			),
		}
	}
	if err := change(); err != nil {
		return middleware.Metadata{}, err
	}
	f.keep()
	if f.moved != nil {
		f.moved(f)
	}
	if f.after != nil {
		if err := f.after(call); err != nil {
			return middleware.Metadata{}, err
		}
	}
	return middleware.Metadata{}, ctx.Err() // an answer nobody waits for is lost
}

func (f *fakeEKS) arrives(ctx context.Context, call string) error {
	if f.arrive == nil {
		return nil
	}
	return f.arrive(ctx, call)
}

func noEntry() error {
	return &types.ResourceNotFoundException{
		Message: aws.String(
			"The specified principalArn could not be found. You can view your available access entries with " +
				"'list-access-entries'.",
		),
	}
}

func inUse() error {
	return &types.ResourceInUseException{
		Message: aws.String("The specified access entry resource is already in use on this cluster."),
	}
}

func invalidPrincipalErr() error {
	return &types.InvalidParameterException{
		Message: aws.String("The specified principalArn is invalid: invalid principal."),
	}
}

func accessDenied() error {
	return &types.AccessDeniedException{Message: aws.String("Access is denied.")}
}

// edit changes an entry that must be there.
func (f *fakeEKS) edit(principal string, change func(e *spec.LiveEntry) error) func() error {
	return func() error {
		e, ok := f.entries[principal]
		if !ok {
			return noEntry()
		}
		e.Entry = e.Entry.Clone()
		if err := change(&e); err != nil {
			return err
		}
		e.Entry = e.Entry.Canonical()
		f.entries[principal] = e
		return nil
	}
}

func (f *fakeEKS) CreateAccessEntry(
	ctx context.Context,
	in *eks.CreateAccessEntryInput,
	_ ...func(*eks.Options),
) (*eks.CreateAccessEntryOutput, error) {
	p := aws.ToString(in.PrincipalArn)
	m, err := f.do(ctx, "CreateAccessEntry", p, func() error {
		if _, ok := f.entries[p]; ok {
			return inUse()
		}
		f.addEntry(
			spec.Entry{
				Principal: p,
				Type:      aws.ToString(in.Type),
				Username:  aws.ToString(in.Username),
				Groups:    in.KubernetesGroups,
				Tags:      in.Tags,
			},
		)
		delete(f.dead, p)
		return nil
	})
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return &eks.CreateAccessEntryOutput{
		AccessEntry:    &types.AccessEntry{AccessEntryArn: aws.String(f.entries[p].ARN)},
		ResultMetadata: m,
	}, nil
}

func (f *fakeEKS) UpdateAccessEntry(
	ctx context.Context,
	in *eks.UpdateAccessEntryInput,
	_ ...func(*eks.Options),
) (*eks.UpdateAccessEntryOutput, error) {
	p := aws.ToString(in.PrincipalArn)
	m, err := f.do(ctx, "UpdateAccessEntry", p, f.edit(p, func(e *spec.LiveEntry) error {
		f.groups = in.KubernetesGroups
		e.Groups, e.Username = in.KubernetesGroups, aws.ToString(in.Username)
		if in.Username == nil {
			e.Username = eksfacts.DefaultUsername(e.Type, p)
		}
		return nil
	}))
	return &eks.UpdateAccessEntryOutput{ResultMetadata: m}, err
}

func (f *fakeEKS) DeleteAccessEntry(
	ctx context.Context,
	in *eks.DeleteAccessEntryInput,
	_ ...func(*eks.Options),
) (*eks.DeleteAccessEntryOutput, error) {
	p := aws.ToString(in.PrincipalArn)
	m, err := f.do(ctx, "DeleteAccessEntry", p, func() error {
		if _, ok := f.entries[p]; !ok {
			return noEntry()
		}
		delete(f.entries, p)
		return nil
	})
	return &eks.DeleteAccessEntryOutput{ResultMetadata: m}, err
}

func (f *fakeEKS) AssociateAccessPolicy(
	ctx context.Context,
	in *eks.AssociateAccessPolicyInput,
	_ ...func(*eks.Options),
) (*eks.AssociateAccessPolicyOutput, error) {
	p := aws.ToString(in.PrincipalArn)
	m, err := f.do(ctx, "AssociateAccessPolicy", p, f.edit(p, func(e *spec.LiveEntry) error {
		if e.Type != eksfacts.Standard {
			return &types.InvalidParameterException{
				Message: aws.String(
					`This operation can only be performed on Access Entries with a type of "STANDARD".`,
				),
			}
		}
		e.Policies = slices.DeleteFunc(e.Policies, func(q spec.Policy) bool { return q.ARN == *in.PolicyArn })
		e.Policies = append(
			e.Policies,
			spec.Policy{ARN: *in.PolicyArn, Scope: string(in.AccessScope.Type), Namespaces: in.AccessScope.Namespaces},
		)
		return nil
	}))
	return &eks.AssociateAccessPolicyOutput{ResultMetadata: m}, err
}

func (f *fakeEKS) DisassociateAccessPolicy(
	ctx context.Context,
	in *eks.DisassociateAccessPolicyInput,
	_ ...func(*eks.Options),
) (*eks.DisassociateAccessPolicyOutput, error) {
	p := aws.ToString(in.PrincipalArn)
	m, err := f.do(ctx, "DisassociateAccessPolicy", p, f.edit(p, func(e *spec.LiveEntry) error {
		if _, ok := e.Policy(*in.PolicyArn); !ok {
			return &types.ResourceNotFoundException{Message: aws.String("The policy is not associated.")}
		}
		e.Policies = slices.DeleteFunc(e.Policies, func(q spec.Policy) bool { return q.ARN == *in.PolicyArn })
		return nil
	}))
	return &eks.DisassociateAccessPolicyOutput{ResultMetadata: m}, err
}

func (f *fakeEKS) tag(
	ctx context.Context,
	op, entryARN string,
	change func(map[string]string),
) (middleware.Metadata, error) {
	f.mu.Lock()
	principal := ""
	for p, e := range f.entries {
		if e.ARN == entryARN {
			principal = p
		}
	}
	f.mu.Unlock()
	return f.do(ctx, op, principal, func() error {
		if principal == "" {
			return &types.NotFoundException{Message: aws.String("no such resource")}
		}
		return f.edit(principal, func(e *spec.LiveEntry) error { change(e.Tags); return nil })()
	})
}

func (f *fakeEKS) TagResource(
	ctx context.Context,
	in *eks.TagResourceInput,
	_ ...func(*eks.Options),
) (*eks.TagResourceOutput, error) {
	m, err := f.tag(
		ctx,
		"TagResource",
		aws.ToString(in.ResourceArn),
		func(tags map[string]string) { maps.Copy(tags, in.Tags) },
	)
	return &eks.TagResourceOutput{ResultMetadata: m}, err
}

func (f *fakeEKS) UntagResource(
	ctx context.Context,
	in *eks.UntagResourceInput,
	_ ...func(*eks.Options),
) (*eks.UntagResourceOutput, error) {
	m, err := f.tag(ctx, "UntagResource", aws.ToString(in.ResourceArn), func(tags map[string]string) {
		for _, k := range in.TagKeys {
			delete(tags, k)
		}
	})
	return &eks.UntagResourceOutput{ResultMetadata: m}, err
}

func (f *fakeEKS) UpdateClusterConfig(
	ctx context.Context,
	in *eks.UpdateClusterConfigInput,
	_ ...func(*eks.Options),
) (*eks.UpdateClusterConfigOutput, error) {
	id := ""
	to := string(in.AccessConfig.AuthenticationMode)
	m, err := f.do(ctx, "UpdateClusterConfig", to, func() error {
		if eksfacts.ModeRank(to) != eksfacts.ModeRank(f.mode)+1 {
			return &types.InvalidParameterException{
				Message: aws.String("Unsupported authentication mode update from " + f.mode + " to " + to),
			}
		}
		for other, u := range f.updates {
			if !u.over {
				return &types.ResourceInUseException{
					Message: aws.String(
						"Cannot AccessConfigUpdate because cluster prod currently has update " + other + " in progress",
					),
				}
			}
		}
		f.serial++
		id = fmt.Sprint("update-", f.serial)
		f.updates[id] = &fakeUpdate{mode: to}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &eks.UpdateClusterConfigOutput{Update: &types.Update{Id: &id}, ResultMetadata: m}, nil
}

func (f *fakeEKS) Update(ctx context.Context, id string) (Update, error) {
	if err := f.arrives(ctx, "DescribeUpdate"); err != nil {
		return Update{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.readable("Update"); err != nil {
		return Update{}, err
	}
	u := f.updates[id]
	if u.polls++; u.polls < f.polls {
		return Update{Status: "InProgress"}, nil
	}
	f.end(u)
	if f.ends.Status != "" {
		return f.ends, nil
	}
	return Update{Status: "Successful"}, nil
}

func (f *fakeEKS) end(u *fakeUpdate) {
	if u.over = true; f.ends.Status != "" || f.mode == u.mode {
		return
	}
	f.mode = u.mode
	if f.onMode != nil {
		f.onMode(f)
		f.keep()
	}
}

func (f *fakeEKS) readable(what string) error {
	if f.reads == nil {
		return nil
	}
	return f.reads(what)
}

// visibleEntries is what readers are shown: the entries as they were a lag ago.
func (f *fakeEKS) visibleEntries() map[string]spec.LiveEntry {
	i := len(f.past) - 1
	for i > 0 && f.past[i].at.After(f.clock.Now().Add(-f.lag)) {
		i--
	}
	if f.lag == 0 {
		return f.entries
	}
	return f.past[i].entries
}

func (f *fakeEKS) Read(ctx context.Context) (*spec.Live, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err := f.arrives(ctx, "Read"); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.readable("Read"); err != nil {
		return nil, err
	}
	return f.live(), nil
}

func (f *fakeEKS) live() *spec.Live {
	l := &spec.Live{
		ID:          f.id,
		Status:      "ACTIVE",
		Mode:        f.mode,
		EntriesRead: eksfacts.ReadsEntries(f.mode),
		Identities:  f.gone,
		AWSAuth:     f.awsAuth,
	}
	if l.EntriesRead {
		seen := f.visibleEntries()
		l.Entries = []spec.LiveEntry{}
		for _, p := range slices.Sorted(maps.Keys(seen)) {
			l.Entries = append(l.Entries, seen[p])
		}
	}
	return l
}

func (f *fakeEKS) ReadEntry(ctx context.Context, principal string) (*spec.LiveEntry, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err := f.arrives(ctx, "ReadEntry "+short(principal)); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.readable("ReadEntry"); err != nil {
		return nil, err
	}
	if e, ok := f.visibleEntries()[principal]; ok {
		return &e, nil
	}
	return nil, nil
}

func (f *fakeEKS) ReadAWSAuth(ctx context.Context, last *spec.AWSAuth) *spec.AWSAuth {
	if f.arrives(ctx, "ReadAWSAuth") != nil || f.awsAuth == nil {
		return last
	}
	return f.awsAuth
}

func (f *fakeEKS) Mode(ctx context.Context) (string, error) {
	if err := f.arrives(ctx, "DescribeCluster"); err != nil {
		return "", err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.slow--; f.slow >= 0 {
		return eksfacts.Modes[eksfacts.ModeRank(f.mode)-1], nil
	}
	return f.mode, f.readable("Mode")
}
