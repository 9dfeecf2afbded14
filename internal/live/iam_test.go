package live_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/eksaccess/eksaccess/internal/ekssim"
	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/internal/trust"
	"github.com/eksaccess/eksaccess/spec"
)

const sso = "aws-reserved/sso.amazonaws.com/"

const directory = `
settings: {seed: 1, iamPageSize: 7}
accounts:
  - id: "111122223333"
    roles:
      - admin
      - team/payments
      - {name: old, createdAt: 2025-03-01T00:00:00Z}
      - aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_AdministratorAccess_0123456789abcdef
      - aws-reserved/sso.amazonaws.com/AWSReservedSSO_Payments_Dev_0123456789abcdef
      - aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_0123456789abcdef
      - aws-reserved/sso.amazonaws.com/AWSReservedSSO_Twice_0123456789abcdef
      - aws-reserved/sso.amazonaws.com/AWSReservedSSO_Twice_fedcba9876543210
      - {bulk: {prefix: aws-reserved/sso.amazonaws.com/AWSReservedSSO_Other_0123456789ab, count: 30}}
      - {bulk: {prefix: team/r, count: 60}}
    users: [ops/alice]
credentials:
  - {accessKeyId: AKIAME, principal: "arn:aws:iam::111122223333:role/team/payments", session: me}
  - {accessKeyId: AKIASSO, principal: "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_AdministratorAccess_0123456789abcdef", session: me@corp.example}
  - {accessKeyId: AKIANOIAM, principal: "arn:aws:iam::111122223333:role/team/payments", session: me, denied: ["iam:*"]}
  - {accessKeyId: AKIANOLIST, principal: "arn:aws:iam::111122223333:role/team/payments", session: me, denied: ["iam:ListRoles"]}
clusters:
  - {name: prod}
`

func TestResolve(t *testing.T) {
	tests := []struct {
		name string
		ref  spec.PrincipalRef
		key  string
		want string
		code string
		says []string // in message or hint
	}{
		{name: "ARN", ref: spec.PrincipalRef{ARN: roleARN("nobody")}, want: roleARN("nobody")},
		{name: "role with a path", ref: spec.PrincipalRef{Role: "payments"}, want: roleARN("team/payments")},
		{
			name: "user with a path",
			ref:  spec.PrincipalRef{User: "alice"},
			want: "arn:aws:iam::111122223333:user/ops/alice",
		},
		{
			name: "permission set",
			ref:  spec.PrincipalRef{PermissionSet: "AdministratorAccess"},
			want: roleARN(sso + "eu-west-1/AWSReservedSSO_AdministratorAccess_0123456789abcdef"),
		},
		{
			name: "not the set whose name it ends",
			ref:  spec.PrincipalRef{PermissionSet: "Dev"},
			want: roleARN(sso + "AWSReservedSSO_Dev_0123456789abcdef"),
		},
		{name: "several", ref: spec.PrincipalRef{PermissionSet: "Twice"}, code: "PrincipalAmbiguous",
			says: []string{
				"account 111122223333 has 2 roles",
				"Twice_0123456789abcdef",
				"Twice_fedcba9876543210",
				"principal: ARN",
			}},
		{name: "no set", ref: spec.PrincipalRef{PermissionSet: "AdministratorAcess"}, code: "PrincipalNotFound",
			says: []string{
				"account 111122223333",
				"/aws-reserved/sso.amazonaws.com/",
				"aws iam list-roles --path-prefix",
				`did you mean "AdministratorAccess"?`,
			}},
		{name: "no role", ref: spec.PrincipalRef{Role: "paymints"}, code: "PrincipalNotFound",
			says: []string{
				`account 111122223333 has no role "paymints"`,
				`did you mean "payments"?`,
				"aws iam list-roles",
			}},
		{name: "a set for a role", ref: spec.PrincipalRef{Role: "AdministratorAccess"}, code: "PrincipalNotFound",
			says: []string{`write "permissionSet: AdministratorAccess"`}},
		{
			name: "no role, and no list",
			ref:  spec.PrincipalRef{Role: "paymints"},
			key:  "AKIANOLIST",
			code: "PrincipalNotFound",
			says: []string{"aws iam list-roles"},
		},
		{
			name: "no user",
			ref:  spec.PrincipalRef{User: "bob"},
			code: "PrincipalNotFound",
			says: []string{`no user "bob"`, "aws iam list-users"},
		},
		{
			name: "no permission",
			ref:  spec.PrincipalRef{Role: "payments"},
			key:  "AKIANOIAM",
			code: "AccessDenied",
			says: []string{`"iam:GetRole"`, "role/"},
		},
		{
			name: "no permission to list",
			ref:  spec.PrincipalRef{PermissionSet: "Dev"},
			key:  "AKIANOLIST",
			code: "AccessDenied",
			says: []string{`"iam:ListRoles"`},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.key == "" {
				tt.key = "AKIAME"
			}
			_, s := connect(t, directory, tt.key, "prod")
			got, err := live.NewDirectory(s.IAM, prod("prod"), "").Resolve(t.Context(), tt.ref)
			if tt.code == "" {
				if got != tt.want || err != nil {
					t.Errorf("got %q, %v", got, err)
				}
				return
			}
			e := wantError(t, err, tt.code)
			for _, part := range tt.says {
				if !strings.Contains(e.Message+"\n"+e.Hint, part) {
					t.Errorf("%q\nhint %q\nlacks %q", e.Message, e.Hint, part)
				}
			}
		})
	}
}

// TestDirectoryAsksOnce resolves the same names for many clusters at a time.
func TestDirectoryAsksOnce(t *testing.T) {
	sim, s := connect(t, directory, "AKIAME", "prod")
	d := live.NewDirectory(s.IAM, prod("prod"), "")
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for _, ref := range []spec.PrincipalRef{{PermissionSet: "Dev"}, {PermissionSet: "AdministratorAccess"},
				{Role: "payments"}} {
				if _, err := d.Resolve(t.Context(), ref); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	// 35 roles under the prefix, 7 a page.
	if n := len(sim.Calls(ekssim.CallFilter{Operation: "ListRoles"})); n != 5 {
		t.Errorf("%d pages of roles read, want 5", n)
	}
	if n := len(sim.Calls(ekssim.CallFilter{Operation: "GetRole"})); n != 1 {
		t.Errorf("the role was asked for %d times", n)
	}
}

func TestIdentities(t *testing.T) {
	sim, s := connect(t, directory, "AKIAME", "prod")
	if err := sim.DeleteRole(roleARN("admin")); err != nil {
		t.Fatal(err)
	}
	if err := sim.RecreateRole(roleARN("team/r0001")); err != nil {
		t.Fatal(err)
	}
	got := live.NewDirectory(s.IAM, prod("prod"), "").ReadIdentities(t.Context(), []string{
		roleARN("old"), roleARN("admin"), roleARN("payments"), roleARN("team/r0001"),
		"arn:aws:iam::111122223333:user/ops/alice", "arn:aws:iam::111122223333:user/bob",
		"arn:aws:iam::999900001111:role/vendor", "arn:aws:iam::111122223333:root",
		"arn:aws:sts::111122223333:federated-user/x", "junk",
	})
	want := map[string]spec.Identity{
		roleARN("old"):                             {Existence: spec.Exists},
		roleARN("admin"):                           {Existence: spec.Gone},
		roleARN("payments"):                        {Existence: spec.Gone, ARN: roleARN("team/payments")},
		roleARN("team/r0001"):                      {Existence: spec.Exists},
		"arn:aws:iam::111122223333:user/ops/alice": {Existence: spec.Exists},
		"arn:aws:iam::111122223333:user/bob":       {Existence: spec.Gone},
		"arn:aws:iam::999900001111:role/vendor": {
			Existence: spec.Unknown,
			Why:       "it is in another account (999900001111)",
		},
		"arn:aws:iam::111122223333:root": {
			Existence: spec.Unknown,
			Why:       "it is the root of an account, which IAM does not describe",
		},
		"arn:aws:sts::111122223333:federated-user/x": {Existence: spec.Unknown, Why: "it is neither a role nor a user"},
		"junk": {Existence: spec.Unknown, Why: "it is no ARN"},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(spec.Identity{}, "CreatedAt", "Trust")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if p := got[roleARN("old")].Trust; p == nil || p.Class() != trust.People {
		t.Errorf("the trust policy of a role is %+v", p)
	}
	if made, old := got[roleARN("team/r0001")].CreatedAt, got[roleARN("old")].CreatedAt; old.Year() != 2025 ||
		!made.After(old) {
		t.Errorf("created: old %v, made again %v", old, made)
	}
}

func TestIdentitiesOfMany(t *testing.T) {
	var principals []string
	for i := range 60 {
		principals = append(principals, roleARN(fmt.Sprintf("team/r%04d", i+1)))
	}
	principals = append(principals, roleARN("team/nobody"), roleARN("payments"))
	for key, want := range map[string]map[string]int{
		"AKIAME":     {"ListRoles": 15, "GetRole": 2}, // 98 roles, 7 a page; and what the list lacks
		"AKIANOLIST": {"ListRoles": 1, "GetRole": 62},
	} {
		t.Run(key, func(t *testing.T) {
			sim, s := connect(t, directory, key, "prod")
			got := live.NewDirectory(s.IAM, prod("prod"), "").ReadIdentities(t.Context(), principals)
			for _, p := range principals[:60] {
				if got[p].Existence != spec.Exists || got[p].CreatedAt.IsZero() {
					t.Fatalf("%s: %+v", p, got[p])
				}
			}
			if got[principals[60]].Existence != spec.Gone || got[principals[61]].Existence != spec.Gone {
				t.Errorf("those that are not there: %+v, %+v", got[principals[60]], got[principals[61]])
			}
			counts := map[string]int{}
			for _, op := range sim.Operations(ekssim.CallFilter{Service: "iam"}) {
				counts[op]++
			}
			if diff := cmp.Diff(want, counts); diff != "" {
				t.Errorf("calls (-want +got)\n%s", diff)
			}
		})
	}
	t.Run("denied", func(t *testing.T) {
		_, s := connect(t, directory, "AKIANOIAM", "prod")
		got := live.NewDirectory(s.IAM, prod("prod"), "").ReadIdentities(t.Context(), principals)
		for _, p := range principals {
			if got[p].Existence != spec.Unknown || !strings.Contains(got[p].Why, "iam:GetRole is not allowed") {
				t.Fatalf("%s: %+v", p, got[p])
			}
		}
	})
}

func TestCallerPrincipal(t *testing.T) {
	entry := func(principal string) spec.LiveEntry { return spec.LiveEntry{Entry: spec.Entry{Principal: principal}} }
	entries := []spec.LiveEntry{
		entry("arn:aws:iam::999900001111:role/x/payments"),
		entry(roleARN("team/payments")),
		entry("arn:aws:iam::999900001111:role/hub/ci"),
	}
	admin := roleARN(sso + "eu-west-1/AWSReservedSSO_AdministratorAccess_0123456789abcdef")
	tests := []struct {
		name, key, caller string
		entries           []spec.LiveEntry
		want              string
		guess             bool
	}{
		{name: "IAM tells", key: "AKIAME", want: roleARN("team/payments")},
		{name: "of Identity Center", key: "AKIASSO", want: admin},
		{name: "IAM refuses, an entry tells", key: "AKIANOIAM", entries: entries, want: roleARN("team/payments")},
		{name: "nobody tells", key: "AKIANOIAM", want: roleARN("payments"), guess: true},
		{
			name:    "base in another account",
			key:     "AKIAME",
			caller:  "arn:aws:sts::999900001111:assumed-role/ci/x",
			entries: entries,
			want:    "arn:aws:iam::999900001111:role/hub/ci",
		},
		{
			name:    "base in another account, no entry",
			key:     "AKIAME",
			caller:  "arn:aws:sts::999900001111:assumed-role/other/x",
			entries: entries,
			want:    "arn:aws:iam::999900001111:role/other",
			guess:   true,
		},
		{
			name:   "user",
			key:    "AKIAME",
			caller: "arn:aws:iam::111122223333:user/ops/alice",
			want:   "arn:aws:iam::111122223333:user/ops/alice",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, s := connect(t, directory, tt.key, "prod")
			if tt.caller == "" {
				tt.caller = s.Caller.ARN
			}
			got, guess, err := live.CallerPrincipal(
				t.Context(),
				tt.caller,
				live.NewDirectory(s.IAM, prod("prod"), ""),
				tt.entries,
			)
			if got != tt.want || guess != tt.guess || err != nil {
				t.Errorf("of %q: %q, guess %v, %v; want %q, guess %v", tt.caller, got, guess, err, tt.want, tt.guess)
			}
		})
	}
	if _, _, err := live.CallerPrincipal(t.Context(), "junk", nil, nil); err == nil {
		t.Error("junk has a principal")
	}
}
