// Package fleet connects to the clusters of a run and reads them.
package fleet

import "github.com/eksaccess/eksaccess/spec"

// A Choice names the clusters of a run: those of files, those named or listed
// without a file, or those of a snapshot. Every field is as the user wrote it.
type Choice struct {
	Files     []string // files, folders, "-" for standard input
	Clusters  []string // globs over clusters of files; names, paths or ARNs without a file
	Selectors []string // KEY=VALUE labels of clusters of files

	All        bool     // every cluster of the accounts in the regions
	Region     string   // "" for the default region
	Regions    []string // each may have commas
	Accounts   []string // each may have commas
	Profiles   string   // a glob over AWS profiles, each of which is an account
	AssumeRole string   // role ARN, in which ${account} stands for that of a cluster

	Snapshot *string // path of the snapshot that is read instead of AWS; nil for none
}

// Selection returns the part of the choice that selects among known clusters.
func (c Choice) Selection() spec.Selection {
	return spec.Selection{Clusters: c.Clusters, Selectors: c.Selectors}
}
