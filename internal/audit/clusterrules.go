package audit

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/awscli"
	"github.com/eksaccess/eksaccess/internal/cani"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// readsSecrets reports whether a policy that is made for users reads secrets
// where it holds, as AWS has published it.
func readsSecrets(policyARN string) bool {
	q := cani.Question{Verb: "get", Resource: "secrets"}
	return eksfacts.Judge(q, []eksfacts.Grant{{Policy: policyARN}}, nil).Verdict == eksfacts.Yes
}

// emergencyRules are about grants that should have ended, and about entries
// that nobody declares.
var emergencyRules = []Rule{
	{
		ID: "EA501", Name: "emergency-past-its-end", Severity: High,
		Title:    "A grant with an end is past it",
		Means:    "EKS has no timer: until somebody removes it, an emergency's right goes on.",
		Evidence: "The tag `eksaccess:expires` against the time of the audit.",
		Fix: "`eksaccess cleanup --expired`, best on a schedule; plan and apply remove it too where its file " +
			"declared it.",
		Refs:     []string{cis411},
		Mistakes: "None.",
		check: func(v *view, o *outcome) {
			if !v.entries(o) {
				return
			}
			for _, e := range v.own {
				end, err := time.Parse(time.RFC3339, e.Tags[spec.TagExpires])
				if err != nil || v.now.Before(end) {
					continue
				}
				cleanup := "cleanup --expired"
				if h, held := e.Hold(v.now, v.maxHold()); held && h.Invalid == "" {
					cleanup += " --end-holds"
				}
				fix := v.first(e.Principal) + v.command(cleanup)
				switch {
				case len(v.items(e.Principal)) > 0:
					fix = v.apply()
				case e.Tags[spec.TagOwner] == "": // then the tag is not this program's, and cleanup leaves the entry
					fix = v.remove(e.Principal)
				}
				o.find(e.Principal, fix, "its access ended at %s and is still there: %s",
					end.UTC().Format(time.RFC3339), grants(e.Entry))
			}
		},
	},
	{
		ID: "EA502", Name: "emergency-without-end", Severity: Medium,
		Title: "An emergency's grant has no end or no reason, or temporary access ends late",
		Means: "It is not known later why it was granted, and nothing removes it. An end more than 30 days " +
			"away is none in practice.",
		Evidence: "Entries tagged `eksaccess:owner=break-glass` whose tags `eksaccess:expires` or `eksaccess:reason` " +
			"are missing or can't be read. Entries with any `eksaccess:owner` whose `eksaccess:expires` is more than " +
			"30 days after the audit.",
		Fix:      "Give it a reason and an end within 30 days, or remove it.",
		Refs:     []string{cis411},
		Mistakes: "None.",
		check: func(v *view, o *outcome) {
			if !v.entries(o) {
				return
			}
			for _, e := range v.own {
				end, err := time.Parse(time.RFC3339, e.Tags[spec.TagExpires])
				if err == nil && e.Tags[spec.TagOwner] != "" && spec.EndsLate(end, v.now) {
					o.find(e.Principal, v.earlierEnd(e), "its access ends at %s, more than 30 days from now: %s",
						end.UTC().Format(time.RFC3339), grants(e.Entry))
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
					o.find(e.Principal, v.remove(e.Principal),
						"an emergency gave it %s, and it has no %s", grants(e.Entry), strings.Join(lacks, " and no "))
				}
			}
		},
	},
	{
		ID: "EA503", Name: "unmanaged-entry", Severity: Medium,
		Title: "An entry that no file declares",
		Means: "A principal has access that was not reviewed, or that another tool manages. An entry that makes its " +
			"principal cluster admin is of severity high.",
		Evidence: "Entries in none of the classes that a plan leaves alone: not declared, not managed by EKS, not " +
			"ignored, not on hold.",
		Fix:      "Remove it by absent, or declare it.",
		Refs:     []string{cis411},
		Mistakes: "Entries another team's file declares: give all files, or set `owners`.",
		check:    unmanaged,
	},
	{
		ID: "EA504", Name: "entry-on-hold", Severity: Info,
		Title: "An entry is on hold",
		Means: "Until the hold ends, apply removes nothing from the entry, whatever the file says. That is what " +
			"an emergency grant is for. A hold on an entry that gives cluster admin which no file declares is of " +
			"severity high.",
		Evidence: "The tags `eksaccess:hold-until` and `eksaccess:reason`, the time of the audit, and " +
			"`guards.maxHold`.",
		Fix:      "None while the emergency lasts; afterwards the file applies again.",
		Refs:     []string{cis411},
		Mistakes: "Without a file it is not known whether the access is declared.",
		check: func(v *view, o *outcome) {
			v.holds(o, func(e *spec.LiveEntry, h spec.Hold) {
				if h.Invalid != "" {
					return
				}
				fix := fmt.Sprintf("none until the hold ends; to end it now: %s", v.endHold(e))
				f := o.find(e.Principal, fix, "on hold until %s (%q); its entry gives %s",
					h.Until.Format(time.RFC3339), h.Reason, grants(e.Entry))
				if v.state.For(e.Principal).ClusterAdmin && v.declared != nil && v.wanted != nil &&
					!v.want[e.Principal].IsClusterAdmin() {
					f.severity = High
					f.message += ", which no file declares"
				}
			})
		},
	},
	{
		ID: "EA505", Name: "hold-without-effect", Severity: Medium,
		Title: "A hold has no effect",
		Means: "Anyone who may tag an entry can write a hold. One without a reason, or that ends too late, " +
			"protects nothing: apply treats the entry as if there were none. Somebody may rely on it, or has tried " +
			"to hide the entry from plans.",
		Evidence: "The tags `eksaccess:hold-until` and `eksaccess:reason`, the time of the audit, and " +
			"`guards.maxHold`.",
		Fix:      "Remove the tag. In an emergency, `eksaccess recover` writes a hold that has effect.",
		Refs:     []string{cis411},
		Mistakes: "A hold that was written when `maxHold` was longer.",
		check: func(v *view, o *outcome) {
			v.holds(o, func(e *spec.LiveEntry, h spec.Hold) {
				if h.Invalid != "" {
					o.find(e.Principal, v.endHold(e), "the hold on its entry has no effect: %s; the entry gives %s",
						h.Invalid, grants(e.Entry))
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

// endHold is the command that removes a hold and nothing else.
func (v *view) endHold(e *spec.LiveEntry) string {
	return awscli.Step(awscli.Options{Cluster: v.c.Name, Region: v.c.Region},
		plan.Step{Operation: plan.UntagResource, Principal: e.Principal, TagKeys: []string{spec.TagHoldUntil}}, e.ARN)
}

// unmanaged asks the planner, which knows the classes.
func unmanaged(v *view, o *outcome) {
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
		owner := "its tags name no owner"
		if u.Owner != "" {
			owner = fmt.Sprintf("its tags name %q", u.Owner)
		}
		e := v.live.Entry(u.Principal)
		v.undeclared(o, e, v.remove(u.Principal)+v.keep(e), owner)
	}
	for _, c := range p.Changes {
		if c.Action == plan.Delete && c.Source == "" && !c.Expired {
			v.undeclared(o, v.live.Entry(c.Principal), v.apply(), "the next apply deletes it: "+c.Reason)
		}
	}
}

func (v *view) undeclared(o *outcome, e *spec.LiveEntry, fix, note string) {
	if v.state.For(e.Principal).ClusterAdmin {
		o.find(e.Principal, fix, "no file declares it, and it is cluster admin; %s", note).severity = High
		return
	}
	o.find(e.Principal, fix, "no file declares it, and it has %s; %s", grants(e.Entry), note)
}

// clusterRules are about settings that bear on access.
var clusterRules = []Rule{
	{
		ID: "EA601", Name: "access-logs-off", Severity: Medium,
		Title:    "The audit or authenticator log is off",
		Means:    "Nobody can say afterwards who got in and what they did.",
		Evidence: "`logging.clusterLogging` of DescribeCluster.",
		Fix:      "Turn both on with `aws eks update-cluster-config`.",
		Refs:     []string{cis211, "EKS user guide: control-plane-logs"},
		Mistakes: "Clusters whose audit log another tool takes from inside.",
		check: func(v *view, o *outcome) {
			if !known(o, "logging", v.c.Logging.Fact) {
				return
			}
			var off []string
			for _, kind := range []string{"audit", "authenticator"} {
				if !slices.Contains(v.c.Logging.Enabled, kind) {
					off = append(off, kind)
				}
			}
			if len(off) > 0 {
				o.find(
					"",
					fmt.Sprintf(
						`aws eks update-cluster-config --name %s --region %s --logging '{"clusterLogging":[{"types":["%s"],"enabled":true}]}'`,
						v.c.Name,
						v.c.Region,
						strings.Join(off, `","`),
					),
					"not kept: %s log",
					phrase.And(off),
				)
			}
		},
	},
	{
		ID: "EA602", Name: "open-endpoint", Severity: Medium,
		Title:    "The Kubernetes endpoint is open to the world",
		Means:    "A stolen token or key works from anywhere, and so does the next hole in the API server.",
		Evidence: "Public endpoint access with 0.0.0.0/0 or ::/0 among its CIDRs.",
		Fix:      "Name the networks that need it, or turn public access off.",
		Refs:     []string{cis541, "EKS user guide: cluster-endpoint"},
		Mistakes: "Fleets that are reached from networks nobody can list; IAM still stands in front.",
		check: func(v *view, o *outcome) {
			if !known(o, "endpoint access", v.c.Network.Fact) || !v.c.Network.Public {
				return
			}
			for _, cidr := range v.c.Network.PublicCIDRs {
				if strings.HasSuffix(cidr, "/0") {
					o.find(
						"",
						fmt.Sprintf(
							"aws eks update-cluster-config --name %s --region %s --resources-vpc-config "+
								"publicAccessCidrs=NETWORKS",
							v.c.Name,
							v.c.Region,
						),
						"the Kubernetes endpoint can be reached from %s",
						cidr,
					)
					return
				}
			}
		},
	},
	{
		ID: "EA603", Name: "oidc-provider", Severity: Medium,
		Title: "An OIDC provider is a second way in",
		Means: "People it lets in are users of the cluster past IAM: no access entry, no `who` and no rule here " +
			"shows them.",
		Evidence: "Identity provider configurations of the cluster.",
		Fix:      "Review the bindings of its groups, or take it off the cluster.",
		Refs:     []string{"EKS user guide: authenticate-oidc-identity-provider", cis551},
		Mistakes: "Where the provider is how people are meant to get in: write a waiver.",
		check: func(v *view, o *outcome) {
			if !known(o, "identity providers", v.c.Providers.Fact) {
				return
			}
			for _, p := range v.c.Providers.Items {
				o.find(
					"",
					fmt.Sprintf(
						"aws eks disassociate-identity-provider-config --cluster-name %s --region %s "+
							"--identity-provider-config %s",
						v.c.Name,
						v.c.Region,
						awscli.Quote("type=oidc,name="+p.Name),
					),
					"OIDC provider %q (%s) lets people in past IAM, groups with prefix %q",
					p.Name,
					p.Issuer,
					p.GroupsPrefix,
				)
			}
		},
	},
	{
		ID: "EA604", Name: "platform-too-old", Severity: High,
		Title: "The platform version is too old for access entries",
		Means: "The cluster can't leave aws-auth behind, and access can't be given through the EKS API when " +
			"aws-auth is lost.",
		Evidence: "Kubernetes and platform version of DescribeCluster against the guide's table.",
		Fix:      "Update Kubernetes; EKS brings the platform version up by itself.",
		Refs:     []string{guideMode},
		Mistakes: "None.",
		check: func(v *view, o *outcome) {
			least, impossible, ok := eksfacts.LeastPlatform(v.c.Version)
			fix := fmt.Sprintf(
				"aws eks update-cluster-version --name %s --region %s --kubernetes-version NEXT",
				v.c.Name,
				v.c.Region,
			)
			switch {
			case !ok:
				o.skip("version unknown: EKS says %q", v.c.Version)
			case impossible:
				o.find(
					"",
					fix,
					"no platform version of Kubernetes %s has access entries; 1.23 is the first",
					v.c.Version,
				)
			case least != "":
				older, ok := eksfacts.OlderPlatform(v.c.PlatformVersion, least)
				if !ok {
					o.skip("platform version unknown: EKS says %q", v.c.PlatformVersion)
				} else if older {
					o.find("", fix, "platform version %s of Kubernetes %s; access entries need %s", v.c.PlatformVersion,
						v.c.Version, least)
				}
			}
		},
	},
	{
		ID: "EA605", Name: "certificate-authority-ends", Severity: Medium,
		Title: "A certificate authority of the cluster ends or is activated soon",
		Means: "EKS rotates the certificate authority. From the activation of the new one on, every kubeconfig and " +
			"node " +
			"that has only the old one fails with an x509 error; a kubeconfig kept for emergencies is the one that " +
			"nobody refreshes.",
		Evidence: "`validity` of the signer and `scheduledEvents` of its successor, of DescribeCertificateAuthority: " +
			"within 90 days. Within 14 days the severity is high.",
		Fix: "Before that day, write stored kubeconfigs again with `eksaccess kubeconfig`, and update self-managed " +
			"nodes.",
		Refs:     []string{"EKS API reference: DescribeCertificateAuthority"},
		Mistakes: "All clients and nodes have the new certificate authority already.",
		check:    endingAuthority,
	},
}

// When a certificate authority that ends or is activated is a finding.
const (
	authorityMedium = 90 * 24 * time.Hour
	authorityHigh   = 14 * 24 * time.Hour
)

func endingAuthority(v *view, o *outcome) {
	if !known(o, "certificate authorities", v.c.Authorities.Fact) {
		return
	}
	signer := v.c.Authorities.Signer()
	if signer == nil {
		o.skip("certificate authorities unknown: EKS names no signer")
		return
	}
	var first time.Time // what happens first
	var happens []string
	event := func(at *time.Time, format string, args ...any) {
		if at == nil || at.Sub(v.now) > authorityMedium {
			return
		}
		if first.IsZero() || at.Before(first) {
			first = *at
		}
		happens = append(happens, fmt.Sprintf(format, args...))
	}
	ends := "certificate authority %s ends at %s"
	if signer.NotAfter != nil && !signer.NotAfter.After(v.now) {
		ends = "certificate authority %s ended at %s"
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
	if len(happens) == 0 {
		return
	}
	h := o.find("", v.command("kubeconfig"), "%s", strings.Join(happens, "; "))
	if first.Sub(v.now) <= authorityHigh {
		h.severity = High
	}
}

func stampOf(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
