package source

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"parley/infra/local/template"
)

// streamPause is how long a reader waits after it has found nothing new in a shard.
// AWS polls a shard four times a second, too.
const streamPause = 250 * time.Millisecond

// longestWindow is how long a reader collects records at most before it delivers them. The
// window of a mapping may be longer on AWS, which is cheaper there; here a person waits for what
// the function does.
const longestWindow = time.Second

// A reader reads the stream of one table for one function.
type reader struct {
	*Sources
	function template.Function
	source   template.StreamSource
	arn      string // of the stream in DynamoDB Local
	filters  []filter
	window   time.Duration // how long records are collected into a batch

	mu       sync.Mutex
	finished map[string]chan struct{} // by shard; closed when the shard was read to its end
}

// readStream starts to read the shards of a stream from StartingPosition. Every 5
// seconds it looks for new shards and reads them from their beginning. ctx is for
// the start, running for the reading.
func (s *Sources) readStream(ctx, running context.Context, f template.Function, source template.StreamSource) error {
	table, err := s.tables.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &source.Table})
	if err != nil {
		return err
	}
	if table.Table.LatestStreamArn == nil {
		return errors.New("the table has no stream; remove the local data so that it is created anew")
	}
	filters, err := parseFilters(source.Filters)
	if err != nil {
		return err
	}
	r := &reader{Sources: s, filters: filters, window: min(source.Window, longestWindow), function: f, source: source, arn: *table.Table.LatestStreamArn, finished: map[string]chan struct{}{}}
	// A mapping exists from its first start on, and everything that is written from then
	// on is for it, also while the local cloud is stopped. Example: an item is written,
	// and the cloud is stopped before the reader has seen the record. The next start reads
	// the shard from its beginning, though StartingPosition is LATEST.
	exists := r.checkpointKey("exists")
	if err := r.discover(ctx, running, source.FromStart || s.checkpoints.get(exists) != ""); err != nil {
		return err
	}
	if err := s.checkpoints.set(exists, "yes"); err != nil {
		return err
	}
	s.running.Go(func() {
		for wait(running, 5*time.Second) {
			s.report(r.discover(running, running, true))
		}
	})
	return nil
}

// discover starts to read the shards that are not being read yet. If fromStart is
// false, it skips what they contain now: it starts at the end of an open shard, and
// finds nothing in a closed one. Only the first call for a stream may do that.
func (r *reader) discover(ctx, running context.Context, fromStart bool) error {
	var shards []types.Shard
	in := &dynamodbstreams.DescribeStreamInput{StreamArn: &r.arn}
	for {
		out, err := r.streams.DescribeStream(ctx, in)
		if err != nil {
			return fmt.Errorf("describe the stream of %s: %w", r.source.Table, err)
		}
		shards = append(shards, out.StreamDescription.Shards...)
		if in.ExclusiveStartShardId = out.StreamDescription.LastEvaluatedShardId; in.ExclusiveStartShardId == nil {
			break
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, shard := range shards {
		id := aws.ToString(shard.ShardId)
		if r.finished[id] != nil {
			continue
		}
		iterator, err := r.iterator(ctx, id, fromStart)
		if err != nil {
			return fmt.Errorf("open the stream of %s: %w", r.source.Table, err)
		}
		r.finished[id] = make(chan struct{})
		parent := r.finished[aws.ToString(shard.ParentShardId)]
		r.running.Go(func() { r.readShard(running, id, iterator, parent) })
	}
	return nil
}

// checkpointKey is the key of a shard in the checkpoints.
func (r *reader) checkpointKey(shard string) string {
	return r.function.Handler + " " + r.source.Table + " " + shard
}

// iterator returns where to read a shard from: after its checkpoint if it has one,
// else from the beginning or the end.
func (r *reader) iterator(ctx context.Context, shard string, fromStart bool) (*string, error) {
	in := &dynamodbstreams.GetShardIteratorInput{StreamArn: &r.arn, ShardId: &shard, ShardIteratorType: types.ShardIteratorTypeLatest}
	if fromStart {
		in.ShardIteratorType = types.ShardIteratorTypeTrimHorizon
	}
	if after := r.checkpoints.get(r.checkpointKey(shard)); after != "" {
		resume := *in
		resume.ShardIteratorType, resume.SequenceNumber = types.ShardIteratorTypeAfterSequenceNumber, &after
		if out, err := r.streams.GetShardIterator(ctx, &resume); err == nil {
			return out.ShardIterator, nil
		}
		// The stream no longer has the record of the checkpoint. What it still has
		// is newer, so nothing of it was read.
		in.ShardIteratorType = types.ShardIteratorTypeTrimHorizon
	}
	out, err := r.streams.GetShardIterator(ctx, in)
	if err != nil {
		return nil, err
	}
	return out.ShardIterator, nil
}

// readShard reads one shard to its end. It waits until the parent shard is
// finished, which keeps the order of the writes of an item.
func (r *reader) readShard(ctx context.Context, id string, iterator *string, parent chan struct{}) {
	if parent != nil {
		select {
		case <-parent:
		case <-ctx.Done():
			return
		}
	}
	var batch []types.Record // read and not yet delivered
	var due time.Time        // of the batch, if it has records
	for iterator != nil && ctx.Err() == nil {
		out, err := r.streams.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{
			ShardIterator: iterator, Limit: aws.Int32(int32(min(1000, r.source.BatchSize-len(batch)))),
		})
		if err != nil {
			if ctx.Err() != nil {
				break
			}
			var expired *types.ExpiredIteratorException // an iterator is valid for 15 minutes
			var trimmed *types.TrimmedDataAccessException
			if !errors.As(err, &trimmed) { // DynamoDB Local answers this for the beginning of an empty shard
				r.report(fmt.Errorf("read the stream of %s: %w", r.source.Table, err))
			}
			wait(ctx, time.Second)
			if errors.As(err, &expired) || trimmed != nil {
				if fresh, err := r.iterator(ctx, id, true); err == nil {
					iterator, batch = fresh, nil // which reads the batch again
				}
			}
			continue
		}
		iterator = out.NextShardIterator
		if len(batch) == 0 {
			due = time.Now().Add(r.window)
		}
		batch = append(batch, r.filter(out.Records)...)
		switch {
		case len(batch) == 0 && len(out.Records) > 0:
			r.report(r.checkpoints.set(r.checkpointKey(id), aws.ToString(out.Records[len(out.Records)-1].Dynamodb.SequenceNumber)))
		case len(batch) > 0 && (len(batch) >= r.source.BatchSize || !time.Now().Before(due)):
			if !r.deliver(ctx, id, batch) {
				return
			}
			batch = nil
		case len(out.Records) == 0:
			wait(ctx, streamPause)
		}
	}
	// The shard or the sources end before the window does.
	if len(batch) > 0 && !r.deliver(ctx, id, batch) {
		return
	}
	if ctx.Err() == nil {
		r.mu.Lock()
		close(r.finished[id])
		r.mu.Unlock()
	}
}

// deliver invokes the function until the whole batch has succeeded. It returns false if the
// sources stop first. As on AWS, a batch that fails is halved if the mapping says so, and
// halving is no retry. What cannot be halved is tried again, up to MaximumRetryAttempts times
// and until it is MaximumRecordAgeInSeconds old. Then it is set aside: the queue OnFailure
// hears of it, and the shard goes on. Example: of the records 1, 2, 3 the function reports 2
// as failed. Then 1 is done, 2 and 3 are delivered again, each alone, and only 2 is set aside.
func (r *reader) deliver(ctx context.Context, shard string, batch []types.Record) bool {
	for attempt := 0; ; {
		numbers := make([]string, len(batch))
		for i, record := range batch {
			numbers[i] = aws.ToString(record.Dynamodb.SequenceNumber)
		}
		result, err := r.options.Functions.Invoke(context.WithoutCancel(ctx), r.function.Handler, r.event(batch))
		failures, all := failedItems(result, err, r.source.Partial, numbers)
		r.report(err)
		if !all && len(failures) == 0 {
			r.report(r.checkpoints.set(r.checkpointKey(shard), numbers[len(numbers)-1]))
			return true
		}
		for !all && !failures[numbers[0]] { // the records before the first failure are done
			r.report(r.checkpoints.set(r.checkpointKey(shard), numbers[0]))
			batch, numbers, attempt = batch[1:], numbers[1:], 0
		}
		if r.source.Bisect && len(batch) > 1 {
			half := len(batch) / 2
			return r.deliver(ctx, shard, batch[:half]) && r.deliver(ctx, shard, batch[half:])
		}
		attempt++
		old := r.source.MaxAge > 0 && time.Since(aws.ToTime(batch[0].Dynamodb.ApproximateCreationDateTime)) > r.source.MaxAge
		if old || r.source.Retries >= 0 && attempt > r.source.Retries {
			r.setAside(ctx, shard, numbers, attempt)
			r.report(r.checkpoints.set(r.checkpointKey(shard), numbers[len(numbers)-1]))
			return true
		}
		if !wait(ctx, min(time.Duration(attempt)*200*time.Millisecond, 10*time.Second)) {
			return false
		}
	}
}

// setAside reports records that were given up, and tells the queue OnFailure where they are,
// in the words of AWS. The records themselves are not sent, as on AWS.
func (r *reader) setAside(ctx context.Context, shard string, numbers []string, attempts int) {
	r.report(fmt.Errorf("function %s failed %d times; %d stream records of %s are skipped", r.function.Handler, attempts, len(numbers), r.source.Table))
	if r.source.OnFailure == "" {
		return
	}
	text, _ := json.Marshal(map[string]any{ // never fails: plain values
		"requestContext": map[string]any{"functionArn": r.function.ARN, "condition": "RetryAttemptsExhausted", "approximateInvokeCount": attempts},
		"DDBStreamBatchInfo": map[string]any{
			"shardId": shard, "startSequenceNumber": numbers[0], "endSequenceNumber": numbers[len(numbers)-1],
			"batchSize": len(numbers), "streamArn": r.source.ARN,
		},
	})
	_, err := r.queues.SendMessage(context.WithoutCancel(ctx), &sqs.SendMessageInput{QueueUrl: &r.source.OnFailure, MessageBody: aws.String(string(text))})
	r.report(err)
}

// filter returns the records that at least one of the filters lets through.
func (r *reader) filter(records []types.Record) []types.Record {
	if len(r.filters) == 0 {
		return records
	}
	var out []types.Record
	for _, record := range records {
		event := r.eventRecord(record)
		if slices.ContainsFunc(r.filters, func(f filter) bool { return f.matches(event) }) {
			out = append(out, record)
		}
	}
	return out
}

func (r *reader) event(batch []types.Record) []byte {
	records := make([]map[string]any, len(batch))
	for i, record := range batch {
		records[i] = r.eventRecord(record)
	}
	event, _ := json.Marshal(map[string]any{"Records": records}) // never fails: plain values
	return event
}

// eventRecord converts a stream record to a record of a Lambda event.
func (r *reader) eventRecord(record types.Record) map[string]any {
	d := record.Dynamodb
	data := map[string]any{
		"Keys": item(d.Keys), "SequenceNumber": d.SequenceNumber, "SizeBytes": d.SizeBytes, "StreamViewType": string(d.StreamViewType),
	}
	if d.ApproximateCreationDateTime != nil {
		data["ApproximateCreationDateTime"] = d.ApproximateCreationDateTime.Unix()
	}
	if d.NewImage != nil {
		data["NewImage"] = item(d.NewImage)
	}
	if d.OldImage != nil {
		data["OldImage"] = item(d.OldImage)
	}
	out := map[string]any{
		"eventID": record.EventID, "eventName": string(record.EventName), "eventVersion": record.EventVersion,
		"eventSource": "aws:dynamodb", "awsRegion": r.options.Region, "eventSourceARN": r.source.ARN, "dynamodb": data,
	}
	if record.UserIdentity != nil {
		out["userIdentity"] = map[string]any{"type": record.UserIdentity.Type, "principalId": record.UserIdentity.PrincipalId}
	}
	return out
}

func item(attributes map[string]types.AttributeValue) map[string]any {
	out := make(map[string]any, len(attributes))
	for name, v := range attributes {
		out[name] = attribute(v)
	}
	return out
}

// attribute converts a value to the JSON of the DynamoDB API.
func attribute(v types.AttributeValue) map[string]any {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return map[string]any{"S": v.Value}
	case *types.AttributeValueMemberN:
		return map[string]any{"N": v.Value}
	case *types.AttributeValueMemberB:
		return map[string]any{"B": v.Value}
	case *types.AttributeValueMemberBOOL:
		return map[string]any{"BOOL": v.Value}
	case *types.AttributeValueMemberNULL:
		return map[string]any{"NULL": v.Value}
	case *types.AttributeValueMemberSS:
		return map[string]any{"SS": v.Value}
	case *types.AttributeValueMemberNS:
		return map[string]any{"NS": v.Value}
	case *types.AttributeValueMemberBS:
		return map[string]any{"BS": v.Value}
	case *types.AttributeValueMemberM:
		return map[string]any{"M": item(v.Value)}
	case *types.AttributeValueMemberL:
		list := make([]any, len(v.Value))
		for i, member := range v.Value {
			list[i] = attribute(member)
		}
		return map[string]any{"L": list}
	}
	return nil
}
