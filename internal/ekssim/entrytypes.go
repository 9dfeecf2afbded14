package ekssim

import "github.com/eksaccess/eksaccess/internal/ekssim/arns"

const (
	typeStandard = "STANDARD"
	typeEC2      = "EC2"

	modeConfigMap = "CONFIG_MAP"
	modeBoth      = "API_AND_CONFIG_MAP"
	modeAPI       = "API"
	modeNone      = "none" // a cluster that shows no accessConfig
)

// hasEntries says whether the mode has access entries at all.
func hasEntries(mode string) bool { return mode == modeBoth || mode == modeAPI }

// An entryType is what a type gives its entries. EKS API reference,
// CreateAccessEntry; responses shown in the aws-cli examples and in
// containers-roadmap #185.
type entryType struct {
	username func(arn string) string
	groups   []string
}

// node says whether groups and usernames are EKS's business alone.
func isNodeType(t string) bool { return t != typeStandard }

func constantUsername(s string) func(string) string { return func(string) string { return s } }

var entryTypes = map[string]entryType{
	typeStandard: {username: standardUsername},
	"EC2_LINUX":  {constantUsername("system:node:{{EC2PrivateDNSName}}"), []string{"system:nodes"}},
	"EC2_WINDOWS": {
		constantUsername("system:node:{{EC2PrivateDNSName}}"),
		[]string{"system:nodes", "eks:kube-proxy-windows"},
	}, // groups inferred
	// [U] groups of the next four: those aws-auth lines had, where there were any.
	"FARGATE_LINUX": {
		constantUsername("system:node:{{SessionName}}"),
		[]string{"system:bootstrappers", "system:nodes", "system:node-proxier"},
	},
	"HYBRID_LINUX": {
		constantUsername("system:node:{{SessionName}}"),
		[]string{"system:bootstrappers", "system:nodes"},
	},
	// [U] the usernames of the next two as well
	typeEC2:          {constantUsername("system:node:{{EC2PrivateDNSName}}"), []string{"system:nodes"}},
	"HYPERPOD_LINUX": {constantUsername("system:node:{{SessionName}}"), []string{"system:nodes"}},
}

// standardUsername is what a STANDARD entry gets that names none. User guide:
// set-custom-username.
func standardUsername(arn string) string {
	a, _ := arns.Parse(arn)
	if a.Kind == "role" {
		return "arn:" + a.Partition + ":sts::" + a.Account + ":assumed-role/" + a.Name + "/{{SessionName}}"
	}
	return arn
}
