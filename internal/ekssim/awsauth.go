package ekssim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

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

// auth is aws-auth as aws-iam-authenticator keeps it: rows by ARN in lower
// case, so that of two rows the last one wins; role rows before user rows.
type auth struct {
	text         string // that it was read from
	roles, users map[string]authRow
	accounts     map[string]bool
}

// readAuth takes what can be read and leaves the rest, item by item. User
// guide: auth-configmap; aws-iam-authenticator, pkg/mapper/configmap (ParseMap
// and saveMap).
func readAuth(text string) *auth {
	data, _ := authData(text)
	a := &auth{text: text, roles: map[string]authRow{}, users: map[string]authRow{}, accounts: map[string]bool{}}
	for _, r := range authRows(data["mapRoles"]) {
		a.roles[strings.ToLower(r.RoleARN)] = r
	}
	for _, r := range authRows(data["mapUsers"]) {
		a.users[strings.ToLower(r.UserARN)] = r
	}
	var accounts []string
	_ = yaml.Unmarshal([]byte(data["mapAccounts"]), &accounts)
	for _, id := range accounts {
		a.accounts[id] = true
	}
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

// find returns the row for a canonical ARN.
func (a *auth) find(canonical string) (authRow, bool) {
	key := strings.ToLower(canonical)
	if r, ok := a.roles[key]; ok && key != "" {
		return r, true
	}
	r, ok := a.users[key]
	return r, ok && key != ""
}

// An AuthRow is a row of aws-auth, of a role or a user. As text it is the ARN
// alone.
type AuthRow struct {
	ARN      string   `json:"arn"`
	Username string   `json:"username,omitempty"`
	Groups   []string `json:"groups,omitempty"`
}

// AuthText is an aws-auth with these rows, as [Cluster.AWSAuth] and
// [Edit.AWSAuth] hold it. Rows of users go to mapUsers, all others to mapRoles.
func AuthText(rows ...AuthRow) string {
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

func (r AuthRow) item(key string) map[string]any {
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

// withoutRow returns an aws-auth without the rows of an ARN, and with more in
// their place. Rows that cannot be read are lost.
func withoutRow(text, arn string, more ...AuthRow) (string, error) {
	data, err := authData(text)
	if err != nil {
		return "", err
	}
	items := map[string][]map[string]any{}
	for key, member := range map[string]string{"mapRoles": "rolearn", "mapUsers": "userarn"} {
		for _, r := range authRows(data[key]) {
			row := AuthRow{r.RoleARN, r.Username, slices.Clone(r.Groups)}
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
