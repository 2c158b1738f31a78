package model

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	"parley/shared/store"
	"parley/shared/testkit"
)

// hooks makes every call to DynamoDB a step of the schedule it belongs to. The
// SDK's own retries are off: they would be steps that no seed decides.
func hooks(o *dynamodb.Options) {
	o.Retryer = aws.NopRetryer{}
	o.HTTPClient = awshttp.NewBuildableClient().WithTimeout(time.Minute) // a busy machine is not a failure
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("ModelStep", step), middleware.After)
	})
}

func step(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (out middleware.InitializeOutput, meta middleware.Metadata, err error) {
	o := opOf(ctx)
	if o == nil {
		return next.HandleInitialize(ctx, in)
	}
	if put, ok := in.Parameters.(*dynamodb.PutItemInput); ok && strings.Contains(text(put.Item, "pk"), "#D#") && text(put.Item, "sk")[0] != 0x1f {
		return o.spill(ctx, put, in, next)
	}
	label := describe(in.Parameters)
	if err := o.before(label); err != nil {
		return out, meta, err
	}
	if result, err := o.busy(in.Parameters, label); result != nil || err != nil {
		return middleware.InitializeOutput{Result: result}, meta, err
	}
	o.s.watch.before(ctx, in.Parameters)
	out, meta, err = next.HandleInitialize(ctx, in)
	o.observe(ctx, in.Parameters, out.Result, err)
	if failed := o.after(label); failed != nil {
		return middleware.InitializeOutput{}, meta, failed
	}
	return out, meta, err
}

// busy is what DynamoDB does by chance while others are at the same items: a write is
// refused with TransactionConflictException, and of a batch everything is left. The
// call is not made. Both are nil when it is not so.
func (o *op) busy(params any, label string) (result any, err error) {
	s := o.s
	if s.calm || s.odds.busy == 0 || s.rng.Float64() >= s.odds.busy {
		return nil, nil
	}
	switch p := params.(type) {
	case *dynamodb.PutItemInput, *dynamodb.UpdateItemInput, *dynamodb.DeleteItemInput:
		s.stats["conflicts"]++
		err = &types.TransactionConflictException{Message: aws.String("Transaction is ongoing for the item")}
	case *dynamodb.BatchGetItemInput:
		s.stats["batches left"]++
		result = &dynamodb.BatchGetItemOutput{UnprocessedKeys: p.RequestItems}
	case *dynamodb.BatchWriteItemInput:
		s.stats["batches left"]++
		result = &dynamodb.BatchWriteItemOutput{UnprocessedItems: p.RequestItems}
	default:
		return nil, nil
	}
	o.crowded = true
	s.note(o.a.name, "  %s: others are at it", label)
	return result, err
}

// spill is the step of a write outside of the ring. The store does several at
// once, so each one's fate depends on its key alone, and not on their order.
func (o *op) spill(ctx context.Context, put *dynamodb.PutItemInput, in middleware.InitializeInput, next middleware.InitializeHandler) (out middleware.InitializeOutput, meta middleware.Metadata, err error) {
	s, label := o.s, describe(put)
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, s.seed, len(s.trace), s.strip(label))
	r := testkit.Rand(h.Sum64()).Float64()
	if s.calm {
		r = 1
	}
	kill, fail := r < s.odds.kill, r < s.odds.kill+s.odds.fail
	lost := fail && h.Sum64()%2 == 0
	if !lost {
		out, meta, err = next.HandleInitialize(ctx, in)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.spilled = append(o.spilled, fmt.Sprintf("  %s (killed %t, failed %t, done %t)", label, kill, fail, !lost))
	o.killed = o.killed || kill
	if fail {
		return middleware.InitializeOutput{}, meta, errFailed
	}
	return out, meta, err
}

// settle takes in what spills left, in an order of its own.
func (o *op) settle() {
	slices.Sort(o.spilled)
	for _, line := range o.spilled {
		o.s.note(o.a.name, "%s", line)
		o.s.stats["spills"]++
	}
	o.spilled = nil
	if o.killed && !o.dead {
		o.die("killed while it spilled")
		o.s.stats["kills while spilling"]++
	}
}

// observe notes what the checks at the end need to know of a call.
func (o *op) observe(ctx context.Context, params, result any, err error) {
	var answer smithy.APIError
	if err != nil && !errors.As(err, &answer) {
		o.s.broken = err
		return
	}
	var refused *types.ConditionalCheckFailedException
	if err != nil && !errors.As(err, &refused) {
		o.s.problem("DynamoDB: %s: %v", describe(params), err)
		return
	}
	switch p := params.(type) {
	case *dynamodb.GetItemInput:
		if strings.Contains(text(p.Key, "pk"), "#D#") {
			o.dedup++
			if len(result.(*dynamodb.GetItemOutput).Item) > 0 {
				o.s.stats["found outside the ring"]++
			}
		}
		o.s.watch.stale(o, p.ConsistentRead, *p.TableName, &result.(*dynamodb.GetItemOutput).Item)
	case *dynamodb.BatchGetItemInput:
		r := result.(*dynamodb.BatchGetItemOutput)
		for table, items := range r.Responses {
			strong := p.RequestItems[table].ConsistentRead
			for i := range items {
				o.s.watch.stale(o, strong, table, &items[i])
			}
		}
	case *dynamodb.QueryInput:
		r := result.(*dynamodb.QueryOutput)
		kept := r.Items[:0]
		for _, item := range r.Items {
			if o.s.watch.stale(o, p.ConsistentRead, *p.TableName, &item); len(item) > 0 {
				kept = append(kept, item)
			}
		}
		r.Items = kept
	case *dynamodb.UpdateItemInput:
		o.observeUpdate(ctx, p, result, refused)
	case *dynamodb.PutItemInput:
		switch sk := text(p.Item, "sk"); {
		case sk[0] == 'm' && refused == nil:
			o.s.texts[text(p.Item, "pk")+sk] = text(p.Item, "b")
		case sk[0] == 'm' && refused.Item["rv"] != nil:
			o.recalled = true
		}
	}
}

func (o *op) observeUpdate(ctx context.Context, p *dynamodb.UpdateItemInput, result any, refused *types.ConditionalCheckFailedException) {
	if o.send != nil && strings.Contains(*p.UpdateExpression, "n0 =") {
		if refused == nil {
			old := result.(*dynamodb.UpdateItemOutput).Attributes
			o.claimed(peerOf(p.Key), number(old, "o")+1, number(p.ExpressionAttributeValues, ":sec"))
			return
		}
		o.refused(p, refused.Item)
		return
	}
	if link, ok := p.ExpressionAttributeValues[":link"].(*types.AttributeValueMemberM); ok && refused == nil {
		old, _ := result.(*dynamodb.UpdateItemOutput).Attributes[p.ExpressionAttributeNames["#s"]].(*types.AttributeValueMemberM)
		if c := o.s.conns[text(link.Value, "c")]; c != nil && old != nil {
			c.after = text(old.Value, "c")
		}
	}
	if refused != nil {
		o.s.stats["other conditions refused"]++
	}
	o.s.watch.peerRead(ctx, p, refused != nil)
}

// refused tells why a claim was: a repeat, a ring that is full, or a race.
func (o *op) refused(p *dynamodb.UpdateItemInput, row store.Item) {
	hash := p.ExpressionAttributeValues[":key"].(*types.AttributeValueMemberB).Value
	old := number(p.ExpressionAttributeValues, ":old")
	for i := range 8 {
		k, ok := row["k"+strconv.Itoa(i)].(*types.AttributeValueMemberB)
		if ok && bytes.Equal(k.Value, hash) && number(row, "t"+strconv.Itoa(i)) > old {
			o.s.stats["repeats found in the ring"]++
			return
		}
	}
	if number(row, "t7") > old || number(row, "sp") > old {
		o.s.stats["claims on a full ring"]++
		o.full = true
		return
	}
	o.lost++
}

func describe(params any) string {
	at := func(table *string, k store.Item) string {
		return fmt.Sprintf("%s %s %s", short(*table), text(k, "pk"), text(k, "sk"))
	}
	switch p := params.(type) {
	case *dynamodb.GetItemInput:
		return "get " + at(p.TableName, p.Key)
	case *dynamodb.BatchGetItemInput:
		for table, keys := range p.RequestItems {
			return fmt.Sprintf("batch get %d of %s", len(keys.Keys), short(table))
		}
	case *dynamodb.QueryInput:
		return fmt.Sprintf("query %s %s", short(*p.TableName), text(p.ExpressionAttributeValues, ":pk"))
	case *dynamodb.PutItemInput:
		return "put " + at(p.TableName, p.Item)
	case *dynamodb.BatchWriteItemInput:
		for table, writes := range p.RequestItems {
			return fmt.Sprintf("batch write %d to %s", len(writes), short(table))
		}
	case *dynamodb.UpdateItemInput:
		return "update " + at(p.TableName, p.Key)
	}
	return fmt.Sprintf("%T", params)
}

// short is a table's name without the prefix of the test run.
func short(table string) string { return table[strings.LastIndex(table, "-")+1:] }

func peerOf(k store.Item) string {
	peer, _ := store.ParsePeerSK(text(k, "sk"))
	return peer
}

func text(item store.Item, name string) string {
	v, ok := item[name].(*types.AttributeValueMemberS)
	if !ok {
		return ""
	}
	return v.Value
}

func number(item store.Item, name string) int64 {
	v, ok := item[name].(*types.AttributeValueMemberN)
	if !ok {
		return 0
	}
	n, _ := strconv.ParseInt(v.Value, 10, 64)
	return n
}

// A watch remembers items as they were before their last write: it answers
// eventually consistent reads with them, as replicas do for a moment, and sees
// that no position of a row goes back.
type watch struct {
	s    *schedule
	old  map[string]version
	rows map[string]store.Item
}

type version struct {
	item store.Item // nil: there was none
	at   time.Time  // when it was replaced
}

// lag is how long a replica may be behind.
const lag = time.Second

func newWatch(s *schedule) *watch {
	return &watch{s: s, old: make(map[string]version), rows: make(map[string]store.Item)}
}

// raw reads past the schedule.
var raw *dynamodb.Client

func get(ctx context.Context, table string, k store.Item) (store.Item, error) {
	strong := true
	out, err := raw.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &table, ConsistentRead: &strong, Key: store.Item{"pk": k["pk"], "sk": k["sk"]},
	})
	if err != nil {
		return nil, err
	}
	return out.Item, nil
}

// getRow reads a user's row of a conversation.
func getRow(ctx context.Context, app int64, user, peer string) (store.Item, error) {
	k := store.PeerKey(app, user, peer)
	return get(ctx, server.Tables.Core, store.Item{
		"pk": &types.AttributeValueMemberS{Value: k.PK}, "sk": &types.AttributeValueMemberS{Value: k.SK},
	})
}

func (w *watch) before(ctx context.Context, params any) {
	if !w.s.odds.stale || w.s.calm {
		return
	}
	var table string
	var key store.Item
	switch p := params.(type) {
	case *dynamodb.PutItemInput:
		table, key = *p.TableName, p.Item
	case *dynamodb.UpdateItemInput:
		table, key = *p.TableName, p.Key
	default:
		return
	}
	item, err := get(context.WithoutCancel(ctx), table, key)
	if err != nil {
		w.s.problem("watch: %v", err)
		return
	}
	if peerOf(key) != "" {
		w.row(key, item)
	}
	w.old[short(table)+text(key, "pk")+text(key, "sk")] = version{item, w.s.now}
}

// row compares a row of a conversation with what it was.
func (w *watch) row(key, item store.Item) {
	name := text(key, "pk") + " " + text(key, "sk")
	old := w.rows[name]
	w.rows[name] = item
	for _, field := range []string{"o", "i", "pr", "sp"} {
		if number(item, field) < number(old, field) {
			w.s.problem("row %s: %s goes back from %d to %d", name, field, number(old, field), number(item, field))
		}
	}
	if number(old, "rt") > 0 && number(item, "d") < number(old, "d") {
		w.s.problem("I5: row %s: the read position goes back from %d to %d", name, number(old, "d"), number(item, "d"))
	}
	if number(item, "d") > number(item, "i") {
		w.s.problem("row %s: read %d, but there are %d", name, number(item, "d"), number(item, "i"))
	}
}

// peerRead sees that a sender is never told more than was read.
func (w *watch) peerRead(ctx context.Context, p *dynamodb.UpdateItemInput, refused bool) {
	if refused || !strings.Contains(*p.UpdateExpression, "pr = ") {
		return
	}
	sender := store.ParsePartition(text(p.Key, "pk")).Rest
	row, err := getRow(context.WithoutCancel(ctx), w.s.app, peerOf(p.Key), sender)
	if err != nil {
		w.s.problem("watch: %v", err)
		return
	}
	if told, read := number(p.ExpressionAttributeValues, ":n"), number(row, "d"); told > read {
		w.s.problem("%s is told that %s has read %d, which has read %d", sender, peerOf(p.Key), told, read)
	}
}

// stale may take an item back to what it was, if the read allows it.
func (w *watch) stale(o *op, strong *bool, table string, item *store.Item) {
	if (strong != nil && *strong) || w.s.calm || len(*item) == 0 {
		return
	}
	v, ok := w.old[short(table)+text(*item, "pk")+text(*item, "sk")]
	if !ok || w.s.now.Sub(v.at) >= lag || w.s.rng.IntN(2) == 0 {
		return
	}
	w.s.stats["stale reads"]++
	w.s.note(o.a.name, "  ... answered by a replica that is behind: %s", text(*item, "sk"))
	*item = v.item
}
