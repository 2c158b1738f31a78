package wire

import (
	"parley/shared/dynamo/calls"
)

// decode returns the output of a successful call, from the text of its answer.
func decode(in any, answer string) (any, error) {
	s := &scanner{text: answer}
	var out any
	switch in.(type) {
	case *calls.GetItemInput:
		o := &calls.GetItemOutput{}
		s.object(func(name string) {
			switch name {
			case "Item":
				o.Item = s.item()
			case "ConsumedCapacity":
				o.ConsumedCapacity = s.capacity()
			default:
				s.skip()
			}
		})
		out = o
	case *calls.BatchGetItemInput:
		out = s.batchGet()
	case *calls.QueryInput:
		out = s.query()
	case *calls.PutItemInput:
		o := &calls.PutItemOutput{}
		s.object(func(name string) { s.written(name, &o.Attributes, &o.ConsumedCapacity) })
		out = o
	case *calls.UpdateItemInput:
		o := &calls.UpdateItemOutput{}
		s.object(func(name string) { s.written(name, &o.Attributes, &o.ConsumedCapacity) })
		out = o
	case *calls.DeleteItemInput:
		o := &calls.DeleteItemOutput{}
		s.object(func(name string) { s.written(name, &o.Attributes, &o.ConsumedCapacity) })
		out = o
	case *calls.BatchWriteItemInput:
		out = s.batchWrite()
	case *calls.TransactWriteItemsInput:
		o := &calls.TransactWriteItemsOutput{}
		s.object(func(name string) {
			if name == "ConsumedCapacity" {
				o.ConsumedCapacity = s.capacities()
				return
			}
			s.skip()
		})
		out = o
	}
	return out, s.end()
}

// written reads a member of the answer to a write of one item.
func (s *scanner) written(name string, attributes *item, capacity **calls.ConsumedCapacity) {
	switch name {
	case "Attributes":
		*attributes = s.item()
	case "ConsumedCapacity":
		*capacity = s.capacity()
	default:
		s.skip()
	}
}

func (s *scanner) batchGet() *calls.BatchGetItemOutput {
	o := &calls.BatchGetItemOutput{}
	s.object(func(name string) {
		switch name {
		case "Responses":
			o.Responses = make(map[string][]item)
			s.object(func(table string) { o.Responses[table] = s.items() })
		case "UnprocessedKeys":
			o.UnprocessedKeys = make(map[string]calls.KeysAndAttributes)
			s.object(func(table string) { o.UnprocessedKeys[table] = s.keys() })
		case "ConsumedCapacity":
			o.ConsumedCapacity = s.capacities()
		default:
			s.skip()
		}
	})
	return o
}

func (s *scanner) keys() (k calls.KeysAndAttributes) {
	s.object(func(name string) {
		switch name {
		case "Keys":
			k.Keys = s.items()
		case "ConsistentRead":
			k.ConsistentRead = new(s.bool())
		case "ProjectionExpression":
			k.ProjectionExpression = s.stringOrNil()
		case "ExpressionAttributeNames":
			k.ExpressionAttributeNames = make(map[string]string)
			s.object(func(name string) { k.ExpressionAttributeNames[name] = s.string() })
		default:
			s.skip()
		}
	})
	return k
}

func (s *scanner) query() *calls.QueryOutput {
	o := &calls.QueryOutput{}
	s.object(func(name string) {
		switch name {
		case "Items":
			o.Items = s.items()
		case "Count":
			o.Count = s.int()
		case "ScannedCount":
			o.ScannedCount = s.int()
		case "LastEvaluatedKey":
			o.LastEvaluatedKey = s.item()
		case "ConsumedCapacity":
			o.ConsumedCapacity = s.capacity()
		default:
			s.skip()
		}
	})
	return o
}

func (s *scanner) batchWrite() *calls.BatchWriteItemOutput {
	o := &calls.BatchWriteItemOutput{}
	s.object(func(name string) {
		switch name {
		case "UnprocessedItems":
			o.UnprocessedItems = make(map[string][]calls.WriteRequest)
			s.object(func(table string) {
				list := []calls.WriteRequest{}
				s.list(func() { list = append(list, s.writeRequest()) })
				o.UnprocessedItems[table] = list
			})
		case "ConsumedCapacity":
			o.ConsumedCapacity = s.capacities()
		default:
			s.skip()
		}
	})
	return o
}

func (s *scanner) writeRequest() (r calls.WriteRequest) {
	s.object(func(name string) {
		switch name {
		case "PutRequest":
			r.PutRequest = &calls.PutRequest{}
			s.object(func(string) { r.PutRequest.Item = s.item() }) // Item is its only member
		case "DeleteRequest":
			r.DeleteRequest = &calls.DeleteRequest{}
			s.object(func(string) { r.DeleteRequest.Key = s.item() }) // Key is its only member
		default:
			s.skip()
		}
	})
	return r
}

func (s *scanner) capacities() []calls.ConsumedCapacity {
	list := []calls.ConsumedCapacity{}
	s.list(func() {
		if c := s.capacity(); c != nil {
			list = append(list, *c)
		}
	})
	return list
}

// capacity reads what a call has consumed of one table in all.
func (s *scanner) capacity() *calls.ConsumedCapacity {
	if s.null() {
		return nil
	}
	c := &struct { // one piece of memory
		calls.ConsumedCapacity
		table                string
		units, reads, writes float64
	}{}
	number := func(memory *float64) *float64 {
		*memory = s.number()
		return memory
	}
	s.object(func(name string) {
		switch name {
		case "TableName":
			if !s.null() {
				c.table = s.string()
				c.TableName = &c.table
			}
		case "CapacityUnits":
			c.CapacityUnits = number(&c.units)
		case "ReadCapacityUnits":
			c.ReadCapacityUnits = number(&c.reads)
		case "WriteCapacityUnits":
			c.WriteCapacityUnits = number(&c.writes)
		default:
			s.skip()
		}
	})
	return &c.ConsumedCapacity
}

func (s *scanner) items() []item {
	list := []item{}
	s.list(func() { list = append(list, s.item()) })
	return list
}

// item reads the attributes of an item. It returns nil for null.
func (s *scanner) item() item {
	if s.null() {
		return nil
	}
	attributes := make(item, s.members)
	s.take('{')
	for first := true; s.err == nil && s.next(first, '}'); first = false {
		name := s.string()
		s.take(':')
		attributes[name] = s.attribute()
	}
	s.members = len(attributes)
	return attributes
}

// attribute reads the value of an attribute: an object whose one member is named by its type.
func (s *scanner) attribute() calls.Value {
	s.take('{')
	kind := s.string()
	s.take(':')
	value := s.valueOf(kind)
	s.take('}')
	return value
}

// valueOf reads a value of a type of DynamoDB.
func (s *scanner) valueOf(kind string) calls.Value {
	switch kind {
	case "S":
		v := s.texts.next()
		v.Value = s.string()
		return v
	case "N":
		v := s.numbers.next()
		v.Value = s.string()
		return v
	case "B":
		return &calls.Binary{Value: s.bytes()}
	case "BOOL":
		return &calls.Bool{Value: s.bool()}
	case "NULL":
		return &calls.Null{Value: s.bool()}
	case "L":
		list := []calls.Value{}
		s.list(func() { list = append(list, s.attribute()) })
		return &calls.List{Value: list}
	case "M":
		return &calls.Map{Value: s.item()}
	case "SS":
		return &calls.TextSet{Value: s.strings()}
	case "NS":
		return &calls.NumberSet{Value: s.strings()}
	case "BS":
		list := [][]byte{}
		s.list(func() { list = append(list, s.bytes()) })
		return &calls.BinarySet{Value: list}
	}
	s.fail()
	return nil
}

func (s *scanner) strings() []string {
	list := []string{}
	s.list(func() { list = append(list, s.string()) })
	return list
}
