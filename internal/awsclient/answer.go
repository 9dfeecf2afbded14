package awsclient

import (
	"context"
	"fmt"
	"io"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// maxAnswer is the largest answer of AWS that is read, in bytes. The largest
// there is, a page of 1,000 roles with their trust policies, has some megabytes.
const maxAnswer = 16 << 20

// limitAnswer is the middleware that stops reading an answer at maxAnswer.
type limitAnswer struct{}

func (limitAnswer) ID() string { return "eksaccessLimitAnswer" }

func (limitAnswer) HandleDeserialize(
	ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
) (middleware.DeserializeOutput, middleware.Metadata, error) {
	out, metadata, err := next.HandleDeserialize(ctx, in)
	if answer, ok := out.RawResponse.(*smithyhttp.Response); ok && answer.Response != nil && answer.Body != nil {
		answer.Body = &limitedBody{answer.Body, maxAnswer}
	}
	return out, metadata, err
}

type limitedBody struct {
	io.ReadCloser
	left int64
}

// An answerTooLarge is final: another attempt would bring the same answer.
type answerTooLarge struct{}

func (answerTooLarge) Error() string {
	return fmt.Sprintf("the answer is larger than %d MiB", maxAnswer>>20)
}

func (answerTooLarge) RetryableError() bool { return false }

func (b *limitedBody) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, answerTooLarge{}
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n - 1, answerTooLarge{}
	}
	return n, err
}
