package live

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// Options say what to read. The zero value reads all entries.
type Options struct {
	Profile string  // named in hints
	Limiter Limiter // nil for one of its own, with room for defaultConcurrency calls

	// OnPage is called with the principals of each page of the list of entries, so
	// that more about them can be read meanwhile. It must not block. It may be nil.
	OnPage func(principals []string)

	// Only selects the principals whose entries are read. Entries with the policy
	// of cluster admins are always read, since guards count them. nil selects all.
	Only func(principal string) bool

	// With has names of policies: only entries that have one of them are listed, by
	// EKS, and read completely. If it is empty, all are listed.
	With []string

	// Standard reports whether the principal's entry is known to be of type
	// STANDARD. Its policies are then read without waiting for its type. It may be
	// nil.
	Standard func(principal string) bool
}

const defaultConcurrency = 40

// Read reads a cluster and all its entries, or fails: it never returns a part of
// the entries as if it were all. In mode CONFIG_MAP, where EKS refuses to list
// them, the result has no entries and EntriesRead is false.
//
// The cluster and its entries are read at the same time. An error of the cluster
// is returned first, since EKS also refuses the list for a cluster that does not
// exist or has no entries in its mode.
func Read(ctx context.Context, r EKSReader, cluster arn.Cluster, o Options) (*spec.Live, error) {
	entries, stop := startReading(ctx, r, cluster, o)
	defer stop()
	l, err := describeCluster(ctx, r, cluster, o.Profile)
	if err != nil || !eksfacts.ReadsEntries(l.Mode) {
		return l, err
	}
	s, err := entries()
	if l.Mode == eksfacts.ModeUnknown && awserr.IsConfigMapMode(err) {
		l.Mode = eksfacts.ModeConfigMap
		return l, nil
	}
	if awserr.IsConfigMapMode(err) { // the mode changed between the two calls
		again, stop := startReading(ctx, r, cluster, o)
		defer stop()
		s, err = again()
	}
	if err != nil {
		return nil, err
	}
	l.Entries, l.EntriesRead = s.entries, true
	l.Partial, l.Unread = o.Only != nil, s.unread
	return l, nil
}

// startReading starts to read the entries. result waits for the end; stop cancels
// the calls in progress and waits until they have returned.
func startReading(
	ctx context.Context,
	r EKSReader,
	cluster arn.Cluster,
	o Options,
) (result func() (*reading, error), stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	s := newReading(ctx, cancel, r, cluster, o)
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		err = s.run()
	}()
	result = func() (*reading, error) { <-done; return s, err }
	stop = func() { cancel(); <-done }
	return result, stop
}

// listEntries lists the principals of all entries, page by page, or with the ARN of
// a policy of the entries that have it, in any scope (EKS API reference,
// ListAccessEntries, associatedPolicyArn). Pages of a list that changes meanwhile
// may overlap.
func listEntries(
	ctx context.Context,
	r EKSReader,
	cluster arn.Cluster,
	policyARN, profile string,
	page func([]string),
) error {
	in := eks.ListAccessEntriesInput{ClusterName: aws.String(cluster.Name), MaxResults: aws.Int32(eksfacts.PageSize)}
	if policyARN != "" {
		in.AssociatedPolicyArn = aws.String(policyARN)
	}
	listed := 0
	err := eachPage(func(token *string) (*string, error) {
		in := in
		in.NextToken = token
		out, err := r.ListAccessEntries(ctx, &in)
		if err != nil {
			return nil, err
		}
		if listed += len(out.AccessEntries); limitError(listed) != nil {
			return nil, limitError(listed)
		}
		page(out.AccessEntries)
		return out.NextToken, nil
	})
	if err != nil {
		return awserr.From(err, awserr.Call{Operation: "ListAccessEntries", Cluster: cluster, Profile: profile})
	}
	return nil
}

// ListPrincipals lists the principals that have an entry, sorted, without
// reading the entries.
func ListPrincipals(ctx context.Context, r EKSReader, cluster arn.Cluster, o Options) ([]string, error) {
	var all []string
	if err := listEntries(ctx, r, cluster, "", o.Profile, func(page []string) {
		all = append(all, page...)
	}); err != nil {
		return nil, err
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}
