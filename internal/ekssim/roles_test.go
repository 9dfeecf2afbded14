package ekssim_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/eksaccess/eksaccess/internal/ekssim"
)

// A role that is made, deleted and recreated has another id, and an entry of
// its first life stays and is dead.
func TestRolesComeAndGo(t *testing.T) {
	s := start(t, base)
	ctx := context.Background()
	client := iamAs(s, adminK)
	create := &iam.CreateRoleInput{
		RoleName:                 aws.String("brief"),
		Path:                     aws.String("/team/"),
		AssumeRolePolicyDocument: aws.String(`{}`),
	}
	first := must(client.CreateRole(ctx, create))
	if got := *first.Role.Arn; got != arn("role/team/brief") {
		t.Errorf("made %s", got)
	}
	_, err := client.CreateRole(ctx, create)
	wantRefusal(t, err, "EntityAlreadyExists 409 Role with name brief already exists.")
	must(eksAs(s, adminK).CreateAccessEntry(ctx, &eks.CreateAccessEntryInput{
		ClusterName:  aws.String("dev"),
		PrincipalArn: first.Role.Arn,
	}))
	alive := func() bool { return s.Rights(dev)[*first.Role.Arn].Alive }
	if !alive() {
		t.Error("the entry is dead from the start")
	}

	must(client.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: aws.String("brief")}))
	_, err = client.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: aws.String("brief")})
	wantRefusal(t, err, "NoSuchEntity 404 The role with name brief cannot be found.")
	again := must(client.CreateRole(ctx, create))
	if *again.Role.RoleId == *first.Role.RoleId {
		t.Error("it has the id it had")
	}
	if alive() {
		t.Error("the entry lives though its role was made again")
	}
	if n := len(s.Calls(ekssim.CallFilter{Mutating: true, Operation: "*Role"})); n != 5 {
		t.Errorf("%d calls that write roles in the journal", n)
	}
}
