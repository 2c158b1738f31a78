package store

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/domain/archive"
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

func (v streamValue) attribute() types.AttributeValue {
	switch {
	case v.S != nil:
		return str(*v.S)
	case v.N != nil:
		return &types.AttributeValueMemberN{Value: *v.N}
	case v.B != nil:
		return bin(*v.B)
	case v.BOOL != nil:
		return &types.AttributeValueMemberBOOL{Value: *v.BOOL}
	case v.NULL != nil:
		return &types.AttributeValueMemberNULL{Value: *v.NULL}
	case v.SS != nil:
		return &types.AttributeValueMemberSS{Value: v.SS}
	case v.NS != nil:
		return &types.AttributeValueMemberNS{Value: v.NS}
	case v.BS != nil:
		return &types.AttributeValueMemberBS{Value: v.BS}
	case v.L != nil:
		list := make([]types.AttributeValue, len(v.L))
		for i, inner := range v.L {
			list[i] = inner.attribute()
		}
		return &types.AttributeValueMemberL{Value: list}
	}
	m := make(Item, len(v.M))
	for name, inner := range v.M {
		m[name] = inner.attribute()
	}
	return &types.AttributeValueMemberM{Value: m}
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
			records[i].Item = streamValue{M: r.DB.New}.attribute().(*types.AttributeValueMemberM).Value
		}
	}
	return records, nil
}

// ErrUnreadable is wrapped by the error of a record that cannot be read, so that a
// repeat is of no use.
var ErrUnreadable = errors.New("unreadable")

// Stored returns the message that was inserted, if this is the record of an inserted
// message of Msg. It returns false for any other record: an edit, a removal, or an item
// that is not a message. It fails with
// ErrUnreadable if the record or the message cannot be read.
func (r StreamRecord) Stored() (archive.Record, bool, error) {
	if r.Unreadable != "" {
		return archive.Record{}, false, fmt.Errorf("%w: %s", ErrUnreadable, r.Unreadable)
	}
	sk := text(r.Item, "sk")
	_, message := ParseMessageSK(sk)
	app, id, timeline := ParseTimelinePK(text(r.Item, "pk"))
	if !r.Insert || !message || !timeline {
		return archive.Record{}, false, nil
	}
	lesser, greater := id.Names()
	m, why := parseMessage(r.Item, lesser, id)
	if why != "" {
		return archive.Record{}, false, fmt.Errorf("%w: %s: %s", ErrUnreadable, quotedKey(r.Item), why)
	}
	return archive.Record{App: app, Position: sk + IDEnd + lesser + IDEnd + greater, Message: m}, true, nil
}
