package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"go.yaml.in/yaml/v3"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/audit"
	"github.com/eksaccess/eksaccess/internal/doctor"
	"github.com/eksaccess/eksaccess/internal/ekssim"
	"github.com/eksaccess/eksaccess/spec"
)

// TestAdvice follows what audit and doctor print in the worlds of the scripts:
// every command is run and every edit of a file made, each in a copy of its
// world; for doctor, make soak asks for every principal, make test for some. It
// must succeed and make progress, leave other clusters alone, and give
// no principal more than was declared or held before; cluster admin to the caller only
// where that is asked for.
func TestAdvice(t *testing.T) {
	if testing.Short() {
		t.Skip("runs hundreds of commands")
	}
	followed := map[string]int{}
	for _, path := range advising(t) {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			a := newAdvised(t, path)
			a.audit(t, followed)
			a.doctor(t, followed)
		})
	}
	for what, least := range map[string]int{"audit": 60, "doctor": 15 / sparser(1)} {
		if followed[what] < least {
			t.Errorf("%s: %d suggestions followed, want %d", what, followed[what], least)
		}
	}
}

// advising are the scripts in whose worlds something is wrong.
func advising(t *testing.T) []string {
	var paths []string
	for _, glob := range []string{"audit*", "doctor*", "recover-dead*", "recover-suffix*", "cleanup*", "nodes-*",
		"iam-path*", "unmanaged*"} {
		found, err := filepath.Glob("testdata/script/" + glob + ".txtar")
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, found...)
	}
	return slices.DeleteFunc(paths, func(p string) bool { return !strings.Contains(read(t, p), "-- world.yaml --") })
}

// An advised is a world of a script and the file for it, if it has one.
type advised struct {
	*lab
	world, text string
	clusters    []ekssim.ClusterID
	held        map[ekssim.ClusterID]map[string]*ekssim.Access // by entries as written, stale ones too
	declared    map[ekssim.ClusterID]*spec.Cluster
}

func newAdvised(t *testing.T, path string) *advised {
	a := &advised{lab: newLab(t)}
	for _, f := range txtar.Parse([]byte(read(t, path))).Files {
		switch f.Name {
		case "world.yaml":
			a.world = string(withTimes(string(f.Data), time.Now()))
		case "clusters.yaml":
			a.text = string(f.Data)
		}
	}
	t.Chdir(filepath.Dir(a.file))
	a.reset(t)
	w := a.sim.World()
	for _, kv := range a.sim.Env(w.Credentials[0].AccessKeyID) {
		name, value, _ := strings.Cut(kv, "=")
		t.Setenv(name, value)
	}
	a.held, a.declared = map[ekssim.ClusterID]map[string]*ekssim.Access{}, map[ekssim.ClusterID]*spec.Cluster{}
	for _, c := range w.Clusters {
		id := ekssim.ClusterID{Account: c.Account, Region: c.Region, Name: c.Name}
		a.clusters, a.held[id] = append(a.clusters, id), map[string]*ekssim.Access{}
		for _, e := range c.Entries {
			has := &ekssim.Access{Groups: e.Groups, Node: e.Type != "" && e.Type != "STANDARD"}
			for _, p := range e.Policies {
				has.Policies = append(has.Policies, ekssim.Grant{Policy: arn.PolicyName(p.Policy),
					Namespaces: p.Namespaces})
				has.ClusterAdmin = has.ClusterAdmin || arn.PolicyName(p.Policy) == "AmazonEKSClusterAdminPolicy" &&
					len(p.Namespaces) == 0
			}
			a.held[id][e.Principal] = has
		}
	}
	if fleet, problems := spec.Load([]spec.Source{{Name: "clusters.yaml", Data: []byte(a.text)}}); !problems.Failed() {
		for _, c := range fleet.Clusters {
			a.declared[ekssim.ClusterID{Account: c.ID.Account, Region: c.ID.Region, Name: c.ID.Name}] = c
		}
	}
	return a
}

// reset puts the world and its file back.
func (a *advised) reset(t *testing.T) {
	a.load(t, a.world, a.text, nil)
}

// access is the effective access in every cluster.
func (a *advised) access() map[ekssim.ClusterID]map[string]*ekssim.Access {
	all := map[ekssim.ClusterID]map[string]*ekssim.Access{}
	for _, id := range a.clusters {
		all[id] = map[string]*ekssim.Access{}
		for principal, has := range a.sim.Access(id) {
			all[id][principal] = byName(&has)
		}
	}
	return all
}

// byName is an access with the names of policies in place of their ARNs.
func byName(a *ekssim.Access) *ekssim.Access {
	b := *a
	b.Policies = slices.Clone(a.Policies)
	for i := range b.Policies {
		b.Policies[i].Policy = arn.PolicyName(b.Policies[i].Policy)
	}
	return &b
}

// exceeds lists what principals have that they may not have: in the cluster,
// more than before, declared and held; in others, anything else than before.
func (a *advised) exceeds(in ekssim.ClusterID, before map[ekssim.ClusterID]map[string]*ekssim.Access,
	admin string) []string {
	var out []string
	for id, now := range a.access() {
		for principal, has := range now {
			var more []string
			for _, p := range before[id][principal].Missing(has) {
				if id != in || !a.mayHave(id, principal, p, admin) {
					more = append(more, p)
				}
			}
			if len(more) > 0 {
				out = append(out, fmt.Sprintf("%s gained %s in %s", principal, strings.Join(more, ", "), id.Name))
			}
		}
		for principal, had := range before[id] {
			if lost := now[principal].Missing(had); id != in && len(lost) > 0 {
				out = append(out, fmt.Sprintf("%s lost %s in %s", principal, strings.Join(lost, ", "), id.Name))
			}
		}
	}
	slices.Sort(out)
	return out
}

// mayHave reports whether a permission was declared, held before, or is the
// cluster admin that the caller was told to become.
func (a *advised) mayHave(id ekssim.ClusterID, principal, permission, admin string) bool {
	one := &ekssim.Access{}
	switch name, namespaces, _ := strings.Cut(strings.TrimPrefix(permission, "policy "), " in "); {
	case permission == "cluster admin":
		one.ClusterAdmin = true
	case permission == "node":
		one.Node = true
	case strings.HasPrefix(permission, "group "):
		one.Groups = []string{strings.TrimPrefix(permission, "group ")}
	case namespaces != "":
		one.Policies = []ekssim.Grant{{Policy: name, Namespaces: []string{namespaces}}}
	default:
		one.Policies = []ekssim.Grant{{Policy: name}}
	}
	if principal == admin && admin != "" {
		return true
	}
	for other, has := range a.held[id] { // an earlier role of the same permission set has what the one of today may get
		if (other == principal || doctor.Alike(other, principal)) && len(has.Missing(one)) == 0 {
			return true
		}
	}
	c := a.declared[id]
	if c == nil {
		return false
	}
	for _, r := range c.Guards.RequiredAdmins {
		if r.Principal.Matches(principal, id.Account) {
			return true
		}
	}
	has := &ekssim.Access{}
	for _, i := range c.Items {
		if !i.Principal.Matches(principal, id.Account) {
			continue
		}
		has.Groups, has.Node = append(has.Groups, i.Groups...), has.Node || i.Type != "" && i.Type != "STANDARD"
		for _, p := range i.Policies {
			has.Policies = append(has.Policies, ekssim.Grant{Policy: arn.PolicyName(p.ARN), Namespaces: p.Namespaces})
			has.ClusterAdmin = has.ClusterAdmin || arn.PolicyName(p.ARN) == "AmazonEKSClusterAdminPolicy" &&
				p.Scope == spec.ScopeCluster
		}
	}
	return len(has.Missing(one)) == 0
}

// toFill are words that a reader has to fill in first.
var toFill = regexp.MustCompile(`\b(NAME|NAMES|POLICY|NAMESPACE|NEXT|NETWORKS|FILE)\b`)

// forPeople begins what a person does outside this program and the file.
var forPeople = regexp.MustCompile(
	`kubectl |aws |which owns it|first; then |as another cluster admin|^guards: |what it covered|docs/audit\.md|` +
		`remove the waiver|within one year|one waiver for each|serves other clusters|at the top of|none until|` +
		`leave at most|write another username|snapshot --kube|is enough$|run (it|this) where`,
)

var alternatives = regexp.MustCompile(`; or(, [^:;]*)?:? `)

func (a *advised) audit(t *testing.T, followed map[string]int) {
	run := func(args ...string) *audit.Report {
		args = append([]string{"audit", "-o", "json", "--kube"}, args...)
		e := a.plainly(args...)
		var r audit.Report
		if err := json.Unmarshal([]byte(e.stdout), &r); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, e.stderr)
		}
		return &r
	}
	var asked [][]string
	if len(a.declared) > 0 {
		asked = append(asked, []string{"-f", "clusters.yaml"})
	}
	for _, id := range a.clusters {
		asked = append(asked, []string{"--cluster", id.Account + "/" + id.Region + "/" + id.Name})
	}
	for _, args := range asked {
		a.reset(t)
		for _, f := range run(args...).Findings {
			id := ekssim.ClusterID{Account: f.Account, Region: f.Region, Name: f.Cluster}
			for _, way := range alternatives.Split(f.Fix, -1) {
				row := strings.Contains(way, "remove its row: kubectl edit")
				plain, _, _ := strings.Cut(way, "; then remove its row: ")
				if rest, ok := strings.CutPrefix(way,
					"remove its row: kubectl edit configmap aws-auth -n kube-system"); ok {
					plain = strings.TrimPrefix(rest, "; then ")
				}
				if toFill.MatchString(plain) || forPeople.MatchString(plain) {
					continue
				}
				a.reset(t)
				before := a.access()
				admin := ""
				if strings.HasPrefix(plain, "eksaccess recover") {
					admin = a.callerARN(t)
				}
				rowFirst := strings.HasPrefix(way, "remove its row: ")
				removeRow := func(now bool) {
					if !row || !now {
						return
					}
					if a.sim.DeleteRow(id, f.Principal) == nil {
						return
					}
					if err := a.sim.DeleteRow(id, awsAuthARN(f.Principal)); err != nil {
						t.Errorf("%s %s: %v", f.Rule, f.Principal, err)
					}
				}
				removeRow(rowFirst)
				if problem := a.follow(plain); problem == notHere {
					continue
				} else if problem != "" {
					t.Errorf("%s %s in %s: %s\nfix: %s", f.Rule, f.Principal, f.Cluster, problem, way)
					continue
				}
				removeRow(!rowFirst)
				followed["audit"]++
				for _, problem := range a.exceeds(id, before, admin) {
					t.Errorf("%s %s in %s: %s\nfix: %s", f.Rule, f.Principal, f.Cluster, problem, way)
				}
				for _, g := range run(append(slices.Clone(args), "--rule", f.Rule)...).Findings {
					if g.Cluster == f.Cluster && g.Principal == f.Principal && g.Message == f.Message {
						t.Errorf("%s %s in %s is still found: %s\nfix: %s", f.Rule, f.Principal, f.Cluster, g.Message,
							way)
					}
				}
			}
		}
	}
}

// awsAuthARN is a principal as aws-auth has it.
func awsAuthARN(principal string) string {
	if p, err := arn.ParsePrincipal(principal); err == nil && p.Kind == arn.Role {
		return p.RoleOf()
	}
	return principal
}

func (a *advised) callerARN(t *testing.T) string {
	w := a.sim.World()
	principal := w.Credentials[0].Principal
	if !strings.HasPrefix(principal, "arn:") {
		t.Fatalf("the caller is %q", principal)
	}
	return principal
}

func (a *advised) doctor(t *testing.T, followed map[string]int) {
	run := func(args ...string) *doctor.Report {
		e := a.plainly(append([]string{"doctor", "-o", "json"}, args...)...)
		var r doctor.Report
		if err := json.Unmarshal([]byte(e.stdout), &r); err != nil {
			return nil // the principal cannot be told
		}
		return &r
	}
	for _, id := range a.clusters {
		principals := slices.Sorted(maps.Keys(a.held[id]))
		for _, account := range a.sim.World().Accounts {
			for _, r := range account.Roles {
				if p := "arn:aws:iam::" + account.ID + ":role" + r.Path + r.Name; account.ID == id.Account &&
					!slices.Contains(principals, p) {
					principals = append(principals, p)
				}
			}
		}
		for i, principal := range principals[:min(len(principals), 25)] {
			for j, asked := range [][]string{nil, {"--can", "get pods -n shop"}} {
				if (i+j)%sparser(1) != 0 {
					continue
				}
				args := append([]string{"--cluster", id.Account + "/" + id.Region + "/" + id.Name, "--principal",
					principal}, asked...)
				if a.declared[id] != nil {
					args = append(args, "-f", "clusters.yaml")
				}
				a.reset(t)
				r := run(args...)
				if r == nil || r.Next.Command == "" || toFill.MatchString(r.Next.Command) ||
					!strings.HasPrefix(r.Next.Command, "eksaccess ") {
					continue
				}
				before := a.access()
				admin := ""
				if r.Self && strings.Contains(r.Next.What, "cluster admin") {
					admin = principal
				}
				if problem := a.follow(r.Next.Command); problem == notHere {
					continue
				} else if problem != "" {
					t.Errorf("doctor %s: %s\nnext: %s: %s", strings.Join(args, " "), problem, r.Next.What,
						r.Next.Command)
					continue
				}
				followed["doctor"]++
				for _, problem := range a.exceedsAsked(id, before, admin, principal, asked != nil) {
					t.Errorf("doctor %s: %s\nnext: %s: %s", strings.Join(args, " "), problem, r.Next.What,
						r.Next.Command)
				}
				if next := run(args...); !strings.HasPrefix(r.Next.Command, "eksaccess doctor") && next != nil &&
					next.Next == r.Next {
					t.Errorf("doctor %s: still next: %s: %s", strings.Join(args, " "), next.Next.What,
						next.Next.Command)
				}
			}
		}
	}
}

// exceedsAsked is [advised.exceeds] less what "get pods -n shop" asks for.
func (a *advised) exceedsAsked(id ekssim.ClusterID, before map[ekssim.ClusterID]map[string]*ekssim.Access, admin,
	principal string, asked bool) []string {
	return slices.DeleteFunc(a.exceeds(id, before, admin), func(s string) bool {
		return asked && s == principal+" gained policy AmazonEKSViewPolicy in shop in "+id.Name
	})
}

// notHere is what a suggestion comes to in a world in which the caller may not
// ask IAM.
const notHere = "the caller may not ask IAM"

// follow makes the edits of a suggestion and runs its command; "" if that
// succeeds.
func (a *advised) follow(way string) string {
	edits, command, _ := strings.Cut(way, "; then: ")
	if strings.HasPrefix(way, "eksaccess ") {
		edits, command = "", way
	}
	if edits != "" {
		if err := editFiles(edits); err != nil {
			return err.Error()
		}
	}
	for _, one := range strings.Split(command, " && ") {
		if one == "" {
			continue
		}
		line, into, _ := strings.Cut(one, " > ")
		args := unquoted(line)
		switch args[1] {
		case "apply", "cleanup":
			args = append(args, "--yes")
		case "recover":
			args = append(args, "--yes", "--no-kubeconfig", "--no-verify", "--reason", "advice")
		}
		e := a.plainly(args[1:]...)
		if strings.Contains(e.stderr, "is not authorized to perform: iam:") {
			return notHere
		}
		if e.code != 0 && args[1] != "doctor" {
			return fmt.Sprintf("%s ended with %d\n%s%s", line, e.code, e.stdout, e.stderr)
		}
		if into != "" {
			if err := os.WriteFile(into, []byte(e.stdout), 0o600); err != nil {
				return err.Error()
			}
		}
	}
	return ""
}

// unquoted takes a command line apart as a shell does, as far as single quotes.
func unquoted(line string) []string {
	var words []string
	for _, w := range regexp.MustCompile(`(?:[^\s']|'[^']*')+`).FindAllString(line, -1) {
		words = append(words, strings.ReplaceAll(w, "'", ""))
	}
	return words
}

var (
	writing      = regexp.MustCompile(`^write (\S+): (.*)$`)
	removing     = regexp.MustCompile(`^remove (\S+?):(\d+):(\d+)$`)
	adding       = regexp.MustCompile(`^add under \S+ \((\S+?):(\d+):(\d+)\): (.*)$`)
	betweenEdits = regexp.MustCompile(` and (remove|add under|at) `)
	cutting      = regexp.MustCompile(`^at (\S+?):(\d+):(\d+): remove (.*)$`)
)

// editFiles makes the edits of a suggestion, as [audit] words them.
func editFiles(edits string) error {
	if m := writing.FindStringSubmatch(edits); m != nil {
		return os.WriteFile(m[1], []byte(m[2]+"\n"), 0o600)
	}
	data, err := os.ReadFile("clusters.yaml")
	if err != nil {
		return err
	}
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return err
	}
	for _, one := range strings.Split(betweenEdits.ReplaceAllString(edits, "\n$1 "), "\n") {
		var err error
		switch {
		case removing.MatchString(one):
			err = removeItem(&root, removing.FindStringSubmatch(one))
		case adding.MatchString(one):
			err = addUnder(&root, adding.FindStringSubmatch(one))
		case cutting.MatchString(one):
			err = cutFrom(&root, cutting.FindStringSubmatch(one))
		default:
			err = fmt.Errorf("%q is no edit", one)
		}
		if err != nil {
			return err
		}
	}
	out, err := yaml.Marshal(&root)
	if err != nil {
		return err
	}
	return os.WriteFile("clusters.yaml", out, 0o600)
}

// nodeAt is the node at a place, and the list that it is an item of.
func nodeAt(n *yaml.Node, place []string) (list *yaml.Node, index int) {
	for i, c := range n.Content {
		if n.Kind == yaml.SequenceNode && fmt.Sprint(c.Line, c.Column) == place[2]+" "+place[3] {
			return n, i
		}
		if list, at := nodeAt(c, place); list != nil {
			return list, at
		}
	}
	return nil, 0
}

func removeItem(root *yaml.Node, m []string) error {
	list, i := nodeAt(root, m)
	if list == nil {
		return fmt.Errorf("no item at %v", m)
	}
	list.Content = slices.Delete(list.Content, i, i+1)
	return nil
}

func addUnder(root *yaml.Node, m []string) error {
	list, i := nodeAt(root, m)
	if list == nil {
		return fmt.Errorf("no cluster at %v", m)
	}
	c := list.Content[i]
	if c.Kind == yaml.ScalarNode {
		c = &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Value: "arn"}, c}}
		list.Content[i] = c
	}
	var added yaml.Node
	if err := yaml.Unmarshal([]byte(m[4]), &added); err != nil {
		return err
	}
	key, value := added.Content[0].Content[0], added.Content[0].Content[1]
	for k := 0; k < len(c.Content); k += 2 {
		if c.Content[k].Value == key.Value && value.Kind == yaml.SequenceNode {
			c.Content[k+1].Content = append(c.Content[k+1].Content, value.Content...)
			return nil
		}
	}
	c.Content = append(c.Content, key, value)
	return nil
}

// cutFrom removes a part of an item: every key or list item that is it.
func cutFrom(root *yaml.Node, m []string) error {
	list, i := nodeAt(root, m)
	if list == nil {
		return fmt.Errorf("no item at %v", m)
	}
	kind, name, _ := strings.Cut(m[4], " ")
	if namespace, _, ok := strings.Cut(name, " of "); ok {
		name = namespace
	}
	item := list.Content[i]
	for k := 0; k < len(item.Content); k += 2 {
		key, value := item.Content[k].Value, item.Content[k+1]
		if key == kind {
			item.Content = slices.Delete(item.Content, k, k+2)
			return nil
		}
		value.Content = slices.DeleteFunc(value.Content, func(n *yaml.Node) bool { return n.Value == name })
	}
	return nil
}
