package kube

import (
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/eksaccess/eksaccess/internal/kubeerr"
)

func clientOf(t *testing.T, answer http.HandlerFunc) *Client {
	t.Helper()
	s := httptest.NewTLSServer(answer)
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	t.Cleanup(s.Close)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	c, err := New(Cluster{Region: "eu-west-1", Endpoint: s.URL, CA: ca, TokenID: "dev"},
		credentials.NewStaticCredentialsProvider("AKIAADMIN", "simulated", ""), Options{Version: "v1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// A cluster that asks to come back in an hour is reported, and not waited for.
func TestThrottledForLong(t *testing.T) {
	for _, after := range []string{"3600", "100000000000000000000", "Wed, 21 Oct 2099 07:28:00 GMT"} {
		asked := 0
		c := clientOf(t, func(w http.ResponseWriter, r *http.Request) {
			asked++
			w.Header().Set("Retry-After", after)
			w.WriteHeader(http.StatusTooManyRequests)
		})
		_, _, err := c.ConfigMap(t.Context(), "kube-system", "aws-auth")
		var e *Error
		if !errors.As(err, &e) || e.Status != http.StatusTooManyRequests || e.Code != kubeerr.Refused ||
			!strings.Contains(e.Reason, "limits calls") ||
			asked != 1 {
			t.Errorf("%s: %v, asked %d times", after, err, asked)
		}
	}
}

// What client-go logs never reaches standard error.
func TestLibrariesAreQuiet(t *testing.T) {
	c := clientOf(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		chunk := make([]byte, 1<<20)
		for range largest>>20 + 1 { // an answer that is cut, which client-go logs as an error
			_, _ = w.Write(chunk)
		}
	})
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr := os.Stderr
	os.Stderr = write
	_, _, err = c.ConfigMap(t.Context(), "kube-system", "aws-auth")
	os.Stderr = stderr
	_ = write.Close()
	if err == nil {
		t.Error("it was read")
	}
	text, readErr := io.ReadAll(read)
	if readErr != nil || len(text) > 0 {
		t.Errorf("standard error: %s%v", text, readErr)
	}
}

// A list whose pages never end ends in an error.
func TestEndlessList(t *testing.T) {
	asked := 0
	c := clientOf(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"kind":"NamespaceList","apiVersion":"v1","metadata":{"continue":"%d"},"items":[]}`, asked)
	})
	if n := c.Namespaces(t.Context()); n.Known() || !strings.Contains(n.Why, "has no end") || asked != maxPages {
		t.Errorf("%+v, asked %d times", n.Fact, asked)
	}
}
