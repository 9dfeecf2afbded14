// Package terraform reads access entries from what "terraform show -json"
// prints of a state or a plan (OpenTofu prints the same), and writes them as
// configuration with import blocks.
//
// The JSON is that of HashiCorp's page "JSON output format"; resources and
// their attributes are those of the provider hashicorp/aws, 5.33 and later.
// It is bytes in and values out, and the other way round; it must not know
// files, the network, or how our own file looks.
package terraform

// Head opens a file of ours that was made of a state.
var Head = []string{
	"Access entries that Terraform keeps, as \"eksaccess import terraform\" found them.",
	"As long as it keeps them, two would write: add watch: true to each cluster, or have",
	"Terraform forget them (docs/coexist.md).",
}
