package ekssim_test

import (
	"context"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/ekssim"
)

// TestDefaults pins what each type gives an entry that asks for nothing.
func TestDefaults(t *testing.T) {
	tests := []struct {
		principal, kind, username string
		groups                    []string
	}{
		{
			arn("role/team/payments"),
			"STANDARD",
			"arn:aws:sts::111122223333:assumed-role/payments/{{SessionName}}",
			[]string{},
		},
		{arn("user/people/bob"), "STANDARD", arn("user/people/bob"), []string{}},
		{arn("role/a"), "EC2_LINUX", "system:node:{{EC2PrivateDNSName}}", []string{"system:nodes"}},
		{
			arn("role/b"),
			"EC2_WINDOWS",
			"system:node:{{EC2PrivateDNSName}}",
			[]string{"system:nodes", "eks:kube-proxy-windows"},
		},
		{
			arn("role/c"),
			"FARGATE_LINUX",
			"system:node:{{SessionName}}",
			[]string{"system:bootstrappers", "system:nodes", "system:node-proxier"},
		},
		{
			"arn:aws:iam::444455556666:role/foreign",
			"STANDARD",
			"arn:aws:sts::444455556666:assumed-role/foreign/{{SessionName}}",
			[]string{},
		},
		{
			"arn:aws:iam::999999999999:role/unknown/x",
			"STANDARD",
			"arn:aws:sts::999999999999:assumed-role/x/{{SessionName}}",
			[]string{},
		},
	}
	s := start(t, base)
	c := eksAs(s, adminK)
	for _, tt := range tests {
		if err := create(c, "dev", tt.principal, ofType(tt.kind)); err != nil {
			t.Errorf("%s: %v", tt.principal, err)
			continue
		}
		e := must(describe(c, "dev", tt.principal))
		if *e.Username != tt.username || *e.Type != tt.kind || !slices.Equal(e.KubernetesGroups, tt.groups) {
			t.Errorf("%s: username %q, type %q, groups %q", tt.principal, *e.Username, *e.Type, e.KubernetesGroups)
		}
		if e.KubernetesGroups == nil {
			t.Errorf("%s: groups are left out; an empty list is sent", tt.principal)
		}
	}
}

func TestEntryARN(t *testing.T) {
	s := start(t, base)
	c := eksAs(s, adminK)
	shape := regexp.MustCompile(
		`^arn:aws:eks:eu-west-1:111122223333:access-entry/dev/role/111122223333/payments/[0-9a-f-]{36}$`,
	)
	seen := map[string]bool{}
	for range 3 {
		if err := create(c, "dev", arn("role/team/payments")); err != nil {
			t.Fatal(err)
		}
		e := must(describe(c, "dev", arn("role/team/payments")))
		if !shape.MatchString(*e.AccessEntryArn) || seen[*e.AccessEntryArn] {
			t.Errorf(
				"accessEntryArn %q: wrong shape, or the one from before the entry was made again",
				*e.AccessEntryArn,
			)
		}
		seen[*e.AccessEntryArn] = true
		if err := remove(c, "dev", arn("role/team/payments")); err != nil {
			t.Fatal(err)
		}
	}
}

// TestUpdateReplaces: what an update leaves out falls back to its default.
func TestUpdateReplaces(t *testing.T) {
	clk := newClock()
	s := start(t, base, ekssim.WithClock(clk.now))
	c := eksAs(s, adminK)
	a := arn("role/a")
	tags := withTags(map[string]string{"k": "v"})
	if err := create(c, "dev", a, withGroups("g1", "g2"), withUsername("team:{{SessionName}}"), tags); err != nil {
		t.Fatal(err)
	}
	if err := associate(c, "dev", a, policy("AmazonEKSViewPolicy"), clusterScope()); err != nil {
		t.Fatal(err)
	}
	created := must(describe(c, "dev", a))
	clk.forward(time.Hour)
	steps := []struct {
		name         string
		groups       []string
		username     *string
		wantGroups   []string
		wantUsername string
	}{
		{"both", []string{"g3"}, aws.String("u"), []string{"g3"}, "u"},
		{"groups only resets the username", []string{"g4"}, nil, []string{"g4"}, *defaultUsername("a")},
		{
			"username only clears the groups",
			nil,
			aws.String("ops:{{SessionNameRaw}}"),
			[]string{},
			"ops:{{SessionNameRaw}}",
		},
		{"an empty list clears the groups", []string{}, aws.String("v"), []string{}, "v"},
		{"the default echoed", []string{"g5"}, defaultUsername("a"), []string{"g5"}, *defaultUsername("a")},
		{"neither resets both", nil, nil, []string{}, *defaultUsername("a")},
	}
	for _, st := range steps {
		if err := update(c, "dev", a, st.groups, st.username); err != nil {
			t.Errorf("%s: %v", st.name, err)
		}
		e := must(describe(c, "dev", a))
		if !slices.Equal(e.KubernetesGroups, st.wantGroups) || *e.Username != st.wantUsername {
			t.Errorf("%s: groups %q, username %q", st.name, e.KubernetesGroups, *e.Username)
		}
		if !e.CreatedAt.Equal(*created.CreatedAt) || !e.ModifiedAt.Equal(created.CreatedAt.Add(time.Hour)) {
			t.Errorf("%s: created %v, modified %v", st.name, e.CreatedAt, e.ModifiedAt)
		}
		if e.Tags["k"] != "v" || len(must(listPolicies(c, "dev", a))) != 1 ||
			*e.AccessEntryArn != *created.AccessEntryArn {
			t.Errorf("%s: tags, policies or ARN changed", st.name)
		}
	}
}

func defaultUsername(role string) *string {
	return aws.String("arn:aws:sts::111122223333:assumed-role/" + role + "/{{SessionName}}")
}

// TestDelete takes the associations along and is not idempotent.
func TestDelete(t *testing.T) {
	s := start(t, base)
	c := eksAs(s, adminK)
	admin := arn("role/admin")
	if err := remove(c, "dev", admin); err != nil {
		t.Fatal(err)
	}
	if got := refusal(remove(c, "dev", admin)); got[:len("ResourceNotFoundException 404 The specified "+
		"principalArn")] != "ResourceNotFoundException 404 The specified principalArn" {
		t.Errorf("second delete: %q", got)
	}
	if err := create(c, "dev", admin); err != nil {
		t.Fatal(err)
	}
	if got := must(listPolicies(c, "dev", admin)); len(got) != 0 {
		t.Errorf("policies came back with the entry: %v", got)
	}
}

// TestAssociate is an upsert that replaces the scope; disassociating takes
// the whole association.
func TestAssociate(t *testing.T) {
	clk := newClock()
	s := start(t, base, ekssim.WithClock(clk.now))
	c := eksAs(s, adminK)
	a, edit := arn("role/a"), policy("AmazonEKSEditPolicy")
	if err := create(c, "dev", a); err != nil {
		t.Fatal(err)
	}
	made := clk.now()
	for _, scope := range []*types.AccessScope{
		namespaces("x", "y-*"), namespaces("z"), clusterScope(), clusterScope(), namespaces("x"),
	} {
		clk.forward(time.Minute)
		if err := associate(c, "dev", a, edit, scope); err != nil {
			t.Fatal(err)
		}
		got := must(listPolicies(c, "dev", a))
		if len(got) != 1 || got[0].AccessScope.Type != scope.Type ||
			!slices.Equal(got[0].AccessScope.Namespaces, scope.Namespaces) {
			t.Errorf("after scope %+v: %+v", scope, got)
			continue
		}
		if got[0].AccessScope.Namespaces == nil {
			t.Error("cluster scope reads back with an empty list of namespaces, not without")
		}
		if !got[0].AssociatedAt.Equal(made.Add(time.Minute)) || !got[0].ModifiedAt.Equal(clk.now()) {
			t.Errorf("associated %v, modified %v", got[0].AssociatedAt, got[0].ModifiedAt)
		}
	}
	if err := disassociate(c, "dev", a, edit); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, disassociate(c, "dev", a, edit),
		"ResourceNotFoundException 404 ekssim: the policy "+edit+" is not associated with this access entry.")
}

// TestPolicyRules covers which entries take which policies.
func TestPolicyRules(t *testing.T) {
	const invalid = "InvalidParameterException 400 "
	s := start(t, base+`
  - name: auto
    autoMode: true
    roleArn: role/cluster
    entries: [{principal: role/cluster}, {principal: role/node, type: EC2}, {principal: role/x}, {principal: role/owned, type: EC2, locked: true}]
`)
	c := eksAs(s, adminK)
	tests := []struct {
		principal, policy string
		scope             *types.AccessScope
		want              string
	}{
		{"role/node", "AmazonEKSAutoNodePolicy", clusterScope(), ""},
		{
			"role/node",
			"AmazonEKSViewPolicy",
			clusterScope(),
			invalid + `This operation can only be performed on Access Entries with a type of "STANDARD".`,
		},
		{
			"role/x",
			"AmazonEKSAutoNodePolicy",
			namespaces("x"),
			invalid + "ekssim: the policy AmazonEKSAutoNodePolicy can be associated at cluster scope only",
		},
		{
			"role/x",
			"AmazonEKSArgoCDPolicy",
			clusterScope(),
			invalid + "ekssim: the policy AmazonEKSArgoCDPolicy can be associated at namespace scope only",
		},
		{"role/x", "AmazonEKSArgoCDPolicy", namespaces("argocd"), ""},
		{
			"role/x",
			"AmazonEKSComputePolicy",
			clusterScope(),
			invalid + "ekssim: the policy AmazonEKSComputePolicy can be associated with service-linked roles only",
		},
		{"role/cluster", "AmazonEKSComputePolicy", clusterScope(), ""},
		{
			"role/owned",
			"AmazonEKSAutoNodePolicy",
			clusterScope(),
			"InvalidRequestException 400 ekssim: this access entry is managed by EKS and cannot be changed.",
		},
		{"role/x", "AmazonEKSViewPolicy", namespaces("Bad"), invalid + `ekssim: the namespace "Bad" is not valid`},
		{"role/x", "AmazonEKSViewPolicy", namespaces("*"), invalid + `ekssim: the namespace "*" is not valid`},
		{"role/x", "AmazonEKSViewPolicy", namespaces("a*b"), invalid + `ekssim: the namespace "a*b" is not valid`},
		{"role/x", "AmazonEKSViewPolicy", namespaces("a-", ""), invalid + `ekssim: the namespace "a-" is not valid`},
		{
			"role/x",
			"AmazonEKSViewPolicy",
			&types.AccessScope{Type: "Cluster"},
			invalid + `ekssim: the accessScope type "Cluster" is not one of [cluster, namespace]`,
		},
		{"role/x", "AmazonEKSSecretAdminPolicy", clusterScope(), ""},
	}
	for _, tt := range tests {
		wantRefusal(t, associate(c, "auto", arn(tt.principal), policy(tt.policy), tt.scope), tt.want)
	}
	s.Change(func(v *ekssim.Settings) { v.LooseNamespaces = true })
	wantRefusal(t, associate(c, "auto", arn("role/x"), policy("AmazonEKSViewPolicy"), namespaces("*", "a*b")), "")
}

// TestUsernamesAndGroups covers section "validation" of what EKS publishes.
func TestUsernamesAndGroups(t *testing.T) {
	const bad = "InvalidParameterException 400 "
	s := start(t, base)
	c := eksAs(s, adminK)
	tests := []struct {
		name      string
		principal string
		with      func(*eks.CreateAccessEntryInput)
		want      string
	}{
		{"a prefix without its colon", "role/a", withUsername("system"), ""},
		{"sts is not reserved", "role/a", withUsername("sts:x"), ""},
		{"prefixes are lower case", "role/a", withUsername("System:x"), ""},
		{"session after a colon", "role/a", withUsername("team:{{SessionName}}"), ""},
		{"session after a leading colon", "role/a", withUsername(":john{{SessionName}}"), ""},
		{"raw session", "role/a", withUsername("team:x-{{SessionNameRaw}}"), ""},
		{
			"session without a colon",
			"role/a",
			withUsername("team-{{SessionName}}"),
			bad + "ekssim: the username must have a colon before {{SessionName}}",
		},
		{
			"colon after it",
			"role/a",
			withUsername("{{SessionName}}:x"),
			bad + "ekssim: the username must have a colon before {{SessionName}}",
		},
		{
			"session of a user",
			"user/alice",
			withUsername("x:{{SessionName}}"),
			bad + "ekssim: the username must not contain {{SessionName}} unless the principal is a role",
		},
		{
			"other template",
			"role/a",
			withUsername("x:{{AccountID}}"),
			bad + "ekssim: the username must not contain {{AccountID}}",
		},
		{"empty username", "role/a", withUsername(""), bad + "ekssim: the username must not be empty"},
		{"group system", "role/a", withGroups("system", "sts:x"), ""},
		{
			"group eks:",
			"role/a",
			withGroups("eks:x"),
			bad + "The kubernetes group name eks:x is invalid, it cannot start with eks:",
		},
		{"empty group", "role/a", withGroups(""), bad + "ekssim: a kubernetes group name must not be empty"},
		{
			"type in lower case",
			"role/a",
			ofType("standard"),
			bad + `ekssim: the access entry type "standard" is not valid`,
		},
		{"old spelling", "role/a", ofType("EC2_Linux"), bad + `ekssim: the access entry type "EC2_Linux" is not valid`},
		{"no groups, but said so, on a node", "role/a", func(in *eks.CreateAccessEntryInput) {
			in.Type, in.KubernetesGroups = aws.String("EC2"), []string{}
		}, bad + `The specified kubernetesGroups is invalid: setting kubernetesGroups is not allowed when the type is "EC2"`},
		{"hyperpod", "role/a", ofType("HYPERPOD_LINUX"), ""},
		{"hybrid", "role/a", ofType("HYBRID_LINUX"), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := create(c, "dev", arn(tt.principal), tt.with)
			wantRefusal(t, err, tt.want)
			if err == nil {
				if err := remove(c, "dev", arn(tt.principal)); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestQuota: more than 3,000 entries are a 400, unlike elsewhere in AWS.
func TestQuota(t *testing.T) {
	s := start(t, base+`
  - {name: full, entries: [{bulk: {prefix: r, count: 2999}}]}
`)
	c := eksAs(s, adminK)
	wantRefusal(t, create(c, "full", arn("role/a")), "")
	err := create(c, "full", arn("role/b"))
	wantRefusal(
		t,
		err,
		"ResourceLimitExceededException 400 ekssim: the limit of 3000 access entries per cluster is reached.",
	)
	wantRefusal(
		t,
		create(c, "full", arn("role/a")),
		"ResourceInUseException 409 The specified access entry resource is already in use on this cluster.",
	)
}

// TestPropagation: EKS refuses who IAM made a moment ago.
func TestPropagation(t *testing.T) {
	const notYet = "InvalidParameterException 400 The specified principalArn is invalid: invalid principal."
	clk := newClock()
	s := start(t, `
accounts: [{id: "111122223333", roles: [{name: calls, propagation: {calls: 2}}, {name: time, propagation: {for: 10s}}]}]
clusters: [{name: dev}]
`, ekssim.WithClock(clk.now))
	c := eksAs(s, "AKIASIM111122223333")
	for _, want := range []string{notYet, notYet, ""} {
		wantRefusal(t, create(c, "dev", arn("role/calls")), want)
	}
	wantRefusal(t, create(c, "dev", arn("role/time")), notYet)
	clk.forward(10 * time.Second)
	wantRefusal(t, create(c, "dev", arn("role/time")), "")
}

// TestDeadEntry: an entry is bound to the unique id its principal had; the
// API shows nothing of it.
func TestDeadEntry(t *testing.T) {
	s := start(t, base)
	c := eksAs(s, adminK)
	admin := arn("role/admin")
	before := must(describe(c, "dev", admin))
	for _, edit := range []func(string) error{s.DeleteRole, s.RecreateRole} {
		if err := edit(admin); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, must(describe(c, "dev", admin)), ignoreDocument); diff != "" {
			t.Errorf("the entry shows it (-before +after):\n%s", diff)
		}
		if got := s.LivingAdmins(dev); len(got) != 0 {
			t.Errorf("living admins %q", got)
		}
	}
	// [U]: an update does not bind it again; a new entry is bound to the new id.
	if err := update(c, "dev", admin, nil, nil); err != nil {
		t.Fatal(err)
	}
	if got := s.LivingAdmins(dev); len(got) != 0 {
		t.Errorf("living admins after update %q", got)
	}
	if err := remove(c, "dev", admin); err != nil {
		t.Fatal(err)
	}
	if err := create(c, "dev", admin); err != nil {
		t.Fatal(err)
	}
	if err := associate(c, "dev", admin, policy("AmazonEKSClusterAdminPolicy"), clusterScope()); err != nil {
		t.Fatal(err)
	}
	if got := s.LivingAdmins(dev); !slices.Equal(got, []string{admin}) {
		t.Errorf("living admins after making it again %q", got)
	}
}

var ignoreDocument = cmp.FilterPath(
	func(p cmp.Path) bool { return p.Last().String() == ".noSmithyDocumentSerde" },
	cmp.Ignore(),
)

// TestAccountsAreApart: a cluster is found by the caller's account, the
// region and the name.
func TestAccountsAreApart(t *testing.T) {
	s := start(t, base)
	in := &eks.DescribeClusterInput{Name: aws.String("dev")}
	_, err := eksAs(s, "AKIAFOREIGN").DescribeCluster(context.Background(), in)
	wantRefusal(t, err, "ResourceNotFoundException 404 No cluster found for name: dev.")
	_, err = eks.NewFromConfig(config(s, adminK, "us-east-1")).DescribeCluster(context.Background(), in)
	wantRefusal(t, err, "ResourceNotFoundException 404 No cluster found for name: dev.")
}

// TestPartitions: in China all ARNs say so.
func TestPartitions(t *testing.T) {
	s := start(t, base)
	c := eks.NewFromConfig(config(s, "AKIACHINA", "cn-north-1"))
	role := "arn:aws-cn:iam::777788889999:role/admin"
	if err := create(c, "pekin", role); err != nil {
		t.Fatal(err)
	}
	if err := associate(c, "pekin", role, "arn:aws-cn:eks::aws:cluster-access-policy/AmazonEKSViewPolicy", clusterScope()); err != nil {
		t.Error(err)
	}
	wantRefusal(
		t,
		associate(c, "pekin", role, policy("AmazonEKSViewPolicy"), clusterScope()),
		"ResourceNotFoundException 404 The specified policyArn could not be found. You can view your available "+
			"access policies with 'list-access-policies'",
	)
	e := must(describe(c, "pekin", role))
	if want := "arn:aws-cn:sts::777788889999:assumed-role/admin/{{SessionName}}"; *e.Username != want {
		t.Errorf("username %q", *e.Username)
	}
	out := must(c.ListAccessPolicies(context.Background(), &eks.ListAccessPoliciesInput{MaxResults: aws.Int32(1)}))
	p := out.AccessPolicies[0]
	if want := "arn:aws-cn:eks::aws:cluster-access-policy/" + *p.Name; *p.Arn != want {
		t.Errorf("policy %q", *p.Arn)
	}
}
