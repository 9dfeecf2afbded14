package main

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/ekssim"
)

// Three cluster admins by rows of aws-auth, the caller among them, a team by a
// row, and a file that declares the same.
const (
	migrationWorld = `
settings: {updatePolls: 0}
accounts: [{id: "111122223333", roles: [eksaccess, lead, oncall, team]}]
clusters:
- name: one
  mode: %s
  awsAuth: |
    mapRoles: |
      - {rolearn: "arn:aws:iam::111122223333:role/eksaccess", username: caller, groups: [system:masters]}
      - {rolearn: "arn:aws:iam::111122223333:role/lead", username: lead, groups: [system:masters]}
      - {rolearn: "arn:aws:iam::111122223333:role/oncall", username: oncall, groups: [system:masters]}
      - {rolearn: "arn:aws:iam::111122223333:role/team", username: team, groups: [developers]}
`
	migrationFile = `
apiVersion: eksaccess/v1
owner: platform
clusters:
- arn: arn:aws:eks:eu-west-1:111122223333:cluster/one
  authenticationMode: API_AND_CONFIG_MAP
  admins: [{role: eksaccess}, {role: lead}, {role: oncall}]
  access: [{role: team, groups: [developers], policy: AmazonEKSViewPolicy}]
`
)

// killMigration kills a migration at a moment, and again at the first write of
// the next run, and checks that a cluster admin is left after every write, that
// no principal loses access in the end, and that the run after that gets there.
func killMigration(t testing.TB, mode string, m moment, again bool, want map[string]string) (f findings, kills int) {
	t.Helper()
	v := newVictim(t, fmt.Sprintf(migrationWorld, mode), migrationFile)
	id := ekssim.ClusterID{Account: account, Region: "eu-west-1", Name: "one"}
	before := v.sim.Access(id)
	killed, e := v.apply(m)
	if !killed {
		f.unconverged = append(
			f.unconverged,
			fmt.Sprintf("%s, %s: it was not: %d\n%s%s", mode, m, e.code, e.stdout, e.stderr),
		)
		return f, 0
	}
	kills = 1
	if again {
		if killed, _ := v.apply(moment{nth: 1, done: m.done}); killed {
			kills++
		}
	}
	if _, e = v.apply(moment{}); e.code != 0 {
		f.unconverged = append(
			f.unconverged,
			fmt.Sprintf("%s, %s: the next run ends with %d\n%s%s", mode, m, e.code, e.stdout, e.stderr),
		)
	}
	if diff := cmp.Diff(want, shapes(v.sim)); diff != "" {
		f.unconverged = append(
			f.unconverged,
			fmt.Sprintf("%s, %s: the next run leads elsewhere (-want +got)\n%s", mode, m, diff),
		)
	}
	for _, h := range v.sim.AccessHistory() {
		if h.Admins == 0 {
			f.lockouts = append(
				f.lockouts,
				fmt.Sprintf("%s, %s: no cluster admin after %s of %s", mode, m, h.Operation, h.Principal),
			)
		}
	}
	after := v.sim.Access(id)
	for principal, b := range before {
		a := after[principal]
		if lost := a.Missing(&b); len(lost) > 0 {
			f.gaps = append(f.gaps, fmt.Sprintf("%s, %s: %s lacks %q in the end", mode, m, principal, lost))
		}
	}
	f.mutations = applied(v.sim.Calls(ekssim.CallFilter{Mutating: true}))
	return f, kills
}

// killMigrations kills a migration at every stride-th write, before it is done
// and after.
func killMigrations(t *testing.T, stride int) (all findings, n int) {
	t.Helper()
	for _, mode := range []string{"API_AND_CONFIG_MAP\n  bootstrap: false", "CONFIG_MAP\n  creator: role/lead"} {
		writes, want := writesOf(t, fmt.Sprintf(migrationWorld, mode), migrationFile)
		for i, m := range everyMoment(writes, stride) {
			f, kills := killMigration(t, mode, m, i%3 == 0, want)
			all.add(f)
			n += kills
		}
	}
	return all, n
}

// A migration that is killed at a write, in make soak at any, leaves a cluster
// admin by entry or row, and the next run finishes it.
func TestKilledMigration(t *testing.T) {
	stride := sparser(1)
	f, n := killMigrations(t, stride)
	if n < 2*2*9/stride {
		t.Errorf("%d kills are too few", n)
	}
	for _, bad := range slices.Compact(f.bad()) {
		t.Error(bad)
	}
}
