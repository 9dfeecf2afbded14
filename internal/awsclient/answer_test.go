package awsclient_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"

	"github.com/eksaccess/eksaccess/internal/awsclient"
)

// An answer that never ends costs no memory, and is not asked for again.
func TestEndlessAnswer(t *testing.T) {
	sim := simulate(t, "AKIACI")
	var asked, sent atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/clusters/") {
			sim.ServeHTTP(w, r)
			return
		}
		asked.Add(1)
		chunk := bytes.Repeat([]byte(" "), 1<<20)
		for r.Context().Err() == nil && sent.Load() < 100<<20 {
			n, err := w.Write(chunk)
			if sent.Add(int64(n)); err != nil {
				return
			}
		}
	}))
	t.Cleanup(server.Close)
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	session, err := awsclient.New(awsclient.Options{}).
		Connect(t.Context(), awsclient.Target{Cluster: cluster(hub, "dev")})
	if err != nil {
		t.Fatal(err)
	}
	_, err = session.EKS.DescribeCluster(t.Context(), &eks.DescribeClusterInput{Name: aws.String("dev")})
	if err == nil || !strings.Contains(err.Error(), "the answer is larger than 16 MiB") {
		t.Errorf("%.300v", err)
	}
	if asked.Load() != 1 || sent.Load() > 64<<20 {
		t.Errorf("it was asked for %d times, and sent %d MiB", asked.Load(), sent.Load()>>20)
	}
}
