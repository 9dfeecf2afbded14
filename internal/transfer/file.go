package transfer

import (
	"strconv"

	"github.com/eksaccess/eksaccess/internal/arn"
)

// A File is one file of what is written for another tool.
type File struct {
	Name string // within its folder
	Data []byte
	// Beside: it goes with the file before it and is no use without it.
	Beside bool
}

// FileName is how a cluster's file is called, without an extension: no other
// cluster's is called so. Part counts from 1 where there are several.
func FileName(id arn.Cluster, part, parts int) string {
	name := id.Account + "_" + id.Region + "_" + id.Name
	if parts > 1 {
		name += "." + strconv.Itoa(part)
	}
	return name
}
