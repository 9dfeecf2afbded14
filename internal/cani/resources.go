package cani

import "strings"

// A resource is one kind of object of Kubernetes' own.
type resource struct {
	group, name string
	namespaced  bool
	short       []string
}

// resources are what "kubectl api-resources" lists of a cluster with nothing
// installed (Kubernetes 1.34), and what exists for reviews alone. Of two of one
// name the first is meant where no group is written, as kubectl does.
var resources = parseResources(`
- bindings ns
- componentstatuses . cs
- configmaps ns cm
- endpoints ns ep
- events ns ev
- limitranges ns limits
- namespaces . ns
- nodes . no
- persistentvolumeclaims ns pvc
- persistentvolumes . pv
- pods ns po
- podtemplates ns
- replicationcontrollers ns rc
- resourcequotas ns quota
- secrets ns
- serviceaccounts ns sa
- services ns svc
- users .
- groups .
admissionregistration.k8s.io mutatingwebhookconfigurations .
admissionregistration.k8s.io validatingadmissionpolicies .
admissionregistration.k8s.io validatingadmissionpolicybindings .
admissionregistration.k8s.io validatingwebhookconfigurations .
apiextensions.k8s.io customresourcedefinitions . crd crds
apiregistration.k8s.io apiservices .
apps controllerrevisions ns
apps daemonsets ns ds
apps deployments ns deploy
apps replicasets ns rs
apps statefulsets ns sts
authentication.k8s.io selfsubjectreviews .
authentication.k8s.io tokenreviews .
authentication.k8s.io uids .
authentication.k8s.io userextras .
authorization.k8s.io localsubjectaccessreviews ns
authorization.k8s.io selfsubjectaccessreviews .
authorization.k8s.io selfsubjectrulesreviews .
authorization.k8s.io subjectaccessreviews .
autoscaling horizontalpodautoscalers ns hpa
batch cronjobs ns cj
batch jobs ns
certificates.k8s.io certificatesigningrequests . csr
certificates.k8s.io signers .
coordination.k8s.io leases ns
discovery.k8s.io endpointslices ns
events.k8s.io events ns
flowcontrol.apiserver.k8s.io flowschemas .
flowcontrol.apiserver.k8s.io prioritylevelconfigurations .
metrics.k8s.io nodes .
metrics.k8s.io pods ns
networking.k8s.io ingressclasses .
networking.k8s.io ingresses ns ing
networking.k8s.io ipaddresses . ip
networking.k8s.io networkpolicies ns netpol
networking.k8s.io servicecidrs .
node.k8s.io runtimeclasses .
policy poddisruptionbudgets ns pdb
rbac.authorization.k8s.io clusterrolebindings .
rbac.authorization.k8s.io clusterroles .
rbac.authorization.k8s.io rolebindings ns
rbac.authorization.k8s.io roles ns
resource.k8s.io deviceclasses .
resource.k8s.io resourceclaims ns
resource.k8s.io resourceclaimtemplates ns
resource.k8s.io resourceslices .
scheduling.k8s.io priorityclasses . pc
storage.k8s.io csidrivers .
storage.k8s.io csinodes .
storage.k8s.io csistoragecapacities ns
storage.k8s.io storageclasses . sc
storage.k8s.io volumeattachments .
storage.k8s.io volumeattributesclasses . vac
`)

// parseResources reads lines of group ("-" is the core's), name, "ns" for what is in a
// namespace, and short names.
func parseResources(text string) []resource {
	var all []resource
	for line := range strings.Lines(strings.TrimSpace(text)) {
		f := strings.Fields(line)
		r := resource{group: strings.Trim(f[0], "-"), name: f[1], namespaced: f[2] == "ns"}
		r.short = f[3:]
		all = append(all, r)
	}
	return all
}

// named finds a resource of a group.
func named(name, group string) (resource, bool) {
	for _, r := range resources {
		if r.name == name && r.group == group {
			return r, true
		}
	}
	return resource{}, false
}

// called finds what a person writes without its group: the name, one of them,
// or for short.
func called(word string) (resource, bool) {
	for _, r := range resources {
		if r.is(word) {
			return r, true
		}
	}
	return resource{}, false
}

func (r resource) is(word string) bool {
	if word == r.name || word == singular(r.name) {
		return true
	}
	for _, s := range r.short {
		if word == s {
			return true
		}
	}
	return false
}

func singular(name string) string {
	switch {
	case strings.HasSuffix(name, "ies"):
		return strings.TrimSuffix(name, "ies") + "y"
	case strings.HasSuffix(name, "sses"), strings.HasSuffix(name, "tuses"):
		return strings.TrimSuffix(name, "es")
	}
	return strings.TrimSuffix(name, "s")
}

// isSubresource reports whether "/word" after a resource is a part of it and
// not the name of one object.
func isSubresource(word string) bool {
	switch word {
	case "*",
		"approval",
		"attach",
		"binding",
		"ephemeralcontainers",
		"eviction",
		"exec",
		"finalize",
		"log",
		"portforward",
		"proxy",
		"resize",
		"scale",
		"status",
		"token":
		return true
	}
	return false
}
