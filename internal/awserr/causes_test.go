package awserr_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/smithy-go"

	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/internal/fault"
)

// writeSharedConfig writes a shared config file and makes it the process's only one.
func writeSharedConfig(t *testing.T, text string) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "config")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", dir)
	t.Setenv("AWS_CONFIG_FILE", file)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "none"))
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	for _, name := range []string{"AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} {
		t.Setenv(name, "")
		_ = os.Unsetenv(name)
	}
}

// describe loads the profile and makes a call with it.
func describe(profile string, options ...func(*config.LoadOptions) error) error {
	options = append(options, config.WithSharedConfigProfile(profile), config.WithRegion("eu-west-1"),
		config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }))
	cfg, err := config.LoadDefaultConfig(context.Background(), options...)
	if err != nil {
		return err
	}
	return calls["DescribeCluster"](cfg)
}

func TestCredentials(t *testing.T) {
	writeSharedConfig(t, `
[profile empty]
region = eu-west-1
[profile sso]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = Admin
[profile old-sso]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 111122223333
sso_role_name = Admin
[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
[profile mfa]
role_arn = arn:aws:iam::111122223333:role/x
source_profile = keys
mfa_serial = arn:aws:iam::111122223333:mfa/x
[profile keys]
aws_access_key_id = AKIDEXAMPLE
aws_secret_access_key = s
[profile bad-process]
credential_process = echo '{"Version": 1, "AccessKeyId": "AKID", "SecretAccessKey": "HUSHHUSH"'
[profile no-source]
role_arn = arn:aws:iam::111122223333:role/x
[profile lost-source]
role_arn = arn:aws:iam::111122223333:role/x
source_profile = nowhere
[profile login]
login_session = arn:aws:iam::111122223333:user/x
`)
	tests := []struct{ profile, code, message, hint string }{
		{"empty", "NoCredentials", `profile "empty" has no AWS credentials`, "--profile empty"},
		{"absent one", "ProfileNotFound", `this machine has no AWS profile "absent one"`, "--profile 'absent one'"},
		{"sso", "LoginExpired", "expired or was never made", "aws sso login --profile sso"},
		{"old-sso", "LoginExpired", "expired or was never made", "aws sso login --profile old-sso"},
		{"mfa", "InvalidProfile", `profile "mfa" asks for an MFA code`, "export-credentials --profile mfa"},
		{"bad-process", "InvalidProfile", "credential_process failed", "--profile bad-process"},
		{"no-source", "NoCredentials", "", "--profile no-source"},
		{"lost-source", "InvalidProfile", "nowhere", "--profile lost-source"},
		{"login", "LoginExpired", "expired or was never made", "aws login --profile login"},
	}
	for _, tt := range tests {
		t.Run(tt.profile, func(t *testing.T) {
			raw := describe(tt.profile)
			e := awserr.From(raw, awserr.Call{Cluster: prod, Profile: tt.profile})
			if e.Code != tt.code || !strings.Contains(e.Message, tt.message) || !strings.Contains(e.Hint, tt.hint) {
				t.Errorf(
					"got  %+v\nof   %v\nwant code %q, message with %q, hint with %q",
					*e,
					raw,
					tt.code,
					tt.message,
					tt.hint,
				)
			}
			if strings.Contains(e.Error(), "HUSHHUSH") {
				t.Errorf("a secret is in the message: %v", e)
			}
			if e.Action != "" || awserr.IsAccessDenied(e) || awserr.IsRetryable(e) {
				t.Errorf("taken for an answer of EKS: %+v", *e)
			}
		})
	}
}

func TestTexts(t *testing.T) {
	tests := []struct {
		name string
		err  error
		code string
	}{
		{
			"SSO token refresh",
			errors.New("refresh cached SSO token failed, unable to refresh SSO token"),
			"LoginExpired",
		},
		{"SSO token type", &ssocreds.InvalidTokenError{}, "LoginExpired"},
		{"aws login", errors.New("load login token: login session has expired, please reauthenticate"), "LoginExpired"},
		{"SSO portal", &smithy.OperationError{ServiceID: "SSO", OperationName: "GetRoleCredentials",
			Err: &smithy.GenericAPIError{
				Code:    "UnauthorizedException",
				Message: "Session token not found or invalid",
			}}, "LoginExpired"},
		{"nothing known", errors.New("odd"), "UnexpectedError"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if e := awserr.From(tt.err, awserr.Call{}); e.Code != tt.code {
				t.Errorf("code %q, want %q: %+v", e.Code, tt.code, *e)
			}
		})
	}
}

func TestNetwork(t *testing.T) {
	slow := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { <-slow }))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(slow) })
	resets, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resets.Close() })
	go func() {
		for {
			c, err := resets.Accept()
			if err != nil {
				return
			}
			_ = c.(*net.TCPConn).SetLinger(0)
			_ = c.Close()
		}
	}()
	closed := httptest.NewServer(nil)
	closed.Close()

	at := func(url string) aws.Config {
		cfg := answers(t, 200, "", "")
		cfg.BaseEndpoint = aws.String(url)
		return cfg
	}
	tests := []struct {
		name, url, code string
		ctx             func() (context.Context, context.CancelFunc)
		retryable       bool
		is              error
	}{
		{name: "no such host", url: "http://eks.invalid", code: "HostNotFound"},
		{name: "refused", url: closed.URL, code: "ConnectionFailed", retryable: true},
		{name: "reset", url: "http://" + resets.Addr().String(), code: "ConnectionFailed", retryable: true},
		{
			name: "cancelled",
			url:  server.URL,
			code: "Canceled",
			is:   context.Canceled,
			ctx: func() (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithCancel(context.Background())
				time.AfterFunc(50*time.Millisecond, cancel)
				return ctx, cancel
			},
		},
		{
			name:      "out of time",
			url:       server.URL,
			code:      "Timeout",
			is:        context.DeadlineExceeded,
			retryable: true,
			ctx: func() (context.Context, context.CancelFunc) {
				return context.WithTimeout(context.Background(), 50*time.Millisecond)
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.Background(), func() {}
			if tt.ctx != nil {
				ctx, cancel = tt.ctx()
			}
			defer cancel()
			raw := describeAt(ctx, at(tt.url))
			e := awserr.From(raw, awserr.Call{Cluster: prod})
			if e.Code != tt.code || e.Operation != "DescribeCluster" || tt.code != "Canceled" && e.Hint == "" {
				t.Errorf("got %+v\nof  %v", *e, raw)
			}
			if awserr.IsRetryable(e) != tt.retryable {
				t.Errorf("retryable is %v", !tt.retryable)
			}
			if tt.is != nil && !errors.Is(e, tt.is) {
				t.Errorf("is not %v", tt.is)
			}
		})
	}
}

func TestFromKeepsWhatIsKnown(t *testing.T) {
	known := &fault.Error{Code: fault.WrongAccount, Message: "m"}
	if got := awserr.From(errors.Join(errors.New("x"), known), awserr.Call{Operation: "Other"}); got != known {
		t.Errorf("got %+v", *got)
	}
}

func TestNoSecrets(t *testing.T) {
	for _, text := range []string{
		"x-amz-security-token:HUSH", `"X-Amz-Security-Token": "HUSH"`, "https://x/?X-Amz-Signature=HUSH&a=b",
		"Authorization: AWS4-HMAC-SHA256 HUSH", "authorization=Bearer HUSH", `{"SecretAccessKey":"HUSH"}`,
		"aws_session_token = HUSH", "https://me:HUSH@proxy/", "k8s-aws-v1.HUSH", "Signature=HUSH",
		`"accessToken":"HUSH"`,
	} {
		e := awserr.From(&smithy.GenericAPIError{Code: "Odd", Message: "before " + text + " after"}, awserr.Call{})
		if strings.Contains(e.Error(), "HUSH") || !strings.HasPrefix(e.Message, "before ") ||
			!strings.HasSuffix(e.Message, " after") {
			t.Errorf("%q became %q", text, e.Message)
		}
	}
}
