package awsclient

import (
	"context"
	"errors"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	"github.com/eksaccess/eksaccess/internal/awserr"
)

// A Retry is a call that is sent again.
type Retry struct {
	Operation, Region string
	Attempt, Attempts int   // this one, from 2, and how many there may be
	Err               error // of the attempt before
}

// An attempted is what is known of one call over its attempts.
type attempted struct {
	n    int
	last error // of the latest attempt that ended by itself
}

type attemptedKey struct{}

// watchCall is the middleware around all attempts of a call. An error of ctx
// hides what AWS answered before; it is kept with it.
type watchCall struct{}

func (watchCall) ID() string { return "eksaccessWatchCall" }

func (watchCall) HandleFinalize(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
	middleware.FinalizeOutput, middleware.Metadata, error,
) {
	a := &attempted{}
	out, metadata, err := next.HandleFinalize(context.WithValue(ctx, attemptedKey{}, a), in)
	if err != nil && ctx.Err() != nil && a.last != nil {
		err = &awserr.Stopped{Err: err, Last: &smithy.OperationError{
			ServiceID: awsmiddleware.GetServiceID(
				ctx,
			), OperationName: awsmiddleware.GetOperationName(ctx), Err: a.last}}
	}
	return out, metadata, err
}

// watchAttempt is the middleware around each attempt.
type watchAttempt struct{ report func(Retry) }

func (watchAttempt) ID() string { return "eksaccessWatchAttempt" }

func (w watchAttempt) HandleFinalize(
	ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
) (middleware.FinalizeOutput, middleware.Metadata, error) {
	a, _ := ctx.Value(attemptedKey{}).(*attempted)
	if a == nil {
		return next.HandleFinalize(ctx, in)
	}
	if a.n++; a.n > 1 && a.last != nil && w.report != nil {
		w.report(Retry{Operation: awsmiddleware.GetOperationName(ctx), Region: awsmiddleware.GetRegion(ctx),
			Attempt: a.n, Attempts: maxAttempts, Err: a.last})
	}
	out, metadata, err := next.HandleFinalize(ctx, in)
	if err != nil && ctx.Err() == nil && !errors.Is(err, context.DeadlineExceeded) {
		a.last = err
	}
	return out, metadata, err
}
