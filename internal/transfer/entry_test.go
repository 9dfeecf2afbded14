package transfer_test

import (
	"testing"

	"github.com/eksaccess/eksaccess/internal/transfer"
	"github.com/eksaccess/eksaccess/spec"
)

func TestNames(t *testing.T) {
	for principal, want := range map[string]string{
		role("team/payments"):              "payments",
		"arn:aws:iam::111122223333:root":   "111122223333",
		"not an arn":                       "not an arn",
		"arn:aws:iam::111122223333:user/x": "x",
		role("aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_0123456789abcdef"): "Dev",
	} {
		if got := (transfer.Entry{Entry: spec.Entry{Principal: principal}}).Name(); got != want {
			t.Errorf("%q is called %q, want %q", principal, got, want)
		}
	}
	if got := transfer.FileName(prod, 2, 3); got != "111122223333_eu-west-1_prod.2" {
		t.Errorf("%q", got)
	}
}
