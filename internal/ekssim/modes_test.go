package ekssim_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"

	"github.com/eksaccess/eksaccess/internal/ekssim"
)

// TestModeChange goes all the way from CONFIG_MAP to API.
func TestModeChange(t *testing.T) {
	s := start(t, base+"settings: {updatePolls: 2}\n")
	c := eksAs(s, adminK)
	u := must(setMode(c, "old", "API_AND_CONFIG_MAP"))
	if u.Status != types.UpdateStatusInProgress || u.Type != types.UpdateTypeAccessConfigUpdate ||
		u.Params[0].Type != types.UpdateParamTypeAuthenticationMode || *u.Params[0].Value != `"API_AND_CONFIG_MAP"` {
		t.Errorf("update %+v %+v", u, u.Params)
	}
	for range 2 {
		if m, status := mode(t, c, "old"); m != "CONFIG_MAP" || status != "UPDATING" {
			t.Errorf("meanwhile %s, %s", m, status)
		}
		_, err := describe(c, "old", arn("role/admin"))
		wantRefusal(
			t,
			err,
			"InvalidRequestException 400 The cluster's authentication mode must be set to one of [API, "+
				"API_AND_CONFIG_MAP] to perform this operation.",
		)
		if got := must(describeUpdate(c, "old", *u.Id)); got.Status != types.UpdateStatusInProgress {
			t.Errorf("status %s", got.Status)
		}
	}
	if got := must(describeUpdate(c, "old", *u.Id)); got.Status != types.UpdateStatusSuccessful {
		t.Errorf("status %s", got.Status)
	}
	if m, status := mode(t, c, "old"); m != "API_AND_CONFIG_MAP" || status != "ACTIVE" {
		t.Errorf("afterwards %s, %s", m, status)
	}

	// What EKS adds: the creator, once seen, an ordinary entry; the node role
	// of two groups once; the role of the Fargate profile.
	out := must(c.ListAccessEntries(context.Background(), &eks.ListAccessEntriesInput{ClusterName: aws.String("old")}))
	if want := []string{arn("role/admin"), arn("role/fargate"), arn("role/nodes")}; !slices.Equal(
		out.AccessEntries,
		want,
	) {
		t.Errorf("entries %q", out.AccessEntries)
	}
	if e := must(describe(c, "old", arn("role/nodes"))); *e.Type != "EC2_LINUX" {
		t.Errorf("type %q", *e.Type)
	}
	if e := must(describe(c, "old", arn("role/fargate"))); *e.Type != "FARGATE_LINUX" {
		t.Errorf("type %q", *e.Type)
	}
	got := must(listPolicies(c, "old", arn("role/admin")))
	if len(got) != 1 || *got[0].PolicyArn != policy("AmazonEKSClusterAdminPolicy") ||
		got[0].AccessScope.Type != "cluster" {
		t.Errorf("creator's policies %+v", got)
	}
	wantRefusal(
		t,
		create(c, "old", arn("role/admin")),
		"ResourceInUseException 409 The specified access entry resource is already in use on this cluster.",
	)

	u2 := must(setMode(c, "old", "API"))
	// Entry calls go on while an update between API modes runs.
	if err := create(c, "old", arn("role/a")); err != nil {
		t.Error(err)
	}
	for range 3 {
		must(describeUpdate(c, "old", *u2.Id))
	}
	if m, _ := mode(t, c, "old"); m != "API" {
		t.Errorf("mode %s", m)
	}
	ids := must(c.ListUpdates(context.Background(), &eks.ListUpdatesInput{Name: aws.String("old")})).UpdateIds
	if !slices.Equal(ids, []string{*u.Id, *u2.Id}) {
		t.Errorf("updates %q", ids)
	}
}

func TestUpdateByTime(t *testing.T) {
	clk := newClock()
	s := start(t, base+"settings: {updateDuration: 3m}\n", ekssim.WithClock(clk.now))
	c := eksAs(s, adminK)
	u := must(setMode(c, "older", "API_AND_CONFIG_MAP"))
	for range 5 {
		if got := must(describeUpdate(c, "older", *u.Id)); got.Status != types.UpdateStatusInProgress {
			t.Fatalf("status %s", got.Status)
		}
	}
	clk.forward(3 * time.Minute)
	if m, status := mode(t, c, "older"); m != "API_AND_CONFIG_MAP" || status != "ACTIVE" {
		t.Errorf("%s, %s", m, status)
	}
}

func TestUpdateFails(t *testing.T) {
	s := start(t, `
clusters:
  - {name: a, mode: CONFIG_MAP, failUpdate: {errorCode: AccessDenied, message: not today}}
  - {name: b, failUpdate: {status: Cancelled}}
settings: {updatePolls: 1}
`)
	c := eksAs(s, "AKIASIM111122223333")
	u := must(setMode(c, "a", "API_AND_CONFIG_MAP"))
	must(describeUpdate(c, "a", *u.Id))
	got := must(describeUpdate(c, "a", *u.Id))
	if got.Status != types.UpdateStatusFailed || len(got.Errors) != 1 ||
		got.Errors[0].ErrorCode != types.ErrorCodeAccessDenied ||
		*got.Errors[0].ErrorMessage != "not today" {
		t.Errorf("update %+v %+v", got, got.Errors)
	}
	if m, status := mode(t, c, "a"); m != "CONFIG_MAP" || status != "ACTIVE" {
		t.Errorf("%s, %s", m, status)
	}
	// It was to fail once.
	u = must(setMode(c, "a", "API_AND_CONFIG_MAP"))
	must(describeUpdate(c, "a", *u.Id))
	if got := must(describeUpdate(c, "a", *u.Id)); got.Status != types.UpdateStatusSuccessful {
		t.Errorf("second time %s", got.Status)
	}
	u = must(setMode(c, "b", "API"))
	must(describeUpdate(c, "b", *u.Id))
	if got := must(describeUpdate(c, "b", *u.Id)); got.Status != types.UpdateStatusCancelled || len(got.Errors) != 0 {
		t.Errorf("update %+v", got)
	}
	_, err := describeUpdate(c, "b", "no-such-update")
	wantRefusal(t, err, "ResourceNotFoundException 404 ekssim: no update found for ID: no-such-update")
}

// TestSwitchWithoutBootstrap: where the creator is no admin there is no entry
// for it, and the creator of the cluster may be gone by now.
func TestSwitchAndCreator(t *testing.T) {
	s := start(t, `
accounts: [{id: "111122223333", roles: [{name: maker, id: AROANEW}]}]
clusters:
  - {name: gone, mode: CONFIG_MAP, creator: role/maker, creatorId: AROAOLD}
  - {name: nonodes, mode: CONFIG_MAP, nodeGroups: [{name: x, role: role/n}], skipNodeEntries: true}
`)
	c := eksAs(s, "AKIASIM111122223333")
	for _, name := range []string{"gone", "nonodes"} {
		u := must(setMode(c, name, "API_AND_CONFIG_MAP"))
		must(describeUpdate(c, name, *u.Id))
		must(describeUpdate(c, name, *u.Id))
		out := must(c.ListAccessEntries(context.Background(), &eks.ListAccessEntriesInput{ClusterName: &name}))
		if len(out.AccessEntries) != 1 {
			t.Errorf("%s: entries %q", name, out.AccessEntries)
		}
	}
	if got := s.LivingAdmins(ekssim.ClusterID{Account: account, Region: region, Name: "gone"}); len(got) != 0 {
		t.Errorf("the maker was made again since, but counts: %q", got)
	}
	if got := s.LivingAdmins(ekssim.ClusterID{Account: account, Region: region, Name: "nonodes"}); len(got) != 1 {
		t.Errorf("living admins %q", got)
	}
}

func TestDescribeCluster(t *testing.T) {
	s := start(t, base)
	c := eksAs(s, adminK)
	get := func(name string) *types.Cluster {
		return must(c.DescribeCluster(context.Background(), &eks.DescribeClusterInput{Name: &name})).Cluster
	}
	cl := get("dev")
	if *cl.Arn != "arn:aws:eks:eu-west-1:111122223333:cluster/dev" || *cl.RoleArn != arn("role/eks-cluster") ||
		*cl.Version == "" || *cl.PlatformVersion == "" || !strings.HasPrefix(*cl.Endpoint, "https://") ||
		*cl.CertificateAuthority.Data == "" || !*cl.AccessConfig.BootstrapClusterCreatorAdminPermissions ||
		cl.ConnectorConfig != nil {
		t.Errorf("cluster %+v", cl)
	}
	if cl := get("older"); cl.AccessConfig != nil {
		t.Errorf("accessConfig %+v", cl.AccessConfig)
	}
	if cl := get("elsewhere"); cl.ConnectorConfig == nil || *cl.ConnectorConfig.Provider != "GKE" ||
		cl.AccessConfig != nil {
		t.Errorf("cluster %+v", cl)
	}
	if cl := get("dying"); cl.Status != types.ClusterStatusDeleting {
		t.Errorf("status %s", cl.Status)
	}
	wantRefusal(
		t,
		create(c, "elsewhere", arn("role/a")),
		"InvalidRequestException 400 ekssim: elsewhere is a connected cluster, which has no access entries.",
	)
	wantRefusal(
		t,
		create(c, "dying", arn("role/a")),
		"InvalidRequestException 400 ekssim: cluster dying is in status DELETING.",
	)
	_, err := setMode(c, "elsewhere", "API")
	wantRefusal(
		t,
		err,
		"InvalidRequestException 400 ekssim: elsewhere is a connected cluster, which has no configuration.",
	)
	_, err = setMode(c, "dying", "API")
	wantRefusal(t, err, "InvalidRequestException 400 ekssim: cluster dying is in status DELETING.")
}

func TestListClusters(t *testing.T) {
	s := start(t, base)
	c := eksAs(s, adminK)
	out := must(c.ListClusters(context.Background(), &eks.ListClustersInput{}))
	if want := []string{"dev", "dying", "last", "old", "older"}; !slices.Equal(out.Clusters, want) {
		t.Errorf("clusters %q", out.Clusters)
	}
	out = must(c.ListClusters(context.Background(), &eks.ListClustersInput{Include: []string{"all"}}))
	if !slices.Contains(out.Clusters, "elsewhere") {
		t.Errorf("clusters %q", out.Clusters)
	}
}

// TestCreateCluster: the creator becomes an administrator as an ordinary
// entry, unless that is not wanted.
func TestCreateCluster(t *testing.T) {
	s := start(t, base)
	c := eksAs(s, adminK)
	api := func(bootstrap bool) *types.CreateAccessConfigRequest {
		return &types.CreateAccessConfigRequest{
			AuthenticationMode:                      "API",
			BootstrapClusterCreatorAdminPermissions: &bootstrap,
		}
	}
	for name, access := range map[string]*types.CreateAccessConfigRequest{
		"with":    api(true),
		"without": api(false),
		"plain":   nil,
	} {
		if err := createCluster(c, name, access, false); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]int{"with": 1, "without": 0, "plain": 0} {
		if got := s.LivingAdmins(ekssim.ClusterID{Account: account, Region: region, Name: name}); len(got) != want {
			t.Errorf("%s: living admins %q", name, got)
		}
	}
	if m, status := mode(t, c, "plain"); m != "CONFIG_MAP" || status != "ACTIVE" {
		t.Errorf("%s, %s", m, status)
	}
	if err := createCluster(c, "with", api(true), true); err == nil {
		t.Error("the same name twice")
	}
}
