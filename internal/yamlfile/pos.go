package yamlfile

import "fmt"

// A Pos is a place in a file. Lines and columns count from 1; columns count
// characters, not bytes. The zero Line means the file as a whole.
type Pos struct {
	File         string
	Line, Column int
}

func (p Pos) String() string {
	switch {
	case p.File == "":
		return ""
	case p.Line == 0:
		return p.File
	default:
		return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
	}
}

// A Problem is something wrong with a file.
type Problem struct {
	Pos     Pos
	Summary string // lower case, values quoted, no full stop
	Hint    string // what to do; may be empty
}
