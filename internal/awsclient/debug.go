package awsclient

import (
	"context"
	"errors"
	"log/slog"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
)

// debug logs one line for every attempt of a call: what, where, how long and
// how it ended. Nothing that was sent, no header and no body.
type debug struct{ log *slog.Logger }

func (debug) ID() string { return "eksaccessDebug" }

func (d debug) HandleFinalize(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
	middleware.FinalizeOutput, middleware.Metadata, error,
) {
	start := time.Now()
	out, metadata, err := next.HandleFinalize(ctx, in)
	attrs := []slog.Attr{
		slog.String("service", awsmiddleware.GetServiceID(ctx)),
		slog.String("operation", awsmiddleware.GetOperationName(ctx)),
		slog.String("region", awsmiddleware.GetRegion(ctx)),
		slog.Duration("took", time.Since(start).Round(time.Millisecond)),
	}
	if id, ok := awsmiddleware.GetRequestIDMetadata(metadata); ok {
		attrs = append(attrs, slog.String("requestId", id))
	}
	if err != nil {
		attrs = append(attrs, slog.String("failed", outcomeCode(err)))
	}
	d.log.LogAttrs(ctx, slog.LevelDebug, "aws call", attrs...)
	return out, metadata, err
}

// outcomeCode is an error's code; messages are left out, since they may repeat
// what was sent.
func outcomeCode(err error) string {
	var api smithy.APIError
	var answer interface{ HTTPStatusCode() int }
	switch {
	case errors.As(err, &api) && api.ErrorCode() != "":
		return api.ErrorCode()
	case errors.As(err, &answer):
		return "no error code"
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return "cancelled"
	}
	return "no answer"
}
