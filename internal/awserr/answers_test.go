package awserr_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/internal/fault"
)

var prod = arn.Cluster{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Name: "prod"}

const (
	prodARN  = "arn:aws:eks:eu-west-1:111122223333:cluster/prod"
	entries  = "arn:aws:eks:eu-west-1:111122223333:access-entry/prod/*"
	payments = "arn:aws:iam::111122223333:role/team/payments"
	me       = "arn:aws:sts::111122223333:assumed-role/ci/run"
	roleARN  = "arn:aws:iam::111122223333:role/eksaccess"
)

// answers makes clients of a server that answers everything the same way.
func answers(t *testing.T, status int, code, body string) aws.Config {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if code != "" {
			w.Header().Set("X-Amzn-Errortype", code)
		}
		w.Header().Set("X-Amzn-Requestid", "req-1")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	return aws.Config{
		Region:       "eu-west-1",
		BaseEndpoint: aws.String(server.URL),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "s"}, nil
		}),
		Retryer: func() aws.Retryer { return aws.NopRetryer{} },
	}
}

func message(s string) string { return fmt.Sprintf(`{"message":%q}`, s) }

func query(code, text string) string {
	return fmt.Sprintf(
		`<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>req-1</RequestId></ErrorResponse>`,
		code,
		text,
	)
}

// The calls that the tables make.
var calls = map[string]func(aws.Config) error{
	"DescribeCluster": func(c aws.Config) error { return describeAt(context.Background(), c) },
	"DescribeAccessEntry": func(c aws.Config) error {
		_, err := eks.NewFromConfig(c).
			DescribeAccessEntry(context.Background(),
				&eks.DescribeAccessEntryInput{ClusterName: aws.String("prod"), PrincipalArn: aws.String(payments)})
		return err
	},
	"ListAccessEntries": func(c aws.Config) error {
		_, err := eks.NewFromConfig(c).
			ListAccessEntries(context.Background(), &eks.ListAccessEntriesInput{ClusterName: aws.String("prod")})
		return err
	},
	"CreateAccessEntry": func(c aws.Config) error {
		_, err := eks.NewFromConfig(c).
			CreateAccessEntry(context.Background(),
				&eks.CreateAccessEntryInput{ClusterName: aws.String("prod"), PrincipalArn: aws.String(payments)})
		return err
	},
	"UntagResource": func(c aws.Config) error {
		_, err := eks.NewFromConfig(c).
			UntagResource(context.Background(),
				&eks.UntagResourceInput{ResourceArn: aws.String(strings.TrimSuffix(entries, "*") + "role/1/x/y"),
					TagKeys: []string{"k"}})
		return err
	},
	"GetRole": func(c aws.Config) error {
		_, err := iam.NewFromConfig(c).
			GetRole(context.Background(), &iam.GetRoleInput{RoleName: aws.String("payments")})
		return err
	},
	"ListRoles": func(c aws.Config) error {
		_, err := iam.NewFromConfig(c).ListRoles(context.Background(), &iam.ListRolesInput{})
		return err
	},
	"AssumeRole": func(c aws.Config) error {
		_, err := sts.NewFromConfig(c).
			AssumeRole(context.Background(), &sts.AssumeRoleInput{RoleArn: aws.String(roleARN),
				RoleSessionName: aws.String("eksaccess")})
		return err
	},
}

func describeAt(ctx context.Context, c aws.Config) error {
	_, err := eks.NewFromConfig(c).DescribeCluster(ctx, &eks.DescribeClusterInput{Name: aws.String("prod")})
	return err
}

// The predicates, by name, for the tables.
var questions = map[string]func(error) bool{
	"throttle": awserr.IsThrottle, "noCluster": awserr.IsNoCluster, "noEntry": awserr.IsNotFoundEntry,
	"inUse": awserr.IsInUse, "updating": awserr.IsUpdateInProgress, "invalidPrincipal": awserr.IsInvalidPrincipal,
	"configMap": awserr.IsConfigMapMode, "standardOnly": awserr.IsStandardOnly, "noEntity": awserr.IsNoSuchEntity,
	"denied": awserr.IsAccessDenied, "retryable": awserr.IsRetryable,
}

func TestIsPermanent(t *testing.T) {
	for _, test := range []struct {
		code, message string
		want          bool
	}{
		{"ExpiredTokenException", "The security token included in the request is expired", true},
		{"ExpiredToken", "The security token included in the request is expired", true},
		{"UnrecognizedClientException", "The security token included in the request is invalid.", true},
		{"InvalidClientTokenId", "The security token included in the request is invalid.", true},
		{"AccessDeniedException", "User: " + me + " is not authorized to perform: eks:DescribeAccessEntry", true},
		{"AccessDenied", "denied", true},
		{"InvalidSignatureException", "Signature expired: 20261130T000000Z is now earlier than 20261130T080000Z", true},
		{"ResourceNotFoundException", "No cluster found for name: prod.", true},
		{"ResourceNotFoundException", "The specified principalArn could not be found.", false},
		{"ResourceInUseException", "Cannot AccessConfigUpdate because cluster prod currently has update 1-2 in " +
			"progress", false},
		{"InvalidRequestException", "The cluster's authentication mode must be set to one of [API, " +
			"API_AND_CONFIG_MAP] to perform this operation.", false},
		{"InvalidParameterException", "The specified principalArn is invalid: invalid principal.", false},
		{"ThrottlingException", "Rate exceeded", false},
		{"TooManyRequestsException", "Too Many Requests", false},
		{"InternalFailure", "internal", false},
		{"ServiceUnavailableException", "unavailable", false},
	} {
		raw := &smithy.GenericAPIError{Code: test.code, Message: test.message}
		if awserr.IsPermanent(raw) != test.want ||
			awserr.IsPermanent(awserr.From(raw, awserr.Call{Cluster: prod})) != test.want {
			t.Errorf("%s: %s: want permanent %v", test.code, test.message, test.want)
		}
	}
	for _, err := range []error{errors.New("odd"), context.Canceled, context.DeadlineExceeded, io.ErrUnexpectedEOF} {
		if awserr.IsPermanent(err) || awserr.IsPermanent(awserr.From(err, awserr.Call{})) {
			t.Errorf("%v: taken for permanent", err)
		}
	}
}

func TestAnswers(t *testing.T) {
	const denial = "User: " + me + " is not authorized to perform: "
	tests := []struct {
		name         string
		call         string
		status       int
		header, body string

		code, action, resource string
		message                string // "" for the one in the body
		hint                   string // part of it
		is                     string // the questions that are answered yes
	}{
		{
			name: "row 23", call: "DescribeCluster", status: 404, header: "ResourceNotFoundException",
			body: message("No cluster found for name: prod."),
			code: "ClusterNotFound", resource: prodARN,
			hint: `aws eks list-clusters --region eu-west-1 --profile platform`, is: "noCluster",
		}, {
			name: "row 12", call: "DescribeAccessEntry", status: 404, header: "ResourceNotFoundException",
			body: message(
				"The specified principalArn could not be found. You can view your available access entries with " +
					"'list-access-entries'.",
			),
			code: "ResourceNotFoundException", resource: entries, is: "noEntry",
		}, {
			name: "row 23 from an entry call is no missing entry", call: "DescribeAccessEntry", status: 404,
			header: "ResourceNotFoundException",
			body:   message("No cluster found for name: prod."),
			code:   "ClusterNotFound", resource: entries, is: "noCluster",
		}, {
			name: "a missing entry in other words", call: "DescribeAccessEntry", status: 404,
			header: "ResourceNotFoundException",
			body:   message("Not found."),
			code:   "ResourceNotFoundException", resource: entries, is: "noEntry",
		}, {
			name: "a missing entry of a cluster, in other words", call: "DescribeAccessEntry", status: 404,
			header: "ResourceNotFoundException",
			body:   message("No access entry for arn:aws:iam::111122223333:role/x in cluster prod"),
			code:   "ResourceNotFoundException", resource: entries, is: "noEntry",
		}, {
			name: "a missing cluster in other words is no missing entry", call: "DescribeAccessEntry", status: 404,
			header: "ResourceNotFoundException",
			body:   message("The cluster prod does not exist."),
			code:   "ClusterNotFound", resource: entries, is: "noCluster",
		}, {
			name: "in use, in other words", call: "CreateAccessEntry", status: 409, header: "ResourceInUseException",
			body: message("Access entry exists"),
			code: "ResourceInUseException", resource: prodARN, is: "inUse",
		}, {
			name: "row 13", call: "DescribeAccessEntry", status: 404, header: "ResourceNotFoundException",
			body: message(
				"The specified policyArn could not be found. You can view your available access policies with " +
					"'list-access-policies'",
			),
			code: "ResourceNotFoundException", resource: entries,
		}, {
			name: "tags of an entry that is gone", call: "UntagResource", status: 404, header: "NotFoundException",
			body: message("Resource not found"),
			code: "NotFoundException", resource: entries, is: "noEntry",
		}, {
			name: "row 1", call: "CreateAccessEntry", status: 409, header: "ResourceInUseException",
			body: message("The specified access entry resource is already in use on this cluster."),
			code: "ResourceInUseException", resource: prodARN, is: "inUse",
		}, {
			name: "row 20", call: "CreateAccessEntry", status: 409, header: "ResourceInUseException",
			body: message("Cannot AccessConfigUpdate because cluster prod currently has update 1-2 in progress"),
			code: "ResourceInUseException", resource: prodARN, hint: "wait", is: "updating",
		}, {
			name: "row 20, the other code", call: "CreateAccessEntry", status: 400, header: "InvalidRequestException",
			body: message("Cannot AccessConfigUpdate because cluster prod currently has update 1-2 in progress"),
			code: "InvalidRequestException", resource: prodARN, is: "updating",
		}, {
			name: "row 2", call: "CreateAccessEntry", status: 400, header: "InvalidParameterException",
			body: message("The specified principalArn is invalid: invalid principal."),
			code: "InvalidParameterException", resource: prodARN, is: "invalidPrincipal",
		}, {
			name: "row 3 is another", call: "CreateAccessEntry", status: 400, header: "InvalidParameterException",
			body: message("The principalArn parameter format is not valid"),
			code: "InvalidParameterException", resource: prodARN,
		}, {
			name: "row 11", call: "DescribeAccessEntry", status: 400, header: "InvalidParameterException",
			body: message(`This operation can only be performed on Access Entries with a type of "STANDARD".`),
			code: "InvalidParameterException", resource: entries, is: "standardOnly",
		}, {
			name: "row 17", call: "ListAccessEntries", status: 400, header: "InvalidRequestException",
			body: message(
				"The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this " +
					"operation.",
			),
			code: "InvalidRequestException", resource: prodARN,
			hint: "authenticationMode: API_AND_CONFIG_MAP", is: "configMap",
		}, {
			name: "row 25", call: "DescribeAccessEntry", status: 403, header: "AccessDeniedException",
			body: message(
				denial + "eks:DescribeAccessEntry on resource: " +
					"arn:aws:eks:eu-west-1:111122223333:access-entry/prod/role/111122223333/payments/1-2 because no " +
					"identity-based policy allows the eks:DescribeAccessEntry action",
			),
			code: "AccessDeniedException", action: "eks:DescribeAccessEntry", resource: entries,
			hint: `allow ` + me + `: {"Effect": "Allow", "Action": "eks:DescribeAccessEntry", "Resource": "` + entries +
				`"}`, is: "denied",
		}, {
			name: "the action of the message wins", call: "CreateAccessEntry", status: 403,
			header: "AccessDeniedException",
			body: message(
				denial + "eks:TagResource on resource: " + prodARN + " because no identity-based policy allows the " +
					"eks:TagResource action",
			),
			code: "AccessDeniedException", action: "eks:TagResource", resource: entries, hint: `"eks:TagResource"`,
			is: "denied",
		}, {
			name: "a role that may not be passed", call: "CreateAccessEntry", status: 403,
			header: "AccessDeniedException",
			body: message(
				denial + "iam:PassRole on resource: arn:aws:iam::111122223333:role/nodes because no identity-based " +
					"policy allows the iam:PassRole action",
			),
			code: "AccessDeniedException", action: "iam:PassRole", resource: "arn:aws:iam::111122223333:role/nodes",
			is: "denied",
		}, {
			name: "explicit deny of an SCP", call: "DescribeCluster", status: 403, header: "AccessDeniedException",
			body: message(
				denial + "eks:DescribeCluster on resource: " + prodARN + " with an explicit deny in a service " +
					"control policy",
			),
			code: "AccessDeniedException", action: "eks:DescribeCluster", resource: prodARN,
			hint: "an explicit deny in a service control policy forbids eks:DescribeCluster, so allowing it " +
				"elsewhere does not help", is: "denied",
		}, {
			name: "explicit deny of an identity-based policy", call: "DescribeCluster", status: 403,
			header: "AccessDeniedException",
			body: message(
				denial + "eks:DescribeCluster on resource: " + prodARN + " with an explicit deny in an " +
					"identity-based policy",
			),
			code: "AccessDeniedException", action: "eks:DescribeCluster", resource: prodARN,
			hint: "an explicit deny in an identity-based policy", is: "denied",
		}, {
			name: "explicit deny of nobody named", call: "DescribeCluster", status: 403,
			header: "AccessDeniedException",
			body:   message(denial + "eks:DescribeCluster on resource: " + prodARN + " with an explicit deny"),
			code:   "AccessDeniedException", action: "eks:DescribeCluster", resource: prodARN,
			hint: "an explicit deny " +
				"in a policy", is: "denied",
		}, {
			name: "a boundary that doesn't allow", call: "DescribeCluster", status: 403,
			header: "AccessDeniedException",
			body: message(
				denial + "eks:DescribeCluster on resource: " + prodARN + " because no permissions boundary allows " +
					"the eks:DescribeCluster action",
			),
			code: "AccessDeniedException", action: "eks:DescribeCluster", resource: prodARN, hint: "the permissions " +
				"boundary of " + me, is: "denied",
		}, {
			name: "a refusal without its sentence", call: "ListAccessEntries", status: 403,
			header: "AccessDeniedException",
			body:   message("Forbidden"),
			code:   "AccessDeniedException", action: "eks:ListAccessEntries", resource: prodARN, hint: `"Resource": "` +
				prodARN + `"`, is: "denied",
		}, {
			name: "IAM refuses", call: "GetRole", status: 403,
			body: query(
				"AccessDenied",
				denial+"iam:GetRole on resource: role payments because no identity-based policy allows the "+
					"iam:GetRole action",
			),
			code: "AccessDenied", action: "iam:GetRole", resource: payments, hint: `"iam:GetRole"`, is: "denied",
			message: denial + "iam:GetRole on resource: role payments because no identity-based policy allows the " +
				"iam:GetRole action",
		}, {
			name: "IAM refuses the list", call: "ListRoles", status: 403,
			body: query(
				"AccessDenied",
				denial+"iam:ListRoles on resource: arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/ "+
					"because no identity-based policy allows the iam:ListRoles action",
			),
			code: "AccessDenied", action: "iam:ListRoles",
			resource: "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/", is: "denied",
			message: denial + "iam:ListRoles on resource: " +
				"arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/ because no identity-based policy " +
				"allows the iam:ListRoles action",
		}, {
			name: "no such role", call: "GetRole", status: 404, body: query("NoSuchEntity", "The role with name "+
				"payments cannot be found."),
			code: "NoSuchEntity", resource: payments, message: "The role with name payments cannot be " +
				"found.", is: "noEntity",
		}, {
			name: "a role that may not be assumed", call: "AssumeRole", status: 403,
			body: query("AccessDenied", denial+"sts:AssumeRole on resource: "+roleARN),
			code: "AssumeRoleRefused", action: "sts:AssumeRole", resource: roleARN,
			message: denial + "sts:AssumeRole on resource: " + roleARN, hint: "trust policy", is: "denied",
		}, {
			name: "expired token", call: "DescribeCluster", status: 403, header: "ExpiredTokenException",
			body: message("The security token included in the request is expired"),
			code: "ExpiredTokenException", resource: prodARN, hint: "aws sso login --profile platform",
		}, {
			name: "expired token, of STS", call: "AssumeRole", status: 400, body: query("ExpiredToken", "expired"),
			message: "expired",
			code:    "ExpiredToken", resource: roleARN, hint: "aws sso login --profile platform",
		}, {
			name: "unknown key", call: "DescribeCluster", status: 403, header: "UnrecognizedClientException",
			body: message("The security token included in the request is invalid."),
			code: "UnrecognizedClientException", resource: prodARN, hint: "aws configure list --profile platform",
		}, {
			name: "unknown key, of STS", call: "AssumeRole", status: 403,
			body: query("InvalidClientTokenId", "invalid"), message: "invalid",
			code: "InvalidClientTokenId", resource: roleARN, hint: "does not know this access key",
		}, {
			name: "a clock that is off", call: "DescribeCluster", status: 403, header: "InvalidSignatureException",
			body: message(
				"Signature expired: 20261123T080000Z is now earlier than 20261123T085500Z (20261123T090000Z - 5 min.)",
			),
			code: "ClockSkew", resource: prodARN, hint: "clock",
		}, {
			name: "a clock that is off, the other way", call: "DescribeCluster", status: 400, header: "RequestExpired",
			body: message("Request has expired."), code: "ClockSkew", resource: prodARN, hint: "clock",
		}, {
			name: "a wrong secret, with the session token repeated", call: "DescribeCluster", status: 403,
			header: "InvalidSignatureException",
			body: message(
				"The request signature we calculated does not match the signature you provided.\n\nThe Canonical " +
					"String for this request should have " +
					"been\n'GET\n/clusters/prod\n\nx-amz-security-token:SECRETTOKEN\n'",
			),
			message: "The request signature we calculated does not match the signature you provided.",
			code:    "InvalidSignatureException", resource: prodARN, hint: "secret key",
		}, {
			name: "a region that is off", call: "DescribeCluster", status: 403, header: "OptInRequired",
			body: message("not subscribed"),
			code: "OptInRequired", resource: prodARN, hint: "aws account enable-region --region-name eu-west-1",
		}, {
			name: "modelled throttling", call: "DescribeCluster", status: 429, header: "ThrottlingException",
			body: message("Rate exceeded"),
			code: "ThrottlingException", resource: prodARN, hint: "--concurrency", is: "throttle retryable",
		}, {
			name: "row 26", call: "DescribeCluster", status: 429, header: "TooManyRequestsException",
			body: message("Too Many Requests"),
			code: "TooManyRequestsException", resource: prodARN, hint: "--concurrency", is: "throttle retryable",
		}, {
			name: "throttling with a 400", call: "GetRole", status: 400, body: query("Throttling", "Rate exceeded"),
			message: "Rate exceeded",
			code:    "Throttling", resource: payments, is: "throttle retryable",
		}, {
			name: "429 without a body", call: "DescribeCluster", status: 429,
			message: "the answer was HTTP Too Many Requests, with no error of AWS in it",
			code:    "TooManyRequestsException", resource: prodARN, is: "throttle retryable",
		}, {
			name: "503 in HTML", call: "DescribeCluster", status: 503, body: "<html><h1>503</h1></html>",
			message: "the answer was HTTP Service Unavailable, with no error of AWS in it",
			code:    "ServiceUnavailable", resource: prodARN, hint: "try again", is: "retryable",
		}, {
			name: "500 of EKS", call: "DescribeCluster", status: 500, header: "ServerException",
			body: message("Internal error"),
			code: "ServerException", resource: prodARN, hint: "try again", is: "retryable",
		}, {
			name: "502 of a proxy", call: "GetRole", status: 502, body: "<html>",
			message: "the answer was HTTP Bad Gateway, with no error of AWS in it",
			code:    "BadGateway", resource: payments, is: "retryable",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			raw := calls[tt.call](answers(t, tt.status, tt.header, tt.body))
			if raw == nil {
				t.Fatal("the call succeeded")
			}
			e := awserr.From(
				raw,
				awserr.Call{Cluster: prod, Principal: payments, Profile: "platform", AssumeRole: roleARN},
			)
			if tt.message == "" {
				tt.message = strings.NewReplacer(`{"message":"`, "", `"}`, "", `\"`, `"`).Replace(tt.body)
			}
			want := fault.Error{
				Code:      tt.code,
				Operation: tt.call,
				Resource:  tt.resource,
				Action:    tt.action,
				Message:   tt.message,
				Hint:      e.Hint,
				RequestID: "req-1",
			}
			if *e != want {
				t.Errorf("got  %+v\nwant %+v", *e, want)
			}
			if !strings.Contains(e.Hint, tt.hint) {
				t.Errorf("hint %q does not hold %q", e.Hint, tt.hint)
			}
			yes := strings.Fields(tt.is)
			for name, ask := range questions {
				want := false
				for _, y := range yes {
					want = want || y == name
				}
				for kind, err := range map[string]error{"SDK error": raw, "Error": e,
					"wrapped Error": fmt.Errorf("reading: %w", e)} {
					if got := ask(err); got != want {
						t.Errorf("%s of the %s: %v, want %v", name, kind, got, want)
					}
				}
			}
		})
	}
}
