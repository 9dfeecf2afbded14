package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/ekssim"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// misaccounted says what in the account of a run is not so: every planned step
// is in exactly one list, every step said to be done has its call, every call
// that had its effect and was answered is told of, and the exit code follows.
func misaccounted(planned *plan.Plan, e ending, calls []ekssim.Call, world ekssim.World) (wrong []string) {
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	var r apply.Result
	if err := json.Unmarshal([]byte(e.stdout), &r); err != nil {
		say("exit code %d with a result that is none: %v\n%s\n%s", e.code, err, e.stdout, e.stderr)
		return wrong
	}
	if want := codeFor(r.Clusters); e.code != want {
		say("exit code %d, want %d for %+v", e.code, want, r.Summary)
	}
	byID := map[string]ekssim.Call{}
	for _, c := range calls {
		byID[c.RequestID] = c
	}
	told := map[string]bool{}
	for i, c := range r.Clusters {
		p := planned.Clusters[i]
		if p.ARN != c.ARN {
			say("cluster %s in the place of %s", c.ARN, p.ARN)
			continue
		}
		wrong = append(wrong, unbalanced(p, c)...)
		wrong = append(wrong, afterAStop(c)...)
		for _, s := range slices.Concat(c.Done, c.InProgress) {
			call, made := byID[s.RequestID]
			switch {
			case s.RequestID == "" && s.Note == "":
				say("%s is said to be done, by no call", key(s))
			case s.RequestID != "" && (!made || !call.Applied || call.Operation != s.Operation ||
				call.Cluster != c.Name):
				say("%s is said to be done by call %q, which is %+v", key(s), s.RequestID, call)
			}
			told[s.RequestID] = true
		}
		for _, s := range c.Failed {
			if s.Error == nil {
				say("%s failed without an error", key(s))
			}
			if byID[s.RequestID].Applied {
				say("%s is said to have failed, and had its effect", key(s))
			}
		}
		if bad := unlike(p, world); c.Converged && len(bad) > 0 {
			say("%s is said to be as planned, and is not: %s", c.Name, strings.Join(bad, "; "))
		}
		if c.Converged != (c.Status == apply.Applied || c.Status == apply.InSync) {
			say("%s is %s with converged %v", c.Name, c.Status, c.Converged)
		}
		if (c.Status == apply.Failed || c.Status == apply.Interrupted) && c.Error == nil {
			say("%s is %s without an error", c.Name, c.Status)
		}
	}
	for i, c := range calls {
		// An answer may be slower than the program's patience: then it asks again.
		again := slices.ContainsFunc(calls[i+1:], func(o ekssim.Call) bool {
			return o.Operation == c.Operation && o.Principal == c.Principal && o.Policy == c.Policy &&
				o.Resource == c.Resource
		})
		if c.Applied && !c.Lost && !again && !told[c.RequestID] {
			say("%s of %s had its effect, and is not told of", c.Operation, c.Principal)
		}
	}
	return wrong
}

// codeFor is the exit code that the product promises for these outcomes.
func codeFor(clusters []apply.ClusterResult) int {
	n := map[apply.Status]int{}
	for _, c := range clusters {
		n[c.Status]++
	}
	switch {
	case n[apply.Interrupted] > 0, n[apply.Failed] == len(clusters):
		return 1
	case n[apply.Failed] > 0:
		return 5
	case n[apply.Refused] > 0:
		return 3
	case n[apply.Unconfirmed]+n[apply.Incomplete] > 0:
		return 4
	}
	return 0
}

func key(s apply.StepResult) string {
	username := ""
	if s.Username != nil {
		username = *s.Username
	}
	return fmt.Sprint(
		s.Operation,
		" ",
		s.Principal,
		" ",
		s.Mode,
		" ",
		arn.PolicyName(s.Policy),
		" ",
		s.Scope,
		s.Namespaces,
		" ",
		username,
		s.Groups,
		s.TagKeys,
		len(s.Tags),
	)
}

// unbalanced says which planned steps are not in exactly one list, and which
// unplanned ones are there without a word why.
func unbalanced(p plan.Cluster, c apply.ClusterResult) (wrong []string) {
	left := map[string]int{}
	for _, ch := range p.Changes {
		for _, s := range ch.Steps {
			left[key(apply.StepResult{Step: s})]++
		}
	}
	if p.AuthenticationMode.Moves() {
		for _, m := range eksfacts.ModeSteps(p.AuthenticationMode.Before, p.AuthenticationMode.After) {
			left[key(apply.StepResult{Step: plan.Step{Operation: plan.UpdateClusterConfig}, Mode: m})]++
		}
	}
	for _, s := range slices.Concat(c.Done, c.Failed, c.NotTried, c.InProgress) {
		k := key(s)
		if left[k] > 0 && !strings.Contains(s.Note, "restores") {
			left[k]--
		} else if s.Note == "" {
			wrong = append(wrong, "not planned, and no word why: "+k)
		}
	}
	for k, n := range left {
		if n > 0 {
			wrong = append(wrong, fmt.Sprintf("planned, and in no list %d times: %s", n, k))
		}
	}
	return wrong
}

// afterAStop says what was taken away after a grant had failed or a guard had
// said no.
func afterAStop(c apply.ClusterResult) (wrong []string) {
	failed := slices.ContainsFunc(
		c.Failed,
		func(s apply.StepResult) bool { return s.Phase == plan.Grant && s.Note == "" },
	)
	for _, s := range c.Done {
		undone := strings.Contains(s.Note, "deletes the entry that this run created")
		if s.Phase == plan.Revoke && failed && !undone {
			wrong = append(wrong, "revoked though a grant had failed: "+key(s))
		}
	}
	return wrong
}

// unlike says in what a cluster of the simulator is not what a plan leads to.
func unlike(p plan.Cluster, w ekssim.World) (bad []string) {
	i := slices.IndexFunc(
		w.Clusters,
		func(c ekssim.Cluster) bool { return c.Name == p.Name && c.Account == p.Account && c.Region == p.Region },
	)
	live := w.Clusters[i]
	if m := p.AuthenticationMode; m != nil && eksfacts.ModeRank(live.Mode) < eksfacts.ModeRank(m.After) {
		bad = append(bad, "mode "+live.Mode)
	}
	entry := func(principal string) *ekssim.Entry {
		for i, e := range live.Entries {
			if e.Principal == principal {
				return &live.Entries[i]
			}
		}
		return nil
	}
	for _, c := range p.Changes {
		e := entry(c.Principal)
		switch {
		case c.After == nil && e != nil:
			bad = append(bad, c.Principal+" has an entry")
		case c.After != nil && e == nil:
			bad = append(bad, c.Principal+" has no entry")
		case c.After != nil && shape(*e) != shapeWanted(*c.After, e.Tags):
			bad = append(
				bad,
				fmt.Sprintf("%s is\n%s\nin place of\n%s", c.Principal, shape(*e), shapeWanted(*c.After, e.Tags)),
			)
		}
		for _, s := range c.Steps {
			if s.Operation == plan.DeleteAccessEntry && s.Principal != c.Principal && entry(s.Principal) != nil {
				bad = append(bad, s.Principal+" still has an entry")
			}
		}
	}
	return bad
}

// shape is an entry of the simulator as text.
func shape(e ekssim.Entry) string {
	var policies []string
	for _, p := range e.Policies {
		policies = append(policies, fmt.Sprint(p.Policy, slices.Sorted(slices.Values(p.Namespaces))))
	}
	slices.Sort(policies)
	names := fmt.Sprint(e.Username, slices.Sorted(slices.Values(e.Groups)))
	if eksfacts.IsNode(e.Type) {
		names = ""
	}
	return fmt.Sprint(e.Type, " ", names, " ", policies, " ", e.Tags)
}

// shapeWanted is the same of an entry wanted. Tags of others stay as they are.
func shapeWanted(want spec.Entry, have map[string]string) string {
	e := ekssim.Entry{Type: want.Type, Username: want.Username, Groups: want.Groups, Tags: map[string]string{}}
	for k, v := range have {
		if !strings.HasPrefix(k, spec.TagPrefix) {
			e.Tags[k] = v
		}
	}
	maps.Copy(e.Tags, want.Tags)
	for _, p := range want.Policies {
		e.Policies = append(e.Policies, ekssim.Association{Policy: p.ARN, Namespaces: p.Namespaces})
	}
	return shape(e)
}
