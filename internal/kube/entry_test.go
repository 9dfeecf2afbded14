package kube

import (
	"errors"
	"testing"
	"time"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

// The aws command cannot assume a role with an external id; without the role it
// can make the tokens.
func TestNewEntry(t *testing.T) {
	id := arn.Cluster{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Name: "dev"}
	cluster := &spec.Cluster{ID: id, AssumeRole: "arn:aws:iam::111122223333:role/a", ExternalID: "x"}
	have := &spec.Live{ID: id, Endpoint: "https://dev.example", CA: []byte("pem"), TokenID: "dev"}
	_, err := NewEntry(cluster, have, "p", EntryOptions{AWS: true})
	var external *ExternalIDError
	if !errors.As(err, &external) || Hint(err) == "" {
		t.Errorf("got %v with hint %q", err, Hint(err))
	}
	e, err := NewEntry(cluster, have, "p", EntryOptions{AWS: true, NoAssumeRole: true})
	if err != nil || e.Plugin.Role != "" || e.Plugin.Profile != "p" || !e.Select {
		t.Errorf("got %+v, %v", e, err)
	}
	if _, err := NewEntry(cluster, &spec.Live{ID: id}, "", EntryOptions{}); err == nil || Hint(err) != "" {
		t.Errorf("a cluster without endpoint: %v", err)
	}
}

// EKS is asked once, and only where some of the certificates are missing.
func TestOldAuthorities(t *testing.T) {
	const server = "https://dev.example"
	have := &spec.Live{ID: arn.Cluster{Name: "dev"}, Endpoint: server}
	login := func(context, server string, state TrustState) Login {
		return Login{Context: context, Server: server, Trust: Trust{State: state, Until: time.Unix(0, 0)}}
	}
	asked := 0
	read := func() snapshot.Authorities {
		asked++
		return snapshot.Authorities{Fact: snapshot.UnknownFact("access denied", "")}
	}
	for _, test := range []struct {
		logins []Login
		want   string // contexts
		asked  int
	}{
		{[]Login{login("a", server, TrustsAll), login("b", server, TrustUnknown)}, "", 0},
		{[]Login{login("a", server, TrustsNone), login("written", server, TrustsNone)}, "a", 0},
		{[]Login{login("a", server, TrustsSome), login("b", server, TrustsSome)}, "ab", 1},
		{[]Login{login("a", "https://other.example", TrustsNone)}, "", 0},
	} {
		asked = 0
		got := ""
		for _, o := range OldAuthorities(test.logins, have, "written", read) {
			got += o.Context
			if o.String() == "" || o.Hint("written") == "" {
				t.Errorf("%s: no text", o.Context)
			}
		}
		if got != test.want || asked != test.asked {
			t.Errorf("%v: contexts %q, asked %d times", test.logins, got, asked)
		}
	}
}
