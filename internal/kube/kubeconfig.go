package kube

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/atomicfile"
	"github.com/eksaccess/eksaccess/internal/phrase"
)

// A Kubeconfig is what kubectl reads: one file, or several that count as one.
type Kubeconfig struct{ files *clientcmd.PathOptions }

// OpenKubeconfig names the file, or with "" those that kubectl itself would
// use: $KUBECONFIG, else .kube/config of the user's home. Nothing is read yet.
func OpenKubeconfig(file string) *Kubeconfig {
	files := clientcmd.NewDefaultPathOptions()
	files.LoadingRules.ExplicitPath = file
	return &Kubeconfig{files}
}

// An Entry is one way into one cluster: a cluster, a user and a context of this
// program's own. Their names are made from the cluster and the identity, so
// that no entry of another program, profile or role is changed.
type Entry struct {
	Cluster arn.Cluster
	Context string // its name; "" for one that is free
	Server  string
	CA      []byte // PEM
	Plugin  Plugin // its profile and role are the identity
	AWS     bool   // the aws command makes the tokens, not this program
	Select  bool   // make it the current context
}

// An Outcome is what was done to a context.
type Outcome string

const (
	Added     Outcome = "added"
	Updated   Outcome = "updated"
	Unchanged Outcome = "unchanged"
)

// A Change is what putting an entry does.
type Change struct {
	Outcome  Outcome // of the context, its cluster and its user
	Context  string
	Selected bool   // it becomes the current context, and was not
	Current  string // the current context before; "" for none
	File     string // that has the context
	Kept     []Kept // copies of files that would lose something
}

// A Kept is a copy of a file before it was changed.
type Kept struct {
	File, Copy string
	Lost       []string // what only the copy still has
}

func (k Kept) String() string {
	return fmt.Sprintf("%s had %s, which were not written again; the old file is kept as %s",
		k.File, phrase.And(k.Lost), k.Copy)
}

// String says what was done, without the file: context "dev" added and selected
// (was "kind-local").
func (c *Change) String() string {
	text := fmt.Sprintf("context %q %s", c.Context, c.Outcome)
	switch {
	case c.Selected && c.Current != "":
		return text + fmt.Sprintf(" and selected (was %q)", c.Current)
	case c.Selected:
		return text + " and selected"
	case c.Current == c.Context:
		return text + ", selected as before"
	case c.Current != "":
		return text + fmt.Sprintf(", not selected (current is %q)", c.Current)
	}
	return text + ", not selected"
}

// A TakenError says that the name of a context is in use for something else.
type TakenError struct{ Context string }

func (e *TakenError) Error() string {
	return fmt.Sprintf("context %q exists and is for another cluster", e.Context)
}

// Exec is the command that makes kubectl's tokens.
func (e Entry) Exec() *api.ExecConfig {
	if e.AWS {
		return e.Plugin.AWSTokenCommand()
	}
	return e.Plugin.TokenCommand()
}

// Snippet returns the kubeconfig that holds the entry alone, with the names
// that [Kubeconfig.Put] would give it, and nothing of the files' content.
func (k *Kubeconfig) Snippet(e Entry) ([]byte, error) {
	files, err := k.read()
	if err != nil {
		return nil, err
	}
	n, err := e.names(mergeFiles(files))
	if err != nil {
		return nil, err
	}
	alone := api.NewConfig()
	e.addTo(n, alone, alone, alone)
	if e.Select {
		alone.CurrentContext = n.context
	}
	return clientcmd.Write(*alone)
}

// Preview returns what [Kubeconfig.Put] would do. It writes nothing.
func (k *Kubeconfig) Preview(e Entry) (*Change, error) {
	change, _, err := k.change(e)
	return change, err
}

// Put adds the entry or brings it up to date. Entries of other programs and of
// other identities stay as they are; if the entry is right already, no file is
// touched. Where several files make up the kubeconfig, each part is changed
// where it is, and new parts go to the file that kubectl would use.
//
// It holds kubectl's lock from before it reads, so that nothing is lost that
// another program adds meanwhile.
func (k *Kubeconfig) Put(ctx context.Context, e Entry) (*Change, error) {
	change, files, err := k.change(e)
	if err != nil || len(files) == 0 {
		return change, err
	}
	unlock, err := k.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	change, files, err = k.change(e)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if lost := f.listLosses(); len(lost) > 0 {
			copied, err := atomicfile.Keep(f.name, "before-eksaccess", f.data)
			if err != nil {
				return nil, fmt.Errorf("keeping a copy of the kubeconfig: %w", err)
			}
			change.Kept = append(change.Kept, Kept{File: f.name, Copy: copied, Lost: lost})
		}
	}
	for _, f := range files {
		data, err := clientcmd.Write(*f.config)
		if err != nil {
			return nil, &LoadError{File: f.name, Problem: f.name + " cannot be written as a kubeconfig"}
		}
		if err := atomicfile.Write(f.name, atomicfile.Secret, data); err != nil {
			return nil, fmt.Errorf("writing kubeconfig: %w", err)
		}
	}
	return change, nil
}

// change computes what putting the entry does, and returns the files that it
// changes, as they become, that with the current context last.
func (k *Kubeconfig) change(e Entry) (*Change, []*kubeconfigFile, error) {
	files, err := k.read()
	if err != nil {
		return nil, nil, err
	}
	now := mergeFiles(files)
	n, err := e.names(now)
	if err != nil {
		return nil, nil, err
	}
	byName := map[string]*kubeconfigFile{}
	for _, f := range files {
		byName[f.name] = f
	}
	first := byName[k.files.GetDefaultFilename()]
	if first == nil {
		return nil, nil, &LoadError{Problem: "KUBECONFIG has no file name", Hint: "pass --kubeconfig FILE"}
	}
	at := func(origin string, ok bool) *kubeconfigFile {
		if f := byName[origin]; ok && f != nil {
			return f
		}
		return first
	}
	var cluster, user, context string
	hadCluster, hadUser, hadContext := now.Clusters[n.cluster], now.AuthInfos[n.user], now.Contexts[n.context]
	if hadCluster != nil {
		cluster = hadCluster.LocationOfOrigin
	}
	if hadUser != nil {
		user = hadUser.LocationOfOrigin
	}
	if hadContext != nil {
		context = hadContext.LocationOfOrigin
	}
	before := make([]*api.Config, len(files))
	for i, f := range files {
		before[i] = f.config.DeepCopy()
	}
	home := at(context, hadContext != nil)
	e.addTo(n, at(cluster, hadCluster != nil).config, at(user, hadUser != nil).config, home.config)

	change := &Change{Outcome: Unchanged, Context: n.context, Current: now.CurrentContext, File: home.name}
	var changed []*kubeconfigFile
	for i, f := range files {
		if !reflect.DeepEqual(before[i], f.config) {
			changed = append(changed, f)
			change.Outcome = Updated
		}
	}
	if hadContext == nil {
		change.Outcome = Added
	}
	if e.Select && now.CurrentContext != n.context {
		change.Selected = true
		selects := first
		if i := slices.IndexFunc(files, func(f *kubeconfigFile) bool { return f.config.CurrentContext != "" }); i >= 0 {
			selects = files[i]
		}
		selects.config.CurrentContext = n.context
		changed = append(slices.DeleteFunc(changed, func(f *kubeconfigFile) bool { return f == selects }), selects)
	}
	return change, changed, nil
}

// names of the three parts of an entry.
type names struct{ cluster, user, context string }

// owner begins the names of clusters and users of this program's own.
const owner = "eksaccess:"

// names chooses the names of an entry's parts. The cluster's is made from the
// place of the cluster, the user's also from the identity: the profile and the
// role. A user of that name that another context uses, or that a user made
// stand for another identity, is not changed: then the user gets a number.
func (e Entry) names(config *api.Config) (names, error) {
	n := names{cluster: owner + e.Cluster.Path()}
	base := n.cluster
	if p := e.Plugin.Profile; p != "" {
		base += ",profile=" + url.PathEscape(p)
	}
	if r := e.Plugin.Role; r != "" {
		base += ",role=" + r
	}
	for i := 1; ; i++ {
		if n.user = base; i > 1 {
			n.user += "," + strconv.Itoa(i)
		}
		var err error
		if n.context, err = e.contextName(config, n); err != nil {
			return names{}, err
		}
		had := config.AuthInfos[n.user]
		if had == nil || reflect.DeepEqual(loginFields(had), &api.AuthInfo{Exec: e.Exec()}) ||
			e.isOwn(had) && !isUsedElsewhere(config, n.user, n.context) {
			return n, nil
		}
	}
}

// loginFields is a user as its file has it, less what belongs to no login.
func loginFields(u *api.AuthInfo) *api.AuthInfo {
	c := *u
	c.LocationOfOrigin, c.Extensions = "", nil
	return &c
}

// isOwn reports whether a user stands for the entry's cluster and identity.
func (e Entry) isOwn(user *api.AuthInfo) bool {
	var l Login
	l.read(user)
	return l.Unreadable == "" && l.Profile == e.Plugin.Profile && l.Role == e.Plugin.Role &&
		(l.Cluster == e.Plugin.ID || l.Cluster == e.Cluster.Name) && l.Region == e.Cluster.Region
}

func isUsedElsewhere(config *api.Config, user, context string) bool {
	for name, c := range config.Contexts {
		if c.AuthInfo == user && name != context {
			return true
		}
	}
	return false
}

// contextName is the name that was asked for, or that of the context which the
// entry has already, or the first that is free: the name of the cluster, its
// place, and the name of its user.
func (e Entry) contextName(config *api.Config, n names) (string, error) {
	if e.Context != "" {
		had := config.Contexts[e.Context]
		if had == nil || had.Cluster == n.cluster || had.Cluster == e.Cluster.ARN() {
			return e.Context, nil
		}
		if to := config.Clusters[had.Cluster]; to != nil && isSameServer(to.Server, e.Server) {
			return e.Context, nil
		}
		return "", &TakenError{Context: e.Context}
	}
	var own []string
	for name, c := range config.Contexts {
		if c.Cluster == n.cluster && c.AuthInfo == n.user {
			own = append(own, name)
		}
	}
	if slices.Contains(own, config.CurrentContext) {
		return config.CurrentContext, nil
	}
	if len(own) > 0 {
		return slices.Min(own), nil
	}
	free := []string{e.Cluster.Name, e.Cluster.Path(), strings.TrimPrefix(n.user, owner)}
	for _, name := range free {
		if config.Contexts[name] == nil {
			return name, nil
		}
	}
	for i := 2; ; i++ {
		if name := free[2] + "," + strconv.Itoa(i); config.Contexts[name] == nil {
			return name, nil
		}
	}
}

// addTo makes the entry part of the configurations that have, or get, its
// cluster, its user and its context. What a person may have set beside it (a
// proxy, a namespace) stays.
func (e Entry) addTo(n names, clusters, users, contexts *api.Config) {
	cluster := clusters.Clusters[n.cluster]
	if cluster == nil {
		cluster = api.NewCluster()
	}
	cluster.Server, cluster.CertificateAuthorityData = e.Server, e.CA
	cluster.CertificateAuthority, cluster.InsecureSkipTLSVerify = "", false
	clusters.Clusters[n.cluster] = cluster

	user := &api.AuthInfo{}
	if had := users.AuthInfos[n.user]; had != nil {
		user.LocationOfOrigin, user.Extensions = had.LocationOfOrigin, had.Extensions
	}
	user.Exec = e.Exec()
	users.AuthInfos[n.user] = user

	context := contexts.Contexts[n.context]
	if context == nil {
		context = api.NewContext()
	}
	context.Cluster, context.AuthInfo = n.cluster, n.user
	contexts.Contexts[n.context] = context
}

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
		if err := createExclusive(ctx, name); err != nil {
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

func createExclusive(ctx context.Context, name string) error {
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
