package snapshot_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/internal/trust"
	"github.com/eksaccess/eksaccess/spec"
)

var (
	prod = arn.Cluster{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Name: "prod"}
	dev  = arn.Cluster{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Name: "dev"}
	noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
)

func reading() *spec.Live {
	return &spec.Live{ID: prod, Status: "ACTIVE", Mode: "API_AND_CONFIG_MAP", Version: "1.33", PlatformVersion: "eks.5",
		RoleARN: "arn:aws:iam::111122223333:role/cluster", Endpoint: "https://x", CA: []byte("PEM"), TokenID: "prod",
		CreatedAt: noon, Issuer: "https://issuer", Logging: []string{"audit"},
		PublicEndpoint: new(bool), PrivateEndpoint: true, PublicCIDRs: []string{},
		EntriesRead: true,
		Entries: []spec.LiveEntry{
			{
				Entry: spec.Entry{
					Principal: "arn:aws:iam::111122223333:role/b",
					Type:      "STANDARD",
					Username:  "b",
				}.Canonical(),
				ARN:        "arn:aws:eks:eu-west-1:111122223333:access-entry/prod/role/111122223333/b/x",
				CreatedAt:  noon,
				ModifiedAt: noon,
			},
		},
		Identities: map[string]spec.Identity{"arn:aws:iam::111122223333:role/b": {Existence: spec.Exists,
			CreatedAt: noon, Trust: trusting()}},
		AWSAuth: &spec.AWSAuth{Read: true, Rows: []spec.AWSAuthRow{{ARN: "arn:aws:iam::111122223333:role/x"}},
			Identities: map[string]spec.Identity{
				"arn:aws:iam::111122223333:role/x": {Existence: spec.Exists, CreatedAt: noon, Trust: trusting()}}},
	}
}

func trusting() *trust.Policy {
	return &trust.Policy{Statements: []trust.Statement{{Kind: trust.Service, Who: "ec2.amazonaws.com",
		Conditions: []trust.Condition{}}}}
}

func newSnapshot() *snapshot.Snapshot {
	c := snapshot.FromLive(reading())
	c.Principals = []snapshot.Principal{{ARN: "arn:aws:iam::111122223333:role/b", Existence: spec.Exists,
		CreatedAt: &noon, Trust: trusting()}}
	c.AWSAuth = snapshot.AWSAuth{
		Fact:  snapshot.KnownFact(),
		Found: true,
		Data:  map[string]string{"mapRoles": "- rolearn: arn:aws:iam::111122223333:role/x\n"},
	}
	c.AWSAuth.Identify(reading().AWSAuth.Identities)
	c.RBAC = snapshot.RBAC{
		Fact:     snapshot.KnownFact(),
		Bindings: []snapshot.Binding{{Name: "z", Groups: []string{"b", "a"}}, {Name: "a", Users: []string{"u\u202e"}}},
	}
	return snapshot.New(
		[]snapshot.Cluster{c, snapshot.FailedCluster(dev, fault.Error{Code: "ClusterNotFound", Message: "no"})},
		true,
		noon,
		"v1",
	)
}

// TestRoundTrip: a file that is written, read and written again has the same
// bytes, those of the one encoder of the program.
func TestRoundTrip(t *testing.T) {
	var streamed, whole, again bytes.Buffer
	if err := render.SnapshotJSON(&streamed, newSnapshot()); err != nil {
		t.Fatal(err)
	}
	if err := render.JSON(&whole, newSnapshot()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(whole.String(), streamed.String()); diff != "" {
		t.Errorf("cluster by cluster it is written otherwise (-whole +streamed):\n%s", diff)
	}
	s, err := snapshot.Parse(streamed.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(newSnapshot(), s); diff != "" {
		t.Errorf("read otherwise than written (-want +got):\n%s", diff)
	}
	if err := render.SnapshotJSON(&again, s); err != nil {
		t.Fatal(err)
	}
	if streamed.String() != again.String() {
		t.Error("other bytes the second time")
	}
	var empty bytes.Buffer
	if err := render.SnapshotJSON(&empty, snapshot.New(nil, false, noon, "v1")); err != nil {
		t.Fatal(err)
	}
	if s, err := snapshot.Parse(empty.Bytes()); err != nil || len(s.Clusters) != 0 {
		t.Errorf("empty: %v, %v", s, err)
	}
}

// TestLive: a snapshot answers what the reading answered, less the certificate:
// who behind a role can use it, and what IAM knows of the rows of aws-auth.
func TestLive(t *testing.T) {
	want := reading()
	want.CA = nil
	if diff := cmp.Diff(want, newSnapshot().Cluster(prod).Live()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	c := snapshot.FromLive(reading())
	if l := c.Live(); l.AWSAuth != nil {
		t.Errorf("nobody asked for aws-auth, and it is %+v", l.AWSAuth)
	}
	c.Inside(snapshot.UnknownFact("refused", "ask"))
	if diff := cmp.Diff(&spec.AWSAuth{Why: "refused", Hint: "ask"}, c.Live().AWSAuth); diff != "" {
		t.Errorf("aws-auth was asked for in vain (-want +got):\n%s", diff)
	}
}

func TestResolve(t *testing.T) {
	sso := func(suffix string) string {
		return "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Ops_" + suffix
	}
	notFound := &fault.Error{Code: "PrincipalNotFound"}
	c := snapshot.Place(prod)
	c.Names = []snapshot.Name{
		{Ref: "role=named", ARN: "arn:aws:iam::111122223333:role/x/named"},
		{Ref: "role=lost", Error: notFound},
	}
	c.Principals = []snapshot.Principal{{ARN: "arn:aws:iam::111122223333:role/gone", Existence: spec.Gone},
		{ARN: "arn:aws:iam::111122223333:role/team/seen", Existence: spec.Exists}}
	c.PermissionSets = snapshot.PermissionSets{Fact: snapshot.KnownFact(), Roles: []string{sso("0123456789abcdef")}}
	two := c
	two.PermissionSets.Roles = []string{sso("0123456789abcdef"), sso("fedcba9876543210")}
	for _, tt := range []struct {
		name    string
		cluster snapshot.Cluster
		ref     spec.PrincipalRef
		want    string
		err     *fault.Error
	}{
		{"an ARN is itself", c, spec.PrincipalRef{ARN: "arn:x"}, "arn:x", nil},
		{"resolved it has no time", c, spec.PrincipalRef{Role: "named"}, "arn:aws:iam::111122223333:role/x/named",
			nil},
		{"not found it has no time", c, spec.PrincipalRef{Role: "lost"}, "", notFound},
		{"among the principals", c, spec.PrincipalRef{Role: "seen"}, "arn:aws:iam::111122223333:role/team/seen", nil},
		{"one that is gone is nobody", c, spec.PrincipalRef{Role: "gone"}, "", nil},
		{"a permission set", c, spec.PrincipalRef{PermissionSet: "Ops"}, sso("0123456789abcdef"), nil},
		{"two roles of a set", two, spec.PrincipalRef{PermissionSet: "Ops"}, "", nil},
		{"unknown", c, spec.PrincipalRef{User: "x"}, "", nil},
	} {
		got, err := tt.cluster.Resolve(tt.ref)
		if got != tt.want || err != tt.err {
			t.Errorf("%s: %q, %v; want %q, %v", tt.name, got, err, tt.want, tt.err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	var b bytes.Buffer
	if err := render.SnapshotJSON(&b, newSnapshot()); err != nil {
		t.Fatal(err)
	}
	good := b.String()
	for _, tt := range []struct{ name, from, to, want string }{
		{"no JSON", `{`, `<`, "invalid character"},
		{"another kind", `"kind": "Snapshot"`, `"kind": "Plan"`, `it is of kind "Plan"`},
		{"of later", `"eksaccess/v1"`, `"eksaccess/v9"`, `it is of version "eksaccess/v9"`},
		{"no time", fmt.Sprintf("%q", noon.Format(time.RFC3339)), `"0001-01-01T00:00:00Z"`, "it has no time"},
		{"a name of another", `"name": "prod"`, `"name": "dev"`, "are of two clusters"},
		{"a state nobody knows", `"state": "known"`, `"state": "perhaps"`, `a state is "perhaps"`},
		{"twice", `"name": "prod",`, `"name": "dev",`, ""},
	} {
		text := strings.Replace(good, tt.from, tt.to, 1)
		if tt.name == "twice" {
			text = strings.NewReplacer(`"name": "prod"`, `"name": "dev"`, "cluster/prod", "cluster/dev").Replace(good)
			tt.want = "is in it twice"
		}
		if _, err := snapshot.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

// FuzzParse: whatever a file holds, it is refused or can be worked with.
func FuzzParse(f *testing.F) {
	var b bytes.Buffer
	if err := render.SnapshotJSON(&b, newSnapshot()); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := snapshot.Parse(data)
		if err != nil {
			return
		}
		for i := range s.Clusters {
			s.Clusters[i].Live()
			s.Clusters[i].Gaps()
		}
	})
}

// TestParseBeforeAuthorities: a snapshot that was written before certificate
// authorities were read is read, and they are not known.
func TestParseBeforeAuthorities(t *testing.T) {
	var text bytes.Buffer
	if err := render.SnapshotJSON(&text, newSnapshot()); err != nil {
		t.Fatal(err)
	}
	var file map[string]any
	if err := json.Unmarshal(text.Bytes(), &file); err != nil {
		t.Fatal(err)
	}
	for _, c := range file["clusters"].([]any) {
		if c := c.(map[string]any); c["certificateAuthorities"] == nil {
			t.Fatal("a snapshot has no certificate authorities")
		} else {
			delete(c, "certificateAuthorities")
		}
	}
	old, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	s, err := snapshot.Parse(old)
	if err != nil {
		t.Fatal(err)
	}
	if a := s.Cluster(prod).Authorities; a.Known() || a.Hint == "" {
		t.Errorf("they are %+v", a)
	}
}
