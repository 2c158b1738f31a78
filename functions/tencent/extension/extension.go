// Package extension reads and changes message extensions, the keys and values that
// admins and the two users of a conversation attach to a message: the vendor's service
// openim_msg_ext_http_svc (docs/spec/tencent §6.11, §6.12).
package extension

import (
	"parley/shared/dialect/tencent"
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
	"parley/shared/op"
	"parley/shared/store"
)

// Operations lists the commands in the order of the reference.
func Operations() []op.Operation {
	s := tencent.Service{Path: "openim_msg_ext_http_svc", Group: "extension", Codes: v4.Extension(), AllowsUsers: true}
	return []op.Operation{
		tencent.Command(s, "get_key_values", getKeyValues, op.Fails(timeline.KeyFaults(), timeline.ReadExtensionsFaults()), op.Reads(store.Messages, store.Accounts),
			op.DocumentedErrors(10004, 10007, 10008, 23002, 23004)),
		tencent.Command(s, "set_key_values", setKeyValues, op.Fails(timeline.KeyFaults(), timeline.ExtensionsFaults()), op.Reads(store.Accounts, store.Messages), op.Writes(store.Messages), op.Delivers(),
			op.DocumentedErrors(10004, 10007, 10008, 23001, 23002, 23003, 23004, 70051, 70052)),
	}
}

// messageRef names a message of a conversation.
type messageRef struct {
	From string `json:"From_Account" id:"user" bad:"10004"` // the caller, if it is missing
	To   string `json:"To_Account" id:"user" need:"10004"`
	Key  string `json:"MsgKey" need:"10004"`
}

// parse fills in From and returns the key of the message. It refuses a caller who is
// neither an admin nor one of the two users.
func (r *messageRef) parse(c *op.Call) (timeline.Key, error) {
	if r.From == "" {
		r.From = c.Caller.Account
	}
	if !c.Caller.Admin && c.Caller.Account != r.From && c.Caller.Account != r.To {
		return timeline.Key{}, fault.New(fault.NotAdmin, "%s is no admin and not in the conversation", c.Caller.Account)
	}
	return timeline.ParseKey(r.Key)
}

// extension is the wire form of an extension.
type extension struct {
	Key   string `json:"Key"`
	Value string `json:"Value"`
	Seq   int64  `json:"Seq"` // the version; every change of the message's extensions has the next one
}

func fromExtension(e timeline.Extension) extension { return extension{e.Key, e.Value, e.Seq} }
