// Package queue sends jobs to SQS queues, and runs the jobs of a batch that SQS delivers.
package queue

import (
	"bytes"
	"context"
	"crypto/md5" // an answer of SQS has it
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"parley/shared/awscall"
	"parley/shared/clock"
	"parley/shared/plainjson"
	"parley/shared/telemetry"
)

// A Name is a queue of the deployment.
type Name string

// The queues.
const (
	Delivery  Name = "delivery"  // posts and closings that failed, and are tried again
	Broadcast Name = "broadcast" // broadcasts to the friends or watchers of a user, and deliveries to large groups
	// Background has the work that no caller waits for: the data of deleted accounts and of destroyed
	// groups that must be removed, accounts whose conversation rows must be indexed, and applications
	// whose unused groups must be destroyed.
	Background Name = "background"
	Push       Name = "push" // pushes to devices that do not have the app in front
)

// Names lists the queues.
func Names() []Name { return []Name{Delivery, Broadcast, Background, Push} }

// Queue sends jobs of one type to one queue.
type Queue[Job any] struct {
	name   Name
	url    string
	client *awscall.Client
}

// New returns a Queue. endpoint is the address of the local cloud, and empty on AWS.
func New[Job any](cfg aws.Config, endpoint string, name Name, url string) *Queue[Job] {
	if endpoint != "" {
		cfg.BaseEndpoint = &endpoint
	}
	client := awscall.New(cfg, awscall.Service{Name: "sqs", Target: "AmazonSQS", Version: "1.0"}, clock.System{})
	return &Queue[Job]{name: name, url: url, client: client}
}

// A message is the request of SendMessage.
type message struct {
	URL   string `json:"QueueUrl"`
	Body  string `json:"MessageBody"`
	Delay int    `json:"DelaySeconds,omitempty"` // at most 900
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
	err = q.sendMessage(ctx, message{URL: q.url, Body: body, Delay: int(delay / time.Second)})
	meter.Count(telemetry.Units{S: 1})
	if err != nil {
		return fmt.Errorf("queue %s: %w", q.name, err)
	}
	return nil
}

// sendMessage sends a message, and checks that SQS has received what was sent.
func (q *Queue[Job]) sendMessage(ctx context.Context, m message) error {
	var out struct{ MD5OfMessageBody string }
	if err := q.client.Call(ctx, "SendMessage", m, &out); err != nil {
		return err
	}
	if sum := fmt.Sprintf("%x", md5.Sum([]byte(m.Body))); out.MD5OfMessageBody != "" && out.MD5OfMessageBody != sum {
		return fmt.Errorf("the checksum of the message is %s, want %s", out.MD5OfMessageBody, sum)
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
