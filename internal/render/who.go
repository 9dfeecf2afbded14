package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/eksaccess/eksaccess/internal/inventory"
	"github.com/eksaccess/eksaccess/internal/render/csv"
)

// Who writes an access report in one of [WhoFormats].
func Who(w io.Writer, r *inventory.Report, opts Options) error {
	switch opts.Format {
	case Text, "":
		return writeDocument(w, whoDocument(r, opts), opts)
	case Machine:
		return JSON(w, r)
	case CSV:
		return csv.Write(w, whoColumns, whoRows(r))
	case WebPage:
		return whoPage(r).Write(w)
	}
	return fmt.Errorf("an access report has no form %q: want one of %s", string(opts.Format), WhoFormats)
}

// wayText is a way to get access, in one line.
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

// kindText is the kind of a principal.
func kindText(kind string) string {
	switch kind {
	case inventory.KindPermissionSet:
		return "permission set"
	case inventory.KindServiceLinked:
		return "service-linked role"
	case inventory.KindAccount:
		return "mapAccounts"
	case inventory.KindCreator:
		return "not reported by EKS"
	case inventory.KindUnknown:
		return "not an IAM ARN"
	}
	return kind
}

// stateText says why an access does not work, or should not; "" for nothing.
func stateText(s inventory.State) string {
	switch s {
	case inventory.Orphaned:
		return "no access: the principal no longer exists"
	case inventory.Stale:
		return "no access: the principal was recreated after its entry"
	case inventory.Expired:
		return "expired, and the entry still gives access"
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

// filterText lists the filters of a report, apart from that for cluster admins.
func filterText(a inventory.Asked) string {
	var parts []string
	if len(a.Policies) > 0 {
		parts = append(parts, "policy "+words(a.Policies))
	}
	if len(a.Principals) > 0 {
		parts = append(parts, "principal "+words(a.Principals))
	}
	return strings.Join(parts, ", ")
}

// clusterNames returns the names of clusters by ARN, with account and region
// where two share a name.
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
