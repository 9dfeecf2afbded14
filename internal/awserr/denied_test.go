package awserr_test

import (
	"strings"
	"testing"

	"github.com/aws/smithy-go"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awserr"
)

// AWS lists eks:CreateAccessEntry as authorised by UpdateClusterConfig, too: a
// refused mode step names it, in whichever way it was refused, and no other
// refusal does.
func TestRefusedModeStepNamesCreateAccessEntry(t *testing.T) {
	const on = `"Resource": "arn:aws:eks:eu-west-1:111122223333:cluster/prod"`
	call := awserr.Call{Cluster: arn.Cluster{Partition: "aws", Account: "111122223333", Region: "eu-west-1",
		Name: "prod"}}
	for _, tt := range []struct {
		name, operation, action string
		says                    []string
		never                   string
	}{
		{
			name: "the call", operation: "UpdateClusterConfig", action: "eks:UpdateClusterConfig",
			says: []string{`"Action": "eks:UpdateClusterConfig", ` + on, `"Action": "eks:CreateAccessEntry", ` + on,
				"without conditions"},
		},
		{
			name: "the entry", operation: "UpdateClusterConfig", action: "eks:CreateAccessEntry",
			says: []string{`"Action": "eks:CreateAccessEntry", ` + on,
				"without conditions on eks:principalArn and eks:accessEntryType"},
		},
		{
			name: "a create", operation: "CreateAccessEntry", action: "eks:CreateAccessEntry",
			says: []string{`"Action": "eks:CreateAccessEntry", ` + on}, never: "without conditions",
		},
		{name: "a read", operation: "DescribeCluster", action: "eks:DescribeCluster", never: "CreateAccessEntry"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			call.Operation = tt.operation
			e := awserr.From(&smithy.OperationError{ServiceID: "EKS", OperationName: tt.operation,
				Err: &smithy.GenericAPIError{
					Code: "AccessDeniedException",
					Message: "User: arn:aws:sts::111122223333:assumed-role/ci/x is not authorized to perform: " +
						tt.action + " on resource: " + call.Cluster.ARN(),
				}}, call)
			for _, want := range tt.says {
				if !strings.Contains(e.Hint, want) {
					t.Errorf("no %q in: %s", want, e.Hint)
				}
			}
			if tt.never != "" && strings.Contains(e.Hint, tt.never) {
				t.Errorf("%q in: %s", tt.never, e.Hint)
			}
		})
	}
}
