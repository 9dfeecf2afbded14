package ekssim_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/eksaccess/eksaccess/internal/ekssim"
)

func TestCallerIdentity(t *testing.T) {
	s := start(t, base)
	tests := []struct{ key, arn, userID, account string }{
		{adminK, "arn:aws:sts::111122223333:assumed-role/admin/me", "AROA*:me", account},
		{"AKIAALICE", arn("user/alice"), "AIDA*", account},
		{"AKIAROOT", arn("root"), account, account},
		{"AKIACHINA", "arn:aws-cn:sts::777788889999:assumed-role/admin/session", "AROA*:session", "777788889999"},
	}
	for _, tt := range tests {
		out := must(stsAs(s, tt.key).GetCallerIdentity(context.Background(), nil))
		prefix, suffix, star := strings.Cut(tt.userID, "*")
		if *out.Arn != tt.arn || *out.Account != tt.account ||
			!strings.HasPrefix(
				*out.UserId,
				prefix,
			) || !strings.HasSuffix(*out.UserId, suffix) || star && len(*out.UserId) != 21+len(suffix) {
			t.Errorf("%s: %s %s %s", tt.key, *out.Arn, *out.UserId, *out.Account)
		}
	}
}

// TestCallerIdentityCannotBeDenied while everything else can.
func TestCallerIdentityCannotBeDenied(t *testing.T) {
	s := start(t, `
clusters: [{name: dev}]
credentials: [{accessKeyId: AKIAADMIN, principal: role/admin, denied: ["*"]}]
faults: [{effect: deny}]
`)
	if _, err := stsAs(s, adminK).GetCallerIdentity(context.Background(), nil); err != nil {
		t.Error(err)
	}
	_, err := iamAs(s, adminK).GetRole(context.Background(), &iam.GetRoleInput{RoleName: aws.String("admin")})
	wantRefusal(
		t,
		err,
		"AccessDenied 403 User: arn:aws:sts::111122223333:assumed-role/admin/session is not authorized to perform: "+
			"iam:GetRole on resource: role admin because no identity-based policy allows the iam:GetRole action",
	)
}

func TestAssumeRole(t *testing.T) {
	clk := newClock()
	s := start(t, `
accounts:
  - {id: "111122223333", roles: [admin], users: [alice]}
  - id: "444455556666"
    roles:
      - deploy
      - {name: x/picky, externalId: "se:cret", assumableBy: ["arn:aws:iam::111122223333:role/admin"]}
      - {name: wrong, path: /p/, denied: [eks:CreateAccessEntry]}
      - {name: byaccount, assumableBy: ["111122223333"]}
credentials:
  - {accessKeyId: AKIAADMIN, principal: role/admin, session: me}
  - {accessKeyId: AKIAALICE, principal: user/alice}
  - {accessKeyId: AKIAROOT, principal: root}
clusters: [{name: dev, account: "444455556666"}]
`, ekssim.WithClock(clk.now))
	ctx := context.Background()
	assume := func(key, role string, more ...func(*sts.AssumeRoleInput)) (*sts.AssumeRoleOutput, error) {
		in := &sts.AssumeRoleInput{
			RoleArn:         aws.String("arn:aws:iam::444455556666:role/" + role),
			RoleSessionName: aws.String("ci"),
		}
		for _, f := range more {
			f(in)
		}
		return stsAs(s, key).AssumeRole(ctx, in)
	}
	external := func(id string) func(*sts.AssumeRoleInput) {
		return func(in *sts.AssumeRoleInput) { in.ExternalId = &id }
	}
	denied := func(caller, role string) string {
		return "AccessDenied 403 User: " + caller + " is not authorized to perform: sts:AssumeRole on resource: " +
			"arn:aws:iam::444455556666:role/" + role
	}
	me, alice := "arn:aws:sts::111122223333:assumed-role/admin/me", arn("user/alice")
	tests := []struct {
		name, key, role string
		more            func(*sts.AssumeRoleInput)
		want            string
	}{
		{"anyone", "AKIAALICE", "deploy", nil, ""},
		{"no such role", adminK, "nobody", nil, denied(me, "nobody")},
		{"external id missing", adminK, "x/picky", nil, denied(me, "x/picky")},
		{"external id wrong", adminK, "x/picky", external("other"), denied(me, "x/picky")},
		{"external id right", adminK, "x/picky", external("se:cret"), ""},
		{"not trusted", "AKIAALICE", "x/picky", external("se:cret"), denied(alice, "x/picky")},
		{"account trusted", "AKIAALICE", "byaccount", nil, ""},
		{"root", "AKIAROOT", "deploy", nil, "AccessDenied 403 Roles may not be assumed by root accounts."},
		{"session name", adminK, "deploy", func(in *sts.AssumeRoleInput) { in.RoleSessionName = aws.String("a b") },
			`ValidationError 400 ekssim: roleSessionName must be 2 to 64 characters of [\w+=,.@-]`},
		{"too long", "AKIAALICE", "deploy", func(in *sts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(43201) },
			"ValidationError 400 ekssim: durationSeconds must be between 900 and 43200"},
		{"long", "AKIAALICE", "deploy", func(in *sts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(43200) }, ""},
		{"long and chained", adminK, "deploy", func(in *sts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(3601) },
			"ValidationError 400 ekssim: the requested DurationSeconds exceeds the 1 hour session limit for roles " +
				"assumed by role chaining"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.more == nil {
				tt.more = func(*sts.AssumeRoleInput) {}
			}
			_, err := assume(tt.key, tt.role, tt.more)
			wantRefusal(t, err, tt.want)
		})
	}

	// The session acts as the role, in the role's account, until it expires.
	cfg := config(s, adminK, region)
	cfg.Credentials = stscreds.NewAssumeRoleProvider(stsAs(s, adminK), "arn:aws:iam::444455556666:role/p/wrong",
		func(o *stscreds.AssumeRoleOptions) { o.RoleSessionName = "ci" })
	who := must(sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil))
	if want := "arn:aws:sts::444455556666:assumed-role/wrong/ci"; *who.Arn != want {
		t.Errorf("caller %q", *who.Arn)
	}
	c := eks.NewFromConfig(cfg)
	if _, err := c.DescribeCluster(ctx, &eks.DescribeClusterInput{Name: aws.String("dev")}); err != nil {
		t.Error(err)
	}
	wantRefusal(
		t,
		create(c, "dev", "arn:aws:iam::444455556666:role/deploy"),
		"AccessDeniedException 403 User: arn:aws:sts::444455556666:assumed-role/wrong/ci is not authorized to "+
			"perform: eks:CreateAccessEntry on resource: "+
			"arn:aws:eks:eu-west-1:444455556666:cluster/dev because no identity-based policy allows the "+
			"eks:CreateAccessEntry action",
	)
	creds := must(cfg.Credentials.Retrieve(ctx))
	clk.forward(time.Hour)
	_, err := sts.NewFromConfig(config(s, creds.AccessKeyID, region)).GetCallerIdentity(ctx, nil)
	wantRefusal(t, err, "ExpiredToken 403 The security token included in the request is expired")
}

func TestGetRole(t *testing.T) {
	s := start(t, `
accounts:
  - id: "111122223333"
    roles: [{name: used, path: /a/b/, id: AROAUSED, createdAt: 2025-01-02T03:04:05Z, lastUsed: 2026-01-02T03:04:05Z}, unused]
    users: [people/bob]
  - {id: "444455556666", roles: [foreign]}
credentials:
  - {accessKeyId: AKIAADMIN, principal: role/unused}
  - {accessKeyId: AKIABOB, principal: user/people/bob}
`)
	ctx := context.Background()
	get := func(name string) (*iamtypes.Role, error) {
		out, err := iamAs(s, adminK).GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
		if err != nil {
			return nil, err
		}
		return out.Role, nil
	}
	r := must(get("used"))
	if *r.Arn != arn("role/a/b/used") || *r.Path != "/a/b/" || *r.RoleId != "AROAUSED" || *r.RoleName != "used" ||
		!r.CreateDate.Equal(
			time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC),
		) || !r.RoleLastUsed.LastUsedDate.Equal(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)) {
		t.Errorf("role %+v", r)
	}
	if r := must(get("unused")); r.RoleLastUsed == nil || r.RoleLastUsed.LastUsedDate != nil {
		t.Errorf("never used: %+v", r.RoleLastUsed)
	}
	_, err := get("foreign")
	wantRefusal(t, err, "NoSuchEntity 404 The role with name foreign cannot be found.")
	var missing *iamtypes.NoSuchEntityException
	if !errors.As(err, &missing) {
		t.Errorf("%T is not typed", err)
	}
	_, err = get("a/b/used")
	wantRefusal(
		t,
		err,
		"ValidationError 400 ekssim: the specified value for roleName is invalid. It must contain only alphanumeric "+
			"characters and/or the following: +=,.@_-",
	)

	for name, want := range map[string]string{
		"bob":    "",
		"nobody": "NoSuchEntity 404 The user with name nobody cannot be found.",
	} {
		out, err := iamAs(s, adminK).GetUser(ctx, &iam.GetUserInput{UserName: &name})
		wantRefusal(t, err, want)
		if err != nil {
			continue
		}
		u := out.User
		if *u.Arn != arn("user/people/bob") || *u.Path != "/people/" || !strings.HasPrefix(*u.UserId, "AIDA") {
			t.Errorf("user %+v", u)
		}
	}
	if out := must(iamAs(s, "AKIABOB").GetUser(ctx, nil)); *out.User.UserName != "bob" {
		t.Errorf("oneself: %+v", out.User)
	}
	_, err = iamAs(s, adminK).GetUser(ctx, nil)
	wantRefusal(t, err, "ValidationError 400 ekssim: must specify userName when calling with non-User credentials")
}

func TestListRoles(t *testing.T) {
	s := start(t, `
accounts:
  - id: "111122223333"
    roles: [x, aws-reserved/sso.amazonaws.com/AWSReservedSSO_A_0123456789abcdef, {name: z, lastUsed: 2026-01-02T03:04:05Z}]
`)
	c := iamAs(s, "AKIASIM111122223333")
	out := must(
		c.ListRoles(
			context.Background(),
			&iam.ListRolesInput{PathPrefix: aws.String("/aws-reserved/sso.amazonaws.com/")},
		),
	)
	if len(out.Roles) != 1 ||
		*out.Roles[0].Arn != arn("role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_A_0123456789abcdef") ||
		out.IsTruncated {
		t.Errorf("roles %+v", out.Roles)
	}
	for _, r := range must(c.ListRoles(context.Background(), nil)).Roles {
		if r.RoleLastUsed != nil {
			t.Errorf("%s: a list does not say when a role was last used", *r.RoleName)
		}
	}
	for in, want := range map[*iam.ListRolesInput]string{
		{PathPrefix: aws.String("aws")}:    "pathPrefix must begin and end with /",
		{MaxItems: aws.Int32(1001)}:        "MaxItems must be between 1 and 1000",
		{Marker: aws.String("bm9uc2Vuc2")}: "Marker is not valid",
	} {
		_, err := c.ListRoles(context.Background(), in)
		wantRefusal(t, err, "ValidationError 400 ekssim: "+want)
	}
}

// TestWhoIsCalling covers the front end of all three services.
func TestWhoIsCalling(t *testing.T) {
	s := start(t, base)
	ctx := context.Background()
	for key, want := range map[string][2]string{
		"AKIANOBODY": {"UnrecognizedClientException 403 ", "InvalidClientTokenId 403 "},
		"AKIAOLD":    {"ExpiredTokenException 403 ", "ExpiredToken 403 "},
	} {
		text := "The security token included in the request is invalid."
		if key == "AKIAOLD" {
			text = "The security token included in the request is expired"
		}
		_, err := eksAs(s, key).ListClusters(ctx, nil)
		wantRefusal(t, err, want[0]+text)
		_, err = stsAs(s, key).GetCallerIdentity(ctx, nil)
		wantRefusal(t, err, want[1]+text)
		_, err = iamAs(s, key).ListRoles(ctx, nil)
		wantRefusal(t, err, want[1]+text)
	}
}

// TestBareHTTP is what no SDK would send.
func TestBareHTTP(t *testing.T) {
	s := start(t, base)
	signed := func(service string) string {
		return "AWS4-HMAC-SHA256 Credential=AKIAADMIN/20260501/eu-west-1/" + service + "/aws4_request, " +
			"SignedHeaders=host, Signature=0"
	}
	entries := "/clusters/dev/access-entries"
	tests := []struct {
		name, method, path, auth, body string
		status                         int
		code                           string // header, or part of the body
	}{
		{"no signature", "GET", "/clusters", "", "", 403, "MissingAuthenticationTokenException"},
		{
			"no signature, query protocol",
			"POST",
			"/",
			"",
			"Action=GetCallerIdentity",
			403,
			"<Code>MissingAuthenticationToken</Code>",
		},
		{
			"half a signature",
			"GET",
			"/clusters",
			"AWS4-HMAC-SHA256 Signature=0",
			"",
			403,
			"IncompleteSignatureException",
		},
		{"another service", "GET", "/clusters", signed("s3"), "", 404, "UnknownOperationException"},
		{"no such path", "GET", "/nodegroups", signed("eks"), "", 404, "UnknownOperationException"},
		{"no such method", "PUT", "/clusters", signed("eks"), "", 404, "UnknownOperationException"},
		{
			"slashes not escaped",
			"GET",
			entries + "/" + arn("role/admin"),
			signed("eks"),
			"",
			404,
			"UnknownOperationException",
		},
		{"escaped", "GET", entries + "/" + url.PathEscape(arn("role/admin")), signed("eks"), "", 200, `"username"`},
		{"not JSON", "POST", entries, signed("eks"), "{", 400, "SerializationException"},
		{"a list", "POST", entries, signed("eks"), "[]", 400, "SerializationException"},
		{
			"wrong type",
			"POST",
			entries,
			signed("eks"),
			`{"principalArn": "` + arn("role/a") + `", "kubernetesGroups": "x"}`,
			400,
			"SerializationException",
		},
		{"nothing", "POST", entries, signed("eks"), "", 400, "InvalidParameterException"},
		{"members nobody knows, and nulls", "POST", entries, signed("eks"),
			`{"principalArn": "` + arn(
				"role/a",
			) + `", "shoeSize": 43, "Username": "system:x", "tags": null, "kubernetesGroups": null, "username": null}`, 200, `"STANDARD"`},
		{
			"query in a GET",
			"GET",
			"/?Action=GetCallerIdentity&Version=2011-06-15",
			signed("sts"),
			"",
			200,
			"<Arn>arn:aws:sts::111122223333:assumed-role/admin/me</Arn>",
		},
		{
			"presigned",
			"GET",
			"/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Credential=AKIAADMIN%2F20260501%2Feu-west-1%2Fsts%2Faws4_request&X-Amz-Signature=abc",
			"",
			"",
			200,
			"assumed-role/admin/me",
		},
		{
			"no such action",
			"POST",
			"/",
			signed("iam"),
			"Action=DeleteGroup&Version=2010-05-08",
			400,
			"<Code>InvalidAction</Code>",
		},
	}
	ids := map[string]bool{}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := http.NewRequest(tt.method, s.URL()+tt.path, strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if tt.auth != "" {
				r.Header.Set("Authorization", tt.auth)
			}
			status, header, body := do(t, r)
			if status != tt.status || !strings.Contains(body+header.Get("x-amzn-ErrorType"), tt.code) {
				t.Errorf("%d %q %s", status, header.Get("x-amzn-ErrorType"), body)
			}
			id := header.Get("x-amzn-RequestId")
			if id == "" || ids[id] {
				t.Errorf("request id %q", id)
			}
			ids[id] = true
		})
	}
}
