package model

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"parley/infra/testkit"
	"parley/shared/domain/chat"
	"parley/shared/dynamo"
	"parley/shared/dynamo/calls"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// step makes one call to DynamoDB, and decides before and after it what happens: each call is a
// step of the schedule that it belongs to.
func step(ctx context.Context, in any, next dynamo.Call) (any, error) {
	o := opOf(ctx)
	if o == nil {
		return next(ctx, in)
	}
	label := describe(in)
	if err := o.before(label); err != nil {
		return nil, err
	}
	if result, err := o.refuseByChance(in, label); result != nil || err != nil {
		return result, err
	}
	o.s.observer.beforeWrite(ctx, in)
	out, err := next(ctx, in)
	o.observe(ctx, in, out, err)
	if failed := o.after(label); failed != nil {
		return nil, failed
	}
	return out, err
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
	case *calls.PutItemInput, *calls.UpdateItemInput, *calls.DeleteItemInput:
		s.stats["conflicts"]++
		err = &calls.TransactionConflictException{Message: "Transaction is ongoing for the item"}
	case *calls.BatchGetItemInput:
		s.stats["batches left"]++
		result = &calls.BatchGetItemOutput{UnprocessedKeys: p.RequestItems}
	case *calls.BatchWriteItemInput:
		s.stats["batches left"]++
		result = &calls.BatchWriteItemOutput{UnprocessedItems: p.RequestItems}
	default:
		return nil, nil
	}
	o.conflicted = true
	s.note(o.a.name, "  %s: refused, other calls use the items", label)
	return result, err
}

// observe remembers what the checks at the end must know about a call.
func (o *op) observe(ctx context.Context, params, result any, err error) {
	var answer interface{ ErrorCode() string }
	if err != nil && !errors.As(err, &answer) {
		o.s.dbError = err
		return
	}
	var refused *calls.ConditionalCheckFailedException
	if err != nil && !errors.As(err, &refused) {
		o.s.problem("DynamoDB: %s: %v", describe(params), err)
		return
	}
	switch p := params.(type) {
	case *calls.GetItemInput:
		if strings.Contains(text(p.Key, "pk"), "#D#") {
			o.keyReads++
			if len(result.(*calls.GetItemOutput).Item) > 0 {
				o.s.stats["idempotency keys found outside the window"]++
			}
		}
		o.s.observer.answerStale(o, p.ConsistentRead, *p.TableName, &result.(*calls.GetItemOutput).Item)
	case *calls.BatchGetItemInput:
		r := result.(*calls.BatchGetItemOutput)
		for table, found := range r.Responses {
			strong := p.RequestItems[table].ConsistentRead
			for i := range found {
				o.s.observer.answerStale(o, strong, table, &found[i])
				o.seeWindow(found[i])
			}
		}
	case *calls.QueryInput:
		r := result.(*calls.QueryOutput)
		left := r.Items[:0]
		for _, item := range r.Items {
			if o.s.observer.answerStale(o, p.ConsistentRead, *p.TableName, &item); len(item) > 0 {
				left = append(left, item)
			}
		}
		r.Items = left
	case *calls.UpdateItemInput:
		o.observeUpdate(ctx, p, result, refused)
	case *calls.PutItemInput:
		switch sk := text(p.Item, "sk"); {
		case strings.Contains(text(p.Item, "pk"), "#D#") && o.send != nil && !o.send.batch:
			o.windowFull = true
			o.s.stats["sends saved beside the row"]++
		case sk[0] == 'm' && refused == nil:
			o.s.bodies[text(p.Item, "pk")+sk] = text(p.Item, "b")
		case sk[0] == 'm' && refused.Item["rv"] != nil:
			o.recalled = true
		}
	}
}

// observeUpdate does the part of observe that is about updates: the claims of a send,
// slots, and the read cursors of peers.
func (o *op) observeUpdate(ctx context.Context, p *calls.UpdateItemInput, result any, refused *calls.ConditionalCheckFailedException) {
	sets := testkit.SetBy(p)
	if o.send != nil && sets[string(schema.RowWindow)] != nil {
		if refused == nil {
			claimed := items.Window(sets)
			o.claimed(peerOf(p.Key), claimed.Offset, claimed.Sends[0].Time)
			return
		}
		o.s.stats["claims on a window that has changed"]++
		o.refusedClaims++
		o.seeWindow(dynamo.Item(refused.Item))
		return
	}
	for name, v := range sets {
		connection, isMap := v.(*calls.Map)
		if _, slot := schema.SessionSlot.Cut(name); !slot || !isMap || refused != nil {
			continue
		}
		old, _ := result.(*calls.UpdateItemOutput).Attributes[name].(*calls.Map)
		if c := o.s.conns[text(connection.Value, "c")]; c != nil && old != nil {
			c.replaced = text(old.Value, "c")
		}
	}
	if refused != nil {
		o.s.stats["other conditions refused"]++
	}
	o.s.observer.checkPeerRead(ctx, p, refused != nil)
}

// seeWindow notes whether the sender's row, as a send has read it, says that sends were saved
// beside it.
func (o *op) seeWindow(row dynamo.Item) {
	if o.send != nil && row.Has(schema.RowSaved) {
		o.windowFull = true
		o.s.stats["windows with saved sends"]++
	}
}

// describe names a call and its items, for the trace.
func describe(params any) string {
	at := func(table *string, k dynamo.Item) string {
		return fmt.Sprintf("%s %s %s", short(*table), text(k, "pk"), text(k, "sk"))
	}
	switch p := params.(type) {
	case *calls.GetItemInput:
		return "get " + at(p.TableName, p.Key)
	case *calls.BatchGetItemInput:
		for table, keys := range p.RequestItems {
			return fmt.Sprintf("batch get %d of %s", len(keys.Keys), short(table))
		}
	case *calls.QueryInput:
		return fmt.Sprintf("query %s %s", short(*p.TableName), text(p.ExpressionAttributeValues, ":pk"))
	case *calls.PutItemInput:
		return "put " + at(p.TableName, p.Item)
	case *calls.BatchWriteItemInput:
		for table, writes := range p.RequestItems {
			return fmt.Sprintf("batch write %d to %s", len(writes), short(table))
		}
	case *calls.UpdateItemInput:
		return "update " + at(p.TableName, p.Key)
	}
	return fmt.Sprintf("%T", params)
}

// short is the name of a table without the prefix of the test run.
func short(table string) string { return table[strings.LastIndex(table, "-")+1:] }

// peerOf returns the peer if the key is that of a row, else "".
func peerOf(k dynamo.Item) string {
	user := schema.New().ParsePartition(text(k, "pk")).ID
	id, _ := schema.ParseRowSK(user, text(k, "sk"))
	return id.Peer(user)
}

func text(item dynamo.Item, name string) string {
	v, ok := item[name].(*calls.Text)
	if !ok {
		return ""
	}
	return v.Value
}

func number(item dynamo.Item, name string) int64 {
	v, ok := item[name].(*calls.Number)
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
	old  map[string]version     // the items before their last write
	rows map[string]dynamo.Item // the rows as last seen
}

type version struct {
	item dynamo.Item // nil: there was no item
	at   time.Time   // when it was replaced
}

// replicaLag is how long a replica may be behind.
const replicaLag = time.Second

func newObserver(s *schedule) *observer {
	return &observer{s: s, old: make(map[string]version), rows: make(map[string]dynamo.Item)}
}

// get reads an item strongly. It has no hooks: the call is no step of a schedule.
func get(ctx context.Context, table string, k dynamo.Item) (dynamo.Item, error) {
	strong := true
	out, err := testkit.Past[calls.GetItemOutput](ctx, server, &calls.GetItemInput{
		TableName: &table, ConsistentRead: &strong, Key: dynamo.Item{"pk": k["pk"], "sk": k["sk"]},
	})
	if err != nil {
		return nil, err
	}
	return out.Item, nil
}

// getRow reads a user's row of a conversation.
func getRow(ctx context.Context, app int64, user, peer string) (dynamo.Item, error) {
	k := schema.RowKey(app, user, chat.Between(user, peer))
	return get(ctx, server.Tables.Core, dynamo.Item{
		"pk": &calls.Text{Value: k.PK}, "sk": &calls.Text{Value: k.SK},
	})
}

// beforeWrite remembers the item that a call is about to write.
func (ob *observer) beforeWrite(ctx context.Context, params any) {
	if !ob.s.odds.stale || ob.s.noFaults {
		return
	}
	var table string
	var key dynamo.Item
	switch p := params.(type) {
	case *calls.PutItemInput:
		table, key = *p.TableName, p.Item
	case *calls.UpdateItemInput:
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
func (ob *observer) checkRow(key, item dynamo.Item) {
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
func (ob *observer) checkPeerRead(ctx context.Context, p *calls.UpdateItemInput, refused bool) {
	sets := testkit.SetBy(p)
	if refused || sets[string(schema.RowPeerRead)] == nil {
		return
	}
	sender := schema.New().ParsePartition(text(p.Key, "pk")).ID
	row, err := getRow(context.WithoutCancel(ctx), ob.s.app, peerOf(p.Key), sender)
	if err != nil {
		ob.s.problem("observer: %v", err)
		return
	}
	if peerRead, read := sets.Int(schema.RowPeerRead), number(row, "d"); peerRead > read {
		ob.s.problem("the row of %s says that %s has read up to %d, who has read up to %d", sender, peerOf(p.Key), peerRead, read)
	}
}

// answerStale may replace an item that was read by the one before its last write, if
// the read is eventually consistent.
func (ob *observer) answerStale(o *op, strong *bool, table string, item *calls.Attributes) {
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
