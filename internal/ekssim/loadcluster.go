package ekssim

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
	"github.com/eksaccess/eksaccess/internal/ekssim/authenticator"
)

var clusterStatuses = []string{"CREATING", "ACTIVE", "DELETING", "FAILED", "UPDATING", "PENDING"}

func (st *state) addCluster(in Cluster, now time.Time) error {
	if !validClusterName(in.Name) {
		return fmt.Errorf("the name is not one EKS takes")
	}
	c := &cluster{Cluster: in, entries: map[string]*Entry{}}
	c.Entries = nil
	c.Region = cmp.Or(c.Region, defaultRegion)
	c.Partition = cmp.Or(c.Partition, arns.Partition(c.Region))
	if st.Accounts[c.Account] == nil {
		if err := st.addAccount(Account{ID: c.Account, Partition: c.Partition}, nil, now); err != nil {
			return err
		}
	}
	if st.clusters[c.id()] != nil {
		return fmt.Errorf("listed twice in account %q, region %q", c.Account, c.Region)
	}
	if c.Status = cmp.Or(c.Status, "ACTIVE"); !slices.Contains(clusterStatuses, c.Status) {
		return fmt.Errorf("unknown status %q", c.Status)
	}
	if c.CreatedAt = millis(c.CreatedAt); c.CreatedAt.IsZero() {
		c.CreatedAt = defaultClusterDate
	}
	c.Tags = maps.Clone(c.Tags)
	c.Updates = slices.Clone(c.Updates)
	c.FailUpdate = clonePtr(c.FailUpdate)
	c.Connector = clonePtr(c.Connector)
	if c.Connector == nil {
		if err := st.fillEKS(c, in.Entries, now); err != nil {
			return err
		}
	}
	if len(in.Entries) > 0 && !hasEntries(c.Mode) {
		return fmt.Errorf("a cluster in mode %q has no access entries", c.Mode)
	}
	for _, e := range in.Entries {
		for _, e := range expandEntries(e) {
			if err := st.addEntry(c, e, now); err != nil {
				return fmt.Errorf("entry %q: %w", e.Principal, err)
			}
		}
	}
	st.clusters[c.id()] = c
	return nil
}

// fillEKS fills in what only EKS's own clusters have.
func (st *state) fillEKS(c *cluster, entries []Entry, now time.Time) error {
	c.Mode = cmp.Or(c.Mode, modeBoth)
	if !slices.Contains([]string{modeNone, modeConfigMap, modeBoth, modeAPI}, c.Mode) {
		return fmt.Errorf("unknown mode %q", c.Mode)
	}
	if c.Bootstrap = clonePtr(c.Bootstrap); c.Bootstrap == nil {
		c.Bootstrap = new(bool)
		*c.Bootstrap = true
	}
	switch {
	case !hasEntries(c.Mode) && !*c.Bootstrap:
		return fmt.Errorf("%s", textBootstrapNeeded)
	case !hasEntries(c.Mode) && c.AutoMode:
		return fmt.Errorf("%s", textAutoModeNeedsAPI)
	}
	if f := c.FailUpdate; f != nil && !slices.Contains([]string{"", updateFailed, updateCancelled}, f.Status) {
		return fmt.Errorf("failUpdate: unknown status %q", f.Status)
	}
	if _, err := authenticator.Data(c.AWSAuth); err != nil {
		return err
	}
	kubernetes, err := c.Kubernetes.WithDefaults()
	if err != nil {
		return err
	}
	c.Kubernetes = kubernetes
	for _, t := range c.Logging {
		if !slices.Contains(logTypes, t) {
			return fmt.Errorf("unknown log type %q", t)
		}
	}
	c.Version = cmp.Or(c.Version, defaultVersion)
	c.PlatformVersion = cmp.Or(c.PlatformVersion, "eks.1")
	c.Endpoint = cmp.Or(c.Endpoint, madeUpEndpoint(c))
	c.CertificateAuthority = cmp.Or(c.CertificateAuthority,
		base64.StdEncoding.EncodeToString([]byte("-----BEGIN CERTIFICATE-----\nekssim\n-----END CERTIFICATE-----\n")))
	if err := c.fillAuthorities(); err != nil {
		return err
	}
	c.Creator = cmp.Or(c.Creator, defaultCreator)
	c.RoleARN = cmp.Or(c.RoleARN, defaultClusterRole)
	c.NodeGroups, c.FargateProfiles = slices.Clone(c.NodeGroups), slices.Clone(c.FargateProfiles)
	named := []*string{&c.RoleARN}
	if c.CreatorID == "" {
		named = append(named, &c.Creator)
	} else if arn, err := arns.Expand(c.Creator, c.Partition, c.Account); err != nil {
		return err
	} else {
		c.Creator = arn
	}
	if err := st.nodeRoles(c, entries, now); err != nil {
		return err
	}
	for _, s := range named {
		arn, err := arns.Expand(*s, c.Partition, c.Account)
		if err != nil {
			return err
		}
		if err := st.ensure(arn, now); err != nil {
			return err
		}
		*s = arn
	}
	c.CreatorID = cmp.Or(c.CreatorID, st.BoundID(c.Creator))
	return nil
}

// nodeRoles makes the roles of node groups and Fargate profiles exist, save
// those that were deleted since.
func (st *state) nodeRoles(c *cluster, entries []Entry, now time.Time) error {
	deleted := map[string]bool{}
	for _, e := range entries {
		if arn, err := arns.Expand(e.Principal, c.Partition, c.Account); err == nil && e.Orphan {
			deleted[arn] = true
		}
	}
	role := func(name *string, orphan *bool) error {
		arn, err := arns.Expand(*name, c.Partition, c.Account)
		if err != nil {
			return err
		}
		*name = arn
		if !*orphan && !deleted[arn] {
			return st.ensure(arn, now)
		}
		*orphan = false // worked out again when the world is written
		if p, _ := st.Principal(arn); p != nil && !st.complete {
			return fmt.Errorf("node role %q: marked as orphan, but it exists", arn)
		}
		return nil
	}
	for i := range c.NodeGroups {
		if err := role(&c.NodeGroups[i].Role, &c.NodeGroups[i].Orphan); err != nil {
			return err
		}
	}
	for i := range c.FargateProfiles {
		if err := role(&c.FargateProfiles[i].Role, &c.FargateProfiles[i].Orphan); err != nil {
			return err
		}
	}
	return nil
}

// madeUpEndpoint looks like one of EKS's. It stands in a world for the
// simulator's own, whose port is another in every run.
func madeUpEndpoint(c *cluster) string {
	sum := arns.Digest("endpoint", c.arn())
	return fmt.Sprintf("https://%X.gr7.%s.eks.amazonaws.com", sum[:16], c.Region)
}

func expandEntries(e Entry) []Entry {
	if e.Bulk == nil {
		return []Entry{e}
	}
	b := *e.Bulk
	e.Bulk = nil
	if !strings.HasPrefix(b.Prefix, "role/") && !strings.HasPrefix(b.Prefix, "user/") &&
		!strings.HasPrefix(b.Prefix, "arn:") {
		b.Prefix = "role/" + b.Prefix
	}
	out := make([]Entry, b.Count)
	for i := range out {
		out[i] = cloneEntry(&e)
		out[i].Principal = bulkName(b, i)
	}
	return out
}

// addEntry puts a seeded entry in its cluster. It refuses what could not be
// written down, not what EKS would refuse: EKS's own services make entries
// that users may not.
func (st *state) addEntry(c *cluster, in Entry, now time.Time) error {
	arn, err := arns.Expand(in.Principal, c.Partition, c.Account)
	if err != nil {
		return err
	}
	if c.entries[arn] != nil {
		return fmt.Errorf("listed twice")
	}
	e := cloneEntry(&in)
	e.Principal = arn
	if !e.Orphan {
		if err := st.ensure(arn, now); err != nil {
			return err
		}
	} else if p, _ := st.Principal(arn); p != nil && !st.complete {
		return fmt.Errorf("marked as orphan, but its principal exists")
	}
	e.Type = cmp.Or(e.Type, typeStandard)
	rule, ok := entryTypes[e.Type]
	if !ok {
		return fmt.Errorf("unknown type %q", e.Type)
	}
	e.Username = cmp.Or(e.Username, rule.username(arn))
	if len(e.Groups) == 0 {
		e.Groups = slices.Clone(rule.groups)
	}
	if e.CreatedAt = millis(e.CreatedAt); e.CreatedAt.IsZero() {
		e.CreatedAt = defaultEntryDate
	}
	if e.ModifiedAt = millis(e.ModifiedAt); e.ModifiedAt.IsZero() {
		e.ModifiedAt = e.CreatedAt
	}
	e.UUID = cmp.Or(e.UUID, arns.UUID("entry", st.settings.Seed, c.arn(), arn))
	e.BoundTo = cmp.Or(e.BoundTo, st.BoundID(arn))
	e.Orphan = false // worked out again when the world is written
	for i := range e.Policies {
		a := &e.Policies[i]
		if !strings.HasPrefix(a.Policy, "arn:") {
			a.Policy = policyARN(c.Partition, a.Policy)
		}
		if a.AssociatedAt = millis(a.AssociatedAt); a.AssociatedAt.IsZero() {
			a.AssociatedAt = e.CreatedAt
		}
		if a.ModifiedAt = millis(a.ModifiedAt); a.ModifiedAt.IsZero() {
			a.ModifiedAt = a.AssociatedAt
		}
		for _, b := range e.Policies[:i] {
			if a.Policy == b.Policy {
				return fmt.Errorf("policy %q is listed twice", a.Policy)
			}
		}
	}
	slices.SortFunc(e.Policies, func(a, b Association) int { return strings.Compare(a.Policy, b.Policy) })
	c.entries[arn] = &e
	return nil
}
