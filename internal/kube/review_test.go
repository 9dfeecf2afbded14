package kube

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/cani"
	"github.com/eksaccess/eksaccess/internal/kubeerr"
)

// apiServer answers every request with the status and body; bodies that came
// are kept.
func apiServer(t *testing.T, status int, body string) (c *Client, asked *[]string) {
	t.Helper()
	asked = new([]string)
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		*asked = append(*asked, r.Method+" "+r.URL.Path+" "+strings.TrimSpace(string(b)))
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	t.Cleanup(s.Close)
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	c, err := New(Cluster{Region: "eu-west-1", Endpoint: s.URL + "/base", CA: authority, TokenID: "dev"},
		credentials.NewStaticCredentialsProvider("AKIA", "s", ""), Options{Version: "v1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, asked
}

func TestWhoAmI(t *testing.T) {
	c, asked := apiServer(
		t,
		201,
		`{"kind":"SelfSubjectReview","apiVersion":"authentication.k8s.io/v1","metadata":{},"status":{"userInfo":{
		"username":"arn:aws:sts::111122223333:assumed-role/admin/me","uid":"aws-iam-authenticator:111122223333:AROA1",
		"groups":["system:authenticated","payments"],"extra":{"arn":["arn:aws:sts::111122223333:assumed-role/admin/me"],"sessionName":["me"]}}}}`,
	)
	got, err := c.WhoAmI(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want := Subject{
		Username: "arn:aws:sts::111122223333:assumed-role/admin/me",
		UID:      "aws-iam-authenticator:111122223333:AROA1",
		Groups:   []string{"payments", "system:authenticated"},
		Extra: map[string][]string{
			"arn":         {"arn:aws:sts::111122223333:assumed-role/admin/me"},
			"sessionName": {"me"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !strings.HasPrefix((*asked)[0], "POST /base/apis/authentication.k8s.io/v1/selfsubjectreviews {") {
		t.Errorf("asked %q", *asked)
	}
}

func TestCan(t *testing.T) {
	const yes = `{"kind":"SelfSubjectAccessReview","apiVersion":"authorization.k8s.io/v1","metadata":{},"spec":{},"status":{"allowed":true,"reason":"EKS Access Policy: allowed"}}`
	for _, tt := range []struct {
		question cani.Question
		want     string // the spec sent
	}{
		{cani.Everything, `{"resourceAttributes":{"verb":"*","resource":"*"}}`},
		{cani.EveryGroup, `{"resourceAttributes":{"verb":"*","group":"*","resource":"*"}}`},
		{cani.EveryPath, `{"nonResourceAttributes":{"path":"*","verb":"*"}}`},
		{cani.Question{Verb: "create", Resource: "pods", Subresource: "exec", Namespace: "web", Name: "a"},
			`{"resourceAttributes":{"namespace":"web","verb":"create","resource":"pods","subresource":"exec","name":"a"}}`},
	} {
		c, asked := apiServer(t, 201, yes)
		got, err := c.Can(context.Background(), tt.question)
		if err != nil || got != (Answer{Allowed: true, Reason: "EKS Access Policy: allowed"}) {
			t.Fatalf("%s: %+v, %v", tt.question, got, err)
		}
		body, ok := strings.CutPrefix((*asked)[0], "POST /base/apis/authorization.k8s.io/v1/selfsubjectaccessreviews ")
		var sent struct {
			Kind, APIVersion string
			Spec             json.RawMessage
		}
		if err := json.Unmarshal([]byte(body), &sent); !ok || err != nil {
			t.Fatalf("asked %q: %v", *asked, err)
		}
		if sent.Kind != "SelfSubjectAccessReview" || sent.APIVersion != "authorization.k8s.io/v1" ||
			string(sent.Spec) != tt.want {
			t.Errorf("%s: sent %+v with %s", tt.question, sent, sent.Spec)
		}
	}
}

func TestCanNot(t *testing.T) {
	c, _ := apiServer(
		t,
		201,
		`{"kind":"SelfSubjectAccessReview","apiVersion":"authorization.k8s.io/v1","status":{"allowed":false,"denied":true,"evaluationError":"webhook: down"}}`,
	)
	got, err := c.Can(context.Background(), cani.Everything)
	if err != nil || got != (Answer{Denied: true, EvaluationError: "webhook: down"}) {
		t.Errorf("%+v, %v", got, err)
	}
}

// A refusal is no no.
func TestReviewRefused(t *testing.T) {
	status := func(reason string, code string) string {
		return `{"kind":"Status","apiVersion":"v1","status":"Failure","message":"because","reason":"` + reason +
			`","code":` + code + `}`
	}
	for _, tt := range []struct {
		status int
		body   string
		code   kubeerr.Code
		reason string
		hint   string
	}{
		{401, status("Unauthorized", "401"), kubeerr.Unauthorized, "the cluster rejects the token of the caller (401 " +
			"Unauthorized)", "access entry"},
		{403, status("Forbidden", "403"), kubeerr.Forbidden, "because", "system:basic-user"},
		{404, status("NotFound", "404"), kubeerr.Refused, "answers 404", ""},
		{500, status("InternalError", "500"), kubeerr.Refused, "answers 500", ""},
		{201, `{"kind":"ConfigMap","apiVersion":"v1"}`, kubeerr.NoCluster, "is not a cluster", ""},
		{201, `<html>`, kubeerr.NoCluster, "is not a cluster", ""},
	} {
		c, _ := apiServer(t, tt.status, tt.body)
		_, err := c.Can(context.Background(), cani.Everything)
		_, err2 := c.WhoAmI(context.Background())
		for _, err := range []error{err, err2} {
			var e *Error
			if !errors.As(err, &e) || e.Code != tt.code || !strings.Contains(e.Reason, tt.reason) ||
				!strings.Contains(e.Hint, tt.hint) {
				t.Errorf("%d %s: %#v", tt.status, tt.body, err)
			}
		}
	}
}

// Each thing that keeps a cluster from answering has a code of its own.
func TestCodes(t *testing.T) {
	c, _ := apiServer(t, 201, "")
	for _, tt := range []struct {
		err  error
		code kubeerr.Code
	}{
		{context.Canceled, kubeerr.Stopped},
		{context.DeadlineExceeded, kubeerr.Timeout},
	} {
		ctx, cancel := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
		if tt.code == kubeerr.Stopped {
			ctx, cancel = context.WithCancel(context.Background())
			cancel()
		}
		_, err := c.Can(ctx, cani.Everything)
		cancel()
		var e *Error
		if !errors.As(err, &e) || e.Code != tt.code || !errors.Is(err, tt.err) {
			t.Errorf("%v: %v", tt.err, err)
		}
	}
}
