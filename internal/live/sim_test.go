package live_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awsclient"
	"github.com/eksaccess/eksaccess/internal/ekssim"
	"github.com/eksaccess/eksaccess/internal/fault"
)

const account = "111122223333"

func prod(name string) arn.Cluster {
	return arn.Cluster{Partition: "aws", Account: account, Region: "eu-west-1", Name: name}
}

func simID(name string) ekssim.ClusterID {
	return ekssim.ClusterID{Account: account, Region: "eu-west-1", Name: name}
}

func roleARN(name string) string { return "arn:aws:iam::" + account + ":role/" + name }

// connect starts a simulator of world and connects to a cluster in it, through
// the real SDK, with the key's credentials.
func connect(t testing.TB, world, key, name string) (*ekssim.Server, *awsclient.Session) {
	t.Helper()
	w, err := ekssim.ParseWorld([]byte(world))
	if err != nil {
		t.Fatal(err)
	}
	sim, err := ekssim.Start(w)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
			_ = os.Unsetenv(name)
		}
	}
	for _, kv := range append(sim.Env(key), "HOME="+t.TempDir(),
		"AWS_CONFIG_FILE="+filepath.Join(t.TempDir(), "none"), "AWS_SHARED_CREDENTIALS_FILE="+filepath.Join(t.TempDir(), "none")) {
		name, value, _ := strings.Cut(kv, "=")
		t.Setenv(name, value)
	}
	s, err := awsclient.New(awsclient.Options{}).Connect(t.Context(), awsclient.Target{Cluster: prod(name)})
	if err != nil {
		t.Fatal(err)
	}
	sim.ForgetCalls()
	return sim, s
}

// failed checks that err is an fault.Error with the code and a hint.
func failed(t *testing.T, err error, code string) *fault.Error {
	t.Helper()
	var e *fault.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %#v, want an error with code %q", err, code)
	}
	if e.Code != code || e.Hint == "" || e.Message == "" {
		t.Fatalf("got %+v, want code %q", *e, code)
	}
	return e
}
