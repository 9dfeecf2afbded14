//go:build acceptance

package acceptance

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/ekssim"
)

// However a run ends, it takes back what it made, or says what it could not.
// Each is a process of its own, as make acceptance starts it, and finds the
// simulator of this one where AWS would be.
func TestEnds(t *testing.T) {
	if testing.Short() {
		t.Skip("each is a whole run")
	}
	update := func(c ekssim.Call) bool { return c.Operation == "UpdateClusterConfig" }
	tests := []struct {
		name      string
		fault     ekssim.Fault
		interrupt func(ekssim.Call) bool // the call at which the user presses Ctrl-C
		want      []string               // in its output
		left      bool                   // the entry of PRINCIPAL
	}{
		{name: "a flow fails", fault: ekssim.Fault{Operation: "AssociateAccessPolicy", After: 3, Effect: "deny"},
			want: []string{"those after", "is as it was: mode API_AND_CONFIG_MAP, 4 entries"}},
		{name: "interrupted in a flow", interrupt: func(c ekssim.Call) bool { return c.Operation == "TagResource" },
			want: []string{"is as it was: mode API_AND_CONFIG_MAP, 4 entries"}},
		{name: "interrupted while the cluster is updated", interrupt: update,
			want: []string{"│ not asked: the run was cut short ", "is as it was: mode API_AND_CONFIG_MAP, 4 entries"}},
		{name: "a probe fails", fault: ekssim.Fault{Operation: "ListAccessPolicies", Effect: "deny"},
			want: []string{
				"│ no answer: ",
				"│ no answer │",
				"│ accepted",
				"is as it was: mode API_AND_CONFIG_MAP, 4 entries",
			}},
		{
			name:  "nothing can be deleted any more",
			fault: ekssim.Fault{Operation: "DeleteAccessEntry", Effect: "deny"},
			left:  true,
			want: []string{"LEFT BEHIND: the entry of arn:aws:iam::111122223333:role/acceptance/subject: ",
				"take it back with: aws eks delete-access-entry --region eu-west-1 --cluster-name throwaway " +
					"--principal-arn arn:aws:iam::111122223333:role/acceptance/subject\n",
				"entries are not as they were"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sim := startSimulator(t, simulatedMeans.cluster)
			before := entries(sim)
			if tt.fault.Operation != "" {
				if err := sim.AddFault(tt.fault); err != nil {
					t.Fatal(err)
				}
			}
			none := filepath.Join(t.TempDir(), "none")
			run := exec.Command(os.Args[0], "-test.run=^TestAcceptance$", "-test.v", "-test.timeout=4m")
			run.Env = append(os.Environ(), sim.Env(runner)...)
			run.Env = append(
				run.Env,
				"AWS_PROFILE=",
				"AWS_SESSION_TOKEN=",
				"AWS_CONFIG_FILE="+none,
				"AWS_SHARED_CREDENTIALS_FILE="+none,
				"CLUSTER="+simulatedMeans.cluster,
				"REGION="+simulatedMeans.region,
				"PRINCIPAL="+simulatedMeans.principal,
				"THROWAWAY_ROLE=",
				"FOREIGN_ACCOUNT="+simulatedMeans.foreignAccount,
				"TOGGLE_LOGGING=1",
				confirmation+"=yes-change-"+simulatedMeans.cluster,
			)
			var pressed sync.Once
			sim.AddHook(ekssim.Hook{After: func(c ekssim.Call) {
				if tt.interrupt != nil && tt.interrupt(c) {
					pressed.Do(func() { _ = run.Process.Signal(os.Interrupt) })
				}
			}})
			begin := time.Now()
			out, err := run.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "\nFAIL") {
				t.Errorf("it ended with %v after %v\n%s", err, time.Since(begin), out)
			}
			for _, want := range tt.want {
				if !strings.Contains(string(out), want) {
					t.Errorf("it does not say %q:\n%s", want, out)
				}
			}
			after := entries(sim)
			if tt.left {
				if _, found := after[simulatedMeans.principal]; !found {
					t.Error("the entry is not left")
				}
				return
			}
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("(-before +after)\n%s\n%s", diff, out)
			}
			if logs := sim.World().Clusters[0].Logging; len(logs) > 0 {
				t.Errorf("logs are kept of %v", logs)
			}
		})
	}
}

func entries(sim *ekssim.Server) map[string]ekssim.Right {
	return sim.Rights(
		ekssim.ClusterID{Account: "111122223333", Region: simulatedMeans.region, Name: simulatedMeans.cluster},
	)
}
