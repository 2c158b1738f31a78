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

	"parley/infra/testkit"
	"parley/shared/domain/chat"
	"parley/shared/store"
)

// hooks makes every call to DynamoDB a step of the schedule that it belongs to. The
// SDK does not retry: its retries would be steps that no seed decides.
func hooks(o *dynamodb.Options) {
	o.Retryer = aws.NopRetryer{}
	o.HTTPClient = awshttp.NewBuildableClient().WithTimeout(time.Minute) // long, because the machine may be busy
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("ModelStep", step), middleware.After)
	})
}

// step makes one call to DynamoDB, and decides before and after it what happens.
func step(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (out middleware.InitializeOutput, meta middleware.Metadata, err error) {
	o := opOf(ctx)
	if o == nil {
		return next.HandleInitialize(ctx, in)
	}
	if put, ok := in.Parameters.(*dynamodb.PutItemInput); ok && strings.Contains(text(put.Item, "pk"), "#D#") && text(put.Item, "sk")[0] != 0x1f {
		return o.overflowWrite(ctx, put, in, next)
	}
	label := describe(in.Parameters)
	if err := o.before(label); err != nil {
		return out, meta, err
	}
	if result, err := o.refuseByChance(in.Parameters, label); result != nil || err != nil {
		return middleware.InitializeOutput{Result: result}, meta, err
	}
	o.s.observer.beforeWrite(ctx, in.Parameters)
	out, meta, err = next.HandleInitialize(ctx, in)
	o.observe(ctx, in.Parameters, out.Result, err)
	if failed := o.after(label); failed != nil {
		return middleware.InitializeOutput{}, meta, failed
	}
	return out, meta, err
}

// refuseByChance answers instead of DynamoDB as if other calls were using the same
// items: a write fails with TransactionConflictException, and a batch leaves all its
// items unprocessed. If both results are nil, the call is to be made.
func (o *op) refuseByChance(params any, label string) (result any, err error) {
	s := o.s
	if s.noFaults || s.odds.conflict == 0 || s.rng.Float64() >= s.odds.conflict {
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
	o.conflicted = true
	s.note(o.a.name, "  %s: refused, other calls use the items", label)
	return result, err
}

// overflowWrite is the step of a write of an idempotency key outside the window. The
// store makes several such writes in parallel, so what happens to each depends on its
// key and not on their order.
func (o *op) overflowWrite(ctx context.Context, put *dynamodb.PutItemInput, in middleware.InitializeInput, next middleware.InitializeHandler) (out middleware.InitializeOutput, meta middleware.Metadata, err error) {
	s, label := o.s, describe(put)
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, s.seed, len(s.trace), s.strip(label))
	r := testkit.Rand(h.Sum64()).Float64()
	if s.noFaults {
		r = 1
	}
	kill, fail := r < s.odds.kill, r < s.odds.kill+s.odds.fail
	notDone := fail && h.Sum64()%2 == 0
	if !notDone {
		out, meta, err = next.HandleInitialize(ctx, in)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.overflowWrites = append(o.overflowWrites, fmt.Sprintf("  %s (killed %t, failed %t, done %t)", label, kill, fail, !notDone))
	o.killed = o.killed || kill
	if fail {
		return middleware.InitializeOutput{}, meta, errFailed
	}
	return out, meta, err
}

// noteOverflow adds the overflow writes to the trace, in sorted order, so that the trace
// does not depend on the order of goroutines.
func (o *op) noteOverflow() {
	slices.Sort(o.overflowWrites)
	for _, line := range o.overflowWrites {
		o.s.note(o.a.name, "%s", line)
		o.s.stats["idempotency keys written outside the window"]++
	}
	o.overflowWrites = nil
	if o.killed && !o.dead {
		o.die("killed by a write outside the window")
		o.s.stats["kills by a write outside the window"]++
	}
}

// observe remembers what the checks at the end must know about a call.
func (o *op) observe(ctx context.Context, params, result any, err error) {
	var answer smithy.APIError
	if err != nil && !errors.As(err, &answer) {
		o.s.dbError = err
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
			o.keyReads++
			if len(result.(*dynamodb.GetItemOutput).Item) > 0 {
				o.s.stats["idempotency keys found outside the window"]++
			}
		}
		o.s.observer.answerStale(o, p.ConsistentRead, *p.TableName, &result.(*dynamodb.GetItemOutput).Item)
	case *dynamodb.BatchGetItemInput:
		r := result.(*dynamodb.BatchGetItemOutput)
		for table, items := range r.Responses {
			strong := p.RequestItems[table].ConsistentRead
			for i := range items {
				o.s.observer.answerStale(o, strong, table, &items[i])
			}
		}
	case *dynamodb.QueryInput:
		r := result.(*dynamodb.QueryOutput)
		left := r.Items[:0]
		for _, item := range r.Items {
			if o.s.observer.answerStale(o, p.ConsistentRead, *p.TableName, &item); len(item) > 0 {
				left = append(left, item)
			}
		}
		r.Items = left
	case *dynamodb.UpdateItemInput:
		o.observeUpdate(ctx, p, result, refused)
	case *dynamodb.PutItemInput:
		switch sk := text(p.Item, "sk"); {
		case sk[0] == 'm' && refused == nil:
			o.s.bodies[text(p.Item, "pk")+sk] = text(p.Item, "b")
		case sk[0] == 'm' && refused.Item["rv"] != nil:
			o.recalled = true
		}
	}
}

// observeUpdate does the part of observe that is about updates: the claims of a send,
// slots, and the read cursors of peers.
func (o *op) observeUpdate(ctx context.Context, p *dynamodb.UpdateItemInput, result any, refused *types.ConditionalCheckFailedException) {
	if o.send != nil && strings.Contains(*p.UpdateExpression, "n0 =") {
		if refused == nil {
			old := result.(*dynamodb.UpdateItemOutput).Attributes
			o.claimed(peerOf(p.Key), number(old, "o")+1, number(p.ExpressionAttributeValues, ":sec"))
			return
		}
		o.claimRefused(p, refused.Item)
		return
	}
	if connection, ok := p.ExpressionAttributeValues[":link"].(*types.AttributeValueMemberM); ok && refused == nil {
		old, _ := result.(*dynamodb.UpdateItemOutput).Attributes[p.ExpressionAttributeNames["#s"]].(*types.AttributeValueMemberM)
		if c := o.s.conns[text(connection.Value, "c")]; c != nil && old != nil {
			c.replaced = text(old.Value, "c")
		}
	}
	if refused != nil {
		o.s.stats["other conditions refused"]++
	}
	o.s.observer.checkPeerRead(ctx, p, refused != nil)
}

// claimRefused finds out why the claim of an offset was refused: the send is a repeat,
// the window is full, or another send changed the row first.
func (o *op) claimRefused(p *dynamodb.UpdateItemInput, row store.Item) {
	key := p.ExpressionAttributeValues[":key"].(*types.AttributeValueMemberB).Value
	old := number(p.ExpressionAttributeValues, ":old")
	for i := range 8 {
		k, ok := row["k"+strconv.Itoa(i)].(*types.AttributeValueMemberB)
		if ok && bytes.Equal(k.Value, key) && number(row, "t"+strconv.Itoa(i)) > old {
			o.s.stats["repeats found in the window"]++
			return
		}
	}
	if number(row, "t7") > old || number(row, "sp") > old {
		o.s.stats["claims with a full window"]++
		o.windowFull = true
		return
	}
	o.claimsLost++
}

// describe names a call and its items, for the trace.
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

// short is the name of a table without the prefix of the test run.
func short(table string) string { return table[strings.LastIndex(table, "-")+1:] }

// peerOf returns the peer if the key is that of a row, else "".
func peerOf(k store.Item) string {
	user := store.ParsePartition(text(k, "pk")).Rest
	id, _ := store.ParseRowSK(user, text(k, "sk"))
	return id.Peer(user)
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

// An observer remembers each item as it was before its last write. It answers some
// eventually consistent reads with the old item, as a replica of DynamoDB may do for a
// moment. It also checks that no offset of a row ever decreases.
type observer struct {
	s    *schedule
	old  map[string]version    // the items before their last write
	rows map[string]store.Item // the rows as last seen
}

type version struct {
	item store.Item // nil: there was no item
	at   time.Time  // when it was replaced
}

// replicaLag is how long a replica may be behind.
const replicaLag = time.Second

func newObserver(s *schedule) *observer {
	return &observer{s: s, old: make(map[string]version), rows: make(map[string]store.Item)}
}

// rawClient has no hooks: its calls are not steps of a schedule.
var rawClient *dynamodb.Client

// get reads an item strongly.
func get(ctx context.Context, table string, k store.Item) (store.Item, error) {
	strong := true
	out, err := rawClient.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &table, ConsistentRead: &strong, Key: store.Item{"pk": k["pk"], "sk": k["sk"]},
	})
	if err != nil {
		return nil, err
	}
	return out.Item, nil
}

// getRow reads a user's row of a conversation.
func getRow(ctx context.Context, app int64, user, peer string) (store.Item, error) {
	k := store.RowKey(app, user, chat.Between(user, peer))
	return get(ctx, server.Tables.Core, store.Item{
		"pk": &types.AttributeValueMemberS{Value: k.PK}, "sk": &types.AttributeValueMemberS{Value: k.SK},
	})
}

// beforeWrite remembers the item that a call is about to write.
func (ob *observer) beforeWrite(ctx context.Context, params any) {
	if !ob.s.odds.stale || ob.s.noFaults {
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
		ob.s.problem("observer: %v", err)
		return
	}
	if peerOf(key) != "" {
		ob.checkRow(key, item)
	}
	ob.old[short(table)+text(key, "pk")+text(key, "sk")] = version{item, ob.s.now}
}

// checkRow compares a row with what it was before.
func (ob *observer) checkRow(key, item store.Item) {
	name := text(key, "pk") + " " + text(key, "sk")
	old := ob.rows[name]
	ob.rows[name] = item
	for _, field := range []string{"o", "i", "pr", "sp"} {
		if number(item, field) < number(old, field) {
			ob.s.problem("row %s: %s decreases from %d to %d", name, field, number(old, field), number(item, field))
		}
	}
	if number(old, "rt") > 0 && number(item, "d") < number(old, "d") {
		ob.s.problem("I5: row %s: the read cursor decreases from %d to %d", name, number(old, "d"), number(item, "d"))
	}
	if number(item, "d") > number(item, "i") {
		ob.s.problem("row %s: the read cursor is %d, the last offset is %d", name, number(item, "d"), number(item, "i"))
	}
}

// checkPeerRead checks that the sender's row never says that the peer has read more than
// the peer has read.
func (ob *observer) checkPeerRead(ctx context.Context, p *dynamodb.UpdateItemInput, refused bool) {
	if refused || !strings.Contains(*p.UpdateExpression, "pr = ") {
		return
	}
	sender := store.ParsePartition(text(p.Key, "pk")).Rest
	row, err := getRow(context.WithoutCancel(ctx), ob.s.app, peerOf(p.Key), sender)
	if err != nil {
		ob.s.problem("observer: %v", err)
		return
	}
	if peerRead, read := number(p.ExpressionAttributeValues, ":n"), number(row, "d"); peerRead > read {
		ob.s.problem("the row of %s says that %s has read up to %d, who has read up to %d", sender, peerOf(p.Key), peerRead, read)
	}
}

// answerStale may replace an item that was read by the one before its last write, if
// the read is eventually consistent.
func (ob *observer) answerStale(o *op, strong *bool, table string, item *store.Item) {
	if (strong != nil && *strong) || ob.s.noFaults || len(*item) == 0 {
		return
	}
	v, ok := ob.old[short(table)+text(*item, "pk")+text(*item, "sk")]
	if !ok || ob.s.now.Sub(v.at) >= replicaLag || ob.s.rng.IntN(2) == 0 {
		return
	}
	ob.s.stats["stale reads"]++
	ob.s.note(o.a.name, "  ... an old item is returned: %s", text(*item, "sk"))
	*item = v.item
}
