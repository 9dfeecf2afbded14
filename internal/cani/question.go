package cani

import "strings"

// A Question asks for one verb on resources, or on a path of the API server.
// "*" stands for all, in every field but Namespace, Name and Subresource, where
// that is "".
type Question struct {
	Verb        string `json:"verb"`
	Group       string `json:"group"` // API group; "" is the core group
	Resource    string `json:"resource"`
	Subresource string `json:"subresource"`
	Name        string `json:"name"`
	Namespace   string `json:"namespace"` // "" for all of them, and for what is in none
	Path        string `json:"path"`      // of what is no resource, "/healthz"; then but for Verb all others are ""
}

// Questions that tell an administrator from others.
var (
	// Everything is, to the byte, what
	// "kubectl auth can-i '*' '*' --all-namespaces" asks. kubectl leaves the
	// group empty, so that a yes says nothing of groups other than the core's
	// (kubernetes, kubectl/pkg/cmd/auth/cani.go).
	Everything = Question{Verb: "*", Resource: "*"}
	// EveryGroup asks the same of all groups.
	EveryGroup = Question{Verb: "*", Group: "*", Resource: "*"}
	// EveryPath asks for all that is no resource.
	EveryPath = Question{Verb: "*", Path: "*"}
)

// String is the question as [Parse] takes it.
func (q Question) String() string {
	if q.Path != "" {
		return shellQuote(q.Verb) + " " + shellQuote(q.Path)
	}
	what := q.Resource
	if q.Group != "" {
		what += "." + q.Group
	}
	var more string
	switch {
	case q.Name != "" && q.Subresource != "":
		what, more = what+"/"+q.Name, " --subresource "+q.Subresource
	case q.Subresource != "" && isSubresource(q.Subresource):
		what += "/" + q.Subresource
	case q.Subresource != "":
		more = " --subresource " + q.Subresource
	case q.Name != "":
		what += "/" + q.Name
	}
	more = " " + shellQuote(what) + more
	switch r, known := named(q.Resource, q.Group); {
	case q.Namespace != "":
		more += " -n " + q.Namespace
	case !known || r.namespaced:
		more += " --all-namespaces"
	}
	return shellQuote(q.Verb) + more
}

// shellQuote keeps a shell from reading "*" as files.
func shellQuote(s string) string {
	if strings.Contains(s, "*") {
		return "'" + s + "'"
	}
	return s
}
