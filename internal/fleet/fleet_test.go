package fleet_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eksaccess/eksaccess/internal/awsclient"
	"github.com/eksaccess/eksaccess/internal/ekssim"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/spec"
)

const world = `
credentials: [{accessKeyId: AKIAME, principal: "arn:aws:iam::111122223333:role/eksaccess"}]
accounts:
- id: "111122223333"
  roles: [eksaccess, admin, reader]
clusters:
- name: dev
  mode: API_AND_CONFIG_MAP
  entries:
  - {principal: role/eksaccess, policies: [AmazonEKSClusterAdminPolicy]}
  - {principal: role/reader, policies: [AmazonEKSViewPolicy]}
- name: prod
  mode: API
  entries:
  - {principal: role/eksaccess, policies: [AmazonEKSClusterAdminPolicy]}
`

const file = `apiVersion: eksaccess/v1
clusters:
- arn:aws:eks:eu-west-1:111122223333:cluster/dev
- arn:aws:eks:eu-west-1:111122223333:cluster/prod
admins:
- {role: admin}
`

// said is what a fleet reported.
type said struct{ lines []string }

func (s *said) Note(text string)       { s.lines = append(s.lines, "note: "+text) }
func (s *said) Warn(text, hint string) { s.lines = append(s.lines, "warning: "+text+" ("+hint+")") }
func (s *said) Progress() fleet.Progress {
	return noProgress{}
}

func (s *said) Problems(p spec.Problems, where string) error {
	if p.Failed() {
		return p
	}
	return nil
}

type noProgress struct{}

func (noProgress) Begin(string, int, int) {}
func (noProgress) Start(string)           {}
func (noProgress) Finish(string)          {}
func (noProgress) Entries(int)            {}
func (noProgress) Done()                  {}

// open returns a fleet in the simulated world, and the path of a file for it.
func open(t *testing.T, o fleet.Options) (*ekssim.Server, *fleet.Fleet, *said, string) {
	t.Helper()
	w, err := ekssim.ParseWorld([]byte(world))
	if err != nil {
		t.Fatal(err)
	}
	sim, err := ekssim.New(w)
	if err != nil {
		t.Fatal(err)
	}
	if o.AWS.TestOnlyTransport, err = sim.Transport(); err != nil {
		t.Fatal(err)
	}
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
			_ = os.Unsetenv(name)
		}
	}
	none := filepath.Join(t.TempDir(), "none")
	for _, kv := range append(sim.Env("AKIAME"), "HOME="+t.TempDir(), "AWS_CONFIG_FILE="+none,
		"AWS_SHARED_CREDENTIALS_FILE="+none) {
		name, value, _ := strings.Cut(kv, "=")
		t.Setenv(name, value)
	}
	report := &said{}
	o.AWS.Clock = &awsclient.Clock{Machine: time.Now}
	o.AWS.Concurrency = 10
	o.Begun, o.Report = time.Now(), report
	path := filepath.Join(t.TempDir(), "clusters.yaml")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	return sim, fleet.New(o), report, path
}

// names are those of clusters.
func names(clusters []*spec.Cluster) []string {
	var list []string
	for _, c := range clusters {
		list = append(list, c.ID.Path())
	}
	return list
}

func TestLocate(t *testing.T) {
	_, f, _, path := open(t, fleet.Options{})
	both := []string{"111122223333/eu-west-1/dev", "111122223333/eu-west-1/prod"}
	for _, test := range []struct {
		choice fleet.Choice
		want   []string
		err    string
		hint   string
	}{
		{choice: fleet.Choice{Files: []string{path}}, want: both},
		{choice: fleet.Choice{Files: []string{path}, Clusters: []string{"pr*"}}, want: both[1:]},
		{choice: fleet.Choice{Clusters: []string{"prod", "dev", "prod"}, Region: "eu-west-1"}, want: both},
		{choice: fleet.Choice{Clusters: []string{"111122223333/eu-west-1/dev"}}, want: both[:1]},
		{choice: fleet.Choice{All: true, Region: "eu-west-1"}, want: both},
		{choice: fleet.Choice{Command: "eksaccess who"}, err: "no cluster given",
			hint: "eksaccess who -f FILE, --cluster NAME --region REGION, or --all-clusters --region REGION"},
		{choice: fleet.Choice{Clusters: []string{"dev"}, Region: "nowhere"}, err: `"nowhere" is not a region`,
			hint: `write a region such as "eu-west-1"`},
		{choice: fleet.Choice{Selectors: []string{"a=b"}}, err: "--selector requires a file",
			hint: "pass -f FILE"},
	} {
		got, err := f.Locate(t.Context(), test.choice)
		if test.err != "" {
			if err == nil || err.Error() != test.err || !slices.Equal(fault.Hints(err), []string{test.hint}) {
				t.Errorf("%+v: got %v with hints %q, want %s", test.choice, err, fault.Hints(err), test.err)
			}
			continue
		}
		if err != nil || !slices.Equal(names(got), test.want) {
			t.Errorf("%+v: got %v and %v, want %v", test.choice, names(got), err, test.want)
		}
	}
}

func TestOne(t *testing.T) {
	_, f, _, path := open(t, fleet.Options{})
	one, err := f.One(t.Context(), fleet.Choice{Clusters: []string{"dev"}, Region: "eu-west-1"})
	if err != nil || one.ID.Name != "dev" || one.ID.Account != "" {
		t.Errorf("got %v and %v", one, err)
	}
	const want = "token takes exactly one cluster, and 2 are chosen"
	_, err = f.One(t.Context(), fleet.Choice{Files: []string{path}, Command: "eksaccess token"})
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// Each need sends the calls that it is about, and no others.
func TestNeedSendsOnlyItsCalls(t *testing.T) {
	for _, test := range []struct {
		name string
		need fleet.Need
		want []string // operations, each once
	}{
		{"description", fleet.Need{Part: fleet.Description}, []string{"DescribeCluster", "GetCallerIdentity"}},
		{"names", fleet.Need{Resolve: true}, []string{"GetCallerIdentity", "GetRole"}},
		{"entries", fleet.Need{Part: fleet.Entries}, []string{"DescribeAccessEntry", "DescribeCluster",
			"GetCallerIdentity", "ListAccessEntries", "ListAssociatedAccessPolicies"}},
		{"everything", fleet.Need{Part: fleet.Entries, Resolve: true, Identities: true}, []string{
			"DescribeAccessEntry", "DescribeCluster", "GetCallerIdentity", "GetRole", "ListAccessEntries",
			"ListAssociatedAccessPolicies"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			sim, f, _, path := open(t, fleet.Options{})
			declared, err := f.LoadClusters(fleet.Choice{Files: []string{path}, Clusters: []string{"dev"}})
			if err != nil {
				t.Fatal(err)
			}
			c := &fleet.Cluster{Declared: declared[0]}
			if err := f.Read(t.Context(), c, test.need); err != nil {
				t.Fatal(err)
			}
			got := sim.Operations(ekssim.CallFilter{})
			slices.Sort(got)
			if got = slices.Compact(got); !slices.Equal(got, test.want) {
				t.Errorf("sent %v, want %v", got, test.want)
			}
			const admin = "arn:aws:iam::111122223333:role/admin"
			if test.need.Resolve && (len(c.Want.Entries) != 1 || c.Want.Entries[0].Principal != admin) {
				t.Errorf("declared are %+v", c.Want.Entries)
			}
			if test.need.Part == fleet.Entries && len(c.Have.Entries) != 2 {
				t.Errorf("entries are %+v", c.Have.Entries)
			}
			if test.need.Identities && !slices.Equal(c.Callers, []string{"arn:aws:iam::111122223333:role/eksaccess"}) {
				t.Errorf("callers are %v", c.Callers)
			}
		})
	}
}

// A file whose principals are ARNs is resolved without a call.
func TestARNsAreResolvedOffline(t *testing.T) {
	sim, f, _, path := open(t, fleet.Options{})
	text := strings.ReplaceAll(file, "{role: admin}", "arn:aws:iam::111122223333:role/admin")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	declared, err := f.LoadClusters(fleet.Choice{Files: []string{path}})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range declared {
		c := &fleet.Cluster{Declared: d}
		if err := f.Read(t.Context(), c, fleet.Need{Resolve: true}); err != nil || len(c.Want.Entries) != 1 {
			t.Errorf("%v: %v, %+v", d.ID, err, c.Want)
		}
	}
	if calls := sim.Operations(ekssim.CallFilter{}); len(calls) != 0 {
		t.Errorf("sent %v", calls)
	}
}

// What a snapshot has is what AWS answered, without a call.
func TestSnapshotIsReadInPlaceOfAWS(t *testing.T) {
	sim, f, _, path := open(t, fleet.Options{})
	taken, declared, err := f.Observe(t.Context(), fleet.Choice{Files: []string{path}})
	if err != nil || len(taken.Clusters) != 2 || len(declared) != 2 {
		t.Fatalf("%v: %+v, %v", err, taken, declared)
	}
	saved := filepath.Join(t.TempDir(), "snapshot.json")
	data, err := json.Marshal(taken)
	if err == nil {
		err = os.WriteFile(saved, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	sim.ForgetCalls()
	_, offline, report, _ := open(t, fleet.Options{})
	if _, err := offline.OpenSnapshot(saved); err != nil {
		t.Fatal(err)
	}
	need := fleet.Need{Part: fleet.Entries, Resolve: true, Identities: true}
	read, err := offline.Visit(t.Context(), declared, func(_ int, c *fleet.Cluster) {
		if err := offline.Read(t.Context(), c, need); err != nil {
			t.Errorf("%v: %v", c.Declared.ID, err)
		}
	})
	if err != nil || len(read) != 2 {
		t.Fatalf("%v: %v", err, read)
	}
	for i, entries := range []int{2, 1} {
		if c := read[i]; len(c.Have.Entries) != entries || len(c.Want.Entries) != 1 || c.Session != nil {
			t.Errorf("%v: %d entries, %+v", c.Declared.ID, len(c.Have.Entries), c.Want)
		}
	}
	if !slices.ContainsFunc(report.lines, func(l string) bool { return strings.HasPrefix(l, "note: as of ") }) {
		t.Errorf("reported %q", report.lines)
	}
	if calls := sim.Operations(ekssim.CallFilter{}); len(calls) != 0 {
		t.Errorf("sent %v", calls)
	}
}
