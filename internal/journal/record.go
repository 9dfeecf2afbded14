package journal

import (
	"time"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// APIVersion and Kind are in the first record of every run.
const (
	APIVersion = plan.APIVersion
	Kind       = "Journal"
)

// The kinds of records.
const (
	ofRun      = "run"
	ofCluster  = "cluster"
	ofBegin    = "begin"
	ofEnd      = "end"
	ofFound    = "found"
	ofFinished = "finished"
)

// A Run opens a run of the program.
type Run struct {
	Record      string    `json:"record"` // "run"
	APIVersion  string    `json:"apiVersion"`
	Kind        string    `json:"kind"`
	ToolVersion string    `json:"toolVersion"`
	ID          string    `json:"run"`
	Time        time.Time `json:"time"`
	Args        []string  `json:"args"`             // as typed; no flag takes a secret
	Undoes      string    `json:"undoes,omitempty"` // the run that this one takes back
}

// A Cluster comes before the first write to a cluster.
type Cluster struct {
	Record     string          `json:"record"` // "cluster"
	ARN        string          `json:"cluster"`
	Name       string          `json:"name"`
	Region     string          `json:"region"`
	Account    string          `json:"account"`
	Time       time.Time       `json:"time"`
	Callers    []string        `json:"callers"`
	Connection plan.Connection `json:"connection"`
	Rules      plan.Rules      `json:"rules"`
}

// A Begin is a write that is about to be sent.
type Begin struct {
	Record    string      `json:"record"` // "begin"
	Write     int         `json:"write"`  // its number in the run
	Cluster   string      `json:"cluster"`
	Time      time.Time   `json:"time"`
	Action    plan.Action `json:"action,omitempty"` // of the change it is part of
	Principal string      `json:"principal,omitempty"`
	Previous  string      `json:"previousPrincipal,omitempty"` // of a rekey
	Reason    string      `json:"reason,omitempty"`
	Step      plan.Step   `json:"step"`
	Note      string      `json:"note,omitempty"`
	Mode      *ModeStep   `json:"mode,omitempty"` // of UpdateClusterConfig
	// Before is the entry of the step's principal; null where there is none.
	Before *spec.Entry `json:"before"`
	// Stale says of that entry that it gave nothing: its principal was recreated
	// in IAM after it.
	Stale bool `json:"stale,omitempty"`
	// After is, in a replace and in what finishes one that was cut off, the
	// entry that the last step leads to.
	After *spec.Entry `json:"after,omitempty"`
	// Undo are the calls that take this one back; null where nothing does.
	Undo []plan.Step `json:"undo"`
}

// A ModeStep is the authentication mode before and after.
type ModeStep struct {
	Before string `json:"before"`
	After  string `json:"after"`
}

// An End is what became of a write.
type End struct {
	Record    string        `json:"record"` // "end"
	Write     int           `json:"write"`
	Time      time.Time     `json:"time"`
	Outcome   apply.Outcome `json:"outcome"`
	RequestID string        `json:"requestId"`
	Error     *plan.Error   `json:"error,omitempty"`
}

// A Found is the entry that a create met in its place.
type Found struct {
	Record    string     `json:"record"` // "found"
	Write     int        `json:"write"`
	Time      time.Time  `json:"time"`
	Entry     spec.Entry `json:"entry"`
	CreatedAt time.Time  `json:"createdAt"` // as EKS tells
}

// A Finished says that a cluster, or the whole run, left nothing that the next
// run has to finish.
type Finished struct {
	Record  string       `json:"record"` // "finished"
	Run     string       `json:"run"`
	Cluster string       `json:"cluster,omitempty"` // none: the whole run
	Time    time.Time    `json:"time"`
	Status  apply.Status `json:"status,omitempty"`
	By      string       `json:"by,omitempty"` // the later run that saw to it
}
