//go:build acceptance

package acceptance

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The means are what the caller gives: what may be changed, and what more may
// be asked.
type means struct {
	cluster, region string
	principal       string // ARN; its entry is made and deleted again and again

	throwawayRole  string // name of a role that is made, recreated and deleted
	foreignAccount string // 12 digits
	modeRole       string // ARN of a role that may change the mode, and no more
	toggleLogging  bool   // the control plane's logs may be changed for some minutes
}

const confirmation = "EKSACCESS_ACCEPTANCE"

var (
	clusterName = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z_-]{0,99}$`)
	regionName  = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]+$`)
	roleName    = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)
	roleARN     = regexp.MustCompile(`^arn:[a-z-]+:iam::[0-9]{12}:role/[\w+=,.@/-]+$`)
	accountID   = regexp.MustCompile(`^[0-9]{12}$`)
)

// readMeans names all that is wrong at once. It makes no call.
func readMeans(getenv func(string) string) (means, error) {
	m := means{cluster: getenv("CLUSTER"), region: getenv("REGION"), principal: getenv("PRINCIPAL"),
		throwawayRole: getenv("THROWAWAY_ROLE"), foreignAccount: getenv("FOREIGN_ACCOUNT"),
		modeRole: getenv("MODE_ROLE")}
	var wrong []error
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	if !clusterName.MatchString(m.cluster) {
		say("CLUSTER=%q is no name of a cluster", m.cluster)
	}
	if !regionName.MatchString(m.region) {
		say("REGION=%q is not a region", m.region)
	}
	if !strings.HasPrefix(m.principal, "arn:") {
		say("PRINCIPAL=%q is no ARN of an IAM role or user", m.principal)
	}
	if want := "yes-change-" + m.cluster; getenv(confirmation) != want {
		say(
			"%s=%q does not say that cluster %q may be changed; if it may: %s=%s",
			confirmation,
			getenv(confirmation),
			m.cluster,
			confirmation,
			want,
		)
	}
	if m.throwawayRole != "" && !roleName.MatchString(m.throwawayRole) {
		say("THROWAWAY_ROLE=%q is no name of a role: a name without path", m.throwawayRole)
	}
	if m.foreignAccount != "" && !accountID.MatchString(m.foreignAccount) {
		say("FOREIGN_ACCOUNT=%q is not an account number", m.foreignAccount)
	}
	if m.modeRole != "" && !roleARN.MatchString(m.modeRole) {
		say("MODE_ROLE=%q is no ARN of an IAM role", m.modeRole)
	}
	switch v := getenv("TOGGLE_LOGGING"); v {
	case "", "0":
	case "1":
		m.toggleLogging = true
	default:
		say("TOGGLE_LOGGING=%q is neither 1 nor 0", v)
	}
	return m, errors.Join(wrong...)
}

func TestMeans(t *testing.T) {
	good := map[string]string{
		"CLUSTER":    "dev",
		"REGION":     "eu-west-1",
		"PRINCIPAL":  "arn:aws:iam::111122223333:role/x",
		confirmation: "yes-change-dev",
	}
	tests := []struct {
		name   string
		change map[string]string
		want   means
		wrong  string // a part of the error
	}{
		{name: "the least", want: means{cluster: "dev", region: "eu-west-1", principal: good["PRINCIPAL"]}},
		{name: "all", change: map[string]string{"THROWAWAY_ROLE": "tmp", "FOREIGN_ACCOUNT": "999900001111",
			"TOGGLE_LOGGING": "1",
			"MODE_ROLE":      "arn:aws:iam::111122223333:role/m"},
			want: means{cluster: "dev", region: "eu-west-1", principal: good["PRINCIPAL"], throwawayRole: "tmp",
				foreignAccount: "999900001111", toggleLogging: true,
				modeRole: "arn:aws:iam::111122223333:role/m"}},
		{
			name:   "no confirmation",
			change: map[string]string{confirmation: ""},
			wrong:  "if it may: EKSACCESS_ACCEPTANCE=yes-change-dev",
		},
		{
			name:   "one for another cluster",
			change: map[string]string{confirmation: "yes-change-prod"},
			wrong:  `does not say that cluster "dev" may be changed`,
		},
		{name: "no cluster", change: map[string]string{"CLUSTER": ""}, wrong: `CLUSTER="" is no name`},
		{
			name:   "the ARN of one",
			change: map[string]string{"CLUSTER": "arn:aws:eks:eu-west-1:111122223333:cluster/dev"},
			wrong:  "is no name of a cluster",
		},
		{name: "no region", change: map[string]string{"REGION": "Ireland"}, wrong: `REGION="Ireland"`},
		{name: "a bare name", change: map[string]string{"PRINCIPAL": "x"}, wrong: `PRINCIPAL="x" is no ARN`},
		{
			name:   "a role by ARN",
			change: map[string]string{"THROWAWAY_ROLE": "arn:aws:iam::111122223333:role/x"},
			wrong:  "THROWAWAY_ROLE",
		},
		{name: "a short account", change: map[string]string{"FOREIGN_ACCOUNT": "1234"}, wrong: "FOREIGN_ACCOUNT"},
		{name: "a role by name", change: map[string]string{"MODE_ROLE": "m"}, wrong: "MODE_ROLE"},
		{name: "maybe", change: map[string]string{"TOGGLE_LOGGING": "yes"}, wrong: "TOGGLE_LOGGING"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := readMeans(func(name string) string {
				if v, changed := tt.change[name]; changed {
					return v
				}
				return good[name]
			})
			if tt.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wrong) {
					t.Errorf("error %v, want one with %q", err, tt.wrong)
				}
				return
			}
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(means{})); err != nil || diff != "" {
				t.Errorf("error %v, (-want +got)\n%s", err, diff)
			}
		})
	}
}
