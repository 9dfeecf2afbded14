package ekssim

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
	"github.com/eksaccess/eksaccess/internal/ekssim/awsapi"
	"github.com/eksaccess/eksaccess/internal/ekssim/iam"
	"github.com/eksaccess/eksaccess/internal/ekssim/seed"
)

// A Fault is a rule for something to go wrong. Of the rules that match a
// call, delays and lags add up, and the first that refuses or cuts decides
// the answer. Match members are globs; those left out match everything.
type Fault struct {
	Name      string `json:"name,omitempty"`
	Service   string `json:"service,omitempty"`
	Operation string `json:"operation,omitempty"`
	Account   string `json:"account,omitempty"`
	Region    string `json:"region,omitempty"`
	Cluster   string `json:"cluster,omitempty"`
	Principal string `json:"principal,omitempty"`
	Caller    string `json:"caller,omitempty"`
	Mutating  bool   `json:"mutating,omitempty"` // only calls that change something

	// Of the calls that match, the first After are left alone; then at most
	// Count are hit, all if it is 0. Nth is short for After n-1, Count 1.
	After       int     `json:"after,omitempty"`
	Count       int     `json:"count,omitempty"`
	Nth         int     `json:"nth,omitempty"`
	Probability float64 `json:"probability,omitempty"` // drawn with the world's seed; 0 means always

	// Effect is one of those in faultEffects; Error says what it is instead.
	Effect  string        `json:"effect,omitempty"`
	Error   *FaultError   `json:"error,omitempty"`
	Body    string        `json:"body,omitempty"`    // sent as it is, not as the service's own form
	Latency seed.Duration `json:"latency,omitempty"` // more time before the work
	Lag     seed.Duration `json:"lag,omitempty"`     // what is younger is not seen by this call

	Seen  int `json:"seen,omitempty"`  // calls that matched
	Fired int `json:"fired,omitempty"` // of these, how many were hit
}

// A FaultError is a refusal of one's own making.
type FaultError struct {
	Code    string `json:"code"`
	Status  int    `json:"status"`
	Message string `json:"message,omitempty"`
}

// faultEffects are the effects that have a name. reset cuts the connection
// before the work, lost after it, timeout never answers, deny words the
// refusal as IAM or Kubernetes does, and ignored (of EKS) answers that all went
// well, without the work. A Go client whose connection was used
// before sends a GET that was cut once more by itself, and the rule sees both.
//
// wrongCertificate is of the Kubernetes endpoint alone: it shows a certificate
// of an authority that no client knows. That happens before anything is asked,
// so of the members that match only service is looked at.
var faultEffects = map[string]*awsapi.Error{
	"reset":          nil,
	"lost":           nil,
	"timeout":        nil,
	"deny":           nil,
	"ignored":        nil,
	wrongCertificate: nil,
	"unauthorized":   {Code: "Unauthorized", Status: 401, Message: "Unauthorized"}, // of Kubernetes
	// The modelled spelling, and the one of table row 26 seen on
	// DescribeCluster; both are in use.
	"throttle":           {Code: "ThrottlingException", Status: 429, Message: "Rate exceeded"},
	"tooManyRequests":    {Code: "TooManyRequestsException", Status: 429, Message: "Too Many Requests"},
	"rateExceeded":       {Code: "ThrottlingException", Status: 400, Message: "Rate exceeded"}, // AWS "Common errors"
	"serverError":        {Code: "ServerException", Status: 500, Message: "Internal server error"},
	"serviceUnavailable": {Code: "ServiceUnavailableException", Status: 503, Message: "Service is unavailable"},
	// What a load balancer in front of the service says.
	"unavailable": {Code: "ServiceUnavailable", Status: 503, Message: unavailablePage},
}

const wrongCertificate = "wrongCertificate"

const unavailablePage = "<html><body><h1>503 Service Unavailable</h1></body></html>\n"

func (f *Fault) check() error {
	if f.Effect != "" {
		if _, ok := faultEffects[f.Effect]; !ok {
			return fmt.Errorf("fault %q: unknown effect %q (there are %s)", f.Name, f.Effect, faultNames())
		}
	}
	switch {
	case f.Effect != "" && f.Error != nil:
		return fmt.Errorf("fault %q: has an effect and an error", f.Name)
	case f.Error != nil && f.Error.Status < 400:
		return fmt.Errorf("fault %q: an error has a status of at least 400", f.Name)
	case f.Effect == "" && f.Error == nil && f.Latency == 0 && f.Lag == 0:
		return fmt.Errorf("fault %q: does nothing", f.Name)
	case f.Probability < 0 || f.Probability > 1:
		return fmt.Errorf("fault %q: probability %v is not between 0 and 1", f.Name, f.Probability)
	case f.Body != "" && f.Effect == "" && f.Error == nil:
		return fmt.Errorf("fault %q: a body needs an error", f.Name)
	}
	if f.Effect == "unavailable" && f.Body == "" {
		f.Body = unavailablePage
	}
	if f.Nth > 0 {
		f.After, f.Count, f.Nth = f.Nth-1, 1, 0
	}
	return nil
}

// is says whether this is the rule for an effect; a nil rule is for none.
func (f *Fault) is(effect string) bool { return f != nil && f.Effect == effect }

// dropsAnswer says whether the call is left without an answer; before says, of one
// that is cut, whether even its work is left out.
func (f *Fault) dropsAnswer() bool { return f.is("lost") || f.dropsWork() }
func (f *Fault) dropsWork() bool   { return f.is("reset") || f.is("timeout") }

func (f *Fault) matches(c *call) bool {
	if f.Effect == wrongCertificate || c.Operation == handshake {
		return f.Effect == wrongCertificate && c.Operation == handshake && arns.Match(f.Service, c.Service)
	}
	if f.Effect == "deny" && c.op.name == "GetCallerIdentity" {
		return false // nothing can deny it. STS API reference.
	}
	return arns.Match(f.Service, c.Service) && arns.Match(f.Operation, c.Operation) &&
		arns.Match(f.Account, c.Account) && arns.Match(f.Region, c.Region) && arns.Match(f.Cluster, c.Cluster) &&
		arns.Match(f.Principal, c.Principal) && arns.Match(f.Caller, c.Caller) && (!f.Mutating || c.Mutating)
}

// countAndCheck counts the call and says whether it is hit.
func (s *Server) countAndCheck(f *Fault, c *call) bool {
	if !f.matches(c) {
		return false
	}
	f.Seen++
	if f.Seen <= f.After || f.Count > 0 && f.Fired >= f.Count ||
		f.Probability > 0 && s.random.Float64() >= f.Probability {
		return false
	}
	f.Fired++
	return true
}

// applyFaults notes on the call what the rules do to it.
func (s *Server) applyFaults(c *call) (refusal *awsapi.Error) {
	for _, f := range s.faults {
		decides := f.Effect != "" || f.Error != nil
		if decides && c.fault != nil || !s.countAndCheck(f, c) {
			continue
		}
		c.delay += time.Duration(f.Latency)
		c.lag = max(c.lag, time.Duration(f.Lag))
		if !decides {
			continue
		}
		c.fault = f
		c.Fault = cmp.Or(f.Name, f.Effect, "error")
		switch {
		case f.Error != nil:
			refusal = &awsapi.Error{Code: f.Error.Code, Status: f.Error.Status, Message: f.Error.Message}
		case f.Effect == "deny":
			refusal = iam.AccessDenied(c.Caller, c.op.action(), c.op.resource(c), false)
		default:
			refusal = faultEffects[f.Effect]
		}
	}
	return refusal
}

// AddFault adds rules behind those there are.
func (s *Server) AddFault(faults ...Fault) error {
	faults = slices.Clone(faults)
	for i := range faults {
		if err := faults[i].check(); err != nil {
			return err
		}
	}
	s.mu.Lock()
	for _, f := range faults {
		s.faults = append(s.faults, &f)
	}
	s.mu.Unlock()
	s.notifyChange()
	return nil
}

// RemoveFaults removes the rules whose name matches the glob.
func (s *Server) RemoveFaults(name string) {
	s.mu.Lock()
	s.faults = slices.DeleteFunc(s.faults, func(f *Fault) bool { return arns.Match(name, f.Name) })
	s.mu.Unlock()
	s.notifyChange()
}

// Faults are the rules with how often each was seen and fired.
func (s *Server) Faults() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Fault{}
	for _, f := range s.faults {
		out = append(out, *f)
	}
	return out
}

// faultNames are the effects, for messages.
func faultNames() string {
	var names []string
	for name := range faultEffects {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
