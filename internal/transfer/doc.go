// Package transfer is access on its way from or to another form: from a cluster,
// an aws-auth ConfigMap or another tool's file into a file of ours, and from
// ours or a cluster into another tool's file.
//
// One set of types serves all of them: a [Cluster] with its [Entry] values, and
// a [Note] for each thing that was not carried over, or that has to be checked.
// An [Import] is what [Write] makes a file of, and what [Merge] adds to a file,
// leaving every byte that is there. Both prove what they write: package spec
// reads it back, and an entry that does not come back as it was is left out and
// reported. [DeclaredCluster] and [LiveCluster] decide what another tool is given.
//
// The formats of the tools are in packages of their own (eksctl, terraform,
// cloudformation), which read bytes into these types or write them. Package
// transfer must not know any of these formats, the network, the terminal or the
// clock.
package transfer
