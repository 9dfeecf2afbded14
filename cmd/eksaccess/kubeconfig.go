package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/awsclient"
	"github.com/eksaccess/eksaccess/internal/kube"
	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

func (p *program) kubeconfigCommand() *cli.Command {
	return &cli.Command{
		Name:  "kubeconfig",
		Usage: "add or update one cluster, user and context for kubectl",
		UsageText: "eksaccess kubeconfig --cluster prod --region eu-west-1\n" +
			"eksaccess kubeconfig --cluster prod --region eu-west-1 --profile readers --alias prod-readers\n" +
			"eksaccess kubeconfig -f clusters.yaml --cluster prod --dry-run",
		Description: "The context is selected, as by \"aws eks update-kubeconfig\". The user is named by the " +
			"cluster\n" +
			"and by the profile and role that were used here; entries of other programs, profiles and roles stay\n" +
			"as they are. What a file would lose (comments, unknown keys, further documents) is kept in a copy " +
			"beside it.",
		Flags: join(oneClusterFlags(), roleFlags(), awsFlags(), []cli.Flag{
			&cli.StringFlag{
				Name:        "kubeconfig",
				Usage:       "write to `FILE`",
				DefaultText: "as kubectl: $KUBECONFIG, or ~/.kube/config",
				Category:    "Output",
			},
			&cli.StringFlag{
				Name:     "exec",
				Value:    "eksaccess",
				Usage:    "`PROGRAM` that makes tokens: eksaccess or aws",
				Category: "Output",
			},
			aliasFlag(), keepContextFlag(), useFlag(),
			&cli.BoolFlag{
				Name:               "dry-run",
				Usage:              "print what would be written, and write nothing",
				Category:           "Output",
				DisableDefaultText: true,
			},
		}),
		Action: func(c *cli.Context) error {
			if err := checkKubeconfigFlags(c); err != nil {
				return err
			}
			choice, err := checkedChoiceOf(c)
			if err != nil {
				return err
			}
			cluster, err := p.oneCluster(c.Context, choice, c.String("profile"), lineOf(c))
			if err != nil {
				return err
			}
			ctx, cancel := timed(c)
			defer cancel()
			entry, read, err := p.kubeconfigEntry(ctx, c, cluster)
			if err != nil {
				return err
			}
			return p.putEntry(ctx, c, entry, read)
		},
	}
}

func checkKubeconfigFlags(c *cli.Context) error {
	if e := c.String("exec"); e != "eksaccess" && e != "aws" {
		return withHint(fmt.Errorf("--exec=%s is neither eksaccess nor aws", e), "eksaccess "+c.Command.Name+" --help")
	}
	switch {
	case c.IsSet("alias") && c.String("alias") == "":
		return withHint(errors.New("--alias is empty"), "leave it out for the name of the cluster")
	case c.Bool("use") && c.Bool("keep-context"):
		return withHint(errors.New("--use cannot be combined with --keep-context"),
			"the context is selected without --use")
	}
	return checkKubeconfigFile(c)
}

func aliasFlag() cli.Flag {
	return &cli.StringFlag{Name: "alias", Usage: "`NAME` of the context",
		DefaultText: "the name of the cluster, if it is free", Category: "Output"}
}

func keepContextFlag() cli.Flag {
	return &cli.BoolFlag{Name: "keep-context", Usage: "do not select the context",
		Category: "Output", DisableDefaultText: true}
}

// useFlag is what selecting needed before it was the default.
func useFlag() cli.Flag {
	return &cli.BoolFlag{Name: "use", Usage: "select the context, which is the default", Hidden: true}
}

func checkKubeconfigFile(c *cli.Context) error {
	if c.IsSet("kubeconfig") && c.String("kubeconfig") == "" {
		return withHint(errors.New("--kubeconfig names no file"), "leave it out for the files that kubectl uses")
	}
	return nil
}

// kubeconfigEntry asks EKS where the cluster is. --role is for tokens only: a
// role that gets into a cluster need not be one that may describe it.
func (p *program) kubeconfigEntry(
	ctx context.Context, c *cli.Context, cluster *spec.Cluster,
) (kube.Entry, clusterRead, error) {
	f, err := p.connecting(c)
	if err != nil {
		return kube.Entry{}, clusterRead{}, err
	}
	tokens := *cluster
	if err := asRole(c, &tokens); err != nil {
		return kube.Entry{}, clusterRead{}, err
	}
	f.nameEndpoints(ctx, []*spec.Cluster{cluster})
	if err := inOwnAccount(ctx, f.connector, cluster); err != nil {
		return kube.Entry{}, clusterRead{}, err
	}
	tokens.ID = cluster.ID // its account is known by now
	session, err := f.connector.Connect(ctx, target(cluster))
	if err != nil {
		return kube.Entry{}, clusterRead{}, hintedAWS(err)
	}
	have, err := live.ReadCluster(ctx, session.EKS, cluster.ID, session.Profile)
	if err != nil {
		return kube.Entry{}, clusterRead{}, hintedAWS(err)
	}
	tokens.ID = cluster.ID // its account may have been found out since
	entry, err := p.entryFor(c, &tokens, session.Profile, have)
	return entry, clusterRead{session, have}, err
}

// entryFor is the kubeconfig entry of a cluster as it was read.
func (p *program) entryFor(c *cli.Context, cluster *spec.Cluster, profile string, have *spec.Live) (kube.Entry, error) {
	if have.Endpoint == "" || have.CA == nil {
		return kube.Entry{}, fmt.Errorf("EKS tells no endpoint and certificate of cluster %q", cluster.ID.Name)
	}
	plugin := kube.Plugin{ARN: cluster.ID.ARN(), Region: cluster.ID.Region, Name: cluster.ID.Name, ID: have.TokenID,
		Profile: profile, Role: cluster.AssumeRole, ExternalID: cluster.ExternalID}
	if p.plugin {
		plugin.Program = "kubectl-eksaccess" // what it is called on disk
	}
	if c.Bool("no-assume-role") {
		plugin.Role, plugin.ExternalID = "", ""
	}
	entry := kube.Entry{Cluster: cluster.ID, Context: c.String("alias"), Server: have.Endpoint, CA: have.CA,
		Plugin: plugin, AWS: c.String("exec") == "aws", Select: !c.Bool("keep-context")}
	if entry.AWS && plugin.ExternalID != "" {
		err := fmt.Errorf("role %q is assumed with an external id, which \"aws eks get-token\" can't pass", plugin.Role)
		return kube.Entry{}, withHint(err,
			"leave out --exec aws, or put the role into a profile and pass --profile")
	}
	return entry, nil
}

func (p *program) putEntry(ctx context.Context, c *cli.Context, entry kube.Entry, read clusterRead) error {
	config := kube.OpenKubeconfig(c.String("kubeconfig"))
	if c.Bool("dry-run") {
		snippet, err := config.Snippet(entry)
		if err != nil {
			return hintedKubeconfig(err)
		}
		_, err = p.stdout.Write(snippet)
		return err
	}
	change, err := config.Put(ctx, entry)
	if err != nil {
		return hintedKubeconfig(err)
	}
	_, err = fmt.Fprintf(p.stdout, "%s\nfile: %s\n", render.Safe(change.String()), render.Safe(change.File))
	if err != nil {
		return err
	}
	p.reportKept(change)
	old, err := read.oldAuthorities(ctx, config, change.Context)
	if err != nil {
		return hintedKubeconfig(err)
	}
	for _, o := range old {
		p.complain("warning", o.String())
		p.complain("hint", o.hint(change.Context))
	}
	return nil
}

// reportKept names the copies of files that lost something.
func (p *program) reportKept(change *kube.Change) {
	for _, k := range change.Kept {
		p.complain("note", fmt.Sprintf("%s had %s, which were not written again; the old file is kept as %s",
			k.File, phrase.And(k.Lost), k.Copy))
	}
}

// hintedKubeconfig adds to an error about a kubeconfig what to do.
func hintedKubeconfig(err error) error {
	if hint := kubeconfigHint(err); hint != "" {
		return withHint(err, hint)
	}
	return err
}

// kubeconfigHint is what to do about an error with a kubeconfig; "" where that
// is not known.
func kubeconfigHint(err error) string {
	var locked *kube.LockedError
	var unread *kube.LoadError
	var taken *kube.TakenError
	switch {
	case errors.As(err, &locked):
		return fmt.Sprintf("another program is writing it; if there is none, remove %q", locked.Lock)
	case errors.As(err, &unread):
		return unread.Hint
	case errors.As(err, &taken):
		return "choose another name with --alias NAME"
	}
	return ""
}

// A clusterRead is a cluster as it was read, and the session that read it.
type clusterRead struct {
	session *awsclient.Session
	have    *spec.Live
}

// oldAuthorities lists the contexts for the cluster that lack one of its
// certificate authorities, except the one that was just written. EKS is asked
// about them only if there is one.
func (r clusterRead) oldAuthorities(
	ctx context.Context, config *kube.Kubeconfig, written string,
) ([]oldAuthority, error) {
	logins, err := config.Logins(r.have.ID, kube.Cluster{Endpoint: r.have.Endpoint, CA: r.have.CA})
	if err != nil {
		return nil, err
	}
	return r.judgeAuthorities(ctx, logins, written), nil
}

func (r clusterRead) judgeAuthorities(ctx context.Context, logins []kube.Login, written string) []oldAuthority {
	var old []oldAuthority
	var authorities *snapshot.Authorities
	for _, l := range logins {
		if l.Context == written || !l.IsFor(r.have.Endpoint) {
			continue
		}
		if l.Trust.State == kube.TrustsSome && authorities == nil {
			a := live.ReadAuthorities(ctx, r.session.EKS, r.have.ID)
			authorities = &a
		}
		o := oldAuthority{context: l.Context, cluster: r.have.ID.Name, trust: l.Trust}
		if authorities != nil {
			o.trust, o.unknown = l.Trust.WithRotation(*authorities), authorities.Why
		}
		switch o.trust.State {
		case kube.TrustsNone, kube.TrustsOld, kube.TrustsRetired, kube.TrustsSome:
			old = append(old, o)
		}
	}
	return old
}

// An oldAuthority is a context that lacks a certificate authority of its
// cluster.
type oldAuthority struct {
	context, cluster string
	trust            kube.Trust
	unknown          string // why EKS was not asked when it is activated
}

// String says what is wrong, and from when on calls fail.
func (o oldAuthority) String() string {
	context := fmt.Sprintf("context %q ", o.context)
	until := o.trust.Until.UTC().Format(time.RFC3339)
	switch o.trust.State {
	case kube.TrustsOld:
		return context + fmt.Sprintf("has only the old certificate authority of %s and stops working by %s, "+
			"when EKS activates the new one", o.cluster, until)
	case kube.TrustsRetired:
		return context + fmt.Sprintf("has only the old certificate authority of %s, which no longer signs: "+
			"every call fails with an x509 error", o.cluster)
	case kube.TrustsSome:
		text := context + fmt.Sprintf("lacks a certificate authority of %s and stops working when EKS activates it",
			o.cluster)
		if !o.trust.Until.IsZero() {
			text += ", at the latest when the old one ends at " + until
		}
		if o.unknown != "" {
			text += "; the date was not checked: " + o.unknown
		}
		return text
	}
	return context + fmt.Sprintf("has none of the certificate authorities of %s: every call fails with an x509 error",
		o.cluster)
}

func (o oldAuthority) hint(instead string) string {
	return fmt.Sprintf("use context %q, or write %q again with the program that made it", instead, o.context)
}
