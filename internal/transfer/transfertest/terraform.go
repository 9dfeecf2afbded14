package transfertest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/eksaccess/eksaccess/internal/arn"
)

// TerraformState evaluates a configuration as Terraform would, and makes of its
// resources what "terraform show -json" prints once it is applied. It fails
// where a resource is there twice, and where an import block is missing or has
// another id than the provider's documentation asks for.
func TerraformState(text []byte) (state []byte, err error) {
	must := func(v map[string]cty.Value, e error) map[string]cty.Value {
		err = errors.Join(err, e)
		return v
	}
	file, diags := hclsyntax.ParseConfig(text, "access.tf", hcl.InitialPos)
	if diags.HasErrors() {
		return nil, diags
	}
	body := file.Body.(*hclsyntax.Body)
	place := map[string]map[string]cty.Value{"": {}} // of providers, by alias
	entries := map[string]cty.Value{}
	for _, b := range body.Blocks {
		switch {
		case b.Type == "provider":
			v := must(attributes(b.Body, nil))
			alias := ""
			if a, ok := v["alias"]; ok {
				alias = a.AsString()
			}
			place[alias] = v
		case b.Type == "resource" && b.Labels[0] == "aws_eks_access_entry":
			if _, twice := entries[b.Labels[1]]; twice {
				return nil, fmt.Errorf("two entries are called %q", b.Labels[1])
			}
			entries[b.Labels[1]] = cty.ObjectVal(must(attributes(b.Body, nil)))
		}
	}
	scope := &hcl.EvalContext{Variables: map[string]cty.Value{"aws_eks_access_entry": cty.ObjectVal(entries)}}
	var resources []map[string]any
	ids, imports := map[string]string{}, map[string]string{}
	for _, b := range body.Blocks {
		if b.Type == "import" {
			to := string(b.Body.Attributes["to"].Expr.Range().SliceBytes(text))
			imports[to] = must(attributes(b.Body, nil))["id"].AsString()
		}
		if b.Type != "resource" {
			continue
		}
		address := b.Labels[0] + "." + b.Labels[1]
		v := must(attributes(b.Body, scope))
		p := place[providerOf(b.Body, text)]
		principal, cluster := v["principal_arn"].AsString(), v["cluster_name"].AsString()
		values := map[string]any{}
		for name, value := range v {
			values[name] = plain(value)
		}
		id := cluster + ":" + principal
		if b.Labels[0] == "aws_eks_access_entry" {
			account := p["allowed_account_ids"].AsValueSlice()[0].AsString()
			values["access_entry_arn"] = arn.ARN{
				Partition: "aws",
				Service:   "eks",
				Region:    p["region"].AsString(),
				Account:   account,
				Resource:  "access-entry/" + cluster + "/role/1/x/1",
			}.String()
			values["tags_all"] = values["tags"]
		} else {
			id = cluster + "#" + principal + "#" + v["policy_arn"].AsString()
			s := map[string]any{}
			for name, value := range must(attributes(b.Body.Blocks[0].Body, nil)) {
				s[name] = plain(value)
			}
			values["access_scope"] = []any{s}
			values["region"] = p["region"].AsString()
		}
		ids[address] = id
		resources = append(
			resources,
			map[string]any{"address": address, "mode": "managed", "type": b.Labels[0], "values": values},
		)
	}
	if err != nil {
		return nil, err
	}
	if !maps.Equal(ids, imports) {
		return nil, fmt.Errorf("import blocks have the ids %v, want %v", imports, ids)
	}
	if len(ids) != len(resources) {
		return nil, errors.New("a resource is there twice")
	}
	return json.Marshal(
		map[string]any{
			"format_version": "1.0",
			"values":         map[string]any{"root_module": map[string]any{"resources": resources}},
		},
	)
}

func providerOf(b *hclsyntax.Body, text []byte) string {
	a := b.Attributes["provider"]
	if a == nil {
		return ""
	}
	return string(bytes.TrimPrefix(a.Expr.Range().SliceBytes(text), []byte("aws.")))
}

func attributes(b *hclsyntax.Body, scope *hcl.EvalContext) (map[string]cty.Value, error) {
	out := map[string]cty.Value{}
	for name, a := range b.Attributes {
		if name == "provider" || name == "to" {
			continue
		}
		v, diags := a.Expr.Value(scope)
		if diags.HasErrors() {
			return nil, fmt.Errorf("%s: %w", name, diags)
		}
		out[name] = v
	}
	return out, nil
}

func plain(v cty.Value) any {
	switch {
	case v.Type() == cty.String:
		return v.AsString()
	case v.Type().IsObjectType():
		m := map[string]any{}
		for k, e := range v.AsValueMap() {
			m[k] = plain(e)
		}
		return m
	}
	var l []any
	for _, e := range v.AsValueSlice() {
		l = append(l, plain(e))
	}
	return l
}
