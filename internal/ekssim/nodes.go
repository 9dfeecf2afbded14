package ekssim

import (
	"slices"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
	"github.com/eksaccess/eksaccess/internal/ekssim/awsapi"
)

// Node groups and Fargate profiles are listed and described; only their names
// and roles are kept. botocore service model 2017-11-01.

func listNodegroups(c *call) (any, *awsapi.Error) {
	return c.listNames("nodegroups", func(cl *cluster) (names []string) {
		for _, g := range cl.NodeGroups {
			names = append(names, g.Name)
		}
		return names
	})
}

func listFargateProfiles(c *call) (any, *awsapi.Error) {
	return c.listNames("fargateProfileNames", func(cl *cluster) (names []string) {
		for _, p := range cl.FargateProfiles {
			names = append(names, p.Name)
		}
		return names
	})
}

func (c *call) listNames(member string, of func(*cluster) []string) (any, *awsapi.Error) {
	cl, err := c.findCluster()
	if err != nil {
		return nil, err
	}
	page, next, err := c.page(c.st.sortKeys(append([]string{}, of(cl)...)), "")
	if err != nil {
		return nil, err
	}
	return listAnswer(member, page, next), nil
}

func describeNodegroup(c *call) (any, *awsapi.Error) {
	cl, err := c.findCluster()
	if err != nil {
		return nil, err
	}
	name := c.labels["nodegroupName"]
	i := slices.IndexFunc(cl.NodeGroups, func(g NodeGroup) bool { return g.Name == name })
	if i < 0 {
		return nil, notFound("No node group found for name: %s.", name)
	}
	ami := "AL2023_x86_64_STANDARD"
	if cl.NodeGroups[i].Windows {
		ami = "WINDOWS_CORE_2022_x86_64"
	}
	status, issues := "ACTIVE", []map[string]any{}
	if role := cl.NodeGroups[i].Role; c.st.IsMissing(role) {
		// User guide: troubleshooting, managed node group error codes.
		status = "DEGRADED"
		issues = append(issues, map[string]any{"code": "IamNodeRoleNotFound", "resourceIds": []string{role},
			"message": "ekssim: the role of the node group does not exist"}) // [U] the text
	}
	return map[string]any{
		"nodegroup": map[string]any{"nodegroupName": name, "nodegroupArn": nodesARN(c, "nodegroup", name),
			"clusterName": cl.Name, "nodeRole": cl.NodeGroups[i].Role, "amiType": ami, "status": status,
			"health": map[string]any{"issues": issues}},
	}, nil
}

func describeFargateProfile(c *call) (any, *awsapi.Error) {
	cl, err := c.findCluster()
	if err != nil {
		return nil, err
	}
	name := c.labels["fargateProfileName"]
	i := slices.IndexFunc(cl.FargateProfiles, func(p FargateProfile) bool { return p.Name == name })
	if i < 0 {
		return nil, notFound("No Fargate Profile found with name: %s.", name)
	}
	return map[string]any{
		"fargateProfile": map[string]any{
			"fargateProfileName":  name,
			"fargateProfileArn":   nodesARN(c, "fargateprofile", name),
			"clusterName":         cl.Name,
			"podExecutionRoleArn": cl.FargateProfiles[i].Role,
			"status":              "ACTIVE",
		},
	}, nil
}

// nodesARN as the Service Authorization Reference for EKS has it.
func nodesARN(c *call, kind, name string) string {
	id := arns.UUID(kind, c.st.settings.Seed, c.Account, c.Region, c.Cluster, name)
	prefix := "arn:" + c.partition() + ":eks:" + c.Region + ":" + c.Account + ":"
	return prefix + kind + "/" + c.Cluster + "/" + name + "/" + id
}

func nodegroupResource(c *call) string { return nodesARN(c, "nodegroup", c.labels["nodegroupName"]) }

func fargateProfileResource(c *call) string {
	return nodesARN(c, "fargateprofile", c.labels["fargateProfileName"])
}
