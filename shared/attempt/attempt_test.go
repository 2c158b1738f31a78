package attempt_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/infra/wiretest"
	"parley/shared/attempt"
)

// TestTimeOfAnAttempt shows how long an attempt may take, and that a call that hangs in all
// its attempts leaves time to answer.
func TestTimeOfAnAttempt(t *testing.T) {
	for _, c := range []struct{ left, min, max time.Duration }{
		{29 * time.Second, 2 * time.Second, 2 * time.Second},
		{6 * time.Second, 1400 * time.Millisecond, 1500 * time.Millisecond},
		{3 * time.Second, 700 * time.Millisecond, 750 * time.Millisecond},
		{time.Second, 500 * time.Millisecond, 500 * time.Millisecond},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), c.left)
		if got := attempt.TimeFor(ctx); got < c.min || got > c.max {
			t.Errorf("with %v left: an attempt of %v, want %v to %v", c.left, got, c.min, c.max)
		}
		cancel()
	}
	if got := attempt.TimeFor(t.Context()); got != time.Minute {
		t.Errorf("without a deadline: an attempt of %v, want a minute", got)
	}
	left := 6 * time.Second
	for range attempt.Retryer().MaxAttempts() {
		left -= max(left/4, 500*time.Millisecond)
	}
	if left < 2*time.Second {
		t.Errorf("three attempts of a function of 6 s leave %v, want 2s", left)
	}
}

// hanging returns a client of a server that does not answer the first calls, and the number
// of calls so far.
func hanging(t *testing.T, hangs int64) (*dynamodb.Client, *atomic.Int64) {
	var calls atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) <= hangs {
			_, _ = r.Body.Read(make([]byte, 1<<10)) // without this, the server does not notice that the client closes the connection
			<-r.Context().Done()
			return
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		_, _ = w.Write([]byte(`{"Item":{"pk":{"S":"found"}}}`))
	}))
	t.Cleanup(server.Close)
	return dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: &server.URL, Retryer: attempt.Retryer(),
		Credentials: aws.AnonymousCredentials{},
	}, dynamodb.WithAPIOptions(wiretest.Bounded)), &calls
}

// TestAttemptThatHangsIsTriedAgain: an attempt that hangs is followed by another one, as
// long as there is time.
func TestAttemptThatHangsIsTriedAgain(t *testing.T) {
	name := "core"
	in := &dynamodb.GetItemInput{TableName: &name, Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "k"}}}
	for _, c := range []struct {
		name    string
		hangs   int64
		timeout time.Duration
		ok      bool
		calls   int64
		atLeast time.Duration
		atMost  time.Duration
	}{
		{"the first attempt hangs, the second is answered", 1, 4 * time.Second, true, 2, time.Second, 4 * time.Second},
		{"all attempts hang: the call fails before the deadline", 9, 3 * time.Second, false, 3, 1500 * time.Millisecond, 3 * time.Second},
		{"the deadline of the caller comes first: there is no other attempt", 9, 100 * time.Millisecond, false, 1, 100 * time.Millisecond, 2 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			client, calls := hanging(t, c.hangs)
			ctx, cancel := context.WithTimeout(t.Context(), c.timeout)
			defer cancel()
			start := time.Now()
			_, err := client.GetItem(ctx, in)
			took := time.Since(start)
			if (err == nil) != c.ok || calls.Load() != c.calls || took < c.atLeast || took > c.atMost {
				t.Errorf("got %v after %d calls and %v, want success %t, %d calls, %v to %v", err, calls.Load(), took, c.ok, c.calls, c.atLeast, c.atMost)
			}
			if err != nil && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v is not context.DeadlineExceeded", err)
			}
		})
	}
}
