package cani

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/eksaccess/eksaccess/internal/suggest"
)

// A ParseError says what is wrong with a question, and how to write it.
type ParseError struct{ Summary, Hint string }

func (e *ParseError) Error() string { return e.Summary }

const forms = "write it like: 'delete pods -n payments', \"'*' '*' -A\", 'get deployments.apps/scale -n web', 'get " +
	"/healthz'"

func wrong(hint, format string, args ...any) error {
	return &ParseError{fmt.Sprintf(format, args...), hint}
}

// Parse reads VERB RESOURCE[.GROUP][/SUBRESOURCE or /NAME], or VERB /PATH, as
// "kubectl auth can-i" does, with -n NAMESPACE, -A and --subresource. Without
// -n and -A the namespace is "default", as kubectl's is where a context names
// none; what is in no namespace has none. "*.*" asks of all API groups, which
// kubectl can't.
//
// Where kubectl takes what follows "/" for a name in any case, here "exec",
// "log" and the other parts that Kubernetes' own resources have are parts. And
// where it asks the cluster for the group of a resource, Kubernetes' own are
// known here and others are written with their group.
//
// Errors are [*ParseError] values.
func Parse(text string) (Question, error) {
	words, err := split(text)
	if err != nil {
		return Question{}, err
	}
	o, words, err := flags(words)
	if err != nil {
		return Question{}, err
	}
	if len(words) != 2 {
		return Question{}, wrong(forms, "%.200q is not a verb and a resource", text)
	}
	q := Question{Verb: strings.ToLower(words[0]), Subresource: o.subresource}
	if !verb.MatchString(q.Verb) {
		return Question{}, wrong(forms, "%.80q is no verb", words[0])
	}
	if strings.HasPrefix(words[1], "/") {
		if o != (options{}) {
			return Question{}, wrong("leave the flags out", "path %.200q is in no namespace and has no parts", words[1])
		}
		if !plain.MatchString(words[1]) {
			return Question{}, wrong(forms, "%.200q is no path", words[1])
		}
		q.Path = words[1]
		return q, nil
	}
	return q, q.about(words[1], o)
}

var (
	verb    = regexp.MustCompile(`^(\*|[a-z]+)$`)
	label   = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`)
	version = regexp.MustCompile(`^v[0-9]+((alpha|beta)[0-9]+)?$`)
	group   = regexp.MustCompile(`^(\*|[a-z0-9]([-a-z0-9.]*[a-z0-9])?)$`)
	plain   = regexp.MustCompile(`^[!#-&(-~]+$`) // no space, no quote
)

// about fills in what is asked for, and where.
func (q *Question) about(text string, o options) error {
	what, part, _ := strings.Cut(text, "/")
	name, inGroup, hasGroup := strings.Cut(strings.ToLower(what), ".")
	if first, rest, _ := strings.Cut(inGroup, "."); version.MatchString(first) {
		inGroup = rest // deployments.v1.apps
	}
	if name != "*" && !label.MatchString(name) || hasGroup && !group.MatchString(inGroup) {
		return wrong(forms, "%.80q is no resource", what)
	}
	r, known := called(name)
	switch {
	case hasGroup:
		q.Group = inGroup
		if r.group != inGroup { // events.events.k8s.io
			r, known = named(name, inGroup)
		}
	case !known && name != "*":
		hint := "write a resource that is not Kubernetes' own with its group, like certificates.cert-manager.io"
		if near := suggest.DidYouMean(name, names()); near != "" {
			hint = near
		}
		return wrong(hint, "Kubernetes itself has no resource %q", name)
	default:
		q.Group = r.group
	}
	q.Resource = name
	if known {
		q.Resource = r.name
	}
	switch {
	case part == "":
	case !plain.MatchString(part):
		return wrong(forms, "%.80q is neither a part nor a name", part)
	case o.subresource == "" && isSubresource(part):
		q.Subresource = part
	default:
		q.Name = part
	}
	return q.in(o, known && !r.namespaced)
}

func (q *Question) in(o options, nowhere bool) error {
	switch {
	case o.namespace != "" && o.all:
		return wrong("pass one of them", "-n and -A contradict each other")
	case o.namespace != "" && nowhere:
		return wrong("leave out -n", "%s are in no namespace", q.Resource)
	case o.namespace != "":
		if len(o.namespace) > 63 || !label.MatchString(o.namespace) {
			return wrong("a namespace has small letters, digits and -", "%.80q is no namespace", o.namespace)
		}
		q.Namespace = o.namespace
	case !o.all && !nowhere:
		q.Namespace = "default"
	}
	return nil
}

func names() []string {
	all := make([]string, len(resources))
	for i, r := range resources {
		all[i] = r.name
	}
	return all
}

type options struct {
	namespace, subresource string
	all                    bool
}

// flags takes kubectl's flags from between the words.
func flags(words []string) (o options, rest []string, err error) {
	for len(words) > 0 {
		word := words[0]
		words = words[1:]
		if !strings.HasPrefix(word, "-") {
			rest = append(rest, word)
			continue
		}
		name, value, hasValue := strings.Cut(word, "=")
		if short, ok := strings.CutPrefix(word, "-n"); ok && short != "" && !hasValue {
			name, value, hasValue = "-n", short, true
		}
		var into *string
		switch name {
		case "-A", "--all-namespaces":
			if hasValue {
				return o, nil, wrong(forms, "%s takes no value", name)
			}
			o.all = true
			continue
		case "-n", "--namespace":
			into = &o.namespace
		case "--subresource":
			into = &o.subresource
		default:
			return o, nil, wrong(
				"there are -n NAMESPACE, -A and --subresource NAME",
				"unknown flag %.80q in a question",
				name,
			)
		}
		if !hasValue && len(words) > 0 {
			value, words = words[0], words[1:]
		}
		if value == "" || !plain.MatchString(value) {
			return o, nil, wrong(forms, "%s needs a value", name)
		}
		*into = value
	}
	return o, rest, nil
}

// split makes words of a line, as a shell would as far as quotes go.
func split(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	var quote rune
	open := false
	for _, r := range text {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, open = r, true
		case r == ' ' || r == '\t':
			if open {
				words = append(words, word.String())
				word.Reset()
			}
			open = false
		default:
			open = true
			word.WriteRune(r)
		}
	}
	if quote != 0 {
		return nil, wrong(forms, "a quote in %.200q is not closed", text)
	}
	if open {
		words = append(words, word.String())
	}
	return words, nil
}
