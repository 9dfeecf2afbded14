package render

import (
	"regexp"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
)

// Labels name the principals of one cluster as people do: "permission set
// PaymentsDev", "role team/ops", "user alice", "account root". An account that
// is not the cluster's is added. Two principals that would have one label get
// what distinguishes them. The zero value names principals by their ARNs.
type Labels struct {
	account string
	count   map[string]int
}

// NewLabels returns the labels for the principals of a cluster of an account.
func NewLabels(account string, principals []string) Labels {
	l := Labels{account: account, count: map[string]int{}}
	seen := map[string]bool{}
	for _, p := range principals {
		if !seen[p] {
			seen[p] = true
			l.count[l.plain(p)]++
		}
	}
	return l
}

// Of returns the label of a principal, given by its ARN. What is no ARN of a
// principal is its own label.
func (l Labels) Of(principal string) string {
	if l.count == nil {
		return principal
	}
	label := l.plain(principal)
	if l.count[label] < 2 {
		return label
	}
	if p, err := arn.ParsePrincipal(principal); err == nil {
		if _, suffix, ok := p.PermissionSet(); ok {
			return label + " (suffix " + suffix + ")"
		}
	}
	return principal
}

var principalARN = regexp.MustCompile(`"?(arn:aws[a-z-]*:iam::[0-9]{12}:(?:role|user)/[\w+=,.@/-]*[\w+=@/-])"?`)

// name is a label without the kind of principal: "PaymentsDev", "team/ops".
func (l Labels) name(principal string) string {
	label := l.Of(principal)
	for _, kind := range []string{"permission set ", "role ", "user "} {
		if name, ok := strings.CutPrefix(label, kind); ok {
			return name
		}
	}
	return label
}

// In replaces the ARNs of principals in running text by their labels. Text that
// holds a part to be copied stays as it is.
func (l Labels) In(text string) string {
	if strings.Contains(text, "{principal:") || strings.Contains(text, "eksaccess ") || strings.Contains(text, "aws ") {
		return text
	}
	return principalARN.ReplaceAllStringFunc(text, func(name string) string { return l.Of(strings.Trim(name, `"`)) })
}

// plain is the label of a principal without regard to others.
func (l Labels) plain(principal string) string {
	p, err := arn.ParsePrincipal(principal)
	if err != nil {
		return principal
	}
	label := ""
	switch p.Kind {
	case arn.Role:
		name, _, isSet := p.PermissionSet()
		service, isService := strings.CutPrefix(p.Path, "/aws-service-role/")
		switch {
		case isSet:
			label = "permission set " + name
		case isService && service != "":
			label = "service-linked role " + p.Name
		default:
			label = "role " + strings.TrimPrefix(p.Path, "/") + p.Name
		}
	case arn.User:
		label = "user " + strings.TrimPrefix(p.Path, "/") + p.Name
	case arn.Root:
		label = "account root"
	default:
		return principal
	}
	if p.Account != l.account {
		label += " of account " + p.Account
	}
	return label
}
