package source

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"parley/infra/local/backing"
	"parley/infra/local/lambda"
	"parley/infra/local/template"
)

// poisoned fails every batch that has the record of the poison, and records what it was
// given.
type poisoned struct {
	poison  string
	batches []string
}

func (p *poisoned) Invoke(_ context.Context, _ string, event []byte) (lambda.Result, error) {
	var e struct {
		Records []struct {
			Dynamodb struct{ SequenceNumber string }
		}
	}
	if err := json.Unmarshal(event, &e); err != nil {
		return lambda.Result{}, err
	}
	var numbers []string
	for _, r := range e.Records {
		numbers = append(numbers, r.Dynamodb.SequenceNumber)
	}
	p.batches = append(p.batches, strings.Join(numbers, " "))
	if slices.Contains(numbers, p.poison) {
		return lambda.Result{FunctionError: "Unhandled", Payload: []byte(`{"errorMessage":"poison"}`)}, nil
	}
	return lambda.Result{}, nil
}

// poison delivers the records 1 to 8, of which 5 fails, and returns the batches that the
// function was given and what the queue of failures received.
func poison(t *testing.T, mapping template.StreamSource, born time.Time) (batches, aside []string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		aside = append(aside, string(body))
		fmt.Fprint(w, `{"MessageId":"m"}`)
	}))
	defer server.Close()
	mapping.OnFailure = server.URL + "/aside"
	f := &poisoned{poison: "5"}
	c, err := openCheckpoints("")
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{
		Sources: &Sources{options: Options{Functions: f}, queues: backing.Queues(server.URL), checkpoints: c},
		source:  mapping, function: template.Function{Handler: "worker.archive.collect", ARN: "arn"},
	}
	var batch []types.Record
	for i := range 8 {
		batch = append(batch, types.Record{Dynamodb: &types.StreamRecord{SequenceNumber: aws.String(fmt.Sprint(i + 1)), ApproximateCreationDateTime: &born}})
	}
	if !r.deliver(t.Context(), "shard-1", batch) {
		t.Error("the shard does not go on")
	}
	return f.batches, aside
}

// TestPoisonRecordIsSetAside: a batch with a record that always fails is halved until the
// record is alone. It is tried again as often as the mapping allows and then set aside; all
// other records are processed once.
func TestPoisonRecordIsSetAside(t *testing.T) {
	batches, aside := poison(t, template.StreamSource{BatchSize: 100, Bisect: true, Retries: 2}, time.Now())
	want := []string{"1 2 3 4 5 6 7 8", "1 2 3 4", "5 6 7 8", "5 6", "5", "5", "5", "6", "7 8"}
	if !slices.Equal(batches, want) {
		t.Errorf("batches: got %q, want %q", batches, want)
	}
	if len(aside) != 1 || !strings.Contains(aside[0], `\"startSequenceNumber\":\"5\"`) || !strings.Contains(aside[0], `\"batchSize\":1`) {
		t.Errorf("set aside: got %q, want one message about record 5", aside)
	}
}

// TestOldRecordIsSetAside: a record that is older than the mapping allows is not tried again.
func TestOldRecordIsSetAside(t *testing.T) {
	batches, aside := poison(t, template.StreamSource{BatchSize: 100, Bisect: true, Retries: -1, MaxAge: time.Hour}, time.Now().Add(-2*time.Hour))
	if n := len(slices.DeleteFunc(batches, func(b string) bool { return b != "5" })); n != 1 || len(aside) != 1 {
		t.Errorf("tried %d times, set aside %q, want once each", n, aside)
	}
}

// TestWindow: records are collected until the batch is full, the window has passed or the shard
// ends. Without a window each read is delivered at once.
func TestWindow(t *testing.T) {
	for window, want := range map[time.Duration][]string{time.Hour: {"1 2", "3"}, 0: {"1", "2", "3"}} {
		reads := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			reads++
			next := `,"NextShardIterator":"next"`
			if reads == 3 {
				next = ""
			}
			w.Header().Set("Content-Type", "application/x-amz-json-1.0")
			fmt.Fprintf(w, `{"Records":[{"eventName":"INSERT","dynamodb":{"SequenceNumber":"%d","Keys":{"sk":{"S":"m1"}}}}]%s}`, reads, next)
		}))
		defer server.Close()
		c, err := openCheckpoints("")
		if err != nil {
			t.Fatal(err)
		}
		filters, err := parseFilters([]string{`{"eventName":["INSERT"],"dynamodb":{"SequenceNumber":[{"prefix":""}],"Keys":{"sk":{"S":[{"prefix":"m"}]}}}}`})
		if err != nil {
			t.Fatal(err)
		}
		f := &poisoned{}
		r := &reader{
			Sources: &Sources{options: Options{Functions: f}, checkpoints: c, streams: dynamodbstreams.New(dynamodbstreams.Options{
				Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: backing.Credentials(),
			})},
			source: template.StreamSource{BatchSize: 2}, function: template.Function{Handler: "worker.archive.collect"},
			window: window, filters: filters, finished: map[string]chan struct{}{"shard": make(chan struct{})},
		}
		r.readShard(t.Context(), "shard", aws.String("first"), nil)
		if !slices.Equal(f.batches, want) {
			t.Errorf("with a window of %s the batches are %q, want %q", window, f.batches, want)
		}
	}
}

// TestWithoutBisectTheWholeBatchIsSetAside shows why the mapping bisects.
func TestWithoutBisectTheWholeBatchIsSetAside(t *testing.T) {
	batches, aside := poison(t, template.StreamSource{BatchSize: 100, Retries: 1}, time.Now())
	if len(batches) != 2 || len(aside) != 1 || !strings.Contains(aside[0], `\"batchSize\":8`) {
		t.Errorf("batches %q, set aside %q", batches, aside)
	}
}
