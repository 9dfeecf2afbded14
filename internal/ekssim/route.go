package ekssim

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
	"github.com/eksaccess/eksaccess/internal/ekssim/awsapi"
)

// eksOperations are found by request line. botocore service model 2017-11-01.
var eksOperations = []*operation{
	eks("POST /clusters/{name}/access-entries", "CreateAccessEntry", true, clusterResource, createEntry),
	eks("GET /clusters/{name}/access-entries", "ListAccessEntries", false, clusterResource, listEntries),
	eks("GET /clusters/{name}/access-entries/{principalArn}", "DescribeAccessEntry", false, entryResource,
		describeEntry),
	eks("POST /clusters/{name}/access-entries/{principalArn}", "UpdateAccessEntry", true, entryResource, updateEntry),
	eks("DELETE /clusters/{name}/access-entries/{principalArn}", "DeleteAccessEntry", true, entryResource, deleteEntry),
	eks(
		"POST /clusters/{name}/access-entries/{principalArn}/access-policies",
		"AssociateAccessPolicy",
		true,
		entryResource,
		associatePolicy,
	),
	eks(
		"GET /clusters/{name}/access-entries/{principalArn}/access-policies",
		"ListAssociatedAccessPolicies",
		false,
		entryResource,
		listAssociatedPolicies,
	),
	eks(
		"DELETE /clusters/{name}/access-entries/{principalArn}/access-policies/{policyArn}",
		"DisassociateAccessPolicy",
		true,
		entryResource,
		disassociatePolicy,
	),
	eks("GET /access-policies", "ListAccessPolicies", false, anyResource, listPolicies),
	eks("GET /cluster-versions", "DescribeClusterVersions", false, anyResource, describeClusterVersions),
	eks("GET /clusters", "ListClusters", false, anyResource, listClusters),
	eks("POST /clusters", "CreateCluster", true, clusterResource, createCluster),
	eks("GET /clusters/{name}", "DescribeCluster", false, clusterResource, describeCluster),
	eks("POST /clusters/{name}/update-config", "UpdateClusterConfig", true, clusterResource, updateClusterConfig),
	eks("GET /clusters/{name}/updates", "ListUpdates", false, clusterResource, listUpdates),
	eks("GET /clusters/{name}/updates/{updateId}", "DescribeUpdate", false, clusterResource, describeUpdate),
	eks("GET /clusters/{name}/node-groups", "ListNodegroups", false, clusterResource, listNodegroups),
	eks("GET /clusters/{name}/node-groups/{nodegroupName}", "DescribeNodegroup", false, nodegroupResource,
		describeNodegroup),
	eks("GET /clusters/{name}/fargate-profiles", "ListFargateProfiles", false, clusterResource, listFargateProfiles),
	eks(
		"GET /clusters/{name}/fargate-profiles/{fargateProfileName}",
		"DescribeFargateProfile",
		false,
		fargateProfileResource,
		describeFargateProfile,
	),
	eks(
		"GET /clusters/{name}/identity-provider-configs",
		"ListIdentityProviderConfigs",
		false,
		clusterResource,
		listProviders,
	),
	eks(
		"POST /clusters/{name}/identity-provider-configs/describe",
		"DescribeIdentityProviderConfig",
		false,
		providerResource,
		describeProvider,
	),
	eks("GET "+authorityPath, "ListCertificateAuthorities", false, clusterResource, listAuthorities),
	eks("POST "+authorityPath, "CreateCertificateAuthority", true, clusterResource, createAuthority),
	eks("GET "+authorityPath+"/"+authorityID, "DescribeCertificateAuthority", false, clusterResource,
		describeAuthority),
	eks("DELETE "+authorityPath+"/"+authorityID, "DeleteCertificateAuthority", true, clusterResource, deleteAuthority),
	eks("POST "+authorityPath+"/"+authorityID+"/activate", "ActivateCertificateAuthority", true, clusterResource,
		activateAuthority),
	eks("GET /tags/{resourceArn}", "ListTagsForResource", false, taggedResource, listTags),
	eks("POST /tags/{resourceArn}", "TagResource", true, taggedResource, tagResource),
	eks("DELETE /tags/{resourceArn}", "UntagResource", true, taggedResource, untagResource),
}

const (
	authorityPath = "/clusters/{name}/certificate-authorities"
	authorityID   = "{certificateAuthorityId}"
)

func eks(
	line, name string, mutating bool, resource func(*call) string, do func(*call) (any, *awsapi.Error),
) *operation {
	method, path, _ := strings.Cut(line, " ")
	return &operation{service: "eks", name: name, mutating: mutating, resource: resource, do: do,
		method: method, pattern: strings.Split(path, "/")}
}

// match compares segment by segment of the path as it was sent: a principal
// ARN is one segment with its slashes escaped, which the decoded path no
// longer shows.
func (o *operation) match(method string, segments []string) (labels map[string]string, ok bool) {
	if method != o.method || len(segments) != len(o.pattern) {
		return nil, false
	}
	labels = map[string]string{}
	for i, p := range o.pattern {
		if !strings.HasPrefix(p, "{") {
			if p != segments[i] {
				return nil, false
			}
			continue
		}
		v, err := url.PathUnescape(segments[i])
		if err != nil || v == "" {
			return nil, false
		}
		labels[strings.Trim(p, "{}")] = v
	}
	return labels, true
}

// route finds the operation. The service is the one the request was signed
// for: with one endpoint for all of them nothing else tells.
func (c *call) route() *awsapi.Error {
	sc, _ := parseScope(c.r)
	c.Service = sc.service
	if c.Service == "" {
		c.Service = "eks"
		if c.r.URL.Path == "/" {
			c.Service = "sts"
		}
	}
	switch c.Service {
	case "eks":
		return c.routeEKS()
	case "sts", "iam":
		return c.routeQuery()
	}
	service := c.Service
	c.Service = "eks"
	return &awsapi.Error{Code: "UnknownOperationException", Status: 404, Message: "ekssim: no such service: " + service}
}

func (c *call) routeEKS() *awsapi.Error {
	c.Query = queryWithoutSignature(c.r.URL.Query())
	segments := strings.Split(strings.TrimSuffix(c.r.URL.EscapedPath(), "/"), "/")
	for _, op := range eksOperations {
		labels, ok := op.match(c.r.Method, segments)
		if !ok {
			continue
		}
		c.op, c.labels, c.Operation, c.Mutating = op, labels, op.name, op.mutating
		c.Cluster, c.Principal, c.Policy = labels["name"], labels["principalArn"], labels["policyArn"]
		c.Resource = labels["resourceArn"]
		c.readNamesInBody()
		return nil
	}
	return &awsapi.Error{Code: "UnknownOperationException", Status: http.StatusNotFound,
		Message: "ekssim: no such operation: " + c.r.Method + " " + c.r.URL.EscapedPath()}
}

// readNamesInBody fills in for the journal and for faults what an operation has
// in its body and others in their path.
func (c *call) readNamesInBody() {
	m, err := parseMembers(c.Body)
	if err != nil {
		return // an operation that needs the body says so
	}
	if s, err := m.text("principalArn"); err == nil && c.Principal == "" {
		c.Principal = s
	}
	if s, err := m.text("policyArn"); err == nil && c.Policy == "" {
		c.Policy = s
	}
	if s, err := m.text("name"); err == nil && c.Cluster == "" {
		c.Cluster = s
	}
	if a, ok := parseEntryARN(c.Resource); ok {
		c.Cluster = a.cluster
	}
}

// queryWithoutSignature is a query as sent, without what proves it.
func queryWithoutSignature(q url.Values) string {
	for k := range q {
		if strings.HasPrefix(k, "X-Amz-") {
			q.Del(k)
		}
	}
	return q.Encode()
}

// What IAM judges a call on. Service Authorization Reference for EKS.

func anyResource(*call) string { return "*" }

func clusterResource(c *call) string {
	return "arn:" + c.partition() + ":eks:" + c.Region + ":" + c.Account + ":cluster/" + c.Cluster
}

func providerResource(c *call) string {
	return strings.Replace(clusterResource(c), ":cluster/", ":identityproviderconfig/", 1) + "/*"
}

// entryResource is the ARN of the entry. [U] what is said of one that does not
// exist: here its UUID is then "*".
func entryResource(c *call) string {
	a, _ := arns.Parse(c.Principal)
	id := "*"
	if cl := c.st.clusters[c.clusterID()]; cl != nil && cl.entries[c.Principal] != nil {
		id = cl.entries[c.Principal].UUID
	}
	return entryARN(c.partition(), c.clusterID(), a, id)
}

func taggedResource(c *call) string { return c.Resource }

func (c *call) clusterID() ClusterID { return ClusterID{c.Account, c.Region, c.Cluster} }

func (c *call) partition() string {
	if cl := c.st.clusters[c.clusterID()]; cl != nil {
		return cl.Partition
	}
	return arns.Partition(c.Region)
}
