// Package queue sends jobs to SQS queues, and runs the jobs of a batch that SQS delivers.
package queue

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"parley/shared/attempt"
	"parley/shared/plainjson"
	"parley/shared/telemetry"
)

// A Name is a queue of the deployment.
type Name string

// The queues.
const (
	Delivery  Name = "delivery" // posts and closings that failed, and are tried again
	Broadcast Name = "announce" // broadcasts to the friends or watchers of a user
	Removal   Name = "sweep"    // deleted accounts whose data must be deleted
	Push      Name = "push"     // pushes to devices that do not have the app in front
	Index     Name = "index"    // accounts whose conversation rows must be indexed
)

// Names lists the queues.
func Names() []Name { return []Name{Delivery, Broadcast, Removal, Push, Index} }

// Queue sends jobs of one type to one queue.
type Queue[Job any] struct {
	name   Name
	url    string
	client *sqs.Client
}

// New returns a Queue. endpoint is the address of the local cloud, and empty on AWS.
func New[Job any](cfg aws.Config, endpoint string, name Name, url string) *Queue[Job] {
	client := sqs.NewFromConfig(cfg, func(o *sqs.Options) {
		if endpoint != "" {
			o.BaseEndpoint = &endpoint
		}
		o.APIOptions = append(o.APIOptions, attempt.Bounded)
	})
	return &Queue[Job]{name: name, url: url, client: client}
}

// Send sends a job. SQS delivers it after delay (whole seconds, at most 15 minutes).
func (q *Queue[Job]) Send(ctx context.Context, job Job, delay time.Duration) error {
	meter := telemetry.MeterOf(ctx)
	meter.Touch("send " + string(q.name))
	text, err := plainjson.Marshal(job)
	if err != nil {
		return fmt.Errorf("queue %s: %w", q.name, err)
	}
	body := string(escapeForSQS(text))
	_, err = q.client.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: &q.url, MessageBody: &body, DelaySeconds: int32(delay / time.Second), // at most 900
	})
	meter.Count(telemetry.Units{S: 1})
	if err != nil {
		return fmt.Errorf("queue %s: %w", q.name, err)
	}
	return nil
}

// escapeForSQS escapes the characters U+FFFE and U+FFFF of a JSON text. SQS accepts only
// characters that XML allows, and refuses a job with one of these two. JSON escapes the
// control characters, which XML does not allow either. A job may contain such a
// character because a user wrote it in a message.
func escapeForSQS(text []byte) []byte {
	text = bytes.ReplaceAll(text, []byte("\uFFFE"), []byte(`\ufffe`))
	return bytes.ReplaceAll(text, []byte("\uFFFF"), []byte(`\uffff`))
}
