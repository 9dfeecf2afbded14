package live

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/eksaccess/eksaccess/internal/awserr"
)

// Ahead is how far this machine's clock is ahead of that of AWS, to the
// second: answers say when they were made. told is false for one that does
// not.
func Ahead(ctx context.Context, r STSReader) (ahead time.Duration, told bool, err error) {
	out, err := r.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return 0, false, awserr.From(err, awserr.Call{Operation: "GetCallerIdentity"})
	}
	at, told := middleware.GetServerTime(out.ResultMetadata)
	here, also := middleware.GetResponseAt(out.ResultMetadata)
	if !told || !also {
		return 0, false, nil
	}
	return here.Sub(at), true, nil
}
