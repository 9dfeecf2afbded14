package spec

import (
	"go.yaml.in/yaml/v3"

	"github.com/eksaccess/eksaccess/internal/yamlfile"
)

// A Source is the content of one file, and the name to report it by.
type Source struct {
	Name string // as the user gave it; "<stdin>" for standard input
	Data []byte
}

// MaxFileSize is the largest file that is taken, in bytes. A file for the 3,000
// entries of a full cluster has well under one million.
const MaxFileSize = yamlfile.MaxSize

// text returns the source's bytes without a byte order mark, or why they can't
// be a file of ours.
func (s Source) text() ([]byte, *yamlfile.Problem) {
	return yamlfile.Text(s.Name, s.Data, `begin with "apiVersion: `+APIVersion+`", or remove the file`)
}

// YAML returns the root nodes of the documents in a source, with the checks
// that files of ours have: it is UTF-8 text of a bounded size. It is for the
// files of other tools that come as YAML. The error is of type [Problems].
func (s Source) YAML() ([]*yaml.Node, error) {
	data, problem := s.text()
	if problem == nil {
		var roots []*yaml.Node
		if roots, problem = yamlfile.Parse(s.Name, data); problem == nil {
			return roots, nil
		}
	}
	return nil, Problems{Errors: []Problem{fromFile(*problem)}}
}
