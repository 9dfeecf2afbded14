package ekssim

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
	"github.com/eksaccess/eksaccess/internal/ekssim/awsapi"
)

// An entryView is the AccessEntry of the API. Groups and tags are sent when
// empty too, as in the responses of the aws-cli examples.
type entryView struct {
	ClusterName      string            `json:"clusterName"`
	PrincipalARN     string            `json:"principalArn"`
	KubernetesGroups []string          `json:"kubernetesGroups"`
	AccessEntryARN   string            `json:"accessEntryArn"`
	CreatedAt        epoch             `json:"createdAt"`
	ModifiedAt       epoch             `json:"modifiedAt"`
	Tags             map[string]string `json:"tags"`
	Username         string            `json:"username"`
	Type             string            `json:"type"`
}

// entryARN has the name of the principal without its IAM path and a UUID that
// is new at every creation. aws-cli examples; containers-roadmap #185.
func entryARN(partition string, c ClusterID, principal arns.IAM, id string) string {
	return "arn:" + partition + ":eks:" + c.Region + ":" + c.Account + ":access-entry/" + c.Name + "/" +
		principal.Kind + "/" + principal.Account + "/" + principal.Name + "/" + id
}

func (c *cluster) entryARN(e *Entry) string {
	a, _ := arns.Parse(e.Principal)
	return entryARN(c.Partition, c.id(), a, e.UUID)
}

func (c *call) viewEntry(cl *cluster, e *Entry) any {
	view := entryView{
		ClusterName: cl.Name, PrincipalARN: e.Principal, KubernetesGroups: []string{},
		AccessEntryARN: cl.entryARN(e), CreatedAt: epoch(e.CreatedAt), ModifiedAt: epoch(e.ModifiedAt),
		Tags: map[string]string{}, Username: e.Username, Type: e.Type,
	}
	view.KubernetesGroups = append(view.KubernetesGroups, e.Groups...)
	if c.st.settings.Shuffle {
		c.st.sortKeys(view.KubernetesGroups)
	}
	maps.Copy(view.Tags, e.Tags)
	return map[string]any{"accessEntry": view}
}

// findEntry is what all operations on one entry begin with.
func (c *call) findEntry() (*cluster, *Entry, *awsapi.Error) {
	if err := checkPrincipal(c.Principal, c.op.mutating); err != nil {
		return nil, nil, err
	}
	cl, err := c.accessCluster()
	if err != nil {
		return nil, nil, err
	}
	e := cl.entries[c.Principal]
	if e == nil || c.isHidden(e.CreatedAt) {
		return nil, nil, notFound(textNoEntry) // row 12
	}
	if c.op.mutating && e.Locked {
		// [U] the text. User guide, automode: the node role's entry may be
		// seen, not changed.
		return nil, nil, invalidRequest("ekssim: this access entry is managed by EKS and cannot be changed.")
	}
	return cl, e, nil
}

func createEntry(c *call) (any, *awsapi.Error) {
	req, err := c.readCreate()
	if err != nil {
		return nil, err
	}
	cl, err := c.accessCluster()
	if err != nil {
		return nil, err
	}
	if err := req.check(cl); err != nil {
		return nil, err
	}
	if err := c.checkPrincipalExists(cl, req.Principal); err != nil {
		return nil, err
	}
	// [U] whether a repeated clientRequestToken answers as the first time did:
	// here it does not.
	if cl.entries[req.Principal] != nil {
		return nil, inUse(textEntryInUse) // row 1
	}
	if limit := c.st.maxEntries(); len(cl.entries) >= limit {
		// User guide: service-quotas, code L-C56B9FC3. [U] the text.
		return nil, limitExceeded("ekssim: the limit of %d access entries per cluster is reached.", limit)
	}
	e := c.st.newEntry(req.Entry, c.Time)
	cl.entries[e.Principal] = e
	return c.viewEntry(cl, e), nil
}

// newEntry fills in what EKS decides about a new entry.
func (st *state) newEntry(e Entry, now time.Time) *Entry {
	rule := entryTypes[e.Type]
	e.Username = cmp.Or(e.Username, rule.username(e.Principal))
	if isNodeType(e.Type) {
		e.Groups = slices.Clone(rule.groups)
	}
	e.CreatedAt, e.ModifiedAt = now, now
	e.UUID = st.nextUUID()
	e.BoundTo = st.BoundID(e.Principal)
	return &e
}

func (st *state) maxEntries() int {
	if st.settings.MaxEntries > 0 {
		return st.settings.MaxEntries
	}
	return 3000 // User guide: service-quotas; not adjustable.
}

func describeEntry(c *call) (any, *awsapi.Error) {
	cl, e, err := c.findEntry()
	if err != nil {
		return nil, err
	}
	return c.viewEntry(cl, e), nil
}

// updateEntry replaces: what is left out falls back to its default.
// terraform-provider-aws #36480, #36484. Tags, policies and type stay. [U]
// whether the entry is bound to its principal's present id again: here not.
func updateEntry(c *call) (any, *awsapi.Error) {
	m, err := parseMembers(c.Body)
	if err != nil {
		return nil, err
	}
	req, err := readIdentity(m)
	if err != nil {
		return nil, err
	}
	cl, e, err := c.findEntry()
	if err != nil {
		return nil, err
	}
	req.Type, req.Principal = e.Type, e.Principal
	if err := req.checkIdentity(); err != nil {
		return nil, err
	}
	if !isNodeType(e.Type) {
		keep := c.st.settings.UpdateKeeps
		if req.groupsSent || !keep {
			e.Groups = req.Groups
		}
		if req.usernameSent || !keep {
			e.Username = cmp.Or(req.Username, standardUsername(e.Principal))
		}
	}
	e.ModifiedAt = c.Time
	return c.viewEntry(cl, e), nil
}

// deleteEntry takes the associations along and is not idempotent. User guide:
// deleting-access-entries.
func deleteEntry(c *call) (any, *awsapi.Error) {
	cl, e, err := c.findEntry()
	if err != nil {
		return nil, err
	}
	delete(cl.entries, e.Principal)
	return struct{}{}, nil
}

func listEntries(c *call) (any, *awsapi.Error) {
	q := c.r.URL.Query()
	policy := q.Get("associatedPolicyArn")
	if q.Has("associatedPolicyArn") && !policyShape.MatchString(policy) {
		return nil, invalidParameter(textPolicyFormat) // [U] for this operation
	}
	cl, err := c.accessCluster()
	if err != nil {
		return nil, err
	}
	keys := []string{}
	for arn, e := range cl.entries {
		if c.isHidden(e.CreatedAt) || policy != "" && !slices.ContainsFunc(e.Policies, func(a Association) bool {
			return a.Policy == policy && !c.isHidden(a.AssociatedAt)
		}) {
			continue
		}
		keys = append(keys, arn)
	}
	page, next, err := c.page(c.st.sortKeys(keys), policy)
	if err != nil {
		return nil, err
	}
	return listAnswer("accessEntries", page, next), nil
}
