package ekssim

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
)

// The transport carries a request to AWS and to a cluster as the network does,
// and what would be a cut connection or no answer is an error at once.
func TestTransport(t *testing.T) {
	s, err := New(DemoWorld())
	if err != nil {
		t.Fatal(err)
	}
	network, err := s.Transport()
	if err != nil {
		t.Fatal(err)
	}
	key := s.World().Credentials[0].AccessKeyID
	name := s.World().Clusters[0].Name
	ask := func(url string) (*http.Response, string, error) {
		r, err := http.NewRequest(http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+key+"/20260101/eu-west-1/eks/aws4_request, x")
		answer, err := (&http.Client{Transport: network}).Do(r)
		if err != nil {
			return nil, "", err
		}
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer, string(body), nil
	}
	describe := "https://eks.eu-west-1.amazonaws.com/clusters/" + name
	answer, body, err := ask(describe)
	if err != nil || answer.StatusCode != http.StatusOK || answer.Header.Get("X-Amzn-Requestid") == "" ||
		!strings.Contains(body, `"endpoint":"https://`+kubeWithoutNetwork+"/") {
		t.Fatalf("%v, %s, %v", answer, body, err)
	}
	_, after, _ := strings.Cut(body, `"endpoint":"`)
	endpoint, _, _ := strings.Cut(after, `"`)
	if answer, body, err = ask(endpoint + "/api/v1/namespaces"); err != nil ||
		answer.StatusCode != http.StatusUnauthorized || !strings.Contains(body, `"kind":"Status"`) {
		t.Errorf("%v, %s, %v", answer, body, err)
	}

	r, err := http.NewRequest(http.MethodGet, "https://elsewhere.example", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer k8s-aws-v1.x")
	if _, err := network.RoundTrip(r); !errors.As(err, new(*net.DNSError)) {
		t.Errorf("another host: %v", err)
	}

	for effect, want := range map[string]error{
		"reset":   syscall.ECONNRESET,
		"lost":    syscall.ECONNRESET,
		"timeout": os.ErrDeadlineExceeded,
	} {
		if err := s.AddFault(Fault{Name: "cut", Effect: effect, Service: "eks"}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := ask(describe); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", effect, err, want)
		}
		s.RemoveFaults("cut")
	}

	listening, err := Start(DemoWorld())
	if err != nil {
		t.Fatal(err)
	}
	defer listening.Close()
	if _, err := listening.Transport(); err == nil {
		t.Error("a simulator that listens has a transport")
	}
}
