package cloudformation_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/cloudformation"
	"github.com/eksaccess/eksaccess/internal/transfer"
	"github.com/eksaccess/eksaccess/internal/transfer/transfertest"
	"github.com/eksaccess/eksaccess/spec"
)

var update = flag.Bool("update", false, "rewrite golden files")

func TestMain(m *testing.M) {
	flag.Set("rapid.checks", "300")
	os.Exit(m.Run())
}

// A template as CloudFormation has it. Unknown keys are an error, there as
// here.
type template struct {
	AWSTemplateFormatVersion, Description string
	Resources                             map[string]struct {
		Type, DeletionPolicy string
		Properties           struct {
			ClusterName, PrincipalArn, Type, Username string
			KubernetesGroups                          []string
			AccessPolicies                            []struct {
				PolicyArn   string
				AccessScope struct {
					Type       string
					Namespaces []string
				}
			}
			Tags []struct{ Key, Value string }
		}
	}
}

type imported []struct {
	ResourceType, LogicalResourceId string
	ResourceIdentifier              map[string]string
}

// What is written is, read again, the same entries; each can be imported; and
// names are those that CloudFormation takes.
func TestWriteThenRead(t *testing.T) {
	logical := regexp.MustCompile(`^[A-Za-z0-9]{1,255}$`)
	rapid.Check(t, func(t *rapid.T) {
		c := transfertest.Clusters(t)[0]
		templates, notes := cloudformation.Write(c)
		if len(notes) > 0 {
			t.Fatalf("notes: %v", notes)
		}
		got := transfer.Cluster{ID: c.ID, Mode: c.Mode}
		for _, one := range templates {
			var read template
			if err := sigsyaml.UnmarshalStrict(one.Body, &read); err != nil {
				t.Fatalf("%v\n%s", err, one.Body)
			}
			ids := map[string]map[string]string{}
			for id, r := range read.Resources {
				p := r.Properties
				if !logical.MatchString(id) || r.Type != "AWS::EKS::AccessEntry" || r.DeletionPolicy != "Retain" ||
					p.ClusterName != c.ID.Name {
					t.Fatalf("resource %q: %+v", id, r)
				}
				e := spec.Entry{
					Principal: p.PrincipalArn,
					Type:      p.Type,
					Username:  p.Username,
					Groups:    p.KubernetesGroups,
					Tags:      map[string]string{},
				}
				for _, tag := range p.Tags {
					e.Tags[tag.Key] = tag.Value
				}
				for _, a := range p.AccessPolicies {
					e.Policies = append(
						e.Policies,
						spec.Policy{ARN: a.PolicyArn, Scope: a.AccessScope.Type, Namespaces: a.AccessScope.Namespaces},
					)
				}
				got.Entries = append(got.Entries, transfer.Entry{Entry: transfer.Fill(e)})
				ids[id] = map[string]string{"PrincipalArn": p.PrincipalArn, "ClusterName": c.ID.Name}
			}
			var list imported
			if err := json.Unmarshal(one.Import, &list); err != nil {
				t.Fatal(err)
			}
			listed := map[string]map[string]string{}
			for _, i := range list {
				listed[i.LogicalResourceId] = i.ResourceIdentifier
			}
			if diff := cmp.Diff(ids, listed); diff != "" {
				t.Fatalf("imports (-want +got):\n%s", diff)
			}
		}
		transfer.Sort([]transfer.Cluster{got})
		if diff := cmp.Diff(c, got, cmpopts.EquateEmpty(),
			cmpopts.IgnoreFields(transfer.Entry{}, "Source")); diff != "" {
			t.Fatalf("(-written +read):\n%s", diff)
		}
	})
}

func TestLogicalID(t *testing.T) {
	seen := map[string]string{}
	for _, test := range []struct{ principal, begins string }{
		{"arn:aws:iam::111122223333:role/platform-admin", "EntryPlatformAdmin"},
		{"arn:aws:iam::111122223333:role/team/platform-admin", "EntryPlatformAdmin"},
		{"arn:aws:iam::111122223333:role/platform.admin", "EntryPlatformAdmin"},
		{"arn:aws:iam::111122223333:user/platform-admin", "EntryPlatformAdmin"},
		{"arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Payments_Dev_0123456789abcdef",
			"EntryPaymentsDev"},
		{"arn:aws:iam::111122223333:root", "Entry111122223333"},
		{"arn:aws:iam::111122223333:role/" + strings.Repeat("x", 300), "EntryXxx"},
	} {
		id := cloudformation.LogicalID(transfer.Entry{Entry: spec.Entry{Principal: test.principal}})
		if !strings.HasPrefix(id, test.begins) || len(id) > 255 || seen[id] != "" {
			t.Errorf("%q is called %q, as is %q", test.principal, id, seen[id])
		}
		seen[id] = test.principal
	}
}

// A cluster that is too large for one change set has several, in order; what
// CloudFormation would replace is left out.
func TestParts(t *testing.T) {
	c := transfer.Cluster{ID: arn.Cluster{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Name: "prod"}}
	for i := range 401 {
		c.Entries = append(
			c.Entries,
			transfer.Entry{
				Entry: transfer.Fill(spec.Entry{Principal: fmt.Sprintf("arn:aws:iam::111122223333:role/r%03d", i)}),
			},
		)
	}
	c.Entries = append(
		c.Entries,
		transfer.Entry{
			Entry: transfer.Fill(
				spec.Entry{Principal: "arn:aws:iam::111122223333:role/z", Groups: []string{"{{resolve:ssm:x}}"}},
			),
		},
	)
	templates, notes := cloudformation.Write(c)
	sizes := []int{}
	for i, one := range templates {
		sizes = append(sizes, strings.Count(string(one.Body), "Type: AWS::EKS::AccessEntry"))
		if one.Part != i+1 || one.Parts != 3 || !strings.Contains(string(one.Body), fmt.Sprintf("part %d of 3", i+1)) {
			t.Errorf("part %d of %d", one.Part, one.Parts)
		}
	}
	if diff := cmp.Diff([]int{200, 200, 1}, sizes); diff != "" {
		t.Error(diff)
	}
	if len(notes) != 1 || !strings.Contains(notes[0].String(), "role/z") {
		t.Errorf("notes: %v", notes)
	}
	if none, _ := cloudformation.Write(transfer.Cluster{ID: c.ID}); len(none) != 0 {
		t.Error("a template without resources is refused by AWS")
	}
}

func TestGolden(t *testing.T) {
	entry := func(e spec.Entry) transfer.Entry { return transfer.Entry{Entry: transfer.Fill(e)} }
	view := spec.Policy{ARN: arn.AccessPolicy("aws", "AmazonEKSViewPolicy"), Scope: "cluster"}
	edit := spec.Policy{
		ARN:        arn.AccessPolicy("aws", "AmazonEKSEditPolicy"),
		Scope:      "namespace",
		Namespaces: []string{"payments", "payments-*"},
	}
	c := transfer.Cluster{
		ID: arn.Cluster{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Name: "prod"},
		Entries: []transfer.Entry{
			entry(spec.Entry{Principal: "arn:aws:iam::111122223333:role/nodes", Type: "EC2_LINUX"}),
			entry(
				spec.Entry{
					Principal: "arn:aws:iam::111122223333:role/team/payments",
					Username:  "payments:{{SessionName}}",
					Groups:    []string{"payments", "012345678901"},
					Policies: []spec.Policy{
						view,
						edit,
					},
					Tags: map[string]string{"cost-center": "42", "team": "payments"},
				},
			)},
	}
	templates, _ := cloudformation.Write(c)
	for name, text := range map[string][]byte{"prod.template.yaml": templates[0].Body,
		"prod.import.json": templates[0].Import} {
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
