package spec

import (
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/suggest"
)

// readClusters reads the clusters of a document, with their own settings.
func (l *loader) readClusters(doc *document) {
	for i := range doc.Document.Clusters {
		line := &doc.Document.Clusters[i]
		l.settings(doc, line.Settings)
		own := l.access(line.AccessLines)
		tags := l.tags(line.Settings.Tags)
		labels := l.labels(line.Labels)
		id, ok := l.clusterID(doc, line)
		if !ok {
			l.lost = true
			continue
		}
		if first := l.byID[id]; first != nil {
			l.errorf(
				line.Pos,
				"put both into one; access from sets and from the top of the document is added",
				"cluster %q is declared twice, first at %v",
				id.Path(),
				first.Pos,
			)
			continue
		}
		c := &draft{line: line, doc: doc, own: own, Cluster: &Cluster{
			ID: id, Labels: labels, Pos: line.Pos,
			Tags:      overlay(doc.tags, tags),
			PruneHere: line.Prune.Given(),
		}}
		l.connect(c, doc.Defaults, line.Settings)
		l.byID[id] = c
		l.clusters = append(l.clusters, c)
	}
}

// overlay is base with what over says instead.
func overlay(base, over map[string]string) map[string]string {
	if len(base)+len(over) == 0 {
		return nil
	}
	out := make(map[string]string, len(base)+len(over))
	for _, m := range []map[string]string{base, over} {
		for k, v := range m {
			out[k] = v
		}
	}
	return out
}

// clusterID reads which cluster a line declares. All four parts must be in the
// file, so that it means the same wherever it is run.
func (l *loader) clusterID(doc *document, line *ClusterLine) (arn.Cluster, bool) {
	if line.ARN.Given() {
		return l.clusterARN(line)
	}
	id := arn.Cluster{Name: line.Name.Value, Account: line.Account.Value, Region: line.Region.Value}
	region := line.Region
	if !region.Given() {
		region = doc.Defaults.Region
		id.Region = region.Value
	}
	var missing []string
	ok := true
	for _, part := range []struct {
		key   string
		text  Text
		valid func(string) bool
		want  string
	}{
		{"name", line.Name, arn.IsClusterName, `1 to 100 letters, digits, "-" or "_", a letter or digit first`},
		{"account", line.Account, arn.IsAccount, "an account number has 12 digits"},
		{"region", region, arn.IsRegion, "a region's name is like eu-west-1"},
	} {
		switch {
		case !part.text.Given():
			missing = append(missing, part.key)
		case part.text.Value == "":
			ok = false // told already
		case !part.valid(part.text.Value):
			ok = false
			l.errorf(part.text.Pos, part.want, "%.200q is not a valid %s of a cluster", part.text.Value, part.key)
		}
	}
	if len(missing) > 0 {
		if !line.Flawed {
			hint := "write the ARN of the cluster, or its name, region and account"
			if slices.Equal(missing, []string{"region"}) {
				hint = "write it here, or once under defaults"
			}
			l.errorf(line.Pos, hint, "the cluster has no %s", strings.Join(missing, " and no "))
		}
		return id, false
	}
	id.Partition = arn.PartitionOf(id.Region)
	return id, ok
}

func (l *loader) clusterARN(line *ClusterLine) (arn.Cluster, bool) {
	if line.ARN.Value == "" {
		return arn.Cluster{}, false
	}
	ok := true
	for _, t := range []struct {
		key  string
		text Text
	}{{"name", line.Name}, {"account", line.Account}, {"region", line.Region}} {
		if t.text.Given() {
			l.errorf(t.text.Pos, "remove it: the ARN contains it", "the cluster has both arn and %s", t.key)
			ok = false
		}
	}
	written := line.ARN.Value
	id, err := arn.ParseCluster(written)
	switch {
	case err == nil:
	case hasPlaceholder(written) || arn.HasGlob(written):
		l.errorf(
			line.ARN.Pos,
			"name each cluster; placeholders and globs are for principals",
			"%.200q is not the ARN of one cluster",
			written,
		)
		return id, false
	case missingSpace.MatchString(written) || !strings.HasPrefix(written, "arn:"):
		l.errorf(
			line.ARN.Pos,
			"write the ARN of the cluster, or its name, region and account",
			"%.200q is not the ARN of a cluster",
			written,
		)
		return id, false
	default:
		l.errorf(line.ARN.Pos, "", "%v", err)
		return id, false
	}
	if !arn.IsPartition(id.Partition) {
		l.warnf(
			line.ARN.Pos,
			suggest.DidYouMean(id.Partition, arn.Partitions),
			"cluster %q has an unknown partition, %q",
			written,
			id.Partition,
		)
	} else if guess := arn.PartitionOf(id.Region); guess != id.Partition {
		l.warnf(line.ARN.Pos, "", "region %q seems to be of partition %q, not %q", id.Region, guess, id.Partition)
	}
	return id, ok
}

// labels checks that every label can be asked for by --selector.
func (l *loader) labels(pairs Pairs) map[string]string {
	labels := make(map[string]string, len(pairs))
	for _, p := range pairs {
		switch {
		case !labelKey.MatchString(p.Key.Value):
			l.errorf(p.Key.Pos, labelHint, "%.80q is not a valid label key", p.Key.Value)
		case !labelValue.MatchString(p.Value.Value):
			l.errorf(p.Value.Pos, labelHint, "%.80q is not a valid label value", p.Value.Value)
		default:
			labels[p.Key.Value] = p.Value.Value
		}
	}
	return labels
}
