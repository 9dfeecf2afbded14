package ekssim

import (
	"time"

	"github.com/eksaccess/eksaccess/internal/ekssim/iam"
	"github.com/eksaccess/eksaccess/internal/ekssim/kubeapi"
	"github.com/eksaccess/eksaccess/internal/ekssim/seed"
)

// A World is everything the simulator knows: the format of a seed file and
// of a saved state. The package comment shows it as YAML.
type World struct {
	Settings    Settings         `json:"settings,omitzero"`
	Accounts    []Account        `json:"accounts,omitempty"`
	Credentials []iam.Credential `json:"credentials,omitempty"`
	Clusters    []Cluster        `json:"clusters,omitempty"`
	Faults      []Fault          `json:"faults,omitempty"`

	// Complete says that every principal is listed: no one else is made to
	// exist for being named. A saved world is complete.
	Complete bool `json:"complete,omitempty"`
	// Sequence counts the ids made so far, so that a world that was saved and
	// loaded does not hand out the same ones again.
	Sequence int `json:"sequence,omitempty"`
}

// Settings hold for the whole world. The zero value of each member stands for
// the default named in the package comment.
type Settings struct {
	Seed            int64         `json:"seed,omitempty"`
	PageSize        int           `json:"pageSize,omitempty"`
	IAMPageSize     int           `json:"iamPageSize,omitempty"`
	UpdatePolls     int           `json:"updatePolls,omitempty"`
	UpdateDuration  seed.Duration `json:"updateDuration,omitempty"`
	UpdateConflict  string        `json:"updateConflict,omitempty"`
	Latency         seed.Duration `json:"latency,omitempty"`
	VisibilityLag   seed.Duration `json:"visibilityLag,omitempty"`
	RateLimit       *RateLimit    `json:"rateLimit,omitempty"`
	IAMRateLimit    *RateLimit    `json:"iamRateLimit,omitempty"`
	MaxEntries      int           `json:"maxEntries,omitempty"`
	Shuffle         bool          `json:"shuffle,omitempty"`
	LooseNamespaces bool          `json:"looseNamespaces,omitempty"`
	// StaleHides has the entry of a recreated principal hide its row of aws-auth
	// from logins too. By default the row takes effect: [I] from the source of
	// aws-iam-authenticator. The record of access always takes it as hidden.
	StaleHides bool `json:"staleHides,omitempty"`
	// ModeNeedsCreate has the switch to an API mode need eks:CreateAccessEntry,
	// which the Service Authorization Reference lists for UpdateClusterConfig:
	// [U] whether it does.
	ModeNeedsCreate bool `json:"modeNeedsCreate,omitempty"`
	// UpdateKeeps has UpdateAccessEntry leave alone what is not sent, instead of
	// resetting it. Sources say that it resets; [U] whether it does today.
	UpdateKeeps bool `json:"updateKeeps,omitempty"`
	// ClockOffset is how far the clock of AWS is ahead of this machine's, or
	// behind it if negative.
	ClockOffset seed.Duration `json:"clockOffset,omitempty"`
}

// An Account is an AWS account with the part of IAM that matters here.
type Account struct {
	ID        string          `json:"id"`
	Partition string          `json:"partition,omitempty"`
	Roles     []iam.Principal `json:"roles,omitempty"`
	Users     []iam.Principal `json:"users,omitempty"`
}

// A Cluster is an EKS cluster, or with Connector a registered one.
type Cluster struct {
	Name      string `json:"name"`
	Region    string `json:"region,omitempty"`
	Account   string `json:"account,omitempty"`
	Partition string `json:"partition,omitempty"`
	Status    string `json:"status,omitempty"`
	// Mode is CONFIG_MAP, API_AND_CONFIG_MAP, API, or "none" for a cluster
	// that shows no accessConfig and behaves as in CONFIG_MAP.
	Mode      string `json:"mode,omitempty"`
	Bootstrap *bool  `json:"bootstrap,omitempty"`
	// HideBootstrap leaves bootstrapClusterCreatorAdminPermissions out of
	// DescribeCluster, as old clusters do.
	HideBootstrap bool `json:"hideBootstrap,omitempty"`
	// HideAccessConfig leaves accessConfig out of DescribeCluster. The mode is
	// what it is all the same.
	HideAccessConfig bool `json:"hideAccessConfig,omitempty"`
	// OutpostID makes it a local cluster on an Outpost, with this id: tokens are
	// for the id then, not for the name.
	OutpostID            string `json:"outpostId,omitempty"`
	Creator              string `json:"creator,omitempty"`
	CreatorID            string `json:"creatorId,omitempty"`
	RoleARN              string `json:"roleArn,omitempty"`
	Version              string `json:"version,omitempty"`
	PlatformVersion      string `json:"platformVersion,omitempty"`
	Endpoint             string `json:"endpoint,omitempty"`
	CertificateAuthority string `json:"certificateAuthority,omitempty"` // base64
	// CertificateAuthorities are listed where they are or were rotated. The
	// Kubernetes endpoint of such a cluster has a port of its own and shows a
	// certificate of the signer.
	CertificateAuthorities []CertificateAuthority `json:"certificateAuthorities,omitempty"`
	// PrivateEndpoint is what DescribeCluster says of it. Whether it can be
	// reached is for Endpoint to say.
	PrivateEndpoint bool             `json:"privateEndpoint,omitempty"`
	CreatedAt       time.Time        `json:"createdAt,omitzero"`
	AutoMode        bool             `json:"autoMode,omitempty"`
	Connector       *Connector       `json:"connector,omitempty"`
	NodeGroups      []NodeGroup      `json:"nodeGroups,omitempty"`
	FargateProfiles []FargateProfile `json:"fargateProfiles,omitempty"`
	// SkipNodeEntries keeps the switch to an API mode from making entries for
	// node groups and Fargate profiles: sources differ on whether it does.
	SkipNodeEntries bool              `json:"skipNodeEntries,omitempty"`
	Tags            map[string]string `json:"tags,omitempty"`
	FailUpdate      *FailUpdate       `json:"failUpdate,omitempty"`
	Updates         []Update          `json:"updates,omitempty"`
	AWSAuth         string            `json:"awsAuth,omitempty"`
	Kubernetes      kubeapi.Objects   `json:"kubernetes,omitzero"`

	// What an audit looks at.
	Logging           []string           `json:"logging,omitempty"`     // kinds of logs that are kept
	PublicCIDRs       []string           `json:"publicCidrs,omitempty"` // the whole world by default
	IdentityProviders []IdentityProvider `json:"identityProviders,omitempty"`

	Entries []Entry `json:"entries,omitempty"`
}

// A Connector marks a registered cluster of another make.
type Connector struct {
	Provider string `json:"provider,omitempty"`
	RoleARN  string `json:"roleArn,omitempty"`
}

// A NodeGroup is a managed node group; only its role matters.
type NodeGroup struct {
	Name    string `json:"name"`
	Role    string `json:"role"`
	Windows bool   `json:"windows,omitempty"`
	// Orphan says that IAM has no such role any more. An entry of the role that
	// is marked so will do as well.
	Orphan bool `json:"orphan,omitempty"`
}

// A FargateProfile is one; only its pod execution role matters.
type FargateProfile struct {
	Name   string `json:"name"`
	Role   string `json:"role"`
	Orphan bool   `json:"orphan,omitempty"` // as of a node group
}

// FailUpdate makes the next updates of a cluster end badly.
type FailUpdate struct {
	ErrorCode string `json:"errorCode,omitempty"` // default Unknown
	Message   string `json:"message,omitempty"`
	Status    string `json:"status,omitempty"` // default Failed; or Cancelled
	Times     int    `json:"times,omitempty"`  // default 1
}

// An Update is one of a cluster's updates, running or over.
type Update struct {
	ID        string        `json:"id"`
	Type      string        `json:"type"`
	Status    string        `json:"status"`
	Params    []UpdateParam `json:"params,omitempty"`
	CreatedAt time.Time     `json:"createdAt,omitzero"`
	Errors    []UpdateError `json:"errors,omitempty"`
	Mode      string        `json:"mode,omitempty"`  // authentication mode it leads to
	Polls     int           `json:"polls,omitempty"` // InProgress answers given
	// Authority is the certificate authority that the update is about, and
	// AuthorityStep create, activate or delete.
	Authority     string `json:"authority,omitempty"`
	AuthorityStep string `json:"authorityStep,omitempty"`
}

// An UpdateParam is one thing an update changes.
type UpdateParam struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

// An UpdateError is why an update failed.
type UpdateError struct {
	ErrorCode    string   `json:"errorCode"`
	ErrorMessage string   `json:"errorMessage"`
	ResourceIDs  []string `json:"resourceIds,omitempty"`
}

// An Entry is an access entry with its policy associations.
type Entry struct {
	Principal  string            `json:"principal,omitempty"`
	Type       string            `json:"type,omitempty"`
	Username   string            `json:"username,omitempty"`
	Groups     []string          `json:"groups,omitempty"`
	Tags       map[string]string `json:"tags,omitempty"`
	Policies   []Association     `json:"policies,omitempty"`
	CreatedAt  time.Time         `json:"createdAt,omitzero"`
	ModifiedAt time.Time         `json:"modifiedAt,omitzero"`
	// UUID is the last part of the accessEntryArn.
	UUID string `json:"uuid,omitempty"`
	// BoundTo is the unique id the principal had when the entry was made. The
	// API never shows it. A role recreated since has another: the entry looks
	// right and gives no access.
	BoundTo string `json:"boundTo,omitempty"`
	// Orphan says that IAM has no such principal any more.
	Orphan bool `json:"orphan,omitempty"`
	// Locked refuses every change, as for the entry of an Auto Mode node role.
	Locked bool       `json:"locked,omitempty"`
	Bulk   *seed.Bulk `json:"bulk,omitempty"`
}

// An Association is a policy on an entry: at cluster scope, or in namespaces
// if any are named. As text it is the name or ARN of the policy.
type Association struct {
	Policy       string    `json:"policy"`
	Namespaces   []string  `json:"namespaces,omitempty"`
	AssociatedAt time.Time `json:"associatedAt,omitzero"`
	ModifiedAt   time.Time `json:"modifiedAt,omitzero"`
}
