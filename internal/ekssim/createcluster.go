package ekssim

import (
	"cmp"
	"encoding/json"

	"github.com/eksaccess/eksaccess/internal/ekssim/awsapi"
)

// createCluster knows of a new cluster what access entries depend on: who
// made it, its mode, and whether the maker becomes an administrator. What is
// asked for besides is ignored, and the cluster is ready at the next call.
// EKS API reference, CreateCluster; user guide: grant-k8s-access.
func createCluster(c *call) (any, *awsapi.Error) {
	m, err := parseMembers(c.Body)
	if err != nil {
		return nil, err
	}
	in := Cluster{Name: c.Cluster, Region: c.Region, Account: c.Account, Creator: c.caller.Base, CreatedAt: c.Time}
	if in.RoleARN, err = m.text("roleArn"); err != nil {
		return nil, err
	}
	if in.Version, err = m.text("version"); err != nil {
		return nil, err
	}
	var access, compute map[string]json.RawMessage
	if err := m.decode("accessConfig", &access); err != nil {
		return nil, err
	}
	if err := m.decode("computeConfig", &compute); err != nil {
		return nil, err
	}
	if in.Mode, err = members(access).text("authenticationMode"); err != nil {
		return nil, err
	}
	in.Mode = cmp.Or(in.Mode, modeConfigMap) // the default of the API, not of the console
	if err := members(access).decode("bootstrapClusterCreatorAdminPermissions", &in.Bootstrap); err != nil {
		return nil, err
	}
	if err := members(compute).decode("enabled", &in.AutoMode); err != nil {
		return nil, err
	}
	if err := m.decode("tags", &in.Tags); err != nil {
		return nil, err
	}
	switch {
	case !validClusterName(in.Name):
		return nil, invalidParameter(textClusterName) // row 24
	case c.st.clusters[c.clusterID()] != nil:
		return nil, inUse("ekssim: cluster already exists with name: %s", in.Name) // [U] the text
	case !hasEntries(in.Mode) && in.Mode != modeConfigMap:
		return nil, invalidParameter("ekssim: the authentication mode %q is not valid", in.Mode) // [U] the text
	case in.Mode == modeConfigMap && in.Bootstrap != nil && !*in.Bootstrap:
		return nil, invalidParameter(textBootstrapNeeded) // row 19
	case in.Mode == modeConfigMap && in.AutoMode:
		return nil, invalidParameter(textAutoModeNeedsAPI) // row 22
	}
	if hasEntries(in.Mode) && (in.Bootstrap == nil || *in.Bootstrap) {
		// Service Authorization Reference: the creator's entry needs it too.
		if err := c.authorize("eks:CreateAccessEntry", clusterResource(c)); err != nil {
			return nil, err
		}
	}
	complete := c.st.complete
	c.st.complete = true // to name a role does not make it
	failed := c.st.addCluster(in, c.Time)
	c.st.complete = complete
	if failed != nil {
		return nil, invalidParameter("ekssim: %v", failed)
	}
	cl := c.st.clusters[c.clusterID()]
	c.st.initRights(cl)
	if hasEntries(cl.Mode) {
		c.st.addCreator(cl, c.Time)
		c.server.recordEntry(cl, cl.Creator, c.Operation, c.Seq)
	}
	c.server.recordAll(cl, c.cause())
	out, err := describeCluster(c)
	if err == nil {
		out.(map[string]any)["cluster"].(map[string]any)["status"] = "CREATING"
	}
	return out, err
}
