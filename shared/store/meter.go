package store

import (
	"context"
	"errors"
	"math"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"

	"parley/shared/telemetry"
)

// meter returns the middleware that counts the consumed units of each call and notes
// which aggregates the call reads and writes. Every request asks DynamoDB for the
// consumed capacity. A context without a telemetry.Meter is not counted.
func meter(tables map[string]Table) func(*middleware.Stack) error {
	m := metering{tables: tables}
	return func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("ParleyMeter",
			func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
				meter := telemetry.MeterOf(ctx)
				if meter == nil {
					return next.HandleInitialize(ctx, in)
				}
				m.prepare(meter, in.Parameters)
				out, meta, err := next.HandleInitialize(ctx, in)
				if err != nil {
					meter.Count(failedConditionUnits(err))
				} else {
					u := consumed(out.Result)
					r, w := minimumUnits(in.Parameters)
					u.R, u.W = max(u.R, r), max(u.W, w)
					meter.Count(u)
				}
				return out, meta, err
			}), middleware.Before)
	}
}

type metering struct{ tables map[string]Table }

// prepare asks for the consumed capacity of a call, and notes what the call touches.
func (m metering) prepare(meter *telemetry.Meter, params any) {
	const total = types.ReturnConsumedCapacityTotal
	switch p := params.(type) {
	case *dynamodb.GetItemInput:
		p.ReturnConsumedCapacity = total
		m.touch(meter, "read", *p.TableName, p.Key)
	case *dynamodb.QueryInput:
		p.ReturnConsumedCapacity = total
		m.touchQuery(meter, p)
	case *dynamodb.BatchGetItemInput:
		p.ReturnConsumedCapacity = total
		for table, keys := range p.RequestItems {
			for _, k := range keys.Keys {
				m.touch(meter, "read", table, k)
			}
		}
	case *dynamodb.PutItemInput:
		p.ReturnConsumedCapacity = total
		m.touch(meter, "write", *p.TableName, p.Item)
	case *dynamodb.UpdateItemInput:
		p.ReturnConsumedCapacity = total
		m.touch(meter, "write", *p.TableName, p.Key)
	case *dynamodb.DeleteItemInput:
		p.ReturnConsumedCapacity = total
		m.touch(meter, "write", *p.TableName, p.Key)
	case *dynamodb.BatchWriteItemInput:
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
	case *dynamodb.TransactWriteItemsInput:
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

func (m metering) touch(meter *telemetry.Meter, verb, table string, item Item) {
	k := Key{text(item, "pk"), text(item, "sk")}
	a, ok := AggregateOf(m.tables[table], k)
	touchAggregate(meter, verb, k, a, ok)
}

func (m metering) touchQuery(meter *telemetry.Meter, in *dynamodb.QueryInput) {
	values, table := in.ExpressionAttributeValues, m.tables[*in.TableName]
	sk := text(values, ":sk")
	if sk == "" {
		sk = text(values, ":from")
	}
	k := Key{text(values, ":pk"), sk}
	a, ok := aggregateOfQuery(table, k.PK, k.SK)
	if in.IndexName != nil {
		a, ok = aggregateOfIndexQuery(table, k.PK, *in.IndexName)
	}
	touchAggregate(meter, "read", k, a, ok)
}

// touchAggregate notes that a call reads or writes an aggregate. If ok is false, no
// aggregate has the key: no access is declared for it, and tests fail on the name.
func touchAggregate(meter *telemetry.Meter, verb string, k Key, a Aggregate, ok bool) {
	if !ok {
		a = Aggregate("undeclared key " + k.PK + " " + k.SK)
	}
	meter.Touch(verb + " " + string(a))
}

// consumed returns the units that DynamoDB says a call has consumed.
func consumed(result any) telemetry.Units {
	read := func(c ...types.ConsumedCapacity) (u telemetry.Units) {
		for _, c := range c {
			if c.CapacityUnits != nil {
				u.R += *c.CapacityUnits
			}
		}
		return u
	}
	write := func(c ...types.ConsumedCapacity) telemetry.Units {
		return telemetry.Units{W: read(c...).R}
	}
	one := func(c *types.ConsumedCapacity) types.ConsumedCapacity {
		if c == nil {
			return types.ConsumedCapacity{}
		}
		return *c
	}
	switch r := result.(type) {
	case *dynamodb.GetItemOutput:
		return read(one(r.ConsumedCapacity))
	case *dynamodb.QueryOutput:
		return read(one(r.ConsumedCapacity))
	case *dynamodb.BatchGetItemOutput:
		return read(r.ConsumedCapacity...)
	case *dynamodb.PutItemOutput:
		return write(one(r.ConsumedCapacity))
	case *dynamodb.UpdateItemOutput:
		return write(one(r.ConsumedCapacity))
	case *dynamodb.DeleteItemOutput:
		return write(one(r.ConsumedCapacity))
	case *dynamodb.BatchWriteItemOutput:
		return write(r.ConsumedCapacity...)
	case *dynamodb.TransactWriteItemsOutput:
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
	case *dynamodb.GetItemInput:
		return unit(p.ConsistentRead), 0
	case *dynamodb.QueryInput:
		return unit(p.ConsistentRead), 0
	case *dynamodb.BatchGetItemInput:
		for _, keys := range p.RequestItems {
			r += float64(len(keys.Keys)) * unit(keys.ConsistentRead)
		}
		return r, 0
	case *dynamodb.TransactWriteItemsInput:
		return 0, 2 * float64(len(p.TransactItems))
	}
	return 0, 0
}

// failedConditionUnits returns what a write costs whose condition failed. The error
// names no capacity, but DynamoDB charges 1 W for each started KB of the item that the
// condition read, at least 1 W; and 2 W for each item of a transaction.
func failedConditionUnits(err error) telemetry.Units {
	if n := len(cancellationReasons(err)); n > 0 {
		return telemetry.Units{W: 2 * float64(n)}
	}
	var failed *types.ConditionalCheckFailedException
	if !errors.As(err, &failed) {
		return telemetry.Units{}
	}
	return telemetry.Units{W: math.Max(1, math.Ceil(float64(Size(failed.Item))/1024))}
}
