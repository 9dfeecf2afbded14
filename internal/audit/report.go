package audit

import (
	"time"

	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/snapshot"
)

// APIVersion and Kind open every report.
const (
	APIVersion = "eksaccess/v1"
	Kind       = "Audit"
)

// A Report is the result of an audit. Lists are sorted and never nil.
type Report struct {
	APIVersion  string    `json:"apiVersion"`
	Kind        string    `json:"kind"`
	CreatedAt   time.Time `json:"createdAt"` // UTC, whole seconds
	ToolVersion string    `json:"toolVersion"`
	ReadAt      time.Time `json:"readAt"` // when the clusters were read
	Summary     Summary   `json:"summary"`

	Findings   []Finding     `json:"findings"`   // by account, region, cluster, severity, rule, principal
	NotChecked []NotChecked  `json:"notChecked"` // by rule, cluster
	Waived     []Waived      `json:"waived"`     // findings that a waiver accepts
	Waivers    []WaiverState `json:"waivers"`    // in the order given
	Failed     []Failed      `json:"failed"`     // clusters that could not be read
	// NotRead are accounts, regions and clusters that could not be read.
	NotRead []snapshot.NotRead `json:"notRead"`

	Rules    []Rule   `json:"-"` // those that were checked
	Clusters []string `json:"-"` // those in which they were checked, as ACCOUNT/REGION/NAME
	Files    []string `json:"-"` // that declare access
	ReadBy   []string `json:"-"` // principals that read the clusters

	// Numbers of principals that are cluster admin in a cluster.
	Admins           int `json:"-"`
	UndeclaredAdmins int `json:"-"` // without temporary grants
	ExpiringAdmins   int `json:"-"`
}

// A Summary has counts. Clusters and Failed count clusters, NotChecked counts
// rules in clusters, the others count findings.
type Summary struct {
	Clusters   int `json:"clusters"`
	Failed     int `json:"failed"`
	Findings   int `json:"findings"`
	Critical   int `json:"critical"`
	High       int `json:"high"`
	Medium     int `json:"medium"`
	Low        int `json:"low"`
	Info       int `json:"info"`
	Waived     int `json:"waived"`
	NotChecked int `json:"notChecked"`
}

// A Finding is one problem in one cluster.
type Finding struct {
	Rule      string   `json:"rule"`
	Severity  Severity `json:"severity"`
	Cluster   string   `json:"cluster"` // its name; "" for one of the files, not of a cluster
	Region    string   `json:"region"`
	Account   string   `json:"account"`
	Principal string   `json:"principal"` // "" where it is about the cluster
	Message   string   `json:"message"`
	Fix       string   `json:"fix"`
	Source    string   `json:"source"` // file:line:column; "" where no line is about it

	// The parts of Message and Fix.
	Title  string   `json:"-"` // of its rule and severity
	Others []string `json:"-"` // principals that the problem is also about
	Detail string   `json:"-"`
	Steps  Fix      `json:"-"`

	IsUndeclaredAdmin bool `json:"-"` // a cluster admin that no file declares
}

// A NotChecked is a rule that was not checked in a cluster, or not for all of it.
type NotChecked struct {
	Rule    string `json:"rule"`
	Cluster string `json:"cluster"` // ACCOUNT/REGION/NAME
	Reason  string `json:"reason"`
	Cause   Cause  `json:"-"`
}

// A Cause is a common reason why rules are not checked; "" for others.
type Cause string

const (
	NeedsKube      Cause = "kube"    // --kube reads the data
	NeedsFile      Cause = "file"    // -f names a file
	ClusterNotRead Cause = "cluster" // the cluster could not be read
)

// A Waived is a finding that a waiver covers.
type Waived struct {
	Finding
	Reason string `json:"reason"`
	Owner  string `json:"owner"`
	Until  string `json:"until"`  // 2026-12-31
	Waiver string `json:"waiver"` // file:line:column
}

// A WaiverState is a waiver and its effect.
type WaiverState struct {
	Rule       string   `json:"rule"`
	Clusters   []string `json:"clusters"`
	Principals []string `json:"principals"`
	Reason     string   `json:"reason"`
	Owner      string   `json:"owner"`
	Until      string   `json:"until"`
	Source     string   `json:"source"`
	State      string   `json:"state"` // used, unused, expired
	Findings   int      `json:"findings"`
}

// States of a waiver.
const (
	Used    = "used"
	Unused  = "unused"  // it covers no finding
	Expired = "expired" // it no longer covers findings
)

// A Failed is a cluster that could not be read.
type Failed struct {
	Cluster string      `json:"cluster"`
	Region  string      `json:"region"`
	Account string      `json:"account"`
	Error   fault.Error `json:"error"`
}
