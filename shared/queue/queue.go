// Package queue writes to SQS and takes its batches apart.
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
	Delivery Name = "delivery" // posts that failed and are to be tried again
	Announce Name = "announce" // events for the friends or watchers of a user
	Sweep    Name = "sweep"    // accounts whose data is to go
	Push     Name = "push"     // messages for devices without the app in front
	Index    Name = "index"    // accounts whose conversation rows are to be indexed
)

// Names lists the queues.
func Names() []Name { return []Name{Delivery, Announce, Sweep, Push, Index} }

// Queue writes jobs of one kind to one queue.
type Queue[Job any] struct {
	name   Name
	url    string
	client *sqs.Client
}

// New returns a Queue. endpoint is empty on AWS.
func New[Job any](cfg aws.Config, endpoint string, name Name, url string) *Queue[Job] {
	client := sqs.NewFromConfig(cfg, func(o *sqs.Options) {
		if endpoint != "" {
			o.BaseEndpoint = &endpoint
		}
		o.APIOptions = append(o.APIOptions, attempt.Bounded)
	})
	return &Queue[Job]{name: name, url: url, client: client}
}

// Send queues a job, to be seen after delay (whole seconds, at most 15 minutes).
func (q *Queue[Job]) Send(ctx context.Context, job Job, delay time.Duration) error {
	meter := telemetry.MeterOf(ctx)
	meter.Touch("send " + string(q.name))
	text, err := plainjson.Marshal(job)
	if err != nil {
		return fmt.Errorf("queue %s: %w", q.name, err)
	}
	body := string(allowed(text))
	_, err = q.client.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: &q.url, MessageBody: &body, DelaySeconds: int32(delay / time.Second), //nolint:gosec // at most 900
	})
	meter.Count(telemetry.Units{S: 1})
	if err != nil {
		return fmt.Errorf("queue %s: %w", q.name, err)
	}
	return nil
}

// allowed escapes the two characters of a JSON text that SQS takes for a reason to
// refuse the job: it accepts what XML does, and JSON has the control characters
// escaped already. A job may hold what a user wrote, for example "\uFFFF".
func allowed(text []byte) []byte {
	text = bytes.ReplaceAll(text, []byte("\uFFFE"), []byte(`\ufffe`))
	return bytes.ReplaceAll(text, []byte("\uFFFF"), []byte(`\uffff`))
}
