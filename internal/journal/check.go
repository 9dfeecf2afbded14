package journal

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// A journal may be damaged, or edited by hand. What contradicts itself within
// one cluster is a problem of that cluster: nothing is undone or finished in it.

// addProblem adds to what is wrong with the records of a cluster.
func (c *ClusterHistory) addProblem(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(c.Problems, text) {
		c.Problems = append(c.Problems, text)
	}
}

// ProblemError is an error that says what is wrong with the records of a cluster, or
// nil.
func (c *ClusterHistory) ProblemError() error {
	if len(c.Problems) == 0 {
		return nil
	}
	text := c.Problems[0]
	if n := len(c.Problems) - 1; n > 0 {
		text += fmt.Sprintf(" (and %d more)", n)
	}
	return fmt.Errorf("the journal contradicts itself or is damaged: %s", text)
}

// checkCluster checks the record that comes before the writes to a cluster.
func (c *ClusterHistory) checkCluster(line []byte) {
	var has struct{ Connection, Rules json.RawMessage }
	_ = json.Unmarshal(line, &has) // it was decoded before
	isNull := func(m json.RawMessage) bool { return len(m) == 0 || string(m) == "null" }
	if isNull(has.Connection) {
		c.addProblem("the record of %s has no connection", c.ARN)
	}
	if isNull(has.Rules) {
		c.addProblem("the record of %s has no rules", c.ARN)
	}
	place := plan.Cluster{Name: c.Name, Region: c.Region, Account: c.Account, Connection: c.Connection}
	if got := place.ID().ARN(); got != c.ARN && !isNull(has.Connection) {
		c.addProblem("the record of %s is about %s", c.ARN, got)
	}
}

// operations are those of steps, and whether they need an entry to be there.
var operations = map[string]bool{
	plan.CreateAccessEntry: false, plan.UpdateClusterConfig: false,
	plan.DeleteAccessEntry: true, plan.UpdateAccessEntry: true,
	plan.AssociateAccessPolicy: true, plan.DisassociateAccessPolicy: true,
	plan.TagResource: true, plan.UntagResource: true,
}

// checkWrite checks the record of a write, and completes its entries.
func (c *ClusterHistory) checkWrite(w *Write) {
	needsEntry, known := operations[w.Step.Operation]
	switch {
	case w.Step.Operation == "":
		c.addProblem("write %d has no step", w.Begin.Write)
	case !known:
		c.addProblem("write %d is of an operation %q, which this program does not know",
			w.Begin.Write, w.Step.Operation)
	case w.Step.Operation == plan.UpdateClusterConfig:
		if w.Mode == nil {
			c.addProblem("write %d changes the authentication mode, and has no mode", w.Begin.Write)
		}
	case w.Step.Principal == "":
		c.addProblem("write %d has no principal", w.Begin.Write)
	case needsEntry && w.Before == nil:
		c.addProblem("write %d is a %s, and has no entry before it", w.Begin.Write, w.Step.Operation)
	case !needsEntry && w.Before != nil:
		c.addProblem("write %d is a %s, and has an entry before it", w.Begin.Write, w.Step.Operation)
	}
	if w.Before != nil && w.Before.Principal != w.Step.Principal {
		c.addProblem("write %d is for %s, and the entry before it is of %s",
			w.Begin.Write, w.Step.Principal, w.Before.Principal)
	}
	w.Before, w.After = canonical(w.Before), canonical(w.After)
}

func canonical(e *spec.Entry) *spec.Entry {
	if e == nil {
		return nil
	}
	complete := e.Canonical()
	return &complete
}

// checkEnd checks what became of a write.
func (c *ClusterHistory) checkEnd(w *Write, end *End) {
	switch end.Outcome {
	case apply.Done, apply.NotDone, apply.Gone, apply.Unknown:
	default:
		c.addProblem("write %d ended with %q, which is no outcome", end.Write, end.Outcome)
	}
	if w.End != nil && w.End.Outcome != end.Outcome {
		c.addProblem("write %d ended twice, with %q and %q", end.Write, w.End.Outcome, end.Outcome)
	}
}

// checkFound checks the entry that a create met.
func (c *ClusterHistory) checkFound(w *Write, found *Found) {
	if w.Step.Operation != plan.CreateAccessEntry || found.Entry.Principal != w.Step.Principal {
		c.addProblem("write %d met an entry of %s", found.Write, found.Entry.Principal)
	}
	found.Entry = found.Entry.Canonical()
}

// checkRun checks what is about all writes of a run. Writes are numbered from 1;
// what is missing may have been in any of the clusters.
func (h *History) checkRun(writes map[int]*Write) {
	most := 0
	for n := range writes {
		most = max(most, n)
	}
	if most == len(writes) && (most == 0 || writes[1] != nil) {
		return
	}
	for _, c := range h.Clusters {
		c.addProblem("run %s lacks writes: it has %d, and the last is number %d", h.ID, len(writes), most)
	}
}
