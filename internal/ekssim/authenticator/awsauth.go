// Package authenticator does what aws-iam-authenticator does in a cluster: it
// reads tokens and the ConfigMap aws-auth, fills in templates, and tells
// Kubernetes who a caller is.
//
// It knows no access entries and no clusters of the simulator.
package authenticator

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// Data returns the data of a ConfigMap aws-auth from a seed's text: a whole
// object, or its data alone. Values are text, as in Kubernetes, or may be
// written as the lists that the text would be.
func Data(text string) (map[string]string, error) {
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

// An Item is an item of mapRoles or mapUsers.
type Item struct {
	RoleARN  string   `json:"rolearn"`
	UserARN  string   `json:"userarn"`
	Username string   `json:"username"`
	Groups   []string `json:"groups"`
}

// A Map is aws-auth as aws-iam-authenticator keeps it: rows by ARN in lower
// case, so that of two rows the last one wins; role rows before user rows.
type Map struct {
	Text         string // that it was read from
	Roles, Users map[string]Item
	Accounts     map[string]bool
}

// Parse reads what can be read and skips the rest, item by item. User
// guide: auth-configmap; aws-iam-authenticator, pkg/mapper/configmap (ParseMap
// and saveMap).
func Parse(text string) *Map {
	data, _ := Data(text)
	a := &Map{Text: text, Roles: map[string]Item{}, Users: map[string]Item{}, Accounts: map[string]bool{}}
	for _, r := range itemsOf(data["mapRoles"]) {
		a.Roles[strings.ToLower(r.RoleARN)] = r
	}
	for _, r := range itemsOf(data["mapUsers"]) {
		a.Users[strings.ToLower(r.UserARN)] = r
	}
	var accounts []string
	_ = yaml.Unmarshal([]byte(data["mapAccounts"]), &accounts)
	for _, id := range accounts {
		a.Accounts[id] = true
	}
	return a
}

func itemsOf(text string) []Item {
	var items []json.RawMessage
	_ = yaml.Unmarshal([]byte(text), &items)
	rows := make([]Item, len(items))
	for i, item := range items {
		_ = json.Unmarshal(item, &rows[i]) // of a wrong item as much as is right
	}
	return rows
}

// Find returns the row for a canonical ARN.
func (a *Map) Find(canonical string) (Item, bool) {
	key := strings.ToLower(canonical)
	if r, ok := a.Roles[key]; ok && key != "" {
		return r, true
	}
	r, ok := a.Users[key]
	return r, ok && key != ""
}

// A Row is a row of aws-auth, of a role or a user.
type Row struct {
	ARN      string   `json:"arn"`
	Username string   `json:"username,omitempty"`
	Groups   []string `json:"groups,omitempty"`
}

// Text returns an aws-auth with these rows, as a seed and an edit have it. Rows
// of users go to mapUsers, all others to mapRoles.
func Text(rows ...Row) string {
	var roles, users []map[string]any
	for _, r := range rows {
		if strings.Contains(r.ARN, ":user/") {
			users = append(users, r.item("userarn"))
		} else {
			roles = append(roles, r.item("rolearn"))
		}
	}
	return authText(map[string]string{}, roles, users)
}

func (r Row) item(key string) map[string]any {
	item := map[string]any{key: r.ARN}
	if r.Username != "" {
		item["username"] = r.Username
	}
	if len(r.Groups) > 0 {
		item["groups"] = r.Groups
	}
	return item
}

func authText(data map[string]string, roles, users []map[string]any) string {
	for key, items := range map[string][]map[string]any{"mapRoles": roles, "mapUsers": users} {
		delete(data, key)
		if len(items) > 0 {
			b, _ := yaml.Marshal(items) // maps of text and lists can always be written
			data[key] = string(b)
		}
	}
	b, _ := yaml.Marshal(data)
	return string(b)
}

// WithoutRow returns an aws-auth without the rows of an ARN, and with more in
// their place. Rows that cannot be read are lost.
func WithoutRow(text, arn string, more ...Row) (string, error) {
	data, err := Data(text)
	if err != nil {
		return "", err
	}
	items := map[string][]map[string]any{}
	for key, member := range map[string]string{"mapRoles": "rolearn", "mapUsers": "userarn"} {
		for _, r := range itemsOf(data[key]) {
			row := Row{r.RoleARN, r.Username, slices.Clone(r.Groups)}
			if member == "userarn" {
				row.ARN = r.UserARN
			}
			if row.ARN != "" && !strings.EqualFold(row.ARN, arn) {
				items[key] = append(items[key], row.item(member))
			}
		}
	}
	for _, r := range more {
		if strings.Contains(r.ARN, ":user/") {
			items["mapUsers"] = append(items["mapUsers"], r.item("userarn"))
		} else {
			items["mapRoles"] = append(items["mapRoles"], r.item("rolearn"))
		}
	}
	return authText(data, items["mapRoles"], items["mapUsers"]), nil
}
