package spec

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/eksaccess/eksaccess/internal/suggest"
)

// keys are the keys of one struct of the format, read from its json tags.
type keys struct {
	names []string         // as listed in the type
	index map[string][]int // as reflect.Value.FieldByIndex takes it
	bare  []int            // the field that may stand for the whole, or nil
}

var keyCache sync.Map // reflect.Type → *keys

func keysOf(t reflect.Type) *keys {
	if k, ok := keyCache.Load(t); ok {
		return k.(*keys)
	}
	k := &keys{index: map[string][]int{}}
	for _, f := range reflect.VisibleFields(t) {
		name := f.Tag.Get("json")
		if name == "" {
			continue
		}
		k.names = append(k.names, name)
		k.index[name] = f.Index
		if f.Tag.Get("bare") != "" {
			k.bare = f.Index
		}
	}
	keyCache.Store(t, k)
	return k
}

// parts are the mappings of the format, to say where a misplaced key belongs.
var parts = []struct {
	name string
	of   reflect.Type
}{
	{"the top level of a document", reflect.TypeFor[Document]()},
	{"a cluster", reflect.TypeFor[ClusterLine]()},
	{"an item of access", reflect.TypeFor[AccessLine]()},
	{"guards", reflect.TypeFor[GuardLines]()},
	{"a set", reflect.TypeFor[SetLine]()},
}

// foreignKeys are what others call the same thing: the EKS API, aws-auth,
// eksctl and Terraform.
var foreignKeys = map[string]string{
	"principalarn": "principal", "rolearn": "principal", "userarn": "principal",
	"kubernetesgroups": "groups", "kubernetesusername": "username",
	"policyarn": "policy", "accesspolicies": "policies", "policyassociations": "policies",
	"accessscope": "namespaces", "scope": "namespaces", "accountid": "account", "clustername": "name",
}

func unknownKeyHint(name string, k *keys) string {
	if hint := suggest.DidYouMean(name, k.names); hint != "" {
		return hint
	}
	if ours := foreignKeys[suggest.Squash(name)]; slices.Contains(k.names, ours) {
		if ours == "namespaces" {
			return "a policy with namespaces holds in those, one without in the whole cluster"
		}
		return fmt.Sprintf("the key here is %q", ours)
	}
	if where, ours := elsewhere(name); where != "" {
		return fmt.Sprintf("%q belongs to %s", ours, where)
	}
	return "valid keys: " + strings.Join(k.names, ", ")
}

// elsewhere says where a key is known that is name, or nearly so.
func elsewhere(name string) (where, key string) {
	for _, exact := range []bool{true, false} {
		for _, p := range parts {
			names := keysOf(p.of).names
			if slices.Contains(names, name) {
				return p.name, name
			}
			if best, ok := suggest.Nearest(name, names); ok && !exact {
				return p.name, best
			}
		}
	}
	return "", ""
}
