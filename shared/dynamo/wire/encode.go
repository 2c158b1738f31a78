package wire

import (
	"encoding/base64"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"parley/shared/dynamo/calls"
)

// An item is the attributes of an item, of a key, or the values of an expression.
type item = calls.Attributes

// encode returns the name of the operation of an input, and its request, which it appends to b. It
// encodes the fields
// that the program uses; a test compares the requests of all calls that the tests make with
// those of the SDK.
func encode(in any, b []byte) (operation string, body []byte, err error) {
	w := writer{b: b}
	w.open('{')
	switch in := in.(type) {
	case *calls.GetItemInput:
		operation = "GetItem"
		w.text("TableName", in.TableName)
		w.item("Key", in.Key)
		w.bool("ConsistentRead", in.ConsistentRead)
		w.text("ProjectionExpression", in.ProjectionExpression)
		w.names(in.ExpressionAttributeNames)
		w.word("ReturnConsumedCapacity", in.ReturnConsumedCapacity)
	case *calls.BatchGetItemInput:
		operation = "BatchGetItem"
		w.name("RequestItems")
		w.open('{')
		for table, keys := range in.RequestItems {
			w.name(table)
			w.keys(keys)
		}
		w.close('}')
		w.word("ReturnConsumedCapacity", in.ReturnConsumedCapacity)
	case *calls.QueryInput:
		operation = "Query"
		w.text("TableName", in.TableName)
		w.text("IndexName", in.IndexName)
		w.text("KeyConditionExpression", in.KeyConditionExpression)
		w.text("FilterExpression", in.FilterExpression)
		w.text("ProjectionExpression", in.ProjectionExpression)
		w.names(in.ExpressionAttributeNames)
		w.values(in.ExpressionAttributeValues)
		w.bool("ConsistentRead", in.ConsistentRead)
		w.bool("ScanIndexForward", in.ScanIndexForward)
		if in.Limit != nil {
			w.name("Limit")
			w.b = strconv.AppendInt(w.b, int64(*in.Limit), 10)
			w.comma()
		}
		w.word("Select", in.Select)
		if in.ExclusiveStartKey != nil {
			w.item("ExclusiveStartKey", in.ExclusiveStartKey)
		}
		w.word("ReturnConsumedCapacity", in.ReturnConsumedCapacity)
	case *calls.PutItemInput:
		operation = "PutItem"
		w.write(in.TableName, "Item", in.Item, nil, in.ConditionExpression, in.ExpressionAttributeNames, in.ExpressionAttributeValues, in.ReturnValuesOnConditionCheckFailure)
		w.word("ReturnValues", in.ReturnValues)
		w.word("ReturnConsumedCapacity", in.ReturnConsumedCapacity)
	case *calls.UpdateItemInput:
		operation = "UpdateItem"
		w.write(in.TableName, "Key", in.Key, in.UpdateExpression, in.ConditionExpression, in.ExpressionAttributeNames, in.ExpressionAttributeValues, in.ReturnValuesOnConditionCheckFailure)
		w.word("ReturnValues", in.ReturnValues)
		w.word("ReturnConsumedCapacity", in.ReturnConsumedCapacity)
	case *calls.DeleteItemInput:
		operation = "DeleteItem"
		w.write(in.TableName, "Key", in.Key, nil, in.ConditionExpression, in.ExpressionAttributeNames, in.ExpressionAttributeValues, in.ReturnValuesOnConditionCheckFailure)
		w.word("ReturnValues", in.ReturnValues)
		w.word("ReturnConsumedCapacity", in.ReturnConsumedCapacity)
	case *calls.BatchWriteItemInput:
		operation = "BatchWriteItem"
		w.name("RequestItems")
		w.open('{')
		for table, requests := range in.RequestItems {
			w.name(table)
			w.open('[')
			for _, r := range requests {
				w.open('{')
				if r.PutRequest != nil {
					w.name("PutRequest")
					w.open('{')
					w.item("Item", r.PutRequest.Item)
					w.close('}')
				}
				if r.DeleteRequest != nil {
					w.name("DeleteRequest")
					w.open('{')
					w.item("Key", r.DeleteRequest.Key)
					w.close('}')
				}
				w.close('}')
			}
			w.close(']')
		}
		w.close('}')
		w.word("ReturnConsumedCapacity", in.ReturnConsumedCapacity)
	case *calls.TransactWriteItemsInput:
		operation = "TransactWriteItems"
		w.name("TransactItems")
		w.open('[')
		for i := range in.TransactItems {
			w.transactItem(&in.TransactItems[i])
		}
		w.close(']')
		w.text("ClientRequestToken", in.ClientRequestToken)
		w.word("ReturnConsumedCapacity", in.ReturnConsumedCapacity)
	default:
		return "", nil, fmt.Errorf("%T is not a call that this client makes", in)
	}
	w.close('}')
	if w.err != nil {
		return "", nil, w.err
	}
	return operation, w.b[:len(w.b)-1], nil
}

// A writer writes JSON. Each value is written with a comma after it, which the end of the object
// or list around it replaces.
type writer struct {
	b   []byte
	err error
}

func (w *writer) open(c byte) { w.b = append(w.b, c) }

func (w *writer) comma() { w.b = append(w.b, ',') }

// close ends an object or a list.
func (w *writer) close(c byte) {
	if last := len(w.b) - 1; w.b[last] == ',' {
		w.b = w.b[:last]
	}
	w.b = append(w.b, c, ',')
}

// quote writes a text, without a comma.
func (w *writer) quote(text string) {
	b, err := jsontext.AppendQuote(w.b, text)
	if err != nil {
		w.err = fmt.Errorf("a text is not UTF-8: %w", err)
		return
	}
	w.b = b
}

func (w *writer) name(name string) {
	w.quote(name)
	w.b = append(w.b, ':')
}

// text writes a member, if it is not nil.
func (w *writer) text(name string, value *string) {
	if value != nil {
		w.name(name)
		w.quote(*value)
		w.comma()
	}
}

// word writes a member, if it is not empty.
func (w *writer) word(name, value string) {
	if value != "" {
		w.text(name, &value)
	}
}

// bool writes a member, if it is not nil.
func (w *writer) bool(name string, value *bool) {
	if value != nil {
		w.name(name)
		w.b = strconv.AppendBool(w.b, *value)
		w.comma()
	}
}

// names writes the names of an expression, if there are any.
func (w *writer) names(names map[string]string) {
	if names == nil {
		return
	}
	w.name("ExpressionAttributeNames")
	w.open('{')
	for name, attribute := range names {
		w.text(name, &attribute)
	}
	w.close('}')
}

// values writes the values of an expression, if there are any.
func (w *writer) values(values item) {
	if values != nil {
		w.item("ExpressionAttributeValues", values)
	}
}

// write writes what all writes of one item have, whether they are alone or in a transaction: the
// item or its key (member), the update, if any, and the condition.
func (w *writer) write(table *string, member string, of item, update, condition *string, names map[string]string, values item, onFailure string) {
	w.text("TableName", table)
	w.item(member, of)
	w.text("UpdateExpression", update)
	w.text("ConditionExpression", condition)
	w.names(names)
	w.values(values)
	w.word("ReturnValuesOnConditionCheckFailure", onFailure)
}

// keys writes the keys of one table of a batch.
func (w *writer) keys(keys calls.KeysAndAttributes) {
	w.open('{')
	w.name("Keys")
	w.open('[')
	for _, key := range keys.Keys {
		w.attributes(key)
	}
	w.close(']')
	w.bool("ConsistentRead", keys.ConsistentRead)
	w.text("ProjectionExpression", keys.ProjectionExpression)
	w.names(keys.ExpressionAttributeNames)
	w.close('}')
}

func (w *writer) transactItem(t *calls.TransactWriteItem) {
	w.open('{')
	if p := t.Put; p != nil {
		w.name("Put")
		w.open('{')
		w.write(p.TableName, "Item", p.Item, nil, p.ConditionExpression, p.ExpressionAttributeNames, p.ExpressionAttributeValues, p.ReturnValuesOnConditionCheckFailure)
		w.close('}')
	}
	if u := t.Update; u != nil {
		w.name("Update")
		w.open('{')
		w.write(u.TableName, "Key", u.Key, u.UpdateExpression, u.ConditionExpression, u.ExpressionAttributeNames, u.ExpressionAttributeValues, u.ReturnValuesOnConditionCheckFailure)
		w.close('}')
	}
	if d := t.Delete; d != nil {
		w.name("Delete")
		w.open('{')
		w.write(d.TableName, "Key", d.Key, nil, d.ConditionExpression, d.ExpressionAttributeNames, d.ExpressionAttributeValues, d.ReturnValuesOnConditionCheckFailure)
		w.close('}')
	}
	if c := t.ConditionCheck; c != nil {
		w.name("ConditionCheck")
		w.open('{')
		w.write(c.TableName, "Key", c.Key, nil, c.ConditionExpression, c.ExpressionAttributeNames, c.ExpressionAttributeValues, c.ReturnValuesOnConditionCheckFailure)
		w.close('}')
	}
	w.close('}')
}

// item writes a member that has attributes.
func (w *writer) item(name string, attributes item) {
	w.name(name)
	w.attributes(attributes)
}

func (w *writer) attributes(attributes item) {
	w.open('{')
	for name, value := range attributes {
		w.name(name)
		w.attribute(value)
	}
	w.close('}')
}

func (w *writer) attribute(value calls.Value) {
	w.open('{')
	switch v := value.(type) {
	case *calls.Text:
		w.text("S", &v.Value)
	case *calls.Number:
		w.text("N", &v.Value)
	case *calls.Binary:
		w.name("B")
		w.binary(v.Value)
	case *calls.Bool:
		w.bool("BOOL", &v.Value)
	case *calls.Null:
		w.bool("NULL", &v.Value)
	case *calls.List:
		w.name("L")
		w.open('[')
		for _, element := range v.Value {
			w.attribute(element)
		}
		w.close(']')
	case *calls.Map:
		w.item("M", v.Value)
	case *calls.TextSet:
		w.name("SS")
		w.texts(v.Value)
	case *calls.NumberSet:
		w.name("NS")
		w.texts(v.Value)
	case *calls.BinarySet:
		w.name("BS")
		w.open('[')
		for _, element := range v.Value {
			w.binary(element)
		}
		w.close(']')
	default:
		w.err = fmt.Errorf("an attribute of type %T cannot be written", value)
	}
	w.close('}')
}

func (w *writer) texts(list []string) {
	w.open('[')
	for _, text := range list {
		w.quote(text)
		w.comma()
	}
	w.close(']')
}

// binary writes bytes as base64, with a comma after it.
func (w *writer) binary(value []byte) {
	w.b = append(w.b, '"')
	w.b = base64.StdEncoding.AppendEncode(w.b, value)
	w.b = append(w.b, '"', ',')
}
