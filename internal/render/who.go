package render

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/inventory"
	"github.com/eksaccess/eksaccess/internal/render/csv"
)

// Who draws who has what, in one of [WhoFormats].
func Who(w io.Writer, r *inventory.Report, opts Options) error {
	switch opts.Format {
	case Text, "":
		return writeDocument(w, whoDocument(r), opts)
	case Machine:
		return JSON(w, r)
	case CSV:
		return csv.Write(w, whoColumns, whoRows(r))
	case WebPage:
		return whoPage(r).Write(w)
	}
	return fmt.Errorf("who has no form %q: it is one of %s", string(opts.Format), WhoFormats)
}

// wayText is a way in, in a line of words.
func wayText(w inventory.Way) string {
	var s string
	switch {
	case w.Policy != "":
		s = policyName(w.Policy) + " (" + scope(w.Scope, w.Namespaces) + ")"
	case w.Group != "":
		s = "group " + word(w.Group)
	case w.Via == inventory.ViaType:
		return "node of type " + w.Note
	case w.Username != "":
		s = "username " + word(w.Username)
	}
	if w.Via == inventory.ViaAWSAuth {
		s = strings.TrimSpace("aws-auth " + s)
	}
	if w.Binding != "" {
		s += " -> " + w.Binding
		if len(w.Namespaces) > 0 {
			s += " in " + scope(w.Scope, w.Namespaces)
		}
		s += " -> " + w.Role
	}
	note := w.Note
	switch {
	case s == "":
		return note
	case note != "":
		s += ": " + note
	}
	return s
}

// kindText is a kind of principal in words.
func kindText(kind string) string {
	switch kind {
	case inventory.KindPermissionSet:
		return "permission set"
	case inventory.KindServiceLinked:
		return "service-linked role"
	case inventory.KindAccount:
		return "mapAccounts"
	case inventory.KindCreator:
		return "not named by EKS"
	case inventory.KindUnknown:
		return "not an ARN of IAM"
	}
	return kind
}

// stateText says of an access what keeps it from working; "" for nothing.
func stateText(s inventory.State) string {
	switch s {
	case inventory.Gone:
		return "IAM no longer has the principal: lets nobody in"
	case inventory.MadeAgain:
		return "the principal was made again after its entry, which lets nobody in"
	case inventory.Expired:
		return "past its end, and still open"
	}
	return ""
}

// whatText is what a gap is about.
func whatText(what string) string {
	switch what {
	case inventory.WhatBindings:
		return "RBAC bindings"
	case inventory.WhatIAM:
		return "IAM"
	case inventory.WhatLastUsed:
		return "last use"
	}
	return what
}

// lastUse is when a principal was last used, or why that is not known.
func lastUse(p *inventory.Principal) string {
	switch {
	case p.LastUsed != nil:
		return "last used " + p.LastUsed.UTC().Format(time.DateOnly)
	case p.IsNeverUsed:
		return "not used in the 400 days IAM keeps track of" // IAM API reference, RoleLastUsed
	}
	return ""
}

// askedText is what a report was narrowed to; "" for nothing.
func askedText(a inventory.Asked) string {
	var parts []string
	if a.AdminsOnly {
		parts = append(parts, "cluster admins")
	}
	if len(a.Policies) > 0 {
		parts = append(parts, "policy "+words(a.Policies))
	}
	if len(a.Principals) > 0 {
		parts = append(parts, "principal "+words(a.Principals))
	}
	return strings.Join(parts, ", ")
}

// clusterNames are the clusters of a report by ARN, short where that is
// enough.
func clusterNames(r *inventory.Report) map[string]string {
	places := make([][3]string, len(r.Clusters))
	for i, c := range r.Clusters {
		places[i] = [3]string{c.Account, c.Region, c.Name}
	}
	names := make(map[string]string, len(places))
	for i, name := range shortNames(places) {
		names[r.Clusters[i].ARN] = name
	}
	return names
}
