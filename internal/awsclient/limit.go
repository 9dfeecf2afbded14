package awsclient

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
)

// slots bound the calls in flight over all clusters.
type slots chan struct{}

// withLimits returns cfg with the run's limits on every attempt of a call: a slot
// of the connector's, and the pace of its kind where paced names one (service,
// account and region).
func (c *Connector) withLimits(cfg aws.Config, paced string) aws.Config {
	var p *pace
	if paced != "" && c.options.TestOnlyPatience == 0 {
		p, _ = c.paces.Do(context.Background(), paced, func(context.Context) (*pace, error) { return newPace(), nil })
	}
	cfg = cfg.Copy()
	// Copy shares the list, so an append into its spare capacity would be seen by other clients.
	cfg.APIOptions = append(slices.Clip(cfg.APIOptions), func(s *middleware.Stack) error {
		// After the credentials are there, since those may need calls of their
		// own, and before signing, since a signature ages while it waits.
		return s.Finalize.Insert(limit{c.slots, p}, "GetIdentity", middleware.After)
	})
	return cfg
}

// apiOptions are what all clients have, those that fetch credentials included.
func (c *Connector) apiOptions() []func(*middleware.Stack) error {
	options := []func(*middleware.Stack) error{
		awsmiddleware.AddUserAgentKeyValue("eksaccess", c.options.Version),
		func(s *middleware.Stack) error { return s.Deserialize.Add(limitAnswer{}, middleware.After) },
	}
	options = append(options, func(s *middleware.Stack) error {
		if err := s.Finalize.Insert(watchCall{}, "Retry", middleware.Before); err != nil {
			return err
		}
		return s.Finalize.Insert(watchAttempt{c.options.Retrying}, "Retry", middleware.After)
	})
	if c.options.Debug != nil {
		options = append(options, func(s *middleware.Stack) error {
			return s.Finalize.Insert(debug{c.options.Debug}, "Retry", middleware.After)
		})
	}
	if c.options.Clock != nil {
		options = append(options, func(s *middleware.Stack) error {
			return s.Deserialize.Add(readClock{c.options.Clock}, middleware.After)
		})
	}
	if c.options.Tally != nil {
		options = append(options, func(s *middleware.Stack) error {
			// Behind the limits, which go to the same place later.
			return s.Finalize.Insert(counted{c.options.Tally}, "GetIdentity", middleware.After)
		})
	}
	return options
}

// limit is the middleware that waits for its turn.
type limit struct {
	slots slots
	pace  *pace // nil for none
}

func (limit) ID() string { return "eksaccessLimit" }

func (l limit) HandleFinalize(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
	middleware.FinalizeOutput, middleware.Metadata, error,
) {
	if l.pace != nil {
		if err := l.pace.wait(ctx); err != nil {
			return middleware.FinalizeOutput{}, middleware.Metadata{}, &aws.RequestCanceledError{Err: err}
		}
	}
	select {
	case l.slots <- struct{}{}:
	case <-ctx.Done():
		return middleware.FinalizeOutput{}, middleware.Metadata{}, &aws.RequestCanceledError{Err: ctx.Err()}
	}
	begun := time.Now()
	out, metadata, err := next.HandleFinalize(ctx, in)
	<-l.slots
	if l.pace != nil {
		l.pace.record(begun, time.Now(), err)
	}
	return out, metadata, err
}
