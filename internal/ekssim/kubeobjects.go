package ekssim

import (
	"net/http"
)

// find says what a path is about, and gives whoever may have it a way to get
// it; nil where there is nothing of the kind.
func (c *kubeCall) find(path string) func() (int, any) {
	if c.r.Method == http.MethodGet && path == "api/v1/namespaces/kube-system/configmaps/aws-auth" {
		c.Operation, c.Resource = "GetConfigMap", "kube-system/aws-auth"
		c.request = kubeRequest{verb: "get", resource: "configmaps", namespace: "kube-system", name: "aws-auth"}
		return c.getAWSAuth
	}
	c.Operation = "Unknown"
	return nil
}

type configMap struct {
	Kind       string            `json:"kind"`
	APIVersion string            `json:"apiVersion"`
	Metadata   objectMeta        `json:"metadata"`
	Data       map[string]string `json:"data,omitempty"`
}

type objectMeta struct {
	Name            string `json:"name"`
	Namespace       string `json:"namespace"`
	UID             string `json:"uid"`
	ResourceVersion string `json:"resourceVersion"`
}

func (c *kubeCall) getAWSAuth() (int, any) {
	if c.cluster.AWSAuth == "" {
		return failure(http.StatusNotFound, "NotFound", `configmaps "aws-auth" not found`)
	}
	data, err := authData(c.cluster.AWSAuth)
	if err != nil {
		return failure(http.StatusInternalServerError, "InternalError", "ekssim: "+err.Error())
	}
	return http.StatusOK, configMap{Kind: "ConfigMap", APIVersion: "v1", Data: data, Metadata: objectMeta{
		Name: "aws-auth", Namespace: "kube-system", ResourceVersion: "1", UID: uuid("aws-auth", c.cluster.arn())}}
}
