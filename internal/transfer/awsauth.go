package transfer

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/eksaccess/eksaccess/internal/access"
	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awsauth"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/spec"
)

// authHead opens a file made of aws-auth.
var authHead = []string{
	"The rows of aws-auth, as access entries. An entry hides its row as a whole: what was not carried over,",
	"and why, is in the report of \"eksaccess import aws-auth\".",
}

// FromAWSAuth makes an import of clusters whose rows were translated. The source
// is where the rows were read, assumeRole how the clusters were reached.
func FromAWSAuth(source, assumeRole string, clusters []Cluster) *Import {
	return &Import{Source: source, Comments: authHead, AssumeRole: assumeRole, Clusters: clusters}
}

// SetOfRows makes an import of rows whose cluster is not known: a set.
func SetOfRows(source string, data map[string]string) *Import {
	rows := AuthRows{Items: awsauth.Items(data), Accounts: awsauth.Parse(data).Accounts}
	rows.ID = AccountOfRows(rows.Items)
	out := FromAWSAuth(source, "", []Cluster{rows.Cluster()})
	out.AsSet = "aws-auth"
	out.Comments = append(slices.Clone(out.Comments),
		"To use it, name it in a cluster's include: include: [aws-auth]")
	return out
}

// A Resolved is what IAM says of a row's principal.
type Resolved struct {
	ARN  string // with its path; "" where it is not known
	Gone bool   // IAM has no such role or user
	Why  string // IAM could not be asked
}

// AuthRows are the rows of an aws-auth to be translated.
type AuthRows struct {
	// ID has no name and no region if no cluster was named, and no account if
	// none is known.
	ID       arn.Cluster
	Items    []awsauth.Item
	Accounts []string // of mapAccounts
	// Principals is what IAM said, by the ARNs of [AuthRows.Ask].
	Principals map[string]Resolved
	// Sets are the roles of permission sets in the account, by name, where they
	// are to be written as such.
	Sets map[string][]string
	Live *spec.Live // nil where the cluster itself was not read
}

// Ask lists the rows' principals that IAM of the cluster's account can tell of.
func (a *AuthRows) Ask() []arn.Principal {
	var ask []arn.Principal
	for _, i := range a.Items {
		p, err := arn.ParsePrincipal(i.Row.ARN)
		if err == nil && i.Overruled == "" && p.Account == a.ID.Account &&
			(p.Kind == arn.User || p.Kind == arn.Role && p.Path == "/") {
			ask = append(ask, p)
		}
	}
	return ask
}

// Cluster translates the rows (EKS user guide, migrating-access-entries;
// eksctl, pkg/actions/accessentry/migrator.go). Each row is in the notes: as
// carried over, as covered by an entry there is, or as left and why.
func (a *AuthRows) Cluster() Cluster {
	c := Cluster{ID: a.ID}
	switch {
	case a.Live == nil || a.Live.Mode == eksfacts.ModeConfigMap:
		c.Mode = eksfacts.ModeAPIAndConfigMap
	case !a.Live.UsesAWSAuth():
		c.Notes = append(
			c.Notes,
			Note{
				Outcome: Doubt,
				Subject: "the cluster",
				Why: "it is in mode API, in which EKS ignores aws-auth: a principal without an entry has no access " +
					"now",
			},
		)
	}
	if accounts := accountsOf(a.Items); a.ID.Account == "" && len(accounts) > 1 {
		c.Notes = append(c.Notes, Note{Outcome: Doubt, Subject: "the cluster's account",
			Why:  "no row of nodes tells which of " + strings.Join(accounts, ", ") + " it is",
			Hint: "name the others under guards.trustedAccounts in the file that includes the set"})
	}
	for i, item := range a.Items {
		t := translation{AuthRows: a, c: &c, item: item, at: i + 1}
		t.row()
	}
	c.unite()
	for _, account := range a.Accounts {
		c.Notes = append(c.Notes, Note{Outcome: Left, Subject: account, Source: "mapAccounts",
			Order: len(a.Items) + 1,
			Why:   "no entry can stand for a whole account", Hint: "give each principal of it that is needed an entry"})
	}
	return c
}

// A translation is that of one row.
type translation struct {
	*AuthRows
	c    *Cluster
	item awsauth.Item
	who  arn.Principal
	full string // the principal, with its path
	at   int

	ref         spec.PrincipalRef // how to name the principal; zero: by its ARN
	doubts, dos []string          // for the report
	odd         []string          // for the file
}

func (t *translation) note(outcome Outcome, subject, why, do string) {
	t.c.Notes = append(
		t.c.Notes,
		Note{Outcome: outcome, Subject: subject, Source: t.item.Place, Why: why, Hint: do, Order: t.at},
	)
}

func (t *translation) leave(why, do string) { t.note(Left, t.item.Row.ARN, why, do) }

// doubt is what changes on the way: in full for the report, in a word above the
// entry.
func (t *translation) doubt(odd, why, do string) {
	if odd != "" {
		t.odd = append(t.odd, odd)
	}
	t.doubts = append(t.doubts, why)
	if do != "" {
		t.dos = append(t.dos, do)
	}
}

func (t *translation) row() {
	row := t.item.Row
	switch {
	case row.ARN == "":
		t.leave(strings.Join(t.item.Notes, "; "), "")
		return
	case t.item.Overruled != "":
		t.leave("a later row for the same ARN rules: "+t.item.Overruled, "")
		return
	}
	if !t.principal() {
		return
	}
	if t.Live != nil {
		for i := range t.Live.Entries {
			if e := &t.Live.Entries[i]; spec.AWSAuthKey(e.Principal) == spec.AWSAuthKey(t.full) {
				t.note(
					Covered,
					e.Principal,
					"the cluster has an entry for it, which hides the row: "+strings.Join(
						summary(&Entry{Entry: e.Entry}),
						"; ",
					),
					"",
				)
				return
			}
		}
	}
	if len(t.item.Notes) > 0 {
		t.doubt(
			"its row can't be read in full",
			"not all of the row can be read: "+strings.Join(t.item.Notes, "; "),
			"",
		)
	}
	e := Entry{Entry: spec.Entry{Principal: t.full, Type: eksfacts.Standard}, Ref: t.ref, Source: t.item.Place,
		Report: true, Order: t.at}
	if !t.fill(&e.Entry) {
		return
	}
	if e.Username == "" {
		e.Username = eksfacts.DefaultUsername(e.Type, e.Principal)
	}
	e.Entry = e.Entry.Canonical()
	e.Comments, e.Doubts, e.Hint = t.odd, t.doubts, strings.Join(t.dos, "\n")
	if set, ok := setOf(e.Principal); ok && len(t.Sets[set]) == 1 && t.Sets[set][0] == e.Principal {
		e.Ref = spec.PrincipalRef{PermissionSet: set}
	}
	t.c.Entries = append(t.c.Entries, e)
}

// principal finds the principal of an entry, which is the row's with the path
// that aws-auth leaves out.
func (t *translation) principal() bool {
	row := t.item.Row
	p, err := arn.ParsePrincipal(row.ARN)
	t.who, t.full = p, row.ARN
	switch {
	case err != nil:
		t.leave(err.Error(), "")
		return false
	case arn.IsServiceLinked(row.ARN) || strings.HasPrefix(p.Name, "AWSServiceRoleFor") && p.Kind == arn.Role:
		t.leave(
			"EKS refuses entries for service-linked roles",
			"its service makes its own entry where it needs one; see the service's guide on EKS access entries",
		)
		return false
	case p.Kind == arn.Role && p.Path != "/":
		t.leave(
			"as written, with a path, it matches no principal; an entry for it would give access that it does not "+
				"have now",
			"if that is meant, add it to the file by hand",
		)
		return false
	case p.Kind != arn.Role && p.Kind != arn.User && p.Kind != arn.Root:
		t.leave("an entry is for a role or a user, and this is neither", "")
		return false
	case p.Kind == arn.Root:
		t.doubt("an account's root: EKS may refuse it", "it is an account's root; EKS may refuse it", "")
		return true
	case t.ID.Account != "" && p.Account != t.ID.Account:
		if set, ok := permissionSetOfRow(p); ok {
			t.leave(fmt.Sprintf("it is the role of permission set %s in another account: "+
				"it has a path below %s, which the entry needs", set, arn.SSOPathPrefix),
				fmt.Sprintf("find its ARN with credentials of account %s, and add that to the file:\n"+
					"aws iam list-roles --path-prefix %s --query \"Roles[?RoleName=='%s'].Arn\" --output text",
					p.Account, arn.SSOPathPrefix, p.Name))
			return false
		}
		if p.Kind == arn.Role {
			t.doubt(
				"of another account: add its path, if it has one",
				"it is of another account, whose IAM can't be asked: if the role has a path, the entry needs it",
				"",
			)
		}
		return true
	}
	switch found := t.Principals[row.ARN]; {
	case found.Gone:
		t.leave(fmt.Sprintf("IAM has no such %s", p.Kind), "take the row out of aws-auth")
		return false
	case found.ARN != "":
		if t.full = found.ARN; arn.IsServiceLinked(t.full) {
			t.leave("EKS refuses entries for service-linked roles", "")
			return false
		}
	case p.Kind == arn.Role:
		if set, ok := permissionSetOfRow(p); ok {
			return t.permissionSet(set)
		}
		t.doubt("add its path, if it has one", "IAM was not asked whether the role has a path, which the entry needs: "+
			cmp.Or(found.Why, "no cluster is named"), "")
	}
	return true
}

// ssoRole is the name of a permission set's role. A role of that name without
// a path is one whose path was removed, as aws-auth requires (IAM Identity
// Center user guide, "Referencing permission sets").
var ssoRole = regexp.MustCompile(`^AWSReservedSSO_(.+)_[0-9a-f]{16}$`)

func permissionSetOfRow(p arn.Principal) (string, bool) {
	m := ssoRole.FindStringSubmatch(p.Name)
	if m == nil || p.Kind != arn.Role || p.Path != "/" {
		return "", false
	}
	return m[1], true
}

// permissionSet names the principal by its permission set, since its ARN is not
// known. It reports whether that is unambiguous.
func (t *translation) permissionSet(set string) bool {
	const do = "pass --cluster, so that IAM of its account tells which role it is"
	for _, other := range t.Items {
		p, err := arn.ParsePrincipal(other.Row.ARN)
		if err != nil || other.Overruled != "" || p.String() == t.who.String() {
			continue
		}
		if t.ID.Account == "" && arn.IsAccount(p.Account) && p.Account != t.who.Account {
			t.leave(fmt.Sprintf("it is the role of permission set %s, and the rows do not tell "+
				"in which of their accounts the cluster is", set), do)
			return false
		}
		if name, ok := permissionSetOfRow(p); ok && name == set && p.Account == t.who.Account {
			t.leave(fmt.Sprintf("%s is about permission set %s too, which has one role at a time", other.Place, set),
				do)
			return false
		}
	}
	t.ref = spec.PrincipalRef{PermissionSet: set}
	t.doubt("", "named by its permission set, whose role plan looks up in IAM of the cluster's account", "")
	return true
}

// Names and groups of nodes in aws-auth (EKS user guide, auth-configmap;
// eksctl, pkg/actions/accessentry/migrator.go; for hybrid nodes the guide,
// hybrid-nodes-cluster-prep).
const (
	nodeName      = "system:node:{{EC2PrivateDNSName}}"
	sessionNode   = "system:node:{{SessionName}}"
	proxyGroup    = "system:node-proxier"
	windowsGroup  = "eks:kube-proxy-windows"
	everyoneGroup = "system:authenticated"
)

var nodeGroups = []string{"system:bootstrappers", "system:nodes", proxyGroup, windowsGroup}

// fill makes the entry of the row; it reports whether there is one.
func (t *translation) fill(e *spec.Entry) bool {
	row := t.item.Row
	if isNodeName(row.Username) {
		return t.node(e)
	}
	admin := access.FromRow(row).ClusterAdmin
	if admin {
		e.Policies = []spec.Policy{
			{ARN: arn.AccessPolicy(t.who.Partition, eksfacts.ClusterAdminPolicy), Scope: spec.ScopeCluster},
		}
	}
	var reserved []string
	for _, g := range row.Groups {
		switch {
		case g == eksfacts.MastersGroup || g == everyoneGroup: // every user is of the latter
		case eksfacts.ReservedPrefix(g) != "":
			reserved = append(reserved, g)
		case g != "":
			e.Groups = append(e.Groups, g)
		}
	}
	switch {
	case len(reserved) > 0 && admin:
		t.doubt(
			"without groups "+phrase.QuotedList(reserved),
			"without groups "+phrase.QuotedList(reserved)+
				", which an entry can't give; cluster admin has all they give",
			"",
		)
	case len(reserved) > 0:
		t.leave(
			"an entry can't give groups "+phrase.QuotedList(reserved)+", and would hide the row with all it gives",
			t.rebind(reserved, e.Groups),
		)
		return false
	}
	return t.username(e, admin)
}

// username takes over the name, where an entry may have it.
func (t *translation) username(e *spec.Entry, admin bool) bool {
	name := t.item.Row.Username
	if t.who.Kind != arn.Root {
		name = strings.ReplaceAll(name, "{{AccountID}}", t.who.Account) // all that it ever is
	}
	template := strings.Index(name, "{{")
	why := ""
	switch {
	case name == "":
		return true
	case eksfacts.ReservedPrefix(name) != "":
		why = fmt.Sprintf("begins with %q, which EKS keeps for itself", eksfacts.ReservedPrefix(name))
	case template >= 0 && t.who.Kind == arn.User:
		why = "has a template, which is for the sessions of roles"
	case template >= 0 && !strings.Contains(name[:template], ":"):
		why = "has no colon before its template"
	case strings.Contains(strings.NewReplacer("{{SessionName}}", "", "{{SessionNameRaw}}", "").Replace(name), "{{"):
		why = "has a template that access entries do not know"
	default:
		e.Username = name
		return true
	}
	now := eksfacts.DefaultUsername(e.Type, e.Principal)
	if !admin && len(e.Groups) == 0 {
		do := fmt.Sprintf("bind what %q is bound to, to a group of your own, and give the entry that group", name)
		if strings.HasPrefix(name, "system:node:") {
			do = t.nodeTypeInstead(t.item.Row.Groups)
		}
		t.leave(fmt.Sprintf("username %q %s, and all that the row gives is what is bound to that name", name, why), do)
		return false
	}
	if admin {
		t.doubt(
			fmt.Sprintf("was username %q", name),
			fmt.Sprintf("its name is %q from then on: username %q %s", now, name, why),
			"",
		)
		return true
	}
	t.doubt(
		fmt.Sprintf("was username %q: adapt what is bound to that", name),
		fmt.Sprintf("its name is %q from then on: username %q %s", now, name, why),
		"adapt what is bound to the old name: kubectl get rolebindings,clusterrolebindings -A -o wide",
	)
	return true
}

// node is the entry of a node's role.
func (t *translation) node(e *spec.Entry) bool {
	row := t.item.Row
	has := func(group string) bool { return slices.Contains(row.Groups, group) }
	switch {
	case row.Username == nodeName && has(windowsGroup):
		e.Type = eksfacts.EC2Windows
	case row.Username == nodeName:
		e.Type = eksfacts.EC2Linux
	case has(proxyGroup):
		e.Type = eksfacts.FargateLinux
	default:
		e.Type = eksfacts.HybridLinux
		t.doubt(
			"taken for hybrid nodes",
			"taken for hybrid nodes, by its name and since it is not in group "+proxyGroup+" as Fargate's are",
			"",
		)
	}
	if t.who.Kind != arn.Role || t.who.Account != t.ID.Account {
		t.leave(
			fmt.Sprintf(
				"it has the name of nodes, and an entry of type %s is for roles of the cluster's own account",
				e.Type,
			),
			"",
		)
		return false
	}
	if beyond := withoutNodeGroups(row.Groups); len(beyond) > 0 {
		t.doubt(
			"without groups "+phrase.QuotedList(beyond),
			"without groups "+phrase.QuotedList(beyond)+": the entry of a node has those of its type",
			"",
		)
	}
	return true
}

// boundRoles are the ClusterRoles that Kubernetes itself binds to groups whose
// names an entry cannot have (Kubernetes, "Using RBAC Authorization", default
// roles and bindings). Groups of nodes are not among them: see
// [withoutNodeGroups]. Roles that are bound to users only, such as
// system:kube-scheduler, or to none, such as system:node-problem-detector, are
// not among them either.
var boundRoles = map[string]string{
	"system:monitoring":      "system:monitoring",
	"system:serviceaccounts": "system:service-account-issuer-discovery",
	"system:unauthenticated": "system:public-info-viewer",
}

// withoutNodeGroups returns the groups that are not for nodes. There is nothing
// to bind in place of those: system:nodes gives nothing by RBAC, since
// Kubernetes 1.8 binds ClusterRole system:node, which may read all secrets, to no
// group (kubernetes/kubernetes #49638); the Node authorizer looks at the group
// for users system:node:NAME only. What EKS binds to the others (ClusterRoles
// eks:node-bootstrapper and system:node-proxier) is for kubelet and kube-proxy.
func withoutNodeGroups(groups []string) []string {
	return slices.DeleteFunc(slices.Clone(groups), func(g string) bool { return slices.Contains(nodeGroups, g) })
}

// rebind says what to do about groups that an entry cannot give: bind groups
// with other names to the same roles, and give the entry those. Groups of nodes
// are not rebound; a role of nodes gets an entry of its type.
func (t *translation) rebind(reserved, groups []string) string {
	var b strings.Builder
	bind := withoutNodeGroups(reserved)
	if len(bind) < len(reserved) {
		b.WriteString(t.nodeTypeInstead(reserved))
	}
	if len(bind) == 0 && len(groups) == 0 {
		return b.String()
	}
	if b.Len() > 0 {
		b.WriteString("otherwise ")
	}
	if len(bind) > 0 {
		b.WriteString("bind a group of your own to what each is bound to, in the cluster:\n")
	}
	for _, g := range bind {
		_, bare, _ := strings.Cut(g, ":")
		own := "aws-auth:" + bare
		groups = append(groups, own)
		role := boundRoles[g]
		if role == "" {
			fmt.Fprintf(&b, "# Kubernetes binds nothing to group %s: "+
				"add group %s to each binding in which this finds it:\n"+
				"#   kubectl get clusterrolebindings,rolebindings --all-namespaces -o wide\n", strconv.Quote(g),
				strconv.Quote(own))
			continue
		}
		fmt.Fprintf(&b, "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: %s}\n"+
			"roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: %s}\n"+
			"subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: %s}]\n---\n",
			spec.YAMLText("aws-auth-"+objectName(bare)), spec.YAMLText(role), spec.YAMLText(own))
	}
	if len(bind) > 0 {
		b.WriteString("and then ")
	}
	b.WriteString("add to access, in the file:\n")
	e := Entry{Entry: spec.Entry{Principal: t.full, Type: eksfacts.Standard, Groups: groups}, Ref: t.ref}
	e.Username = eksfacts.DefaultUsername(e.Type, e.Principal)
	b.Write(lineOf(&e).encode(0))
	return b.String()
}

// nodeTypeInstead says why nothing takes the place of groups of nodes, and what
// a role of nodes needs.
func (t *translation) nodeTypeInstead(reserved []string) string {
	const nothing = "there is nothing to bind for groups of nodes: " +
		"since Kubernetes 1.8 system:nodes gives nothing by RBAC,\n" +
		"only the Node authorizer looks at it, and only for users system:node:NAME\n"
	if t.who.Kind != arn.Role || t.ID.Account != "" && t.who.Account != t.ID.Account {
		return nothing
	}
	e := Entry{Entry: spec.Entry{Principal: t.full, Type: nodeTypeOf(reserved)}, Ref: t.ref}
	return nothing + "if it is the role of nodes, add to access an entry of a node type:\n" +
		string(lineOf(&e).encode(0))
}

// nodeTypeOf is the type of the nodes that have these groups.
func nodeTypeOf(groups []string) string {
	switch {
	case slices.Contains(groups, windowsGroup):
		return eksfacts.EC2Windows
	case slices.Contains(groups, proxyGroup):
		return eksfacts.FargateLinux
	}
	return eksfacts.EC2Linux
}

// objectName is s as the name of a Kubernetes object may be.
func objectName(s string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '-'
	}, s), "-")
}

// unite leaves one entry of rows that turn out to be about one principal: the
// last, as EKS does.
func (c *Cluster) unite() {
	last := map[string]int{}
	for i, e := range c.Entries {
		last[spec.AWSAuthKey(e.Principal)] = i
	}
	kept := c.Entries[:0]
	for i, e := range c.Entries {
		if j := last[spec.AWSAuthKey(e.Principal)]; j != i {
			c.note(Left, &e, "a later row is about the same principal: "+c.Entries[j].Source, "")
			continue
		}
		kept = append(kept, e)
	}
	c.Entries = kept
}

// AddUncheckedNote notes that the cluster's entries were not read, and why.
func (c *Cluster) AddUncheckedNote(why string) {
	c.Notes = append(
		c.Notes,
		Note{Outcome: Doubt, Subject: "the cluster", Why: "not checked which rows have an entry already: " + why},
	)
}

// AccountOfRows returns the partition and account of the cluster that rows of
// aws-auth belong to, as far as rows of nodes tell: nodes have a role of the
// cluster's own account (EKS user guide, auth-configmap). It is zero if there
// are none, or if they are of several accounts.
func AccountOfRows(items []awsauth.Item) arn.Cluster {
	var id arn.Cluster
	for _, i := range items {
		p, err := arn.ParsePrincipal(i.Row.ARN)
		if err != nil || !arn.IsAccount(p.Account) || i.Overruled != "" || !isNodeName(i.Row.Username) {
			continue
		}
		if id.Account != "" && id.Account != p.Account {
			return arn.Cluster{}
		}
		id.Partition, id.Account = p.Partition, p.Account
	}
	return id
}

// NodeType tells by a username or groups which type of nodes an entry is meant
// for; false if for none.
func NodeType(username string, groups []string) (string, bool) {
	isGroup := func(g string) bool { return slices.Contains(nodeGroups, g) }
	if !strings.HasPrefix(username, "system:node:") && !slices.ContainsFunc(groups, isGroup) {
		return "", false
	}
	if username == sessionNode && !slices.Contains(groups, proxyGroup) {
		return eksfacts.HybridLinux, true
	}
	return nodeTypeOf(groups), true
}

// NodeHint says what to add to a file for a role of nodes.
func NodeHint(principal, nodeType string) string {
	return "a role of nodes needs the type alone; add to access:\n" + lineText(
		spec.Entry{Principal: principal, Type: nodeType},
	)
}

// AccessHint says what to write in a file in place of an entry.
func AccessHint(e spec.Entry) string {
	e.Username = "" // of nodes: what EKS derives
	return "write under access instead:\n" + lineText(e)
}

func lineText(e spec.Entry) string { return string(lineOf(&Entry{Entry: e}).encode(0)) }

func isNodeName(username string) bool { return username == nodeName || username == sessionNode }

// accountsOf returns the accounts of rows.
func accountsOf(items []awsauth.Item) []string {
	var accounts []string
	for _, i := range items {
		if p, err := arn.ParsePrincipal(i.Row.ARN); err == nil && arn.IsAccount(p.Account) {
			accounts = append(accounts, p.Account)
		}
	}
	slices.Sort(accounts)
	return slices.Compact(accounts)
}
