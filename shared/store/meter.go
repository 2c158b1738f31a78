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

// meter is the one middleware that counts consumed units and notes which
// aggregates a call touches. It asks for consumed capacity on every request.
func meter(tables map[string]Table) func(*middleware.Stack) error {
	m := metering{tables: tables}
	return func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("ParleyMeter",
			func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
				meter := telemetry.MeterOf(ctx)
				if meter == nil {
					return next.HandleInitialize(ctx, in)
				}
				m.ask(meter, in.Parameters)
				out, meta, err := next.HandleInitialize(ctx, in)
				if err != nil {
					meter.Count(refusedUnits(err))
				} else {
					u := consumed(out.Result)
					r, w := least(in.Parameters)
					u.R, u.W = max(u.R, r), max(u.W, w)
					meter.Count(u)
				}
				return out, meta, err
			}), middleware.Before)
	}
}

type metering struct{ tables map[string]Table }

func (m metering) ask(meter *telemetry.Meter, params any) {
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
		// A call this meter does not know would go uncounted and undeclared.
		meter.Touch("unknown call")
	}
}

func (m metering) touch(meter *telemetry.Meter, how, table string, item Item) {
	k := Key{text(item, "pk"), text(item, "sk")}
	a, ok := Of(m.tables[table], k)
	note(meter, how, k, a, ok)
}

func (m metering) touchQuery(meter *telemetry.Meter, in *dynamodb.QueryInput) {
	values, table := in.ExpressionAttributeValues, m.tables[*in.TableName]
	sk := text(values, ":sk")
	if sk == "" {
		sk = text(values, ":from")
	}
	k := Key{text(values, ":pk"), sk}
	a, ok := ofQuery(table, k.PK, k.SK)
	if in.IndexName != nil {
		a, ok = ofIndex(table, k.PK, *in.IndexName)
	}
	note(meter, "read", k, a, ok)
}

func note(meter *telemetry.Meter, how string, k Key, a Aggregate, ok bool) {
	if !ok {
		a = Aggregate("undeclared key " + k.PK + " " + k.SK)
	}
	meter.Touch(how + " " + string(a))
}

// consumed turns a result's consumed capacity into units.
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

// least is what a call costs at least: half a read unit for each item asked for,
// a whole one for a strong read, also where the item is absent, and two write
// units for each item of a transaction. DynamoDB reports it; DynamoDB Local
// leaves absent items and some items of transactions out.
func least(params any) (r, w float64) {
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

// refusedUnits counts a failed condition, whose answer names no capacity but
// costs the units of the item it saw, at least one.
func refusedUnits(err error) telemetry.Units {
	if n := len(cancelled(err)); n > 0 {
		return telemetry.Units{W: 2 * float64(n)}
	}
	var failed *types.ConditionalCheckFailedException
	if !errors.As(err, &failed) {
		return telemetry.Units{}
	}
	return telemetry.Units{W: math.Max(1, math.Ceil(float64(Size(failed.Item))/1024))}
}
