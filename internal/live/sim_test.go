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

// connect connects to a cluster of a simulated world through the real SDK,
// without a network in tests, with the key's credentials.
func connect(t testing.TB, world, key, name string) (*ekssim.Server, *awsclient.Session) {
	t.Helper()
	return connectWith(t, world, key, name, awsclient.Options{})
}

func connectWith(t testing.TB, world, key, name string, o awsclient.Options) (*ekssim.Server, *awsclient.Session) {
	t.Helper()
	w, err := ekssim.ParseWorld([]byte(world))
	if err != nil {
		t.Fatal(err)
	}
	sim, err := ekssim.New(w)
	if err != nil {
		t.Fatal(err)
	}
	if _, isBenchmark := t.(*testing.B); isBenchmark { // measures the network too
		err = sim.Listen("127.0.0.1:0")
		t.Cleanup(func() { _ = sim.Close() })
	} else {
		o.TestOnlyTransport, err = sim.Transport()
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
			_ = os.Unsetenv(name)
		}
	}
	for _, kv := range append(sim.Env(key), "HOME="+t.TempDir(),
		"AWS_CONFIG_FILE="+filepath.Join(t.TempDir(), "none"),
		"AWS_SHARED_CREDENTIALS_FILE="+filepath.Join(t.TempDir(), "none")) {
		name, value, _ := strings.Cut(kv, "=")
		t.Setenv(name, value)
	}
	s, err := awsclient.New(o).Connect(t.Context(), awsclient.Target{Cluster: prod(name)})
	if err != nil {
		t.Fatal(err)
	}
	sim.ForgetCalls()
	return sim, s
}

// wantError checks that err is an fault.Error with the code and a hint.
func wantError(t *testing.T, err error, code string) *fault.Error {
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
