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

// Options of a reading. The zero value reads all.
type Options struct {
	Profile string // named in hints
	Gate    Gate   // nil for one of its own, with room for defaultConcurrency calls

	// OnPage is told of the principals of each page of the list of entries, as
	// it comes: for whoever wants to know more of them meanwhile. It must not
	// wait. It may be nil.
	OnPage func(principals []string)

	// Only chooses whose entries are read, besides those that have the policy of
	// cluster admins, which are needed to tell how many there are. nil reads all.
	Only func(principal string) bool

	// With, policies by name: only entries that have one of them are listed, which
	// EKS sees to, and read whole. None lists all.
	With []string

	// Standard reports whether the principal's entry is known to be of type
	// STANDARD, in which case its policies are asked for without waiting for
	// its type. It may be nil.
	Standard func(principal string) bool
}

const defaultConcurrency = 40

// Read reads a cluster and all its entries, or fails: a part of the entries is
// never returned for the whole. In mode CONFIG_MAP, where EKS refuses to tell
// them, the result has no entries and EntriesRead is false.
//
// The cluster and its entries are asked for at the same time. What is wrong
// with the cluster is told first: of a cluster that is not there, or not in a
// mode with entries, EKS refuses the list as well.
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

// startReading starts to read the entries. The result waits for the outcome; stop ends
// what is still going on, and waits for that.
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

// listEntries goes through the principals of all entries, page by page; with a
// policy's ARN those that have it, in whatever scope (EKS API reference,
// ListAccessEntries, associatedPolicyArn). Pages of a list that changes
// meanwhile may overlap.
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
	if err := listEntries(ctx, r, cluster, "", o.Profile, func(page []string) { all = append(all, page...) }); err != nil {
		return nil, err
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}
