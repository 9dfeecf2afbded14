package ekssim

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/ekssim/awsapi"
)

const (
	updateInProgress = "InProgress"
	updateSuccessful = "Successful"
	updateFailed     = "Failed"
	updateCancelled  = "Cancelled"
)

type updateKind struct{ member, update, param string }

// updateKinds are the members of UpdateClusterConfig, each with the type of
// its Update and of the update's parameter. Members with one type are one kind
// of change. botocore service model 2017-11-01; aws-cli examples.
var updateKinds = []updateKind{
	{"accessConfig", "AccessConfigUpdate", "AuthenticationMode"},
	{"logging", "LoggingUpdate", "ClusterLogging"},
	{"resourcesVpcConfig", "EndpointAccessUpdate", "EndpointPublicAccess"}, // or another: kindOfUpdate
	{"upgradePolicy", "UpgradePolicyUpdate", "UpgradePolicy"},
	{"zonalShiftConfig", "ZonalShiftConfigUpdate", "ZonalShiftConfig"},
	{"computeConfig", "AutoModeUpdate", "ComputeConfig"},
	{"kubernetesNetworkConfig", "AutoModeUpdate", "KubernetesNetworkConfig"},
	{"storageConfig", "AutoModeUpdate", "StorageConfig"},
	{"remoteNetworkConfig", "RemoteNetworkConfigUpdate", "RemoteNetworkConfig"},
	{"deletionProtection", "DeletionProtectionUpdate", "DeletionProtection"},
	{"controlPlaneScalingConfig", "ControlPlaneScalingConfigUpdate", "ControlPlaneScalingConfig"},
	{"kubeApiServerConfig", "ControlPlaneComponentConfigUpdate", "KubeApiServerConfig"},
	{"kubeControllerManagerConfig", "ControlPlaneComponentConfigUpdate", "KubeControllerManagerConfig"},
	{"kubeSchedulerConfig", "ControlPlaneComponentConfigUpdate", "KubeSchedulerConfig"},
}

// kindOfUpdate is one of updateKinds; a change of subnets or security groups is
// another one than that of the endpoint.
func kindOfUpdate(i int, m members) updateKind {
	kind := updateKinds[i]
	var vpc members
	if kind.member == "resourcesVpcConfig" && m.decode(kind.member, &vpc) == nil &&
		(vpc.has("subnetIds") || vpc.has("securityGroupIds")) {
		kind.update, kind.param = "VpcConfigUpdate", "SubnetIds"
	}
	return kind
}

// nextMode is the only mode each one can be changed to: one step, one way.
// User guide: setting-up-access-entries.
var nextMode = map[string]string{modeNone: modeBoth, modeConfigMap: modeBoth, modeBoth: modeAPI}

// updateClusterConfig starts an update. Only a change of the mode or of the logs
// has an effect when it is done; the other kinds just keep the cluster busy.
func updateClusterConfig(c *call) (any, *awsapi.Error) {
	m, err := parseMembers(c.Body)
	if err != nil {
		return nil, err
	}
	var asked []int
	kinds := map[string]bool{}
	for i, k := range updateKinds {
		if m.has(k.member) {
			asked = append(asked, i)
			kinds[k.update] = true
		}
	}
	cl, err := c.findCluster()
	if err != nil {
		return nil, err
	}
	switch {
	case cl.Connector != nil: // [U] the text
		return nil, invalidRequest("ekssim: %s is a connected cluster, which has no configuration.", cl.Name)
	case len(kinds) > 1:
		return nil, invalidParameter(textOneUpdate) // row 21
	case len(asked) == 0: // [U] the text
		return nil, invalidParameter("ekssim: no change was asked for")
	}
	kind := kindOfUpdate(asked[0], m)
	if err := c.checkNoUpdate(cl, kind.update); err != nil { // [U] whether row 18 is judged before
		return nil, err
	}
	u := Update{Type: kind.update}
	value := string(m[kind.member])
	if kind.member == "accessConfig" {
		var config map[string]json.RawMessage
		if err := m.decode("accessConfig", &config); err != nil {
			return nil, err
		}
		mode, err := members(config).text("authenticationMode")
		if err != nil {
			return nil, err
		}
		if nextMode[cl.Mode] != mode || mode == "" {
			return nil, invalidParameter(
				textModeUpdate,
				strings.Replace(cl.Mode, modeNone, modeConfigMap, 1),
				mode,
			) // row 18
		}
		if c.st.settings.ModeNeedsCreate && !hasEntries(cl.Mode) {
			if err := c.authorize("eks:CreateAccessEntry", clusterResource(c)); err != nil {
				return nil, err
			}
		}
		u.Mode = mode
		value = string(config["authenticationMode"]) // with its quotes; EKS workshop
	}
	u.Params = []UpdateParam{{kind.param, value}}
	return c.beginUpdate(cl, u), nil
}

// checkNoUpdate refuses an update of a cluster that has one in progress, row 20, or
// that is not active.
func (c *call) checkNoUpdate(cl *cluster, kind string) *awsapi.Error {
	if u := cl.runningUpdate(); u != nil {
		err := inUse(textUpdateRunning, kind, cl.Name, u.ID)
		if c.st.settings.UpdateConflict == "InvalidRequestException" { // another client expects this
			err = invalidRequest("%s", err.Message)
		}
		return err
	}
	if cl.Status != "ACTIVE" { // [U] whether, and the text
		return invalidRequest("ekssim: cluster %s is in status %s.", cl.Name, cl.Status)
	}
	return nil
}

// beginUpdate starts an update.
func (c *call) beginUpdate(cl *cluster, u Update) map[string]any {
	u.ID, u.Status, u.CreatedAt = c.st.nextUUID(), updateInProgress, c.Time
	cl.Updates = append(cl.Updates, u)
	cl.Status = "UPDATING"
	return viewUpdate(u)
}

// endDueUpdate ends an update whose time has come.
func (s *Server) endDueUpdate(c *cluster) {
	u := c.runningUpdate()
	if u == nil {
		return
	}
	polls, d := s.st.settings.UpdatePolls, time.Duration(s.st.settings.UpdateDuration)
	if polls == 0 && d == 0 {
		polls, d = 1, 50*time.Millisecond
	}
	now := millis(s.now())
	if (polls == 0 || u.Polls < polls) && (d == 0 || now.Sub(u.CreatedAt) < d) {
		return
	}
	s.isChanged = true
	c.Status = "ACTIVE"
	if f := c.FailUpdate; f != nil {
		u.Status = cmp.Or(f.Status, updateFailed)
		if u.Status == updateFailed {
			message := cmp.Or(f.Message, "ekssim: this update was to fail")
			u.Errors = []UpdateError{{cmp.Or(f.ErrorCode, "Unknown"), message, []string{c.Name}}}
		}
		if f.Times--; f.Times <= 0 {
			c.FailUpdate = nil
		}
		c.endAuthorityUpdate(*u, now)
		return
	}
	u.Status = updateSuccessful
	c.endAuthorityUpdate(*u, now)
	if u.Type == "LoggingUpdate" {
		c.switchLogs(u.Params[0].Value)
	}
	if u.Mode == "" {
		return
	}
	before := c.Mode
	c.Mode = u.Mode
	if !hasEntries(before) {
		s.st.switchToEntries(c, now)
	}
	for _, arn := range slices.Sorted(maps.Keys(c.entries)) {
		s.recordEntry(c, arn, u.Type, s.journal.last)
	}
	s.recordAll(c, cause{operation: u.Type, seq: s.journal.last})
}

// switchToEntries makes the entries EKS adds when a cluster gets access
// entries: the creator's, an administrator that had been there unseen, and
// those of node groups and Fargate profiles. User guide:
// grant-k8s-access; containers-roadmap #185; EKS workshop. What aws-auth says
// is not carried over. User guide: migrating-access-entries.
func (st *state) switchToEntries(c *cluster, now time.Time) {
	st.addCreator(c, now)
	if c.SkipNodeEntries {
		return
	}
	add := func(role, kind string) {
		if c.entries[role] == nil {
			c.entries[role] = st.newEntry(Entry{Principal: role, Type: kind}, now)
		}
	}
	for _, g := range c.NodeGroups {
		if g.Windows {
			add(g.Role, "EC2_WINDOWS")
		} else {
			add(g.Role, "EC2_LINUX")
		}
	}
	for _, p := range c.FargateProfiles {
		add(p.Role, "FARGATE_LINUX")
	}
}

// addCreator makes the entry of the creator of the cluster, if that is wanted.
// It is an ordinary one: nothing in it says "creator".
func (st *state) addCreator(c *cluster, now time.Time) {
	if !*c.Bootstrap {
		return
	}
	e := st.newEntry(Entry{Principal: c.Creator, Type: typeStandard}, now)
	e.BoundTo = c.CreatorID
	e.Policies = []Association{{Policy: policyARN(c.Partition, policyClusterAdmin), AssociatedAt: now, ModifiedAt: now}}
	c.entries[e.Principal] = e
}
