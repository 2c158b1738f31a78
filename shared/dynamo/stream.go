package dynamo

import (
	"encoding/json"
	"fmt"

	"parley/shared/dynamo/calls"
)

// A StreamRecord is one record of a table's stream: the change of one item.
type StreamRecord struct {
	Insert bool // the item is new
	Item   Item // the item as it is now; nil if it was removed
	// Unreadable says which record cannot be read. If it is not empty, the other fields
	// are not set.
	Unreadable string
}

// streamValue is the value of an attribute in the JSON of a stream.
type streamValue struct {
	S    *string
	N    *string
	B    *[]byte
	BOOL *bool
	NULL *bool
	SS   []string
	NS   []string
	BS   [][]byte
	L    []streamValue
	M    map[string]streamValue
}

func (v streamValue) attribute() Value {
	switch {
	case v.S != nil:
		return Str(*v.S)
	case v.N != nil:
		return &calls.Number{Value: *v.N}
	case v.B != nil:
		return Bin(*v.B)
	case v.BOOL != nil:
		return &calls.Bool{Value: *v.BOOL}
	case v.NULL != nil:
		return &calls.Null{Value: *v.NULL}
	case v.SS != nil:
		return &calls.TextSet{Value: v.SS}
	case v.NS != nil:
		return &calls.NumberSet{Value: v.NS}
	case v.BS != nil:
		return &calls.BinarySet{Value: v.BS}
	case v.L != nil:
		list := make([]Value, len(v.L))
		for i, inner := range v.L {
			list[i] = inner.attribute()
		}
		return List(list)
	}
	m := make(Item, len(v.M))
	for name, inner := range v.M {
		m[name] = inner.attribute()
	}
	return Map(m)
}

// ReadStream reads an event that Lambda receives from the stream of a table. A record
// that cannot be read is returned with Unreadable set. If ReadStream failed because of
// it, Lambda would deliver the same batch again and again, until its records expire.
func ReadStream(event []byte) ([]StreamRecord, error) {
	var e struct{ Records []json.RawMessage }
	if err := json.Unmarshal(event, &e); err != nil {
		return nil, fmt.Errorf("event of a stream: %w", err)
	}
	records := make([]StreamRecord, len(e.Records))
	for i, record := range e.Records {
		var r struct {
			ID   string `json:"eventID"`
			Name string `json:"eventName"`
			DB   struct {
				New map[string]streamValue `json:"NewImage"`
			} `json:"dynamodb"`
		}
		if err := json.Unmarshal(record, &r); err != nil {
			records[i].Unreadable = fmt.Sprintf("record %d (%q) of the stream", i, r.ID)
			continue
		}
		records[i].Insert = r.Name == "INSERT"
		if r.DB.New != nil {
			records[i].Item = streamValue{M: r.DB.New}.attribute().(*calls.Map).Value
		}
	}
	return records, nil
}
