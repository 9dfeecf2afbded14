package terraform

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/eksaccess/eksaccess/spec"
)

// The types of this file are the JSON of "terraform show -json", as far as it
// is looked at (HashiCorp, "JSON output format"), and that of a state file.

type document struct {
	FormatVersion *string         `json:"format_version"`
	Values        *values         `json:"values"`           // of a state
	PlannedValues *values         `json:"planned_values"`   // of a plan: what will be
	PriorState    *prior          `json:"prior_state"`      // of a plan: what is, data sources too
	Changes       []change        `json:"resource_changes"` // of a plan
	Configuration *configuration  `json:"configuration"`    // of a plan
	RawVersion    *int            `json:"version"`          // of a state file
	RawResources  json.RawMessage `json:"resources"`        // of a state file
	Encrypted     json.RawMessage `json:"encrypted_data"`   // of a state file of OpenTofu
	Level         string          `json:"@level"`           // of a line that "terraform plan -json" prints
}

type prior struct {
	Values *values `json:"values"`
}

type values struct {
	RootModule *module `json:"root_module"`
}

type module struct {
	Address      string     `json:"address"`
	Resources    []resource `json:"resources"`
	ChildModules []module   `json:"child_modules"`
}

type resource struct {
	Address    string          `json:"address"` // module.a["b"].TYPE.NAME["key"]
	Mode       string          `json:"mode"`    // managed or data
	Type       string          `json:"type"`
	DeposedKey string          `json:"deposed_key"` // set: an old object that will be deleted
	Values     json.RawMessage `json:"values"`

	module string // address of the module it is in
}

type change struct {
	Address string `json:"address"`
	Deposed string `json:"deposed"`
	Change  struct {
		Actions      []string        `json:"actions"`
		AfterUnknown json.RawMessage `json:"after_unknown"` // true in place of each value that is not known yet
	} `json:"change"`
}

type configuration struct {
	RootModule configModule `json:"root_module"`
}

type configModule struct {
	Resources []struct {
		Address     string                     `json:"address"` // TYPE.NAME
		Expressions map[string]json.RawMessage `json:"expressions"`
	} `json:"resources"`
	Calls map[string]struct {
		Module configModule `json:"module"`
	} `json:"module_calls"`
}

// An entryValues is an aws_eks_access_entry. Pointers tell what is null, or
// not known yet, from what is empty.
type entryValues struct {
	ARN       *string           `json:"access_entry_arn"`
	Cluster   *string           `json:"cluster_name"`
	Principal *string           `json:"principal_arn"`
	Region    *string           `json:"region"` // provider 6
	Groups    []string          `json:"kubernetes_groups"`
	Username  *string           `json:"user_name"`
	Type      *string           `json:"type"`
	Tags      map[string]string `json:"tags"`
	TagsAll   map[string]string `json:"tags_all"` // with those of the provider's default_tags
}

// An associationValues is an aws_eks_access_policy_association.
type associationValues struct {
	Cluster   *string `json:"cluster_name"`
	Principal *string `json:"principal_arn"`
	Policy    *string `json:"policy_arn"`
	Region    *string `json:"region"`
	Scope     []struct {
		Type       *string  `json:"type"`
		Namespaces []string `json:"namespaces"`
	} `json:"access_scope"`
}

// A clusterValues is an aws_eks_cluster, managed or as a data source.
type clusterValues struct {
	Name   *string `json:"name"`
	ARN    *string `json:"arn"`
	Access []struct {
		Mode      *string `json:"authentication_mode"`
		Bootstrap *bool   `json:"bootstrap_cluster_creator_admin_permissions"`
	} `json:"access_config"`
}

// A configMapValues is a kubernetes_config_map, or one of its kin.
type configMapValues struct {
	Metadata []struct {
		Name      *string `json:"name"`
		Namespace *string `json:"namespace"`
	} `json:"metadata"`
}

// parse reads the outer shape, or says what the file is instead.
func parse(file spec.Source) (*document, error) {
	data := bytes.TrimPrefix(file.Data, []byte("\xef\xbb\xbf"))
	whole := spec.Pos{File: file.Name}
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return nil, refuse(
			whole,
			"the file is UTF-16, as PowerShell writes it with \">\"",
			"terraform show -json | Out-File -Encoding utf8 state.json",
		)
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, refuse(whole, "the file is empty", showState)
	}
	var d document
	decoder := json.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(&d); err != nil {
		return nil, notJSON(file.Name, data, err)
	}
	switch {
	case d.Level != "":
		return nil, refuse(
			whole,
			`the file is a log, as "terraform plan -json" prints it`,
			"terraform plan -out plan.tfplan; terraform show -json plan.tfplan > plan.json",
		)
	case len(d.Encrypted) > 0:
		return nil, refuse(whole, "the file is an encrypted state", "tofu show -json > state.json")
	case d.FormatVersion == nil && d.RawVersion != nil && (d.RawResources != nil || *d.RawVersion < stateVersion):
		if *d.RawVersion != stateVersion {
			return nil, refuse(whole, fmt.Sprintf("the file is a state of version %d; this version reads version %d",
				*d.RawVersion, stateVersion), showState)
		}
		if err := d.readState(); err != nil {
			return nil, notJSON(file.Name, data, err)
		}
	case d.FormatVersion == nil:
		return nil, refuse(
			whole,
			`the file is no state: it has no format_version, as "terraform show -json" prints, and no version`,
			showState,
		)
	case !strings.HasPrefix(*d.FormatVersion, "0.") && !strings.HasPrefix(*d.FormatVersion, "1."):
		return nil, refuse(
			whole,
			fmt.Sprintf("the file is of format_version %.40q; this version reads 0 and 1", *d.FormatVersion),
			"",
		)
	}
	if rest, _ := io.ReadAll(decoder.Buffered()); len(bytes.TrimSpace(rest)) > 0 {
		return nil, refuse(
			position(file.Name, data, decoder.InputOffset()),
			"something follows the JSON value",
			showState,
		)
	}
	return &d, nil
}

const showState = "terraform show -json > state.json"

// configured is a block as Terraform's configuration has it, and no JSON.
var configured = regexp.MustCompile(`(?m)^\s*` +
	`(?:resource|module|data|provider|terraform|variable|locals)(?:\s+"[^"]+"){0,2}\s*\{`)

// notJSON says in our words where JSON ends being JSON, or holds a value of a
// kind that is never in its place.
func notJSON(file string, data []byte, err error) error {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		what := "the whole"
		if kind.Field != "" {
			what = strconv.Quote(kind.Field)
		}
		return refuse(
			position(file, data, kind.Offset),
			fmt.Sprintf(
				"%.200s is of kind %s, which it never is in what \"terraform show -json\" prints",
				what,
				kind.Value,
			),
			showState,
		)
	}
	var syntax *json.SyntaxError
	at := int64(len(data)) + 1 // it ends too early
	if errors.As(err, &syntax) {
		at = syntax.Offset
	}
	if configured.Match(data) {
		return refuse(position(file, data, at), "this is configuration of Terraform, not its state", showState)
	}
	return refuse(position(file, data, at), "this is not JSON", showState)
}

// position is the place of a byte.
func position(file string, data []byte, offset int64) spec.Pos {
	before := data[:max(0, min(offset-1, int64(len(data))))]
	line := before[bytes.LastIndexByte(before, '\n')+1:]
	return spec.Pos{File: file, Line: 1 + bytes.Count(before, []byte("\n")), Column: 1 + utf8.RuneCount(line)}
}

func refuse(at spec.Pos, summary, hint string) error {
	return spec.Problems{Errors: []spec.Problem{{Pos: at, Summary: summary, Hint: hint}}}
}
