// Package eksctl reads the access entries of eksctl's ClusterConfig, and
// writes them as one.
//
// Names and meanings are those of eksctl's API package,
// pkg/apis/eksctl.io/v1alpha5 (access_entry.go, iam_identity_mapping.go), and
// of its published examples. It is bytes in and values out, and the other way
// round; it must not know files, the network, or how our own file looks.
package eksctl

// Head opens a file of ours that was made of a ClusterConfig.
var Head = []string{
	"Access entries of a ClusterConfig, as \"eksaccess import eksctl\" found them.",
	"What eksctl made stays marked as its own. Once this file has an owner, --take-ownership makes it this file's",
	"(docs/coexist.md).",
}
