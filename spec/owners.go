package spec

import (
	"strings"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
)

// addOwners gathers what the documents teach about other tools' tags. They
// hold for all clusters of the run: a tool marks its entries alike everywhere.
func (l *loader) addOwners() {
	first := map[string]Pos{}
	for _, doc := range l.documents {
		for _, line := range doc.Owners {
			if line.Flawed {
				continue
			}
			if line.Name.Value == "" || line.Tag.Value == "" {
				l.errorf(
					line.Pos,
					"for example {name: terraform, tag: managed-by=terraform}",
					"an owner has a name and a tag",
				)
				continue
			}
			key, value, _ := strings.Cut(line.Tag.Value, "=")
			switch err := eksfacts.CheckTag(key, value); {
			case strings.HasPrefix(key, TagPrefix):
				l.errorf(
					line.Tag.Pos,
					"eksaccess uses it for the owners of files",
					"the tag %q is reserved by eksaccess",
					key,
				)
				continue
			case err != nil && !strings.HasPrefix(strings.ToLower(key), "aws:"): // AWS's own may be read, if not set
				l.errorf(line.Tag.Pos, "", "%v", err)
				continue
			}
			if at, twice := first[line.Tag.Value]; twice {
				l.errorf(line.Tag.Pos, "", "the tag %q has an owner already at %v", line.Tag.Value, at)
				continue
			}
			first[line.Tag.Value] = line.Tag.Pos
			l.owners = append(l.owners, OwnerTag{line.Name.Value, line.Tag.Value})
		}
	}
}

// OwnerOf names who made an entry, where its tags tell: this program's own
// tag first, then what files teach, then what is known of other tools.
func OwnerOf(tags map[string]string, taught []OwnerTag) string {
	if owner := tags[TagOwner]; owner != "" {
		return owner
	}
	for _, o := range taught {
		if o.On(tags) {
			return o.Name
		}
	}
	return eksfacts.OwnerByTags(tags)
}
