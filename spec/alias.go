package spec

import "go.yaml.in/yaml/v3"

// maxBorrowed bounds the values that a file may have through its aliases: more
// than any file needs, and few enough for a file made to exhaust memory.
const maxBorrowed = 250_000

// follow returns what an alias repeats; [decoder.leave] ends that.
func (d *decoder) follow(alias *yaml.Node) (*yaml.Node, bool) {
	target := alias.Alias
	if d.following[target] {
		d.errorf(d.pos(alias), "", "the alias *%s is within what it repeats", alias.Value)
		d.lost = true
		return nil, false
	}
	d.following[target] = true
	return target, true
}

func (d *decoder) leave(target *yaml.Node) { delete(d.following, target) }

// count takes one value from the budget if it came through an alias.
func (d *decoder) count(at Pos) bool {
	if len(d.following) == 0 {
		return true
	}
	if d.borrowed++; d.borrowed <= maxBorrowed {
		return true
	}
	if !d.exhausted {
		d.exhausted, d.lost = true, true
		d.errorf(at, "write what is shared as a set, and include it",
			"the aliases of this file repeat more than %d values", maxBorrowed)
	}
	return false
}

type pair struct{ key, value *yaml.Node }

// pairs are the lines of a mapping, each key once: its own, then those of its
// merge keys ("<<"), as YAML 1.1 has them (https://yaml.org/type/merge.html).
func (d *decoder) pairs(label string, n *yaml.Node) []pair {
	out := make([]pair, 0, len(n.Content)/2)
	seen := make(map[string]*yaml.Node, len(n.Content)/2)
	var merges []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if d.full(d.pos(key)) {
			break
		}
		if key.Kind == yaml.ScalarNode && key.Tag == "!!merge" {
			merges = append(merges, value)
			continue
		}
		if key.Kind == yaml.ScalarNode {
			if first, twice := seen[key.Value]; twice {
				d.errorf(
					d.pos(key),
					"keep one of them",
					"key %q is given twice in %s, first at %v",
					key.Value,
					label,
					d.pos(first),
				)
				continue
			}
			seen[key.Value] = key
		}
		out = append(out, pair{key, value})
	}
	for _, m := range merges {
		for _, p := range d.merged(label, m) {
			if p.key.Kind == yaml.ScalarNode {
				if seen[p.key.Value] != nil {
					continue
				}
				seen[p.key.Value] = p.key
			}
			out = append(out, p)
		}
	}
	return out
}

func (d *decoder) merged(label string, n *yaml.Node) []pair {
	if n.Kind == yaml.AliasNode {
		target, ok := d.follow(n)
		if !ok {
			return nil
		}
		defer d.leave(target)
		n = target
	}
	switch {
	case n.Kind == yaml.MappingNode:
		out := d.pairs(label, n)
		for range out {
			if !d.count(d.pos(n)) {
				return nil
			}
		}
		return out
	case n.Kind == yaml.SequenceNode:
		var out []pair
		for _, item := range n.Content {
			if item.Kind == yaml.AliasNode && item.Alias.Kind == yaml.SequenceNode || item.Kind == yaml.SequenceNode {
				break
			}
			out = append(out, d.merged(label, item)...)
		}
		return out
	}
	d.wrongType("<<", "a mapping or a list of mappings", n, "")
	return nil
}
