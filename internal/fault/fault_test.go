package fault_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/eksaccess/eksaccess/internal/fault"
)

func TestErrorText(t *testing.T) {
	for _, test := range []struct {
		err  fault.Error
		want string
	}{
		{fault.Error{Message: "no"}, "no"},
		{fault.Error{Message: "no", Code: "X"}, "no (X)"},
		{fault.Error{Operation: "GetRole", Message: "no", Code: "X", RequestID: "1-2"},
			"GetRole: no (X, request id 1-2)"},
	} {
		if got := test.err.Error(); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func TestIsTheContextsError(t *testing.T) {
	for _, test := range []struct {
		code string
		want error
	}{{fault.Canceled, context.Canceled}, {fault.Timeout, context.DeadlineExceeded}} {
		wrapped := fmt.Errorf("reading: %w", &fault.Error{Code: test.code})
		for _, target := range []error{context.Canceled, context.DeadlineExceeded} {
			if got := errors.Is(wrapped, target); got != (target == test.want) {
				t.Errorf("%s is %v: %v", test.code, target, got)
			}
		}
	}
}

// The JSON form is part of plans, results, snapshots and reports.
func TestErrorJSON(t *testing.T) {
	got, err := json.Marshal(fault.Error{Code: "a", Operation: "b", Resource: "c", Action: "d", Message: "e", Hint: "f",
		RequestID: "g"})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"code":"a","operation":"b","resource":"c","action":"d","message":"e","hint":"f","requestId":"g"}`
	if string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
