package spec

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/suggest"
)

// A Selection chooses among the clusters of a fleet, as --cluster and
// --selector do.
type Selection struct {
	// Clusters are globs over name, ACCOUNT/REGION/NAME and ARN. A cluster is
	// chosen that matches any of them.
	Clusters []string
	// Selectors are label conditions: "env=prod", "wave!=2", "env", "!env",
	// and several of these with commas between. All must hold. A cluster
	// without the label has no value of it, and so another one than "2".
	Selectors []string
}

const labelHint = "labels have letters, digits and . _ / -; values also + @ :, or nothing"

var (
	labelKey   = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?$`)
	labelValue = regexp.MustCompile(`^[A-Za-z0-9._/+@:-]*$`)
)

// Select returns the clusters chosen, in the fleet's order; all of them where
// nothing is asked. Each glob and each condition must fit some cluster, and
// all together one. The error is of type [Problems].
func (f *Fleet) Select(s Selection) ([]*Cluster, error) {
	var r report
	chosen := slices.Clone(f.Clusters)
	if len(s.Clusters) > 0 {
		chosen = f.byGlobs(&r, s.Clusters)
	}
	for _, selector := range s.Selectors {
		for _, text := range strings.Split(selector, ",") {
			c, err := parseCondition(text)
			if err != nil {
				r.add(err.(Problems))
				continue
			}
			if !slices.ContainsFunc(f.Clusters, c.holds) {
				r.Errors = append(
					r.Errors,
					Problem{Summary: "no cluster matches --selector " + strconv.Quote(text), Hint: f.labelHint(c)},
				)
				continue
			}
			chosen = slices.DeleteFunc(chosen, func(cl *Cluster) bool { return !c.holds(cl) })
		}
	}
	if len(chosen) == 0 && !r.Failed() {
		r.errorf(
			Pos{},
			"choose a cluster that matches one --cluster and every --selector",
			"no cluster matches all of --cluster and --selector",
		)
	}
	if r.Failed() {
		return nil, r.Problems
	}
	return chosen, nil
}

func (f *Fleet) byGlobs(r *report, globs []string) []*Cluster {
	hit := make([]bool, len(f.Clusters))
	for _, glob := range globs {
		found := false
		for i, c := range f.Clusters {
			if c.matches(glob) {
				hit[i], found = true, true
			}
		}
		if !found {
			var names []string
			for _, c := range f.Clusters {
				names = append(names, c.ID.Name)
			}
			hint := suggest.DidYouMean(glob, names)
			if hint == "" {
				hint = "the clusters are " + some(
					names,
				) + "; write a name, ACCOUNT/REGION/NAME or ARN; * matches any characters"
			}
			r.errorf(Pos{}, hint, "no cluster matches --cluster %q", glob)
		}
	}
	var chosen []*Cluster
	for i, c := range f.Clusters {
		if hit[i] {
			chosen = append(chosen, c)
		}
	}
	return chosen
}

// some lists the first few of many names.
func some(names []string) string {
	return phrase.First(slices.Compact(slices.Sorted(slices.Values(names))), 6)
}

// A condition is one part of a selector.
type condition struct {
	key, value string
	op         string // "=", "!=", "" for has, "!" for has not
}

func parseCondition(text string) (condition, error) {
	text = strings.TrimSpace(text)
	c := condition{key: text}
	if key, value, ok := strings.Cut(text, "!="); ok {
		c = condition{key, value, "!="}
	} else if key, value, ok := strings.Cut(text, "="); ok {
		c = condition{key, strings.TrimPrefix(value, "="), "="} // "==" as kubectl has it
	} else if key, ok := strings.CutPrefix(text, "!"); ok {
		c = condition{key, "", "!"}
	}
	c.key, c.value = strings.TrimSpace(c.key), strings.TrimSpace(c.value)
	if !labelKey.MatchString(c.key) || !labelValue.MatchString(c.value) {
		return c, problemf(`write it like "env=prod", "wave!=2" or "env"`, "%q is not a selector", text)
	}
	return c, nil
}

func (c condition) holds(cl *Cluster) bool {
	value, has := cl.Labels[c.key]
	switch c.op {
	case "=":
		return has && value == c.value
	case "!=":
		return !has || value != c.value
	case "!":
		return !has
	}
	return has
}

// labelHint suggests the label, or the value of it, that was meant.
func (f *Fleet) labelHint(c condition) string {
	var labels, values []string
	for _, cl := range f.Clusters {
		for key, value := range cl.Labels {
			labels = append(labels, key)
			if key == c.key {
				values = append(values, value)
			}
		}
	}
	labels, values = sortedSet(labels), sortedSet(values)
	switch {
	case len(labels) == 0:
		return "remove --selector: no cluster of the files has labels"
	case len(values) == 0:
		if hint := suggest.DidYouMean(c.key, labels); hint != "" {
			return hint
		}
		return "the clusters have the labels " + strings.Join(labels[:min(len(labels), 10)], ", ")
	case c.op == "=":
		if hint := suggest.DidYouMean(c.value, values); hint != "" {
			return hint
		}
		return c.key + " is one of " + strings.Join(values[:min(len(values), 10)], ", ")
	}
	return ""
}
