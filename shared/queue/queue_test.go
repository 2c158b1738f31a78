package queue_test

import (
	"context"
	"crypto/md5" // a response of SQS has it
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"

	"parley/shared/queue"
	"parley/shared/telemetry"
)

type job struct {
	N    int    `json:"n"`
	Then string `json:"then"`
}

// TestFailedJobsAreReported: the response names the jobs that failed, and the other jobs of
// the batch run.
func TestFailedJobsAreReported(t *testing.T) {
	batch := func(bodies ...string) string {
		var records []map[string]string
		for i, b := range bodies {
			records = append(records, map[string]string{"messageId": "m" + string(rune('1'+i)), "body": b})
		}
		text, err := json.Marshal(map[string]any{"Records": records})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for _, c := range []struct {
		name, event  string
		ran          []int // the jobs that ran, by number
		failed       []string
		errs         int
		wantFailures bool // the response has a list of failures, which may be empty
	}{
		{"all jobs succeed", batch(`{"n":1}`, `{"n":2}`), []int{1, 2}, nil, 0, true},
		{"a batch without jobs", batch(), nil, nil, 0, true},
		{"a job that fails", batch(`{"n":1}`, `{"n":2,"then":"fail"}`, `{"n":3}`), []int{1, 2, 3}, []string{"m2"}, 1, true},
		{"all jobs fail", batch(`{"n":1,"then":"fail"}`, `{"n":2,"then":"fail"}`), []int{1, 2}, []string{"m1", "m2"}, 2, true},
		{"a job that panics", batch(`{"n":1,"then":"panic"}`, `{"n":2}`), []int{1, 2}, []string{"m1"}, 1, true},
		{"a job with a field of the wrong type", batch(`{"n":"x"}`, `{"n":2}`), []int{2}, []string{"m1"}, 1, true},
		{"a job that is not JSON", batch(`{"n":1}`, ``, `{"n":3}`), []int{1, 3}, []string{"m2"}, 1, true},
		{"an event that is not JSON", `{`, nil, nil, 1, false},
		{"an event that is a list", `[]`, nil, nil, 1, false},
	} {
		var ran []int
		answer, errs := queue.Each(t.Context(), []byte(c.event), func(_ context.Context, j job) error {
			ran = append(ran, j.N)
			switch j.Then {
			case "fail":
				return errors.New("no")
			case "panic":
				panic("no")
			}
			return nil
		})
		var failed []string
		for _, f := range answer.BatchItemFailures {
			failed = append(failed, f.ItemIdentifier)
		}
		if !slices.Equal(ran, c.ran) || !slices.Equal(failed, c.failed) || len(errs) != c.errs {
			t.Errorf("%s: ran %v, failed %q, errors %v; want %v, %q and %d", c.name, ran, failed, errs, c.ran, c.failed, c.errs)
		}
		if got := answer.BatchItemFailures != nil; got != c.wantFailures {
			t.Errorf("%s: the response has a list: %t, want %t", c.name, got, c.wantFailures)
		}
		for i, err := range errs {
			if c.wantFailures && !strings.HasPrefix(err.Error(), "message "+failed[i]+": ") {
				t.Errorf("%s: error %v does not name message %s", c.name, err, failed[i])
			}
		}
	}
}

// TestJobThatHangsFailsAlone: a job that hangs uses no more than its share of the batch's
// time. The other jobs run, and only the one that hangs is reported as failed.
func TestJobThatHangsFailsAlone(t *testing.T) {
	event := []byte(`{"Records":[{"messageId":"m1","body":"{\"n\":1}"},{"messageId":"m2","body":"{\"n\":2}"},` +
		`{"messageId":"m3","body":"{\"n\":3}"},{"messageId":"m4","body":"{\"n\":4}"}]}`)
	failed := func(a events.SQSEventResponse) (list []string) {
		for _, f := range a.BatchItemFailures {
			list = append(list, f.ItemIdentifier)
		}
		return list
	}
	for _, c := range []struct {
		name    string
		timeout time.Duration
		hangs   func(ctx context.Context, n int) bool
		want    []string
	}{
		{"a job that waits until its context is done", 2 * time.Second, func(ctx context.Context, n int) bool {
			if n == 2 {
				<-ctx.Done()
			}
			return n == 2
		}, []string{"m2"}},
		{"a job that ignores its context", 2 * time.Second, func(_ context.Context, n int) bool {
			if n == 1 {
				select {} // it never returns
			}
			return false
		}, []string{"m1"}},
		{"all jobs hang", time.Second, func(ctx context.Context, _ int) bool { <-ctx.Done(); return true }, []string{"m1", "m2", "m3", "m4"}},
		{"a batch without time", 0, func(context.Context, int) bool { return false }, []string{"m1", "m2", "m3", "m4"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), c.timeout)
			defer cancel()
			answer, errs := queue.Each(ctx, event, func(ctx context.Context, j job) error {
				if c.hangs(ctx, j.N) {
					return ctx.Err()
				}
				return nil
			})
			if deadline, _ := ctx.Deadline(); c.timeout > 0 && time.Now().After(deadline) {
				t.Errorf("returned after its deadline")
			}
			if got := failed(answer); !slices.Equal(got, c.want) || len(errs) != len(c.want) {
				t.Errorf("failed %q, %v, want %q", got, errs, c.want)
			}
		})
	}
}

func credentials() aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, nil
	})
}

// TestDamagedMessageFails: SQS answers with the checksum of what it has received. Example: if
// that is another one, the job may not be what was sent, so the send fails.
func TestDamagedMessageFails(t *testing.T) {
	sqs := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"MessageId":"1","MD5OfMessageBody":"d41d8cd98f00b204e9800998ecf8427e"}`))
	}))
	defer sqs.Close()
	q := queue.New[job](aws.Config{Region: "us-east-1", Credentials: credentials()}, sqs.URL, queue.Push, sqs.URL+"/q")
	if err := q.Send(t.Context(), job{}, 0); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("got %v, want an error", err)
	}
}

// TestSendJob shows the request that Send makes, the units and the access that it counts,
// and the errors that it returns.
func TestSendJob(t *testing.T) {
	var got struct {
		URL   string `json:"QueueUrl"`
		Body  string `json:"MessageBody"`
		Delay int    `json:"DelaySeconds"`
	}
	status := http.StatusOK
	sqs := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(status)
		// Send compares the checksum with that of the body that it sent.
		_, _ = fmt.Fprintf(w, `{"MessageId":"1","MD5OfMessageBody":"%x"}`, md5.Sum([]byte(got.Body)))
	}))
	defer sqs.Close()
	cfg := aws.Config{Region: "us-east-1", Credentials: credentials()}
	q := queue.New[job](cfg, sqs.URL, queue.Delivery, sqs.URL+"/delivery")
	m := telemetry.NewRecorder()
	ctx := telemetry.WithMeter(t.Context(), m)
	if err := q.Send(ctx, job{N: 7}, 8*time.Second+999*time.Millisecond); err != nil {
		t.Errorf("a send that is accepted: %v", err)
	}
	if got.URL != sqs.URL+"/delivery" || got.Body != `{"n":7,"then":""}` || got.Delay != 8 {
		t.Errorf("sent %+v", got)
	}
	status = http.StatusBadRequest
	if err := q.Send(ctx, job{}, 0); err == nil || !strings.HasPrefix(err.Error(), "queue delivery: ") {
		t.Errorf("a refused send: %v, want an error that names the queue", err)
	}
	if u := m.Units(); u.S != 2 {
		t.Errorf("%d requests counted, want 2", u.S)
	}
	if got, want := m.Touched(), []string{"send delivery"}; !slices.Equal(got, want) {
		t.Errorf("touched %q, want %q", got, want)
	}
	bad := queue.New[func()](cfg, sqs.URL, queue.Delivery, sqs.URL)
	if err := bad.Send(ctx, nil, 0); err == nil {
		t.Error("a job that cannot be encoded is sent")
	}
}

// TestJobMayContainAnyCharacter: SQS refuses the characters U+FFFE and U+FFFF, so they are
// escaped.
func TestJobMayContainAnyCharacter(t *testing.T) {
	var body string
	sqs := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Body string `json:"MessageBody"`
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Error(err)
		}
		body = in.Body
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		_, _ = w.Write([]byte("{}"))
	}))
	defer sqs.Close()
	q := queue.New[job](aws.Config{Region: "us-east-1", Credentials: credentials()}, sqs.URL, queue.Push, sqs.URL+"/q")
	text := "<\x01\u2028\uFFFE\uFFFF&\U0001FFFF"
	if err := q.Send(t.Context(), job{Then: text}, 0); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(body, "\uFFFE\uFFFF\x01") {
		t.Errorf("the job is %q", body)
	}
	var got job
	if err := json.Unmarshal([]byte(body), &got); err != nil || got.Then != text {
		t.Errorf("the job reads %q, %v, want %q", got.Then, err, text)
	}
}
