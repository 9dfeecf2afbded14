package browsertest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Snapshots are written here as the file that they are (docs: eksaccess
// snapshot --save), and not by the program's types: this is another module.

type object = map[string]any

var (
	read    = time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC)
	known   = object{"state": "known"}
	unknown = object{"state": "unknown", "why": "the Kubernetes API was not read", "hint": "read it with --kube",
		"notAsked": true}
)

const account = "111122223333"

func stamp(t time.Time) string { return t.Format(time.RFC3339) }

func with(fact object, more object) object {
	out := object{}
	for _, m := range []object{fact, more} {
		for k, v := range m {
			out[k] = v
		}
	}
	return out
}

// A grant is one entry.
type grant struct {
	principal  string
	policy     string // name; "" for none
	namespaces []string
	groups     []string
	username   string
	tags       map[string]string
	used       time.Time
	gone       bool
}

func cluster(account, region, name string, grants ...grant) object {
	arn := fmt.Sprintf("arn:aws:eks:%s:%s:cluster/%s", region, account, name)
	entries, principals := []object{}, []object{}
	for _, g := range grants {
		policies := []object{}
		if g.policy != "" {
			p := object{
				"policy":     "arn:aws:eks::aws:cluster-access-policy/" + g.policy,
				"scope":      "cluster",
				"namespaces": []string{},
			}
			if g.namespaces != nil {
				p["scope"], p["namespaces"] = "namespace", g.namespaces
			}
			policies = append(policies, p)
		}
		entries = append(
			entries,
			object{
				"principal":      g.principal,
				"type":           "STANDARD",
				"username":       g.username,
				"groups":         g.groups,
				"tags":           g.tags,
				"policies":       policies,
				"accessEntryArn": arn + "/entry",
				"createdAt":      "2026-03-01T09:00:00Z",
				"modifiedAt":     "2026-03-01T09:00:00Z",
			},
		)
		p := object{
			"arn":           g.principal,
			"existence":     "exists",
			"createdAt":     "2025-03-01T09:00:00Z",
			"lastUsed":      with(known, object{"at": nil}),
			"permissionSet": nil,
		}
		if !g.used.IsZero() {
			p["lastUsed"] = with(known, object{"at": stamp(g.used)})
		}
		if g.gone {
			p["existence"], p["createdAt"] = "gone", nil
		}
		principals = append(principals, p)
	}
	return object{
		"name":               name,
		"region":             region,
		"account":            account,
		"partition":          "aws",
		"arn":                arn,
		"error":              nil,
		"status":             "ACTIVE",
		"authenticationMode": "API",
		"version":            "1.33",
		"platformVersion":    "eks.9",
		"createdAt":          "2025-03-01T09:00:00Z",
		"network": with(
			known,
			object{"private": true, "publicCidrs": []string{}},
		),
		"logging": with(known, object{"enabled": []string{"audit", "authenticator"}}),
		"identityProviders": with(
			known,
			object{"items": []object{}},
		),
		"entries":    with(known, object{"items": entries}),
		"principals": principals,
		"permissionSets": with(
			known,
			object{"roles": []string{}},
		),
		"names":      []object{},
		"readBy":     []string{},
		"awsAuth":    unknown,
		"rbac":       unknown,
		"namespaces": unknown,
	}
}

// failed is a cluster that could not be read.
func failed(account, region, name, message, hint string) object {
	c := cluster(account, region, name)
	c["error"] = object{"code": "AccessDenied", "operation": "DescribeCluster", "message": message, "hint": hint}
	for _, fact := range []string{"network", "logging", "identityProviders", "entries", "permissionSets"} {
		c[fact] = object{"state": "unknown", "why": "the cluster could not be read"}
	}
	return c
}

// snapshot writes one into a file.
func snapshot(t *testing.T, clusters ...object) string {
	t.Helper()
	data, err := json.Marshal(
		object{
			"apiVersion":  "eksaccess/v1",
			"kind":        "Snapshot",
			"createdAt":   stamp(read),
			"toolVersion": "v1",
			"kube":        false,
			"clusters":    clusters,
		},
	)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "snapshot.json")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func role(name string) string { return "arn:aws:iam::" + account + ":role/" + name }

const sso = "aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_"

// threeTeams is a small fleet with one of each thing that a page shows.
func threeTeams(t *testing.T) string {
	admin := grant{
		principal: role(sso + "AdministratorAccess_0123456789abcdef"),
		policy:    "AmazonEKSClusterAdminPolicy",
		used:      read.AddDate(0, 0, -2),
		tags:      map[string]string{"eksaccess:owner": "platform"},
	}
	late := grant{principal: role("oncall"), policy: "AmazonEKSClusterAdminPolicy", used: read.AddDate(0, -6, 0),
		tags: map[string]string{
			"eksaccess:owner":   "break-glass",
			"eksaccess:expires": "2026-11-20T08:00:00Z",
			"eksaccess:reason":  "INC-4711",
		}}
	shop := grant{
		principal:  role("team/shop"),
		policy:     "AmazonEKSEditPolicy",
		namespaces: []string{"shop", "shop-*"},
		used:       read.AddDate(0, 0, -1),
	}
	viewer := grant{
		principal: "arn:aws:iam::" + account + ":user/ops/vera",
		policy:    "AmazonEKSViewPolicy",
		username:  "vera",
	}
	developers := grant{principal: role("developers"), groups: []string{"shop:developers"}, used: read}
	leaver := grant{principal: role("leaver"), policy: "AmazonEKSAdminPolicy", gone: true}
	return snapshot(t,
		cluster(account, "eu-west-1", "dev", admin, late, shop, viewer, developers),
		cluster(account, "us-east-1", "staging", admin, shop, leaver),
		failed(account, "eu-west-1", "legacy", `"eks:DescribeCluster" is not allowed`, "allow it"),
		cluster("444455556666", "eu-west-1", "prod", admin))
}

// aBigOne has 200 clusters with 500 principals each.
func aBigOne(t *testing.T) string {
	policies := []string{
		"AmazonEKSViewPolicy",
		"AmazonEKSEditPolicy",
		"AmazonEKSAdminViewPolicy",
		"AmazonEKSAdminPolicy",
		"AmazonEKSClusterAdminPolicy",
	}
	var clusters []object
	for i := range 200 {
		var grants []grant
		for k := range 500 {
			g := grant{
				principal: role(fmt.Sprintf("team-%d/r%03d", k%7, k)),
				policy:    policies[k%50/10*k%5],
				used:      read.AddDate(0, 0, -k),
				tags:      map[string]string{"eksaccess:owner": fmt.Sprintf("team-%d", k%7)},
			}
			if (i+k)%3 == 0 {
				g.namespaces = []string{fmt.Sprintf("ns-%d", k%7)}
			}
			grants = append(grants, g)
		}
		clusters = append(
			clusters,
			cluster(fmt.Sprintf("%012d", 111122223333+i/50), "eu-west-1", fmt.Sprintf("c%03d", i), grants...),
		)
	}
	return snapshot(t, clusters...)
}
