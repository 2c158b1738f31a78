package source

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"parley/infra/local/lambda"
	"parley/infra/local/template"
)

// longPoll is how long one receive waits for messages, in seconds. AWS uses 20. It
// is short here because Stop waits for the running receive: if Stop cancelled it,
// messages that the server has just handed out would stay invisible for the
// visibility timeout.
const longPoll = 1

// readQueue receives batches from one queue and invokes one function with them,
// until ctx ends.
func (s *Sources) readQueue(ctx context.Context, f template.Function, q template.QueueSource) {
	concurrency := s.options.Concurrency
	if q.Concurrency > 0 && q.Concurrency < concurrency {
		concurrency = q.Concurrency
	}
	if strings.HasSuffix(q.Queue, ".fifo") {
		concurrency = 1 // to keep the order of the messages
	}
	url := strings.TrimSuffix(s.options.SQS, "/") + "/" + template.Account + "/" + q.Queue
	semaphore := make(chan struct{}, concurrency)
	s.running.Go(func() {
		for {
			select {
			case semaphore <- struct{}{}:
			case <-ctx.Done():
				return
			}
			batch, err := s.receiveBatch(ctx, url, q)
			if len(batch) == 0 {
				<-semaphore
				if ctx.Err() != nil {
					return
				}
				if err != nil {
					s.report(fmt.Errorf("receive from %s: %w", q.Queue, err))
					wait(ctx, 500*time.Millisecond)
				}
				continue
			}
			s.running.Go(func() {
				defer func() { <-semaphore }()
				s.processBatch(f, q, url, batch)
			})
		}
	})
}

// receiveBatch receives messages until the batch is full or its window has passed.
// Without a window the batch is what the first receive returns.
func (s *Sources) receiveBatch(ctx context.Context, url string, q template.QueueSource) ([]types.Message, error) {
	var batch []types.Message
	var end time.Time
	for {
		waitSeconds := int32(longPoll)
		if len(batch) > 0 {
			left := time.Until(end)
			if left <= 0 || ctx.Err() != nil {
				return batch, nil //nolint:nilerr // what was received is still delivered to the function
			}
			waitSeconds = int32(min(left/time.Second, longPoll))
		}
		out, err := s.queues.ReceiveMessage(context.WithoutCancel(ctx), &sqs.ReceiveMessageInput{
			QueueUrl: &url, MaxNumberOfMessages: int32(min(10, q.BatchSize-len(batch))), WaitTimeSeconds: waitSeconds,
			MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
			MessageAttributeNames:       []string{"All"},
		})
		if err != nil {
			return batch, err
		}
		if len(batch) == 0 {
			end = time.Now().Add(q.Window)
		}
		batch = append(batch, out.Messages...)
		if len(batch) == 0 || len(batch) >= q.BatchSize || q.Window == 0 {
			return batch, nil
		}
		if len(out.Messages) == 0 && waitSeconds == 0 && !wait(ctx, 100*time.Millisecond) {
			return batch, nil
		}
	}
}

// processBatch invokes the function and deletes the messages that it has processed.
// It uses a context of its own, so that a batch that was received is finished even
// if the sources are stopping.
func (s *Sources) processBatch(f template.Function, q template.QueueSource, url string, batch []types.Message) {
	ctx := context.Background()
	ids := make([]string, len(batch))
	for i, m := range batch {
		ids[i] = aws.ToString(m.MessageId)
	}
	result, err := s.options.Functions.Invoke(lambda.WithTrace(ctx, longestTrace(batch)), f.Handler, s.queueEvent(q, batch))
	if errors.Is(err, lambda.ErrRecursive) {
		s.report(fmt.Errorf("%d messages of %s: %w", len(batch), q.Queue, err))
		result, err = lambda.Result{}, nil // the messages are gone
	}
	failures, all := failedItems(result, err, q.Partial, ids)
	s.report(err)
	var done []types.DeleteMessageBatchRequestEntry
	for i, m := range batch {
		if !all && !failures[ids[i]] {
			done = append(done, types.DeleteMessageBatchRequestEntry{Id: aws.String(fmt.Sprint(i)), ReceiptHandle: m.ReceiptHandle})
			continue
		}
		if s.options.Retry > 0 {
			_, err := s.queues.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
				QueueUrl: &url, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: int32(s.options.Retry.Round(time.Second) / time.Second),
			})
			if err != nil {
				s.report(fmt.Errorf("make a message of %s visible again: %w", q.Queue, err))
			}
		}
	}
	for len(done) > 0 {
		n := min(10, len(done))
		// A message whose visibility timeout has passed meanwhile cannot be deleted
		// with its old receipt. It is delivered once more, as on AWS.
		if _, err := s.queues.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: &url, Entries: done[:n]}); err != nil {
			s.report(fmt.Errorf("delete from %s: %w", q.Queue, err))
		}
		done = done[n:]
	}
}

// longestTrace returns the trace header of a batch: of the messages that have one, the
// longest, since that is the one with the longest lineage.
func longestTrace(batch []types.Message) string {
	longest := ""
	for _, m := range batch {
		if h := m.Attributes[string(types.MessageSystemAttributeNameAWSTraceHeader)]; len(h) >= len(longest) && h > longest || len(h) > len(longest) {
			longest = h
		}
	}
	return longest
}

type queueAttribute struct {
	String      *string  `json:"stringValue,omitempty"`
	Binary      []byte   `json:"binaryValue,omitempty"`
	StringList  []string `json:"stringListValues"`
	BinaryList  []string `json:"binaryListValues"`
	ContentType string   `json:"dataType"`
}

type queueRecord struct {
	MessageID  string                    `json:"messageId"`
	Receipt    string                    `json:"receiptHandle"`
	Body       string                    `json:"body"`
	Attributes map[string]string         `json:"attributes"`
	Custom     map[string]queueAttribute `json:"messageAttributes"`
	MD5        string                    `json:"md5OfBody"`
	MD5Custom  string                    `json:"md5OfMessageAttributes,omitempty"`
	Source     string                    `json:"eventSource"`
	ARN        string                    `json:"eventSourceARN"`
	Region     string                    `json:"awsRegion"`
}

func (s *Sources) queueEvent(q template.QueueSource, batch []types.Message) []byte {
	records := make([]queueRecord, len(batch))
	for i, m := range batch {
		custom := map[string]queueAttribute{}
		for name, a := range m.MessageAttributes {
			custom[name] = queueAttribute{a.StringValue, a.BinaryValue, []string{}, []string{}, aws.ToString(a.DataType)}
		}
		records[i] = queueRecord{
			aws.ToString(m.MessageId), aws.ToString(m.ReceiptHandle), aws.ToString(m.Body), m.Attributes, custom,
			aws.ToString(m.MD5OfBody), aws.ToString(m.MD5OfMessageAttributes), "aws:sqs", q.ARN, s.options.Region,
		}
	}
	event, _ := json.Marshal(map[string]any{"Records": records}) // strings and bytes always marshal
	return event
}
