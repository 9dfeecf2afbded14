package spec

import _ "embed"

// Schema is the JSON Schema (2020-12) of one document of a file, for editors
// and for programs that write files. It says of structure what [Decode] says;
// what the values mean is for [Load] alone to judge. Descriptions of keys are
// written there and nowhere else: docs/file.md has them from it.
//
//go:embed schema.json
var Schema []byte
