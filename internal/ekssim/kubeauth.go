package ekssim

import (
	"encoding/json"
	"fmt"

	"sigs.k8s.io/yaml"
)

// authData is the data of a ConfigMap aws-auth from a seed's text: a whole
// object, or its data alone. Values are text, as in Kubernetes, or may be
// written as the lists that the text would be.
func authData(text string) (map[string]string, error) {
	var parts map[string]any
	if err := yaml.Unmarshal([]byte(text), &parts); err != nil {
		return nil, fmt.Errorf("awsAuth is no YAML map: %w", err)
	}
	if parts["kind"] == "ConfigMap" {
		parts, _ = parts["data"].(map[string]any)
	}
	data := map[string]string{}
	for key, v := range parts {
		if s, ok := v.(string); ok {
			data[key] = s
			continue
		}
		b, err := yaml.Marshal(v)
		if err != nil {
			return nil, err
		}
		data[key] = string(b)
	}
	return data, nil
}

// An authRow is an item of mapRoles or mapUsers.
type authRow struct {
	RoleARN  string   `json:"rolearn"`
	UserARN  string   `json:"userarn"`
	Username string   `json:"username"`
	Groups   []string `json:"groups"`
}

func (r authRow) arn() string { return cmpOr(r.RoleARN, r.UserARN) }

type auth struct {
	roles, users []authRow
	accounts     []string
}

// readAuth takes what can be read and leaves the rest, item by item. User
// guide: auth-configmap; aws-iam-authenticator, pkg/mapper/configmap.
func readAuth(text string) auth {
	data, _ := authData(text)
	var a auth
	a.roles, a.users = authRows(data["mapRoles"]), authRows(data["mapUsers"])
	_ = yaml.Unmarshal([]byte(data["mapAccounts"]), &a.accounts)
	return a
}

func authRows(text string) []authRow {
	var items []json.RawMessage
	_ = yaml.Unmarshal([]byte(text), &items)
	rows := make([]authRow, len(items))
	for i, item := range items {
		_ = json.Unmarshal(item, &rows[i]) // of a wrong item as much as is right
	}
	return rows
}
