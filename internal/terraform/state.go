package terraform

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// stateVersion is the version of state files that is read. Terraform has
// written it since 0.12, and OpenTofu does (hashicorp/terraform,
// internal/states/statefile, version4.go).
const stateVersion = 4

// A stateResource is a resource of a state file.
type stateResource struct {
	Module    string          `json:"module"` // module.a["b"]; "" for the root module
	Mode      string          `json:"mode"`   // managed or data
	Type      string          `json:"type"`
	Name      string          `json:"name"`
	Instances []stateInstance `json:"instances"`
}

type stateInstance struct {
	IndexKey   any             `json:"index_key"` // of count a number, of for_each text
	Deposed    string          `json:"deposed"`
	Attributes json.RawMessage `json:"attributes"`
}

// readState takes over the resources of a state file, as "terraform show -json"
// would print them.
func (d *document) readState() error {
	var resources []stateResource
	if err := json.Unmarshal(d.RawResources, &resources); err != nil {
		return err
	}
	root := &module{}
	for _, r := range resources {
		m := module{Address: r.Module}
		for _, i := range r.Instances {
			m.Resources = append(m.Resources, resource{
				Address: r.address(i), Mode: r.Mode, Type: r.Type, DeposedKey: i.Deposed, Values: i.Attributes,
			})
		}
		root.ChildModules = append(root.ChildModules, m)
	}
	version := "1.0"
	d.FormatVersion, d.Values = &version, &values{RootModule: root}
	return nil
}

// address is the address of an instance (Terraform, "Resource Addressing").
func (r stateResource) address(i stateInstance) string {
	address := r.Type + "." + r.Name
	if r.Mode == "data" {
		address = "data." + address
	}
	if r.Module != "" {
		address = r.Module + "." + address
	}
	switch key := i.IndexKey.(type) {
	case string:
		return address + "[" + strconv.Quote(key) + "]"
	case float64:
		return fmt.Sprintf("%s[%d]", address, int(key))
	}
	return address
}
