package doctor

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/cani"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/kubeerr"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

const (
	me    = "arn:aws:iam::111122223333:role/me"
	admin = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// healthy are the facts of an administrator with whom nothing is wrong.
func healthy() Facts {
	born := noon.Add(-48 * time.Hour)
	c := snapshot.Place(arn.Cluster{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Name: "prod"})
	c.Status, c.AuthenticationMode, c.Endpoint = "ACTIVE", "API", "https://prod.example"
	c.Network = snapshot.Network{Fact: snapshot.KnownFact(), Public: true}
	c.Principals = []snapshot.Principal{{ARN: me, Existence: spec.Exists, CreatedAt: &born}}
	c.RBAC = snapshot.RBAC{Fact: snapshot.KnownFact()}
	c.Entries = snapshot.Entries{
		Fact: snapshot.KnownFact(),
		Items: []snapshot.Entry{{CreatedAt: noon.Add(-24 * time.Hour), Entry: spec.Entry{
			Principal: me, Type: "STANDARD", Username: "arn:aws:sts::111122223333:assumed-role/me/{{SessionName}}",
			Policies: []spec.Policy{{ARN: admin, Scope: "cluster"}}}.Canonical()}},
	}
	return Facts{
		Now:       noon,
		Reach:     "--cluster prod --region eu-west-1",
		Principal: me,
		Self:      true,
		Caller:    "arn:aws:sts::111122223333:assumed-role/me/s",
		Cluster:   c,
		Listed:    snapshot.KnownFact(),
		Clock:     Clock{Fact: snapshot.KnownFact()},
		Kubectl:   Kubectl{Fact: snapshot.KnownFact(), Context: "prod", Current: true, Program: "aws", Principal: me},
		Inside: Inside{
			Fact:     snapshot.KnownFact(),
			Username: "arn:aws:sts::111122223333:assumed-role/me/s",
			Groups:   []string{"system:authenticated"},
			Reviews: []Review{
				{Question: cani.Everything, Allowed: true},
				{Question: cani.EveryGroup, Allowed: true},
				{Question: cani.EveryPath, Allowed: true},
			},
		},
	}
}

func refusedWith(k kubeerr.Code) Inside {
	return Inside{
		Fact:    snapshot.KnownFact(),
		Refusal: &kubeerr.Error{Code: k, Reason: "said " + string(k), Hint: "do " + string(k)},
	}
}

// Each row is one change to facts without a problem: the access, its reason, the
// checks that fail, and the next step.
func TestExamine(t *testing.T) {
	recover := "eksaccess recover --cluster prod --region eu-west-1"
	for _, tt := range []struct {
		name    string
		change  func(*Facts)
		access  Access
		why     string // part of it
		missing bool
		failed  string // ids of checks that failed, in order
		next    string // command, or else part of what
	}{
		{"no problem", func(*Facts) {}, HasAccess, "allows everything", false, "", NoProblems},
		{"no entry", func(f *Facts) { f.Cluster.Entries.Items, f.Inside = nil, refusedWith(kubeerr.Unauthorized) },
			NoAccess, "no access entry", true, "entry token", recover},
		{"no entry, of another", func(f *Facts) { f.Self, f.Cluster.Entries.Items = false, nil },
			NoAccess, "no access entry", true, "entry", recover + " --principal " + me +
				" --policy POLICY --namespace NAMESPACE"},
		{"recreated", func(f *Facts) {
			later := noon
			f.Cluster.Principals[0].CreatedAt, f.Inside = &later, refusedWith(kubeerr.Unauthorized)
		}, NoAccess, "the principal was recreated", true, "alive token", recover},
		{"recreated, not cluster admin", func(f *Facts) {
			later := noon
			f.Cluster.Principals[0].CreatedAt, f.Inside = &later, refusedWith(kubeerr.Unauthorized)
			f.Cluster.Entries.Items[0].Policies = []spec.Policy{{
				ARN:   "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy",
				Scope: spec.ScopeNamespace, Namespaces: []string{"shop", "shop-*"}}}
		}, NoAccess, "the principal was recreated", true, "alive token", recover + " --policy AmazonEKSEditPolicy " +
			"--namespace shop --namespace 'shop-*'"},
		{"recreated, with groups only", func(f *Facts) {
			later := noon
			f.Cluster.Principals[0].CreatedAt, f.Inside = &later, refusedWith(kubeerr.Unauthorized)
			f.Cluster.Entries.Items[0].Policies, f.Cluster.Entries.Items[0].Groups = nil, []string{"devs"}
		}, NoAccess, "the principal was recreated", true, "alive token",
			"eksaccess import live --cluster prod --region eu-west-1 > live.yaml && eksaccess apply -f live.yaml"},
		{"recreated, but authenticated", func(f *Facts) {
			later := noon
			f.Cluster.Principals[0].CreatedAt = &later
		}, HasAccess, "", false, "", NoProblems},
		{"not in IAM", func(f *Facts) { f.Self, f.Cluster.Principals[0].Existence = false, spec.Gone },
			NoAccess, "IAM has no " + me, true, "alive",
			"eksaccess doctor --cluster prod --region eu-west-1 --principal role=NAME"},
		{"IAM has it with another path", func(f *Facts) {
			f.Self, f.Cluster.Principals[0].Existence, f.Cluster.Principals[0].IAMARN = false, spec.Gone,
				"arn:aws:iam::111122223333:role/team/me"
		}, NoAccess, "IAM has this role as arn:aws:iam::111122223333:role/team/me", true, "alive",
			"eksaccess doctor --cluster prod --region eu-west-1 --principal arn:aws:iam::111122223333:role/team/me"},
		{"a row behind a stale entry", func(f *Facts) {
			later := noon
			f.Self, f.Cluster.AuthenticationMode, f.Cluster.Principals[0].CreatedAt = false, "API_AND_CONFIG_MAP",
				&later
			f.Cluster.AWSAuth = row(me)
		}, NoAccess, "the principal was recreated", true, "alive", recover + " --principal " + me},
		{"stale nodes", func(f *Facts) {
			later := noon
			f.Self, f.Cluster.Entries.Items[0].Type, f.Cluster.Entries.Items[0].Policies,
				f.Cluster.Principals[0].CreatedAt = false, "EC2_LINUX", nil, &later
		}, NoAccess, "its node entry is stale", true, "alive type", "aws eks delete-access-entry --cluster-name prod " +
			"--principal-arn " + me +
			" --region eu-west-1 && aws eks create-access-entry --cluster-name prod --principal-arn " + me +
			" --type EC2_LINUX --region eu-west-1"},
		{"orphaned nodes", func(f *Facts) {
			f.Self, f.Cluster.Entries.Items[0].Type, f.Cluster.Principals[0].Existence = false, "EC2_LINUX", spec.Gone
		}, NoAccess, "IAM has no " + me, true, "alive type",
			"eksaccess cleanup --orphaned --allow-node-removal --cluster " +
				"arn:aws:eks:eu-west-1:111122223333:cluster/prod"},
		{"nothing granted", func(f *Facts) { f.Cluster.Entries.Items[0].Policies, f.Inside.Reviews = nil, nil },
			NoAccess, "nothing is allowed", true, "policies", recover},
		{"nothing granted, but something is allowed", func(f *Facts) { f.Cluster.Entries.Items[0].Policies = nil },
			HasAccess, "", false, "policies", NoProblems},
		{"a group without a binding", func(f *Facts) {
			e := &f.Cluster.Entries.Items[0]
			e.Policies, e.Groups, f.Inside.Groups, f.Inside.Reviews = nil, []string{"ghosts"}, []string{"ghosts"}, nil
		}, NoAccess, "nothing is allowed", true, "groups", recover},
		{"an entry for nodes", func(f *Facts) { f.Self, f.Cluster.Entries.Items[0].Type = false, "EC2_LINUX" },
			NoAccess, "of type EC2_LINUX", true, "type",
			recover + " --principal role=NAME --policy POLICY --namespace NAMESPACE"},
		{"the entry cannot be read, but authenticated", func(f *Facts) {
			f.Cluster.Entries.Items, f.Listed = nil, snapshot.UnknownFact("eks:DescribeAccessEntry", "allow it")
		}, HasAccess, "", false, "", NoProblems},
		{"the entry of another cannot be read", func(f *Facts) {
			f.Self, f.Cluster.Entries.Items, f.Listed = false, nil, snapshot.UnknownFact("eks:DescribeAccessEntry",
				"allow it")
		}, NotKnown, "could not be read", true, "", "read what is not known: allow it"},
		{"mode CONFIG_MAP, no row", func(f *Facts) {
			f.Cluster.AuthenticationMode, f.Cluster.Entries.Items = "CONFIG_MAP", nil
			f.Inside = refusedWith(kubeerr.Unauthorized)
		}, NoAccess, "mode CONFIG_MAP", true, "token", recover},
		{"mode CONFIG_MAP, but authenticated", func(f *Facts) {
			f.Cluster.AuthenticationMode, f.Cluster.Entries.Items = "CONFIG_MAP", nil
			f.Cluster.AWSAuth = snapshot.AWSAuth{Fact: snapshot.KnownFact(), Found: true}
		}, HasAccess, "", false, "", NoProblems},
		{"401 for no reason", func(f *Facts) {
			f.Inside = refusedWith(kubeerr.Unauthorized)
		}, NoAccess, "said Unauthorized", true, "token", recover},
		{"401 just now", func(f *Facts) {
			f.Inside, f.Cluster.Entries.Items[0].CreatedAt = refusedWith(kubeerr.Unauthorized), noon.Add(-time.Minute)
		},
			NoAccess, "said Unauthorized", true, "token", "eksaccess doctor --cluster prod --region eu-west-1"},
		{"500", func(f *Facts) {
			f.Inside = refusedWith(kubeerr.Refused)
		}, NoAccess, "said Refused", true, "token", "do Refused"},
		{"timeout", func(f *Facts) {
			f.Inside = refusedWith(kubeerr.Timeout)
		}, NoAccess, "said Timeout", true, "endpoint", "do Timeout"},
		{"timeout of a private one", func(f *Facts) {
			f.Inside, f.Cluster.Network.Public = refusedWith(kubeerr.Timeout), false
		},
			NoAccess, "said Timeout", true, "endpoint", "the network of the cluster"},
		{"another certificate", func(f *Facts) {
			f.Inside, f.Cluster.Network.Public = refusedWith(kubeerr.BadTLS), false
		},
			NoAccess, "said Tls", true, "endpoint", "do Tls"},
		{"no entry and unreachable", func(f *Facts) {
			f.Inside, f.Cluster.Entries.Items = refusedWith(kubeerr.NoHost), nil
		},
			NoAccess, "said NoHost", true, "entry endpoint", recover},
		{"unreachable, for another", func(f *Facts) {
			f.Self, f.Inside = false, refusedWith(kubeerr.Timeout)
		}, HasAccess, "by its access entry", false, "", NoProblems},
		{"the clock", func(f *Facts) { f.Clock.Ahead, f.Inside = -20*time.Minute, refusedWith(kubeerr.Unauthorized) },
			NoAccess, "20m0s behind that of AWS", true, "clock token", "set the clock of this machine"},
		{"kubectl uses another principal", func(f *Facts) {
			f.Kubectl.Principal = me + "2"
		}, HasAccess, "", true, "kubectl", "eksaccess kubeconfig --cluster prod --region eu-west-1"},
		{"kubectl uses another endpoint", func(f *Facts) {
			f.Kubectl.Elsewhere = "https://old"
		}, HasAccess, "", true, "kubectl", "eksaccess kubeconfig --cluster prod --region eu-west-1"},
		{"kubectl trusts another authority", func(f *Facts) { f.Kubectl.WrongCA = true },
			HasAccess, "", true, "kubectl", "eksaccess kubeconfig --cluster prod --region eu-west-1"},
		{"kubectl creates tokens for another cluster", func(f *Facts) {
			f.Kubectl.TokenFor = "dev"
		}, HasAccess, "", true, "kubectl", "eksaccess kubeconfig --cluster prod --region eu-west-1"},
		{"kubectl trusts only the signer before the next rotation", func(f *Facts) {
			f.Kubectl.OldAuthorities = []string{"context x stops working"}
		}, HasAccess, "", false, "", "eksaccess kubeconfig --cluster prod --region eu-west-1"},
		{"kubectl has no context", func(f *Facts) { f.Kubectl.Context = "" }, HasAccess, "", false, "", "eksaccess " +
			"kubeconfig --cluster prod --region eu-west-1"},
		{"a no", func(f *Facts) {
			q := cani.Question{Verb: "get", Resource: "secrets", Namespace: "pay"}
			f.Questions, f.Inside.Reviews = []cani.Question{q}, []Review{{Question: q}}
		}, HasAccess, "", true, "", recover + " --policy AmazonEKSSecretReaderPolicy --namespace pay"},
		{"a no, and kubectl uses another principal", func(f *Facts) {
			q := cani.Question{Verb: "get", Resource: "secrets", Namespace: "pay"}
			f.Questions, f.Inside.Reviews, f.Kubectl.Principal = []cani.Question{q}, []Review{{Question: q}}, me+"2"
		}, HasAccess, "", true, "kubectl", "eksaccess kubeconfig --cluster prod --region eu-west-1"},
		{"a review is refused", func(f *Facts) {
			r := refusedWith(kubeerr.Forbidden).Refusal
			f.Inside.Reviews = []Review{{Question: cani.Everything, Refusal: r}}
		}, HasAccess, "", false, "", "do Forbidden"},
		{"not described", func(f *Facts) {
			f.Cluster = snapshot.FailedCluster(f.Cluster.ID(),
				fault.Error{Code: "ClusterNotFound", Message: "none", Hint: "look elsewhere"})
		}, NotKnown, "could not be read: none", true, "cluster", "look elsewhere"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := healthy()
			tt.change(&f)
			r := Examine(f)
			var failed []string
			for _, c := range r.Checks {
				if c.Status == Failed {
					failed = append(failed, c.ID)
				}
			}
			if r.Access != tt.access || !strings.Contains(r.Why, tt.why) || r.Missing() != tt.missing {
				t.Errorf("%s: %q, missing %t", r.Access, r.Why, r.Missing())
			}
			if diff := cmp.Diff(tt.failed, strings.Join(failed, " ")); diff != "" {
				t.Errorf("failed (-want +got):\n%s", diff)
			}
			if c := r.Problem; (c == "") != (r.Next.What == NoProblems) && r.Access != NotKnown {
				t.Errorf("problem %q, next %q", c, r.Next.What)
			}
			if r.Next.Command != tt.next && !strings.Contains(r.Next.What, tt.next) {
				t.Errorf("next: %q, %q; want %q", r.Next.What, r.Next.Command, tt.next)
			}
		})
	}
}

// Whatever is known and unknown, the report is complete, the same for the same
// facts, and has a next step.
func TestExamineAnything(t *testing.T) {
	changes := map[string]func(*Facts){
		"other":     func(f *Facts) { f.Self = false },
		"no caller": func(f *Facts) { f.Principal, f.Self = "", false },
		"no entry":  func(f *Facts) { f.Cluster.Entries.Items = nil },
		"unlisted":  func(f *Facts) { f.Listed = snapshot.UnknownFact("w", "h") },
		"no policy": func(f *Facts) { empty(f, func(e *snapshot.Entry) { e.Policies = nil }) },
		"groups":    func(f *Facts) { empty(f, func(e *snapshot.Entry) { e.Groups = []string{"g"} }) },
		"expires": func(f *Facts) {
			empty(f, func(e *snapshot.Entry) { e.Tags = map[string]string{spec.TagExpires: "soon"} })
		},
		"config map":  func(f *Facts) { f.Cluster.AuthenticationMode = "CONFIG_MAP" },
		"both":        func(f *Facts) { f.Cluster.AuthenticationMode = "API_AND_CONFIG_MAP" },
		"odd mode":    func(f *Facts) { f.Cluster.AuthenticationMode = "MOON" },
		"row":         func(f *Facts) { f.Cluster.AWSAuth = row("arn:aws:iam::111122223333:role/me") },
		"other row":   func(f *Facts) { f.Cluster.AWSAuth = row("arn:aws:iam::111122223333:role/a/me") },
		"orphaned":    func(f *Facts) { exists(f, spec.Gone) },
		"IAM unknown": func(f *Facts) { exists(f, spec.Unknown) },
		"no IAM":      func(f *Facts) { f.Cluster.Principals = nil },
		"no RBAC": func(f *Facts) {
			f.Cluster.RBAC = snapshot.RBAC{Fact: snapshot.UnknownFact("w (403 Forbidden): x", "h")}
		},
		"no kubectl": func(f *Facts) { f.Kubectl = Kubectl{Fact: snapshot.UnknownFact("w", "h")} },
		"no clock":   func(f *Facts) { f.Clock = Clock{Fact: snapshot.UnknownFact("w", "h")} },
		"not asked":  func(f *Facts) { f.Inside = Inside{Fact: snapshot.UnknownFact("w", "h")} },
		"401":        func(f *Facts) { f.Inside = refusedWith(kubeerr.Unauthorized) },
		"timeout":    func(f *Facts) { f.Inside = refusedWith(kubeerr.Timeout) },
		"no token":   func(f *Facts) { f.Inside = refusedWith(kubeerr.NoToken) },
		"asks":       func(f *Facts) { f.Questions = []cani.Question{cani.Everything, {Verb: "get", Path: "/x"}} },
		"taken":      func(f *Facts) { f.Taken = &noon },
	}
	var names []string
	for name := range changes {
		names = append(names, name)
	}
	rapid.Check(t, func(t *rapid.T) {
		f, g := healthy(), healthy()
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, 8, rapid.ID).Draw(t, "changes") {
			changes[name](&f)
			changes[name](&g)
		}
		r := Examine(f)
		if diff := cmp.Diff(r, Examine(g)); diff != "" {
			t.Fatalf("twice is not the same:\n%s", diff)
		}
		seen := map[string]bool{}
		for _, c := range r.Checks {
			if seen[c.ID] || c.Summary == "" || c.Evidence == nil {
				t.Errorf("check %+v", c)
			}
			seen[c.ID] = true
		}
		if r.Next.What == "" || r.Why == "" || len(r.Answers) != len(f.Questions) {
			t.Errorf("%+v", r)
		}
		if r.Access == HasAccess && f.Self && f.Inside.Known() && f.Inside.Refusal != nil {
			t.Errorf("has access, and the cluster refused")
		}
		if r.Access != HasAccess && !r.Missing() {
			t.Errorf("%s, and nothing is missing", r.Access)
		}
	})
}

func empty(f *Facts, change func(*snapshot.Entry)) {
	for i := range f.Cluster.Entries.Items {
		change(&f.Cluster.Entries.Items[i])
	}
}

func exists(f *Facts, e spec.Existence) {
	for i := range f.Cluster.Principals {
		f.Cluster.Principals[i].Existence = e
	}
}

func row(role string) snapshot.AWSAuth {
	return snapshot.AWSAuth{
		Fact:  snapshot.KnownFact(),
		Found: true,
		Data:  map[string]string{"mapRoles": "- {rolearn: " + role + ", groups: [ops]}"},
	}
}
