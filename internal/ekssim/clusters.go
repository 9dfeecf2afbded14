package ekssim

import (
	"cmp"
	"maps"
	"regexp"
	"slices"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
	"github.com/eksaccess/eksaccess/internal/ekssim/awsapi"
)

// botocore service model 2017-11-01: ClusterName, with the end anchored.
var clusterName = regexp.MustCompile(`^[0-9A-Za-z][A-Za-z0-9\-_]*$`)

func validClusterName(s string) bool { return len(s) <= 100 && clusterName.MatchString(s) }

// findCluster looks for it where the caller is: account and region.
func (c *call) findCluster() (*cluster, *awsapi.Error) {
	if !validClusterName(c.Cluster) {
		return nil, invalidParameter(textClusterName) // row 24
	}
	cl := c.st.clusters[c.clusterID()]
	if cl == nil {
		return nil, notFound(textNoCluster, c.Cluster) // row 23
	}
	c.server.endDueUpdate(cl)
	return cl, nil
}

// accessCluster is findCluster for calls about access entries, which need a
// cluster that has any. Reads are refused as writes are.
func (c *call) accessCluster() (*cluster, *awsapi.Error) {
	cl, err := c.findCluster()
	if err != nil {
		return nil, err
	}
	switch {
	case cl.Connector != nil: // [U] the text
		return nil, invalidRequest("ekssim: %s is a connected cluster, which has no access entries.", cl.Name)
	case cl.Status != "ACTIVE" && cl.Status != "UPDATING": // [U] whether, and the text
		return nil, invalidRequest("ekssim: cluster %s is in status %s.", cl.Name, cl.Status)
	case !hasEntries(cl.Mode):
		return nil, invalidRequest(textModeNeeded) // row 17
	}
	return cl, nil
}

func describeCluster(c *call) (any, *awsapi.Error) {
	cl, err := c.findCluster()
	if err != nil {
		return nil, err
	}
	tags := map[string]string{}
	maps.Copy(tags, cl.Tags)
	v := map[string]any{
		"name": cl.Name, "arn": cl.arn(), "createdAt": epoch(cl.CreatedAt), "status": cl.Status, "tags": tags,
	}
	if cl.Connector != nil {
		v["connectorConfig"] = map[string]any{
			"provider": cmp.Or(cl.Connector.Provider, "OTHER"),
			"roleArn":  cl.Connector.RoleARN,
		}
		return map[string]any{"cluster": v}, nil
	}
	v["roleArn"] = cl.RoleARN
	v["version"] = cl.Version
	v["platformVersion"] = cl.PlatformVersion
	v["endpoint"], _ = c.server.kubeEndpoint(cl)
	signer := cl.signer()
	v["certificateAuthority"] = map[string]any{"data": c.server.trustBundle(cl),
		"active": map[string]any{"id": signer.ID, "activatedBy": signer.ActivatedBy}}
	if cl.OutpostID != "" { // botocore service model 2017-11-01: Cluster
		v["id"] = cl.OutpostID
		outpost := "arn:" + cl.Partition + ":outposts:" + cl.Region + ":" + cl.Account + ":outpost/op-" +
			arns.UUID("outpost", cl.arn())[:8]
		v["outpostConfig"] = map[string]any{"controlPlaneInstanceType": "m5.large", "outpostArns": []string{outpost}}
	}
	cl.addSettings(v)
	v["computeConfig"] = map[string]any{"enabled": cl.AutoMode}
	if cl.Mode != modeNone && !cl.HideAccessConfig {
		access := map[string]any{"authenticationMode": cl.Mode}
		if !cl.HideBootstrap {
			access["bootstrapClusterCreatorAdminPermissions"] = *cl.Bootstrap
		}
		v["accessConfig"] = access
	}
	return map[string]any{"cluster": v}, nil
}

// listClusters leaves registered clusters out unless all are asked for.
func listClusters(c *call) (any, *awsapi.Error) {
	include := c.r.URL.Query()["include"]
	all := slices.Contains(include, "all")
	if len(include) > 0 && !all {
		return nil, invalidParameter("ekssim: include must be all") // [U] the text
	}
	keys := []string{}
	for id, cl := range c.st.clusters {
		if id.Account == c.Account && id.Region == c.Region && (all || cl.Connector == nil) {
			keys = append(keys, id.Name)
		}
	}
	filter := ""
	if all {
		filter = "all"
	}
	page, next, err := c.page(c.st.sortKeys(keys), filter)
	if err != nil {
		return nil, err
	}
	return listAnswer("clusters", page, next), nil
}
