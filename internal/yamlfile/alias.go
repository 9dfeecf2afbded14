package yamlfile

import "go.yaml.in/yaml/v3"

// maxBorrowed bounds the values that a file may have through its aliases: more
// than any file needs, and few enough for a file made to exhaust memory.
const maxBorrowed = 250_000

// Follow returns what an alias repeats; [Reader.Leave] ends that.
func (r *Reader) Follow(alias *yaml.Node) (*yaml.Node, bool) {
	target := alias.Alias
	if r.following[target] {
		r.Errorf(r.Pos(alias), "", "the alias *%s is within what it repeats", alias.Value)
		r.Lost = true
		return nil, false
	}
	r.following[target] = true
	return target, true
}

// Leave ends what [Reader.Follow] began.
func (r *Reader) Leave(target *yaml.Node) { delete(r.following, target) }

// Count takes one value from the budget of the file if it came through an alias.
// It reports whether there is any left.
func (r *Reader) Count(at Pos) bool {
	if len(r.following) == 0 {
		return true
	}
	if r.borrowed++; r.borrowed <= maxBorrowed {
		return true
	}
	if !r.exhausted {
		r.exhausted, r.Lost = true, true
		r.Errorf(at, r.ShareHint,
			"the aliases of this file repeat more than %d values", maxBorrowed)
	}
	return false
}

// A Pair is one line of a mapping.
type Pair struct{ Key, Value *yaml.Node }

// Pairs are the lines of a mapping, each key once: its own, then those of its
// merge keys ("<<"), as YAML 1.1 has them (https://yaml.org/type/merge.html).
func (r *Reader) Pairs(label string, n *yaml.Node) []Pair {
	out := make([]Pair, 0, len(n.Content)/2)
	seen := make(map[string]*yaml.Node, len(n.Content)/2)
	var merges []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if r.IsFull(r.Pos(key)) {
			break
		}
		if key.Kind == yaml.ScalarNode && key.Tag == "!!merge" {
			merges = append(merges, value)
			continue
		}
		if key.Kind == yaml.ScalarNode {
			if first, twice := seen[key.Value]; twice {
				r.Errorf(
					r.Pos(key),
					"keep one of them",
					"key %q is given twice in %s, first at %v",
					key.Value,
					label,
					r.Pos(first),
				)
				continue
			}
			seen[key.Value] = key
		}
		out = append(out, Pair{key, value})
	}
	for _, m := range merges {
		for _, p := range r.mergePairs(label, m) {
			if p.Key.Kind == yaml.ScalarNode {
				if seen[p.Key.Value] != nil {
					continue
				}
				seen[p.Key.Value] = p.Key
			}
			out = append(out, p)
		}
	}
	return out
}

func (r *Reader) mergePairs(label string, n *yaml.Node) []Pair {
	if n.Kind == yaml.AliasNode {
		target, ok := r.Follow(n)
		if !ok {
			return nil
		}
		defer r.Leave(target)
		n = target
	}
	switch {
	case n.Kind == yaml.MappingNode:
		out := r.Pairs(label, n)
		for range out {
			if !r.Count(r.Pos(n)) {
				return nil
			}
		}
		return out
	case n.Kind == yaml.SequenceNode:
		var out []Pair
		for _, item := range n.Content {
			if item.Kind == yaml.AliasNode && item.Alias.Kind == yaml.SequenceNode || item.Kind == yaml.SequenceNode {
				break
			}
			out = append(out, r.mergePairs(label, item)...)
		}
		return out
	}
	r.WrongType("<<", "a mapping or a list of mappings", n, "")
	return nil
}
