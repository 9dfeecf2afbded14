package render

import (
	"bytes"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/eksaccess/eksaccess/internal/render/patch"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// planPatch is a unified diff of each entry and mode that changes. What is no
// difference but must not be left out (failures, refusals, warnings, reasons)
// stands between them as remarks.
func planPatch(pl *plan.Plan) *patch.Patch {
	p := &patch.Patch{}
	for i := range pl.Clusters {
		addClusterDiff(p, &pl.Clusters[i])
	}
	if note := onlyDeclared(pl.Summary); note != "" {
		p.Remark(note)
	}
	p.Remark("Plan: " + planCounts(pl))
	return p
}

func addClusterDiff(p *patch.Patch, c *plan.Cluster) {
	at := where(c.Name, c.Account, c.Region)
	if e := c.Error; e != nil {
		p.Remark(at, "failed", because(e.Code, e.Message))
	} else if c.Status == plan.Failed {
		p.Remark(at, "failed")
	}
	for _, g := range c.Guards {
		if g.Refuses() {
			p.Remark(at, "refused by "+g.Name, g.Detail)
		}
	}
	for _, w := range c.Warnings {
		p.Remark(at, "warning", because(w.Source, w.Message))
	}
	for _, u := range c.Unmanaged {
		p.Remark(at, "unmanaged", u.Principal)
	}
	path := strings.Join([]string{c.Account, c.Region, c.Name}, "/")
	if m := c.AuthenticationMode; m.Moves() {
		p.Remark(at, "the change of the authentication mode cannot be undone")
		p.Diff(path, path, modeYAML(m.Before), modeYAML(m.After))
	}
	for _, ch := range c.Changes {
		p.Remark(string(ch.Action), because(ch.Source, ch.Reason))
		old := ch.Principal
		if ch.PreviousPrincipal != nil {
			old = *ch.PreviousPrincipal
		}
		before, after := entryYAML(ch.Before), entryYAML(ch.After)
		if bytes.Equal(before, after) {
			// A replace may lead to the very same; there is nothing to diff.
			p.Remark(path+"/"+ch.Principal, "recreated with the same settings")
			continue
		}
		p.Diff(path+"/"+old, path+"/"+ch.Principal, before, after)
	}
}

func modeYAML(mode string) []byte { return marshalYAML(map[string]string{"authenticationMode": mode}) }

// An entryDoc is an entry in the words of the file, in the order people write
// them, one list item a line.
type entryDoc struct {
	Principal string            `yaml:"principal"`
	Type      string            `yaml:"type"`
	Username  string            `yaml:"username"`
	Groups    []string          `yaml:"groups,omitempty"`
	Policies  []policyDoc       `yaml:"policies,omitempty"`
	Tags      map[string]string `yaml:"tags,omitempty"`
}

type policyDoc struct {
	Policy     string   `yaml:"policy"`
	Scope      string   `yaml:"scope"`
	Namespaces []string `yaml:"namespaces,omitempty"`
}

// entryYAML is e as YAML, and nothing for no entry.
func entryYAML(e *spec.Entry) []byte {
	if e == nil {
		return nil
	}
	doc := entryDoc{Principal: e.Principal, Type: e.Type, Username: e.Username, Groups: e.Groups, Tags: e.Tags}
	for _, p := range e.Policies {
		doc.Policies = append(doc.Policies, policyDoc{policyName(p.ARN), p.Scope, p.Namespaces})
	}
	return marshalYAML(doc)
}

func marshalYAML(v any) []byte {
	var buf bytes.Buffer
	enc := yaml.NewEncoder(&buf)
	enc.SetIndent(2)
	// Structs of strings always encode; if ever not, the diff says so.
	if err := enc.Encode(v); err != nil {
		return fmt.Appendf(nil, "# %v\n", err)
	}
	// After a block that keeps its line ends the document's own is missing.
	if !bytes.HasSuffix(buf.Bytes(), []byte("\n")) {
		buf.WriteByte('\n')
	}
	return buf.Bytes()
}
