package yamlfile

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxSize is the largest file that is taken, in bytes.
const MaxSize = 8 << 20

// Text returns the bytes of a file without a byte order mark, or why they can't
// be a YAML file. It finds everything that the YAML parser would report without
// a place or with words that do not help. The hint for an empty file is the
// caller's.
func Text(file string, data []byte, emptyHint string) ([]byte, *Problem) {
	whole := Pos{File: file}
	if len(data) > MaxSize {
		return nil, &Problem{whole, fmt.Sprintf("the file is larger than %d MiB", MaxSize>>20),
			"split it into several files and give each with -f"}
	}
	if name := foreignEncoding(data); name != "" {
		return nil, &Problem{whole, "the file is " + name + ", not UTF-8", "save it as UTF-8"}
	}
	if name := binaryFormat(data); name != "" {
		return nil, &Problem{whole, "the file is " + name + ", not YAML text",
			"give the file that was written by hand, as UTF-8 text"}
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, &Problem{whole, "the file is empty", emptyHint}
	}
	if p := badCharacter(file, data); p != nil {
		return nil, p
	}
	if p := conflictMarker(file, data); p != nil {
		return nil, p
	}
	return data, nil
}

// foreignEncoding names the encoding of data, where that can be told and is
// not UTF-8.
func foreignEncoding(data []byte) string {
	for _, bom := range []struct{ mark, name string }{
		{"\xff\xfe\x00\x00", "UTF-32 (little endian)"}, // before UTF-16, whose mark it begins with
		{"\x00\x00\xfe\xff", "UTF-32 (big endian)"},
		{"\xff\xfe", "UTF-16 (little endian)"},
		{"\xfe\xff", "UTF-16 (big endian)"},
	} {
		if bytes.HasPrefix(data, []byte(bom.mark)) {
			return bom.name
		}
	}
	// Without a mark: text that is mostly ASCII has every other byte zero.
	head := data[:min(len(data), 64)&^1]
	var zero [2]int
	for i, b := range head {
		if b == 0 {
			zero[i&1]++
		}
	}
	switch half := len(head) / 2; {
	case half == 0:
	case zero[1] > half*3/4 && zero[0] == 0:
		return "UTF-16 (little endian)"
	case zero[0] > half*3/4 && zero[1] == 0:
		return "UTF-16 (big endian)"
	}
	return ""
}

// binaryFormat says what data is where it is no text at all.
func binaryFormat(data []byte) string {
	for _, f := range []struct{ magic, name string }{
		{"\x1f\x8b", "a gzip archive"},
		{"PK\x03\x04", "a zip archive"},
		{"\x7fELF", "a program"},
		{"%PDF-", "a PDF document"},
		{"\x89PNG", "a picture"},
	} {
		if bytes.HasPrefix(data, []byte(f.magic)) {
			return f.name
		}
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return "binary"
	}
	return ""
}

// badCharacter finds the first byte that is not UTF-8, or the first character
// that YAML does not allow (YAML 1.2, section 5.1).
func badCharacter(file string, data []byte) *Problem {
	for i := 0; i < len(data); {
		b := data[i]
		if b >= ' ' && b < 0x7f || b == '\t' || b == '\r' || b == '\n' {
			i++
			continue
		}
		r, size := utf8.DecodeRune(data[i:])
		switch {
		case r == utf8.RuneError && size <= 1:
			return &Problem{PosAt(file, data, i), fmt.Sprintf("the file is not UTF-8: byte 0x%02x", b),
				"save it as UTF-8; it may be in Latin-1 or Windows-1252 now"}
		case r == '\ufeff':
			return &Problem{PosAt(file, data, i), "a byte order mark in the middle of the file",
				"remove it; it stays behind where two files are put together"}
		case r < 0xa0 && r != 0x85, r >= 0xfffe && r <= 0xffff:
			return &Problem{
				PosAt(file, data, i),
				fmt.Sprintf("the file holds the control character %U", r),
				"remove it",
			}
		}
		i += size
	}
	return nil
}

// lineLength is the length of the first line of data, and with its end. Lines
// end as YAML 1.1 and so the parser has it.
func lineLength(data []byte) (text, whole int) {
	for i := 0; i < len(data); i++ {
		switch b := data[i]; {
		case b == '\n':
			return i, i + 1
		case b == '\r' && i+1 < len(data) && data[i+1] == '\n':
			return i, i + 2
		case b == '\r':
			return i, i + 1
		case b == 0xc2 && i+1 < len(data) && data[i+1] == 0x85: // U+0085
			return i, i + 2
		case b == 0xe2 && i+2 < len(data) && data[i+1] == 0x80 && data[i+2]&^1 == 0xa8: // U+2028, U+2029
			return i, i + 3
		}
	}
	return len(data), len(data)
}

// PosAt is where the byte at an offset stands.
func PosAt(file string, data []byte, offset int) Pos {
	line, start := 1, 0
	for {
		text, whole := lineLength(data[start:])
		if text == whole || start+whole > offset { // the last line, or the one
			return Pos{file, line, utf8.RuneCount(data[start:offset]) + 1}
		}
		line, start = line+1, start+whole
	}
}

// conflictMarker finds what git leaves where it could not merge. YAML would
// take some of it for text.
func conflictMarker(file string, data []byte) *Problem {
	for start, n := 0, 1; start < len(data); n++ {
		text, whole := lineLength(data[start:])
		if line := data[start : start+text]; isConflictMarker(line) {
			return &Problem{
				Pos{file, n, 1},
				fmt.Sprintf("git conflict marker %q", strings.TrimRight(string(line), " ")),
				"resolve the conflict, then remove the lines with <<<<<<<, ======= and >>>>>>>",
			}
		}
		start += whole
	}
	return nil
}

func isConflictMarker(line []byte) bool {
	if len(line) < 7 {
		return false
	}
	switch string(line[:7]) {
	case "<<<<<<<", ">>>>>>>", "|||||||":
		return len(line) == 7 || line[7] == ' '
	case "=======":
		return len(bytes.TrimRight(line[7:], " ")) == 0
	}
	return false
}
