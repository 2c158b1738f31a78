package source

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"parley/infra/local/template"
)

// streamPause is how long an empty shard rests: AWS polls four times a second.
const streamPause = 100 * time.Millisecond

// A reader reads the stream of one table for one function.
type reader struct {
	*Sources
	function template.Function
	source   template.StreamSource
	arn      string // DynamoDB Local's
	filters  []filter

	mu   sync.Mutex
	done map[string]chan struct{} // a shard, closed when it was read to its end
}

// stream finds the shards that are there and reads them from their position.
// Shards that come later are read from their beginning.
func (s *Sources) stream(ctx, reading context.Context, f template.Function, source template.StreamSource) error {
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
	r := &reader{Sources: s, filters: filters, function: f, source: source, arn: *table.Table.LatestStreamArn, done: map[string]chan struct{}{}}
	if err := r.discover(ctx, reading, source.FromStart); err != nil {
		return err
	}
	s.running.Go(func() {
		for wait(reading, 5*time.Second) {
			s.report(r.discover(reading, reading, true))
		}
	})
	return nil
}

// discover starts to read the shards that are not being read yet.
func (r *reader) discover(ctx, reading context.Context, fromStart bool) error {
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
		if r.done[id] != nil {
			continue
		}
		// Only the first look may skip what is there: open shards at their end,
		// closed ones not at all.
		iterator, err := r.iterator(ctx, id, fromStart)
		if err != nil {
			return fmt.Errorf("open the stream of %s: %w", r.source.Table, err)
		}
		r.done[id] = make(chan struct{})
		parent := r.done[aws.ToString(shard.ParentShardId)]
		r.running.Go(func() { r.shard(reading, id, iterator, parent) })
	}
	return nil
}

func (r *reader) checkpoint(shard string) string {
	return r.function.Handler + " " + r.source.Table + " " + shard
}

// iterator answers where to go on: after the checkpoint when there is one.
func (r *reader) iterator(ctx context.Context, shard string, fromStart bool) (*string, error) {
	in := &dynamodbstreams.GetShardIteratorInput{StreamArn: &r.arn, ShardId: &shard, ShardIteratorType: types.ShardIteratorTypeLatest}
	if fromStart {
		in.ShardIteratorType = types.ShardIteratorTypeTrimHorizon
	}
	if after := r.saved.get(r.checkpoint(shard)); after != "" {
		kept := *in
		kept.ShardIteratorType, kept.SequenceNumber = types.ShardIteratorTypeAfterSequenceNumber, &after
		if out, err := r.streams.GetShardIterator(ctx, &kept); err == nil {
			return out.ShardIterator, nil
		}
		// Trimmed meanwhile: all that is left was not seen.
		in.ShardIteratorType = types.ShardIteratorTypeTrimHorizon
	}
	out, err := r.streams.GetShardIterator(ctx, in)
	if err != nil {
		return nil, err
	}
	return out.ShardIterator, nil
}

// shard reads one shard to its end, after its parent: that keeps the order.
func (r *reader) shard(ctx context.Context, id string, iterator *string, parent chan struct{}) {
	if parent != nil {
		select {
		case <-parent:
		case <-ctx.Done():
			return
		}
	}
	var batch []types.Record
	for iterator != nil && ctx.Err() == nil {
		out, err := r.streams.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{
			ShardIterator: iterator, Limit: aws.Int32(int32(min(1000, r.source.BatchSize))),
		})
		if err != nil {
			if ctx.Err() != nil {
				return
			}
			var expired *types.ExpiredIteratorException // it lives 15 minutes
			var trimmed *types.TrimmedDataAccessException
			if !errors.As(err, &trimmed) { // DynamoDB Local says so of the beginning of an empty shard
				r.report(fmt.Errorf("read the stream of %s: %w", r.source.Table, err))
			}
			wait(ctx, time.Second)
			if errors.As(err, &expired) || trimmed != nil {
				if fresh, err := r.iterator(ctx, id, true); err == nil {
					iterator = fresh
				}
			}
			continue
		}
		iterator = out.NextShardIterator
		if len(out.Records) == 0 {
			wait(ctx, streamPause)
			continue
		}
		if batch = r.fitting(out.Records); len(batch) == 0 {
			r.report(r.saved.set(r.checkpoint(id), aws.ToString(out.Records[len(out.Records)-1].Dynamodb.SequenceNumber)))
			continue
		}
		if !r.deliver(ctx, id, batch, 0) {
			return
		}
	}
	if ctx.Err() == nil {
		r.mu.Lock()
		close(r.done[id])
		r.mu.Unlock()
	}
}

// deliver invokes the function until it accepts the batch, or it has failed
// too often and the batch is given up as on AWS. False: the sources stop.
func (r *reader) deliver(ctx context.Context, shard string, batch []types.Record, attempt int) bool {
	for {
		numbers := make([]string, len(batch))
		for i, record := range batch {
			numbers[i] = aws.ToString(record.Dynamodb.SequenceNumber)
		}
		result, err := r.options.Functions.Invoke(context.WithoutCancel(ctx), r.function.Handler, r.event(batch))
		failures, all := failed(result, err, r.source.Partial, numbers)
		r.report(err)
		if !all && len(failures) == 0 {
			r.report(r.saved.set(r.checkpoint(shard), numbers[len(numbers)-1]))
			return true
		}
		for !all && !failures[numbers[0]] { // what comes before the first failure is done
			r.report(r.saved.set(r.checkpoint(shard), numbers[0]))
			batch, numbers, attempt = batch[1:], numbers[1:], 0
		}
		if attempt++; r.source.Retries >= 0 && attempt > r.source.Retries {
			r.report(fmt.Errorf("function %s gave up %d changes of %s after %d attempts", r.function.Handler, len(batch), r.source.Table, attempt))
			r.report(r.saved.set(r.checkpoint(shard), numbers[len(numbers)-1]))
			return true
		}
		if !wait(ctx, min(time.Duration(attempt)*200*time.Millisecond, 10*time.Second)) {
			return false
		}
		if r.source.Bisect && len(batch) > 1 {
			half := len(batch) / 2
			return r.deliver(ctx, shard, batch[:half], attempt) && r.deliver(ctx, shard, batch[half:], attempt)
		}
	}
}

// fitting returns the changes that a filter lets through.
func (r *reader) fitting(records []types.Record) []types.Record {
	if len(r.filters) == 0 {
		return records
	}
	var out []types.Record
	for _, record := range records {
		var change map[string]any
		text, _ := json.Marshal(r.record(record)) // plain values always marshal
		_ = json.Unmarshal(text, &change)         // as the function would see it
		if slices.ContainsFunc(r.filters, func(f filter) bool { return f.fits(change) }) {
			out = append(out, record)
		}
	}
	return out
}

func (r *reader) event(batch []types.Record) []byte {
	records := make([]map[string]any, len(batch))
	for i, record := range batch {
		records[i] = r.record(record)
	}
	event, _ := json.Marshal(map[string]any{"Records": records}) // plain values always marshal
	return event
}

// record writes a change as the event of a function has it.
func (r *reader) record(record types.Record) map[string]any {
	d := record.Dynamodb
	change := map[string]any{
		"Keys": item(d.Keys), "SequenceNumber": d.SequenceNumber, "SizeBytes": d.SizeBytes, "StreamViewType": d.StreamViewType,
	}
	if d.ApproximateCreationDateTime != nil {
		change["ApproximateCreationDateTime"] = d.ApproximateCreationDateTime.Unix()
	}
	if d.NewImage != nil {
		change["NewImage"] = item(d.NewImage)
	}
	if d.OldImage != nil {
		change["OldImage"] = item(d.OldImage)
	}
	out := map[string]any{
		"eventID": record.EventID, "eventName": record.EventName, "eventVersion": record.EventVersion,
		"eventSource": "aws:dynamodb", "awsRegion": r.options.Region, "eventSourceARN": r.source.ARN, "dynamodb": change,
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

// attribute writes a value as DynamoDB does on the wire.
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

// checkpoints remember the last sequence number of each shard, in a file when
// the tables are on disk.
type checkpoints struct {
	file string
	mu   sync.Mutex
	at   map[string]string
}

func openCheckpoints(file string) (*checkpoints, error) {
	c := &checkpoints{file: file, at: map[string]string{}}
	if file == "" {
		return c, nil
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return c, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &c.at)
	}
	if err != nil {
		return nil, fmt.Errorf("checkpoints of the streams: %w; remove %s to read them anew", err, file)
	}
	return c, nil
}

func (c *checkpoints) get(key string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at[key]
}

func (c *checkpoints) set(key, value string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at[key] = value
	if c.file == "" {
		return nil
	}
	text, err := json.Marshal(maps.Clone(c.at))
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.file+".new", text, 0o644); err != nil {
		return err
	}
	return os.Rename(c.file+".new", c.file)
}
