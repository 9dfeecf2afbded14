// Package yamlfile reads and edits YAML files strictly and with positions. It is
// about YAML, and knows nothing of what a file declares.
//
// [Text] checks the bytes of a file and [Parse] returns the nodes of its
// documents; both report a [Problem] at a place, in words that help. A [Reader]
// goes through the nodes: it follows aliases and merge keys within bounds, and
// takes for text only what every reader of YAML takes for text. An [Edit] adds
// to a file and leaves every byte that is there, comments too. [Quote] and
// [Encode] write.
package yamlfile
