package kube

import (
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/eksaccess/eksaccess/internal/arn"
)

// A Login is how kubectl gets into a cluster by one context: where it goes,
// and what makes its tokens. Nothing secret is in it.
type Login struct {
	Context string
	Current bool // the current context
	Server  string
	Trust   Trust // which of the cluster's certificate authorities it has

	Program    string // that makes tokens, without its folder; "" where none does
	Profile    string // AWS shared-config profile
	ByEnv      bool   // it is set in the environment, where keys have precedence over it
	Role       string // ARN of a role that is assumed with it
	Cluster    string // that tokens name: a name or an id; "" if it is not known
	Region     string
	Unreadable string // why the principal is not known; "" if it is
}

// Logins are the contexts for a cluster, the current one first, then by name:
// those that go to its endpoint, and those that are called by its ARN or make
// tokens for it. Nothing is run.
func (k *Kubeconfig) Logins(cluster arn.Cluster, c Cluster) ([]Login, error) {
	files, err := k.read()
	if err != nil {
		return nil, err
	}
	config := mergeFiles(files)
	bundle := newBundle(c.CA)
	var found []Login
	for name, context := range config.Contexts {
		to, user := config.Clusters[context.Cluster], config.AuthInfos[context.AuthInfo]
		if to == nil {
			continue
		}
		l := Login{Context: name, Current: name == config.CurrentContext, Server: withoutPassword(to.Server),
			Trust: bundle.trustOf(to)}
		l.read(user)
		ours := isSameServer(to.Server, c.Endpoint) || context.Cluster == cluster.ARN() || name == cluster.ARN() ||
			context.Cluster == owner+cluster.Path()
		if !ours && l.Cluster == cluster.Name && l.Region == cluster.Region {
			ours = true // of this name and region: perhaps one that was here before
		}
		if ours {
			found = append(found, l)
		}
	}
	slices.SortFunc(found, func(a, b Login) int {
		if a.Current != b.Current {
			if a.Current {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Context, b.Context)
	})
	return found, nil
}

// Clusters returns the EKS clusters that the kubeconfig has under their ARN, as
// the aws command names them, or under the name that this program gives them. A
// kubeconfig that cannot be read has none.
func (k *Kubeconfig) Clusters() []arn.Cluster {
	files, err := k.read()
	if err != nil {
		return nil
	}
	var found []arn.Cluster
	for _, name := range slices.Sorted(maps.Keys(mergeFiles(files).Clusters)) {
		id, err := arn.ParseCluster(name)
		path, isOwn := strings.CutPrefix(name, owner)
		if parts := strings.Split(path, "/"); isOwn && len(parts) == 3 && arn.IsRegion(parts[1]) {
			id, err = arn.Cluster{
				Partition: arn.PartitionOf(parts[1]),
				Account:   parts[0],
				Region:    parts[1],
				Name:      parts[2],
			}, nil
		}
		if err == nil && !slices.Contains(found, id) {
			found = append(found, id)
		}
	}
	return found
}

// IsFor reports whether the login goes to an endpoint.
func (l Login) IsFor(endpoint string) bool { return isSameServer(l.Server, endpoint) }

// withoutPassword is a URL without a user and a password, which do not belong
// there and are not shown.
func withoutPassword(server string) string {
	u, err := url.Parse(server)
	switch {
	case err != nil:
		return "a server that is not a URL"
	case u.User == nil:
		return server
	}
	u.User = nil
	return u.String()
}

func isSameServer(a, b string) bool {
	return strings.EqualFold(strings.TrimSuffix(a, "/"), strings.TrimSuffix(b, "/")) && a != ""
}

func (l *Login) read(user *api.AuthInfo) {
	switch {
	case user == nil:
		l.Unreadable = "the context has a user that the kubeconfig does not define"
	case user.Impersonate != "":
		// EKS user guide, access-policies
		l.Unreadable = "the user is impersonated, so access policies do not apply"
	case user.Exec != nil:
		l.exec(user.Exec)
	case user.Token != "" || user.TokenFile != "":
		l.Unreadable = "the user has a token of its own"
	case user.ClientCertificate != "" || len(user.ClientCertificateData) > 0:
		l.Unreadable = "the user has a certificate of its own"
	default:
		l.Unreadable = "the user has no exec plugin that creates tokens"
	}
}

// exec takes a plugin's command line apart: this program's, the aws command's
// (aws-cli, customizations/eks/get_token.py; its options may be shortened), or
// that of aws-iam-authenticator (cmd/aws-iam-authenticator/token.go).
func (l *Login) exec(e *api.ExecConfig) {
	l.Program = strings.TrimSuffix(filepath.Base(strings.ReplaceAll(e.Command, `\`, "/")), ".exe")
	args := newArguments(e.Args)
	switch {
	case (l.Program == "eksaccess" || l.Program == "kubectl-eksaccess") && args.has("token"):
		if args.value("-f", "--file") != "" {
			l.Unreadable = "a file configures its credentials"
		}
		l.Cluster, l.Region = args.value("--cluster-id", "--cluster"), args.value("--region")
		if named := args.value("--cluster"); strings.HasPrefix(named, "arn:") {
			if id, err := arn.ParseCluster(named); err == nil {
				l.Region = id.Region
				if l.Cluster == named {
					l.Cluster = id.Name
				}
			}
		}
		if parts := strings.Split(l.Cluster, "/"); len(parts) == 3 {
			l.Region, l.Cluster = parts[1], parts[2]
		}
		l.Role = args.value("--role")
	case l.Program == "aws" && args.has("get-token"):
		l.Cluster, l.Region = args.value("--cluster-name", "--cluster-id"), args.value("--region")
		l.Role = args.value("--role-arn", "--role")
	case l.Program == "aws-iam-authenticator" && args.has("token"):
		l.Cluster, l.Region = args.value("-i", "--cluster-id"), args.value("--region")
		l.Role = args.value("-r", "--role")
	default:
		l.Unreadable = "an unknown program creates its tokens"
		return
	}
	l.Profile = args.value("--profile")
	for _, v := range e.Env {
		switch {
		case v.Name == "AWS_PROFILE" && l.Profile == "":
			l.Profile, l.ByEnv = v.Value, true
		case v.Name == "AWS_ACCESS_KEY_ID", v.Name == "AWS_WEB_IDENTITY_TOKEN_FILE", v.Name == "AWS_CONFIG_FILE",
			v.Name == "AWS_SHARED_CREDENTIALS_FILE", v.Name == "AWS_ROLE_ARN":
			l.Unreadable = "the kubeconfig sets " + v.Name + " for it"
		}
	}
}

// arguments are a command line's words and options.
type arguments struct {
	words   []string
	options map[string]string
}

func newArguments(list []string) arguments {
	a := arguments{options: map[string]string{}}
	for i := 0; i < len(list); i++ {
		name, value, has := strings.Cut(list[i], "=")
		switch {
		case !strings.HasPrefix(name, "-"):
			a.words = append(a.words, list[i])
			continue
		case !has && i+1 < len(list) && !strings.HasPrefix(list[i+1], "-"):
			i++
			value = list[i]
		}
		a.options[name] = value
	}
	return a
}

func (a arguments) has(word string) bool { return slices.Contains(a.words, word) }

// value is that of the first of the names that is there.
func (a arguments) value(names ...string) string {
	for _, n := range names {
		if v := a.options[n]; v != "" {
			return v
		}
	}
	return ""
}
