package fleet

import (
	"context"
	"errors"
	"time"

	"github.com/eksaccess/eksaccess/internal/awsauth"
	"github.com/eksaccess/eksaccess/internal/kube"
	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/spec"
)

// awsAuthTimeout limits the attempt to read aws-auth without --kube: a
// private endpoint must not hold up an emergency.
const awsAuthTimeout = 5 * time.Second

// KubeClient returns a client that reads from the cluster itself, as the
// caller. The cluster was read.
func (f *Fleet) KubeClient(c *Cluster) (*kube.Client, error) {
	at := kube.Cluster{
		Region:   c.Have.ID.Region,
		Endpoint: c.Have.Endpoint,
		CA:       c.Have.CA,
		TokenID:  c.Have.TokenID,
	}
	return kube.New(at, c.Session.Config.Credentials, kube.Options{
		Version: f.options.AWS.Version,
		Debug:   f.options.AWS.Debug,
		Now:     f.options.Tokens,

		TestOnlyTransport: f.options.AWS.TestOnlyTransport,
	})
}

// ReadConfigMap reads the data of the ConfigMap aws-auth from the cluster
// itself.
func (f *Fleet) ReadConfigMap(ctx context.Context, c *Cluster) (map[string]string, error) {
	client, err := f.KubeClient(c)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	data, _, err := client.ConfigMap(ctx, "kube-system", "aws-auth")
	return data, err
}

// TryAWSAuth reads aws-auth of a cluster that was read without it: one attempt,
// for a short time. It returns false where that is not to be tried.
func (f *Fleet) TryAWSAuth(ctx context.Context, c *Cluster) bool {
	if c.Have == nil || c.Have.AWSAuth != nil || f.options.Kube == KubeNever || c.Session == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, awsAuthTimeout)
	defer cancel()
	c.Have.AWSAuth = f.readAWSAuth(ctx, c, c.IAM)
	return true
}

// RereadAWSAuth returns aws-auth as it is now, if the last reading had it; a
// cluster that does not answer any more leaves the rows as they were known.
func (f *Fleet) RereadAWSAuth(ctx context.Context, c *Cluster, last *spec.AWSAuth) *spec.AWSAuth {
	return f.rereadAWSAuth(ctx, c, live.NewDirectory(c.Session.IAM, c.Session.Cluster, c.Session.Profile), last)
}

func (f *Fleet) rereadAWSAuth(ctx context.Context, c *Cluster, iam *live.Directory, last *spec.AWSAuth) *spec.AWSAuth {
	if last == nil || !last.Read {
		return last
	}
	ctx, cancel := context.WithTimeout(ctx, awsAuthTimeout)
	defer cancel()
	auth := f.readAWSAuth(ctx, c, iam)
	if !auth.Read {
		return last
	}
	auth.Required = last.Required
	return auth
}

// readRows reads aws-auth as it is needed; last is what was read before.
func (f *Fleet) readRows(ctx context.Context, c *Cluster, need AWSAuth, iam *live.Directory, last *spec.Live) {
	switch {
	case need == NoAWSAuth || !c.Have.UsesAWSAuth():
	case need == AWSAuthIfRequired && f.RequiresKube():
		c.Have.AWSAuth = f.readAWSAuth(ctx, c, iam)
		c.Have.AWSAuth.Required = true
	case need == AWSAuthAgain && last != nil:
		c.Have.AWSAuth = f.rereadAWSAuth(ctx, c, iam, last.AWSAuth)
	}
}

// readAWSAuth reads the ConfigMap aws-auth from the cluster itself, and what
// IAM knows of the principals of its rows.
func (f *Fleet) readAWSAuth(ctx context.Context, c *Cluster, iam *live.Directory) *spec.AWSAuth {
	data, err := f.ReadConfigMap(ctx, c)
	if err != nil {
		unread := &spec.AWSAuth{Why: err.Error()}
		var e *kube.Error
		if errors.As(err, &e) {
			unread.Hint = e.Hint
		}
		return unread
	}
	auth := awsauth.Parse(data)
	auth.Identities = iam.ReadRowIdentities(ctx, auth.Rows)
	return auth
}
