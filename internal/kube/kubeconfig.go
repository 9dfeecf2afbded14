package kube

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// A Kubeconfig is what kubectl reads: one file, or several that it takes for
// one.
type Kubeconfig struct{ files *clientcmd.PathOptions }

// OpenKubeconfig names the file, or with "" those that kubectl itself would
// use: $KUBECONFIG, else .kube/config of the user's home. Nothing is read yet.
func OpenKubeconfig(file string) *Kubeconfig {
	files := clientcmd.NewDefaultPathOptions()
	files.LoadingRules.ExplicitPath = file
	return &Kubeconfig{files}
}

// An Entry is one way into one cluster: a cluster, a user and a context, all
// of one name.
type Entry struct {
	Name   string
	Server string
	CA     []byte // PEM
	Exec   *api.ExecConfig
	Use    bool // make it the current context
}

// An Outcome is what became of an entry.
type Outcome string

const (
	Added     Outcome = "added"
	Updated   Outcome = "updated"
	Unchanged Outcome = "unchanged"
)

// Snippet is the kubeconfig that holds the entry alone, as [Kubeconfig.Put]
// would write it. It writes nothing.
func (k *Kubeconfig) Snippet(e Entry) ([]byte, error) {
	config, err := k.read()
	if err != nil {
		return nil, err
	}
	e.into(config)
	alone := api.NewConfig()
	alone.Clusters[e.Name], alone.AuthInfos[e.Name], alone.Contexts[e.Name] = config.Clusters[e.Name], config.AuthInfos[e.Name], config.Contexts[e.Name]
	if e.Use {
		alone.CurrentContext = e.Name
	}
	return clientcmd.Write(*alone)
}

// Put adds the entry or brings it up to date, where it is or else in the first
// of the files, and returns that file's name. All else stays as it is; where
// the entry is right already, no file is touched.
//
// It holds kubectl's lock from before it reads, which
// [clientcmd.ModifyConfig] by itself does not: it would take what another
// program added in between for something to delete.
func (k *Kubeconfig) Put(ctx context.Context, e Entry) (Outcome, string, error) {
	file := k.files.GetDefaultFilename()
	now, err := k.read()
	if err != nil {
		return "", file, err
	}
	if had := now.Contexts[e.Name]; had != nil {
		file = had.LocationOfOrigin
	}
	if before := now.DeepCopy(); !e.into(now) && reflect.DeepEqual(before, now) {
		return Unchanged, file, nil
	}
	unlock, err := k.lock(ctx)
	if err != nil {
		return "", file, err
	}
	defer unlock()
	config, err := k.read()
	if err != nil {
		return "", file, err
	}
	outcome := Updated
	if e.into(config) {
		outcome = Added
	}
	if err := clientcmd.ModifyConfig(k.files, *config, true); err != nil {
		return "", file, fmt.Errorf("writing kubeconfig: %w", err)
	}
	return outcome, file, nil
}

func (k *Kubeconfig) read() (*api.Config, error) {
	config, err := k.files.GetStartingConfig()
	if err != nil {
		return nil, fmt.Errorf("reading kubeconfig: %w", err)
	}
	return config, nil
}

// into makes the entry part of a configuration, and reports whether its
// context is new there. What a person may have set beside it (a proxy, a
// namespace) stays.
func (e Entry) into(config *api.Config) bool {
	cluster := config.Clusters[e.Name]
	if cluster == nil {
		cluster = api.NewCluster()
	}
	cluster.Server, cluster.CertificateAuthorityData = e.Server, e.CA
	cluster.CertificateAuthority, cluster.InsecureSkipTLSVerify = "", false
	config.Clusters[e.Name] = cluster

	user := &api.AuthInfo{} // whatever else it had would be another way to log in
	if had := config.AuthInfos[e.Name]; had != nil {
		user.LocationOfOrigin, user.Extensions = had.LocationOfOrigin, had.Extensions
	}
	user.Exec = e.Exec
	config.AuthInfos[e.Name] = user

	context := config.Contexts[e.Name]
	isNew := context == nil
	if isNew {
		context = api.NewContext()
	}
	context.Cluster, context.AuthInfo = e.Name, e.Name
	config.Contexts[e.Name] = context
	if e.Use {
		config.CurrentContext = e.Name
	}
	return isNew
}

func init() { clientcmd.UseModifyConfigLock = false } // Put holds it

// lockPatience is how long another program may be at the files. Writing takes
// milliseconds.
const lockPatience = 5 * time.Second

// lock takes the lock of each file, as kubectl does: a file beside it that
// only one can create. The folders of files to come are made first, for the
// user alone.
func (k *Kubeconfig) lock(ctx context.Context) (unlock func(), err error) {
	var held []string
	unlock = func() {
		for _, name := range held {
			_ = os.Remove(name)
		}
	}
	files := slices.Sorted(slices.Values(k.files.GetLoadingPrecedence()))
	ctx, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	for _, file := range files {
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			unlock()
			return nil, fmt.Errorf("writing kubeconfig: %w", err)
		}
		name := file + ".lock"
		if err := exclusive(ctx, name); err != nil {
			unlock()
			return nil, err
		}
		held = append(held, name)
	}
	return unlock, nil
}

// A LockedError says that another program holds the lock of a kubeconfig.
type LockedError struct{ Lock string }

func (e *LockedError) Error() string {
	return fmt.Sprintf("kubeconfig is locked by %q", e.Lock)
}

func exclusive(ctx context.Context, name string) error {
	for {
		f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL, 0)
		switch {
		case err == nil:
			return f.Close()
		case !errors.Is(err, fs.ErrExist):
			return fmt.Errorf("locking kubeconfig: %w", err)
		}
		select {
		case <-ctx.Done():
			return &LockedError{name}
		case <-time.After(20 * time.Millisecond):
		}
	}
}
