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

	"parley/shared/attempt"
)

// TestTime: a call that hangs in all of its attempts leaves time for an answer.
func TestTime(t *testing.T) {
	for _, c := range []struct{ left, min, max time.Duration }{
		{29 * time.Second, 2 * time.Second, 2 * time.Second},
		{6 * time.Second, 1400 * time.Millisecond, 1500 * time.Millisecond},
		{3 * time.Second, 700 * time.Millisecond, 750 * time.Millisecond},
		{time.Second, 500 * time.Millisecond, 500 * time.Millisecond},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), c.left)
		if got := attempt.Time(ctx); got < c.min || got > c.max {
			t.Errorf("with %v left: an attempt of %v, want %v to %v", c.left, got, c.min, c.max)
		}
		cancel()
	}
	if got := attempt.Time(t.Context()); got != time.Minute {
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

// hung answers the first calls only when their caller has gone.
func hung(t *testing.T, times int64) (*dynamodb.Client, *atomic.Int64) {
	var calls atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) <= times {
			_, _ = r.Body.Read(make([]byte, 1<<10)) // or the end of the connection is not seen
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
	}, dynamodb.WithAPIOptions(attempt.Bounded)), &calls
}

func TestBounded(t *testing.T) {
	name := "core"
	in := &dynamodb.GetItemInput{TableName: &name, Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "k"}}}
	for _, c := range []struct {
		name    string
		hangs   int64
		given   time.Duration
		ok      bool
		calls   int64
		atLeast time.Duration
		atMost  time.Duration
	}{
		{"the first attempt hangs, the second is answered", 1, 4 * time.Second, true, 2, time.Second, 4 * time.Second},
		{"all attempts hang: an error before the deadline", 9, 3 * time.Second, false, 3, 1500 * time.Millisecond, 3 * time.Second},
		{"the caller's time ends first", 9, 100 * time.Millisecond, false, 1, 100 * time.Millisecond, 2 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			client, calls := hung(t, c.hangs)
			ctx, cancel := context.WithTimeout(t.Context(), c.given)
			defer cancel()
			began := time.Now()
			_, err := client.GetItem(ctx, in)
			took := time.Since(began)
			if (err == nil) != c.ok || calls.Load() != c.calls || took < c.atLeast || took > c.atMost {
				t.Errorf("got %v after %d calls and %v, want success %t, %d calls, %v to %v", err, calls.Load(), took, c.ok, c.calls, c.atLeast, c.atMost)
			}
			if err != nil && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v is no deadline that has passed", err)
			}
		})
	}
}
