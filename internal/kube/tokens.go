package kube

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// margin is how long before its end a token is not used any more.
const margin = time.Minute

// tokens makes a token when one is due.
type tokens struct {
	credentials aws.CredentialsProvider
	region, id  string
	now         func() time.Time

	mu   sync.Mutex
	last *Token
}

func (t *tokens) bearer(ctx context.Context) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if t.last != nil && now.Add(margin).Before(t.last.Expires) {
		return t.last.bearer, nil
	}
	credentials, err := t.credentials.Retrieve(ctx)
	if err != nil {
		return "", err
	}
	fresh, err := NewToken(ctx, credentials, t.region, t.id, now)
	if err != nil {
		return "", err
	}
	t.last = &fresh
	return fresh.bearer, nil
}
