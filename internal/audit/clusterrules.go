package audit

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/awscli"
	"github.com/eksaccess/eksaccess/internal/cani"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// readsSecrets reports whether a policy for users can read secrets in its scope,
// as AWS has published it.
func readsSecrets(policyARN string) bool {
	q := cani.Question{Verb: "get", Resource: "secrets"}
	return eksfacts.Judge(q, []eksfacts.Grant{{Policy: policyARN}}, nil).Verdict == eksfacts.Yes
}

// emergencyRules are about temporary grants, and about undeclared entries.
var emergencyRules = []Rule{
	{
		ID: "EA501", Name: "emergency-past-its-end", Severity: High,
		Title:    "Access has expired and still works",
		Impact:   "EKS does not know the end of temporary access. It works until the entry is deleted.",
		Evidence: "The tag `eksaccess:expires`, compared with the time of the audit.",
		Fix: "Run `eksaccess cleanup --expired`, best on a schedule. If the file declared it, " +
			"apply removes it too.",
		Refs:           []string{cis411},
		FalsePositives: "None.",
		check: func(v *view, o *outcome) {
			if !v.entries(o) {
				return
			}
			for _, e := range v.own {
				end, err := time.Parse(time.RFC3339, e.Tags[spec.TagExpires])
				if err != nil || v.now.Before(end) {
					continue
				}
				clean := "cleanup --expired"
				if h, held := e.Hold(v.now, v.maxHold()); held && h.Invalid == "" {
					clean += " --end-holds"
				}
				fix := one(append(v.first(e.Principal), v.eksaccess(clean))...)
				switch {
				case len(v.items(e.Principal)) > 0:
					fix = one(v.apply())
				case e.Tags[spec.TagOwner] == "": // then the tag is not this program's, and cleanup leaves the entry
					fix = v.remove(e.Principal)
				}
				o.find(e.Principal, fix, "%s, expired %s", grants(e.Entry), end.UTC().Format(time.RFC3339))
			}
		},
	},
	{
		ID: "EA502", Name: "emergency-without-end", Severity: Medium,
		Title: "Emergency grant without end or reason",
		Impact: "Without a reason, later reviews cannot judge the grant. Without an end, nothing " +
			"removes it. An end more than 30 days away has the same effect.",
		Evidence: "Entries with the tag `eksaccess:owner=break-glass` without a valid " +
			"`eksaccess:expires` or `eksaccess:reason`. Entries with any `eksaccess:owner` whose " +
			"`eksaccess:expires` is more than 30 days after the audit.",
		Fix:            "Add a reason and an end within 30 days, or remove it.",
		Refs:           []string{cis411},
		FalsePositives: "None.",
		check: func(v *view, o *outcome) {
			if !v.entries(o) {
				return
			}
			for _, e := range v.own {
				end, err := time.Parse(time.RFC3339, e.Tags[spec.TagExpires])
				if err == nil && e.Tags[spec.TagOwner] != "" && spec.EndsLate(end, v.now) {
					o.find(e.Principal, v.earlierEnd(e), "%s, expires %s", grants(e.Entry),
						end.UTC().Format(time.RFC3339)).title = "Temporary access ends in more than 30 days"
				}
				if e.Tags[spec.TagOwner] != spec.OwnerBreakGlass {
					continue
				}
				var lacks []string
				if err != nil {
					lacks = append(lacks, "end")
				}
				if strings.TrimSpace(e.Tags[spec.TagReason]) == "" {
					lacks = append(lacks, "reason")
				}
				if len(lacks) > 0 {
					o.find(e.Principal, v.remove(e.Principal), "%s, no %s", grants(e.Entry),
						strings.Join(lacks, " and no "))
				}
			}
		},
	},
	{
		ID: "EA503", Name: "unmanaged-entry", Severity: Medium,
		Title: "Entry not declared in any file",
		Impact: "A principal has access that was not reviewed, or that another tool manages. An " +
			"undeclared cluster admin is of severity high.",
		Evidence: "Entries that a plan reports as undeclared: not managed by EKS, not ignored, not on " +
			"hold.",
		Fix:            "Add it under `absent`, or declare it.",
		Refs:           []string{cis411},
		FalsePositives: "Entries that the file of another team declares: give all files, or set `owners`.",
		check:          undeclaredEntries,
	},
	{
		ID: "EA504", Name: "entry-on-hold", Severity: Info,
		Title: "Entry is on hold",
		Impact: "Until the hold ends, apply removes no access of this entry, whatever the file says. " +
			"Emergency grants need this. If the hold protects a cluster admin that no file " +
			"declares, the severity is high.",
		Evidence: "The tags `eksaccess:hold-until` and `eksaccess:reason`, the time of the audit, and " +
			"`guards.maxHold`.",
		Fix:            "None during the emergency. After the hold, the file applies again.",
		Refs:           []string{cis411},
		FalsePositives: "Without a file it is not known whether the access is declared.",
		check: func(v *view, o *outcome) {
			v.holds(o, func(e *spec.LiveEntry, h spec.Hold) {
				if h.Invalid != "" {
					return
				}
				fix := instruction("none until the hold ends").or("to end it now", v.endHold(e))
				f := o.find(e.Principal, fix, "%s, on hold until %s, reason %q", grants(e.Entry),
					h.Until.Format(time.RFC3339), h.Reason)
				if v.state.For(e.Principal).ClusterAdmin && v.declared != nil && v.wanted != nil &&
					!v.want[e.Principal].IsClusterAdmin() {
					f.severity, f.title = High, "Undeclared cluster admin is on hold"
				}
			})
		},
	},
	{
		ID: "EA505", Name: "hold-without-effect", Severity: Medium,
		Title: "Hold has no effect",
		Impact: "A hold without a reason, or with an end that is too late, protects nothing: apply " +
			"ignores it. A user may rely on it, or it was written to protect the entry from " +
			"apply: every principal that can tag entries can write a hold.",
		Evidence: "The tags `eksaccess:hold-until` and `eksaccess:reason`, the time of the audit, and " +
			"`guards.maxHold`.",
		Fix:            "Remove the tag. In an emergency, `eksaccess recover` writes a valid hold.",
		Refs:           []string{cis411},
		FalsePositives: "A hold that was written when `maxHold` was longer.",
		check: func(v *view, o *outcome) {
			v.holds(o, func(e *spec.LiveEntry, h spec.Hold) {
				if h.Invalid != "" {
					o.find(e.Principal, one(v.endHold(e)), "%s; entry with %s", h.Invalid, grants(e.Entry))
				}
			})
		},
	},
}

// holds calls do for every hold that has not ended.
func (v *view) holds(o *outcome, do func(*spec.LiveEntry, spec.Hold)) {
	if !v.entries(o) {
		return
	}
	for i := range v.live.Entries {
		e := &v.live.Entries[i]
		if h, held := e.Hold(v.now, v.maxHold()); held {
			do(e, h)
		}
	}
}

// endHold returns the command that removes a hold and nothing else.
func (v *view) endHold(e *spec.LiveEntry) Step {
	return command(awscli.Step(awscli.Options{Cluster: v.c.Name, Region: v.c.Region},
		plan.Step{Operation: plan.UntagResource, Principal: e.Principal, TagKeys: []string{spec.TagHoldUntil}}, e.ARN))
}

// undeclaredEntries finds the entries that a plan reports as undeclared.
func undeclaredEntries(v *view, o *outcome) {
	if !v.inFiles(o) || !v.entries(o) {
		return
	}
	if v.wanted == nil {
		for _, why := range v.unresolved {
			o.skip("%s", why)
		}
		return
	}
	p := plan.Compute(plan.Input{Want: v.wanted, Have: v.live, Now: v.now})
	for _, u := range p.Unmanaged {
		owner := "no owner tag"
		if u.Owner != "" {
			owner = fmt.Sprintf("owner %q", u.Owner)
		}
		e := v.live.Entry(u.Principal)
		v.reportUndeclared(o, e, v.removeOrKeep(e), owner)
	}
	for _, c := range p.Changes {
		if c.Action == plan.Delete && c.Source == "" && !c.Expired {
			v.reportUndeclared(o, v.live.Entry(c.Principal), one(v.apply()), "the next apply deletes it: "+c.Reason)
		}
	}
}

func (v *view) reportUndeclared(o *outcome, e *spec.LiveEntry, fix Fix, note string) {
	if !e.CreatedAt.IsZero() {
		note = "created " + day(e.CreatedAt) + ", " + note
	}
	if v.state.For(e.Principal).ClusterAdmin {
		h := o.find(e.Principal, fix, "%s", note)
		h.severity, h.title, h.isUndeclaredAdmin = High, "Cluster admin not declared in any file", true
		return
	}
	o.find(e.Principal, fix, "%s, %s", grants(e.Entry), note)
}

// clusterRules are about settings of the cluster.
var clusterRules = []Rule{
	{
		ID: "EA601", Name: "access-logs-off", Severity: Medium,
		Title:          "Audit or authenticator log is off",
		Impact:         "It cannot be found out later which principals used the cluster and what they did.",
		Evidence:       "`logging.clusterLogging` of DescribeCluster.",
		Fix:            "Turn both on with `aws eks update-cluster-config`.",
		Refs:           []string{cis211, "EKS user guide: control-plane-logs"},
		FalsePositives: "Clusters whose audit log another tool collects.",
		check: func(v *view, o *outcome) {
			if !isKnown(o, "logging", v.c.Logging.Fact) {
				return
			}
			var off []string
			for _, kind := range []string{"audit", "authenticator"} {
				if !slices.Contains(v.c.Logging.Enabled, kind) {
					off = append(off, kind)
				}
			}
			if len(off) > 0 {
				title := "Audit and authenticator logs are off"
				if len(off) == 1 {
					title = strings.ToUpper(off[0][:1]) + off[0][1:] + " log is off"
				}
				o.find("", one(v.awsEKS("update-cluster-config", "name", `--logging '{"clusterLogging":[{"types":["`+
					strings.Join(off, `","`)+`"],"enabled":true}]}'`)), "").title = title
			}
		},
	},
	{
		ID: "EA602", Name: "open-endpoint", Severity: Medium,
		Title: "Kubernetes endpoint is open to the internet",
		Impact: "A stolen token or access key can be used from everywhere, and so can a vulnerability " +
			"of the API server.",
		Evidence:       "Public endpoint access with 0.0.0.0/0 or ::/0 among its CIDR blocks.",
		Fix:            "List the networks that need access, or turn public access off.",
		Refs:           []string{cis541, "EKS user guide: cluster-endpoint"},
		FalsePositives: "Clusters that are used from networks that cannot be listed; IAM still protects them.",
		check: func(v *view, o *outcome) {
			if !isKnown(o, "endpoint access", v.c.Network.Fact) || !v.c.Network.Public {
				return
			}
			for _, cidr := range v.c.Network.PublicCIDRs {
				if strings.HasSuffix(cidr, "/0") {
					o.find("", one(v.awsEKS("update-cluster-config", "name",
						"--resources-vpc-config publicAccessCidrs=NETWORKS")), "%s", cidr)
					return
				}
			}
		},
	},
	{
		ID: "EA603", Name: "oidc-provider", Severity: Medium,
		Title: "OIDC provider gives access without IAM",
		Impact: "Its users authenticate without IAM. No access entry, no `who` report and no other " +
			"rule shows them.",
		Evidence:       "Identity provider configurations of the cluster.",
		Fix:            "Review the bindings of its groups, or remove it from the cluster.",
		Refs:           []string{"EKS user guide: authenticate-oidc-identity-provider", cis551},
		FalsePositives: "Clusters whose users are meant to use the provider: write a waiver.",
		check: func(v *view, o *outcome) {
			if !isKnown(o, "identity providers", v.c.Providers.Fact) {
				return
			}
			for _, p := range v.c.Providers.Items {
				o.find("", one(v.awsEKS("disassociate-identity-provider-config", "cluster-name",
					"--identity-provider-config "+awscli.Quote("type=oidc,name="+p.Name))),
					"%q (%s), prefix of groups %q", p.Name, p.Issuer, p.GroupsPrefix)
			}
		},
	},
	{
		ID: "EA604", Name: "platform-too-old", Severity: High,
		Title: "Platform version does not support access entries",
		Impact: "The cluster depends on aws-auth, and if that is lost, the EKS API cannot give " +
			"access.",
		Evidence: "Kubernetes and platform version of DescribeCluster, compared with the table of the " +
			"user guide.",
		Fix:            "Update Kubernetes; EKS updates the platform version itself.",
		Refs:           []string{guideMode},
		FalsePositives: "None.",
		check: func(v *view, o *outcome) {
			least, impossible, ok := eksfacts.LeastPlatform(v.c.Version)
			fix := one(v.awsEKS("update-cluster-version", "name", "--kubernetes-version NEXT"))
			switch {
			case !ok:
				o.skip("version unknown: EKS reports %q", v.c.Version)
			case impossible:
				o.find("", fix, "Kubernetes %s has no access entries; 1.23 is the first version with them", v.c.Version)
			case least != "":
				older, ok := eksfacts.OlderPlatform(v.c.PlatformVersion, least)
				if !ok {
					o.skip("platform version unknown: EKS reports %q", v.c.PlatformVersion)
				} else if older {
					o.find("", fix, "%s of Kubernetes %s, %s is required", v.c.PlatformVersion, v.c.Version, least)
				}
			}
		},
	},
	{
		ID: "EA605", Name: "certificate-authority-ends", Severity: Medium,
		Title: "Certificate authority of the cluster changes within 90 days",
		Impact: "EKS rotates the certificate authority. After the activation of the new one, every " +
			"kubeconfig and node with only the old one fails with an x509 error. A kubeconfig " +
			"that is stored for emergencies is easily forgotten.",
		Evidence: "`validity` of the signer and `scheduledEvents` of its successor, of " +
			"DescribeCertificateAuthority: within 90 days. Within 14 days the severity is high.",
		Fix: "Before that day, write stored kubeconfigs again with `eksaccess kubeconfig`, and " +
			"update self-managed nodes.",
		Refs:           []string{"EKS API reference: DescribeCertificateAuthority"},
		FalsePositives: "All clients and nodes already have the new certificate authority.",
		check:          endingAuthority,
	},
}

// How long before its end or activation a certificate authority is a finding.
const (
	authorityMedium = 90 * 24 * time.Hour
	authorityHigh   = 14 * 24 * time.Hour
)

func endingAuthority(v *view, o *outcome) {
	if !isKnown(o, "certificate authorities", v.c.Authorities.Fact) {
		return
	}
	signer := v.c.Authorities.Signer()
	if signer == nil {
		o.skip("certificate authorities unknown: EKS reports no signer")
		return
	}
	var first time.Time
	var events []string
	event := func(at *time.Time, format string, args ...any) {
		if at == nil || at.Sub(v.now) > authorityMedium {
			return
		}
		if first.IsZero() || at.Before(first) {
			first = *at
		}
		events = append(events, fmt.Sprintf(format, args...))
	}
	ends := "%s expires at %s"
	if signer.NotAfter != nil && !signer.NotAfter.After(v.now) {
		ends = "%s expired at %s"
	}
	event(signer.NotAfter, ends, signer.ID, stampOf(signer.NotAfter))
	for i := range v.c.Authorities.Items {
		a := &v.c.Authorities.Items[i]
		if !v.c.Authorities.IsSuccessor(a) {
			continue
		}
		switch {
		case a.FirstAutoActivation != nil && a.FinalAutoActivation != nil:
			event(a.FirstAutoActivation, "EKS activates %s between %s and %s", a.ID,
				stampOf(a.FirstAutoActivation), stampOf(a.FinalAutoActivation))
		default:
			event(v.c.Authorities.Activation(a), "EKS activates %s by %s", a.ID, stampOf(v.c.Authorities.Activation(a)))
		}
	}
	if len(events) == 0 {
		return
	}
	h := o.find("", one(v.eksaccess("kubeconfig")), "%s", strings.Join(events, "; "))
	if first.Sub(v.now) <= authorityHigh {
		h.severity, h.title = High, "Certificate authority of the cluster changes within 14 days"
	}
}

func stampOf(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// awsEKS returns an aws command for the cluster, which the flag names.
func (v *view) awsEKS(operation, flag, args string) Step {
	line := func(name, region string) string {
		return fmt.Sprintf("aws eks %s --%s %s --region %s %s", operation, flag, name, region, args)
	}
	return Step{Line: line(v.c.Name, v.c.Region), template: line("NAME", v.c.Region)}
}
