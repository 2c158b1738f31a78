package store

import (
	"context"
	"errors"
	"math"
	"sync"

	"parley/shared/dynamo"
	"parley/shared/dynamo/calls"
	"parley/shared/store/schema"
	"parley/shared/telemetry"
)

// meter returns the layer that counts the consumed units of each call, and notes which
// aggregates the call reads and writes if the meter records that. Every request asks DynamoDB
// for the consumed capacity. A context without a telemetry.Meter is not counted.
func meter(names map[schema.Table]string) dynamo.Layer {
	m := metering{tables: make(map[string]schema.Table, len(names)), schema: sync.OnceValue(schema.New)}
	for t, name := range names {
		m.tables[name] = t
	}
	return func(ctx context.Context, in any, next dynamo.Call) (any, error) {
		meter := telemetry.MeterOf(ctx)
		if meter == nil {
			return next(ctx, in)
		}
		m.prepare(meter, in)
		out, err := next(ctx, in)
		if err != nil {
			meter.Count(failedConditionUnits(err))
			return nil, err
		}
		u := consumed(out)
		r, w := minimumUnits(in)
		u.R, u.W = max(u.R, r), max(u.W, w)
		meter.Count(u)
		return out, nil
	}
}

// metering knows the tables by their names, and to which aggregate a key belongs.
type metering struct {
	tables map[string]schema.Table
	schema func() schema.Schema // made if a meter records accesses
}

// prepare asks for the consumed capacity of a call, and notes what the call touches.
func (m metering) prepare(meter *telemetry.Meter, params any) {
	const total = calls.ReturnConsumedCapacityTotal
	switch p := params.(type) {
	case *calls.GetItemInput:
		p.ReturnConsumedCapacity = total
		m.touch(meter, "read", *p.TableName, p.Key)
	case *calls.QueryInput:
		p.ReturnConsumedCapacity = total
		m.touchQuery(meter, p)
	case *calls.BatchGetItemInput:
		p.ReturnConsumedCapacity = total
		for table, keys := range p.RequestItems {
			for _, k := range keys.Keys {
				m.touch(meter, "read", table, k)
			}
		}
	case *calls.PutItemInput:
		p.ReturnConsumedCapacity = total
		m.touch(meter, "write", *p.TableName, p.Item)
	case *calls.UpdateItemInput:
		p.ReturnConsumedCapacity = total
		m.touch(meter, "write", *p.TableName, p.Key)
	case *calls.DeleteItemInput:
		p.ReturnConsumedCapacity = total
		m.touch(meter, "write", *p.TableName, p.Key)
	case *calls.BatchWriteItemInput:
		p.ReturnConsumedCapacity = total
		for table, requests := range p.RequestItems {
			for _, r := range requests {
				if r.PutRequest != nil {
					m.touch(meter, "write", table, r.PutRequest.Item)
				}
				if r.DeleteRequest != nil {
					m.touch(meter, "write", table, r.DeleteRequest.Key)
				}
			}
		}
	case *calls.TransactWriteItemsInput:
		p.ReturnConsumedCapacity = total
		for _, w := range p.TransactItems {
			if w.Put != nil {
				m.touch(meter, "write", *w.Put.TableName, w.Put.Item)
			}
			if w.Update != nil {
				m.touch(meter, "write", *w.Update.TableName, w.Update.Key)
			}
			if w.Delete != nil {
				m.touch(meter, "write", *w.Delete.TableName, w.Delete.Key)
			}
			if w.ConditionCheck != nil {
				m.touch(meter, "read", *w.ConditionCheck.TableName, w.ConditionCheck.Key)
			}
		}
	default:
		// A kind of call that is not listed above is not counted. Tests find it by this
		// name.
		meter.Touch("unknown call")
	}
}

// touch notes that a call reads or writes the aggregate of an item.
func (m metering) touch(meter *telemetry.Meter, verb, table string, item dynamo.Item) {
	if !meter.Records() {
		return
	}
	k := item.Key()
	a, ok := m.schema().AggregateOf(m.tables[table], k)
	touchAggregate(meter, verb, k, a, ok)
}

func (m metering) touchQuery(meter *telemetry.Meter, in *calls.QueryInput) {
	if !meter.Records() {
		return
	}
	k, table := dynamo.QueriedKey(in), m.tables[*in.TableName]
	a, ok := m.schema().AggregateOfPartition(table, k.PK)
	if in.IndexName != nil {
		a, ok = m.schema().AggregateOfIndex(table, k.PK, *in.IndexName)
	}
	touchAggregate(meter, "read", k, a, ok)
}

// touchAggregate notes that a call reads or writes an aggregate. If ok is false, no
// aggregate has the key: no access is declared for it, and tests fail on the name.
func touchAggregate(meter *telemetry.Meter, verb string, k dynamo.Key, a schema.Aggregate, ok bool) {
	if !ok {
		a = schema.Aggregate("undeclared key " + k.PK + " " + k.SK)
	}
	meter.Touch(verb + " " + string(a))
}

// consumed returns the units that DynamoDB says a call has consumed.
func consumed(result any) telemetry.Units {
	read := func(c ...calls.ConsumedCapacity) (u telemetry.Units) {
		for _, c := range c {
			if c.CapacityUnits != nil {
				u.R += *c.CapacityUnits
			}
		}
		return u
	}
	write := func(c ...calls.ConsumedCapacity) telemetry.Units {
		return telemetry.Units{W: read(c...).R}
	}
	one := func(c *calls.ConsumedCapacity) calls.ConsumedCapacity {
		if c == nil {
			return calls.ConsumedCapacity{}
		}
		return *c
	}
	switch r := result.(type) {
	case *calls.GetItemOutput:
		return read(one(r.ConsumedCapacity))
	case *calls.QueryOutput:
		return read(one(r.ConsumedCapacity))
	case *calls.BatchGetItemOutput:
		return read(r.ConsumedCapacity...)
	case *calls.PutItemOutput:
		return write(one(r.ConsumedCapacity))
	case *calls.UpdateItemOutput:
		return write(one(r.ConsumedCapacity))
	case *calls.DeleteItemOutput:
		return write(one(r.ConsumedCapacity))
	case *calls.BatchWriteItemOutput:
		return write(r.ConsumedCapacity...)
	case *calls.TransactWriteItemsOutput:
		return write(r.ConsumedCapacity...)
	}
	return telemetry.Units{}
}

// minimumUnits returns what a call costs at least: 0.5 R for each item that it asks
// for, 1 R if the read is strong, even if the item does not exist, and 2 W for each
// item of a transaction. DynamoDB reports these units. DynamoDB Local does not report
// them for items that do not exist and for some items of transactions.
func minimumUnits(params any) (r, w float64) {
	unit := func(strong *bool) float64 {
		if strong != nil && *strong {
			return 1
		}
		return 0.5
	}
	switch p := params.(type) {
	case *calls.GetItemInput:
		return unit(p.ConsistentRead), 0
	case *calls.QueryInput:
		return unit(p.ConsistentRead), 0
	case *calls.BatchGetItemInput:
		for _, keys := range p.RequestItems {
			r += float64(len(keys.Keys)) * unit(keys.ConsistentRead)
		}
		return r, 0
	case *calls.TransactWriteItemsInput:
		return 0, 2 * float64(len(p.TransactItems))
	}
	return 0, 0
}

// failedConditionUnits returns what a write costs whose condition failed. The error
// names no capacity, but DynamoDB charges 1 W for each started KB of the item that the
// condition read, at least 1 W; and 2 W for each item of a transaction.
func failedConditionUnits(err error) telemetry.Units {
	if n := len(dynamo.CancellationReasons(err)); n > 0 {
		return telemetry.Units{W: 2 * float64(n)}
	}
	var failed *calls.ConditionalCheckFailedException
	if !errors.As(err, &failed) {
		return telemetry.Units{}
	}
	return telemetry.Units{W: math.Max(1, math.Ceil(float64(dynamo.Item(failed.Item).Size())/1024))}
}
