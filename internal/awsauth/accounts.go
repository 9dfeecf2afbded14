package awsauth

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/eksaccess/eksaccess/internal/arn"
)

// accounts reads mapAccounts. Numbers count as they are written, unquoted and
// with zeros in front too, as they do for the authenticator.
func (p *parser) accounts(text string) []string {
	if empty(text) {
		return nil
	}
	var items []yaml.Node
	if err := yaml.Unmarshal([]byte(text), &items); err != nil {
		p.addUnreadable(mapAccounts, text, err)
		return nil
	}
	var found []string
	for n, i := range items {
		switch {
		case i.Kind != yaml.ScalarNode || !arn.IsAccount(i.Value):
			p.addNote(fmt.Sprintf("%s item %d", mapAccounts, n+1), ": ", "not the twelve digits of an account")
		default:
			found = append(found, i.Value)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}
