// Package extension reads and changes message extensions, the keys and values that
// admins and the two users of a conversation, or the members of a group, attach to a message: the
// vendor's service openim_msg_ext_http_svc (docs/spec/tencent §6.11, §6.12, §18.14, §18.15).
package extension

import (
	"parley/shared/dialect/tencent"
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/groupchat"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store/schema"
)

// Operations lists the commands in the order of the reference.
func Operations() []op.Operation {
	s := tencent.Service{Path: "openim_msg_ext_http_svc", Group: "extension", Codes: v4.Extension(), AllowsUsers: true}
	return []op.Operation{
		tencent.Command(s, "get_key_values", getKeyValues, op.Fails(timeline.KeyFaults(), timeline.ReadExtensionsFaults()), op.Reads(schema.Messages, schema.Accounts),
			op.DocumentedErrors(10004, 10007, 10008, 23002, 23004)),
		tencent.Command(s, "set_key_values", setKeyValues, op.Fails(timeline.KeyFaults(), timeline.ExtensionsFaults()), op.Reads(schema.Accounts, schema.Messages), op.Writes(schema.Messages), op.Delivers(),
			op.DocumentedErrors(10004, 10007, 10008, 23001, 23002, 23003, 23004, 70051, 70052)),
		tencent.Command(s, "group_get_key_values", groupGetKeyValues, op.Fails(groupchat.GroupFaults(), []fault.Code{fault.MemberUnknown}, timeline.ReadExtensionsFaults()),
			op.Reads(schema.Conversations, schema.GroupHeads, schema.Messages), op.DocumentedErrors(10004, 10007, 10008, 10010, 10015, 23002, 23004)),
		tencent.Command(s, "group_set_key_values", groupSetKeyValues, op.Fails(groupchat.GroupFaults(), []fault.Code{fault.MemberUnknown}, timeline.ExtensionsFaults()),
			op.Reads(schema.Conversations, schema.GroupHeads, schema.Members, schema.Messages), op.Writes(schema.Messages), op.Delivers(), op.Sends(queue.Broadcast),
			op.DocumentedErrors(10004, 10007, 10008, 10010, 10015, 23001, 23002, 23003, 23004)),
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

// actor says who calls: an admin, or a user.
func actor(c *op.Call) timeline.Actor {
	return timeline.Actor{Trusted: c.Caller.Admin, Issued: c.Caller.Issued}
}

// extension is the wire form of an extension.
type extension struct {
	Key   string `json:"Key"`
	Value string `json:"Value"`
	Seq   int64  `json:"Seq"` // the version; every change of the message's extensions has the next one
}

func fromExtension(e timeline.Extension) extension { return extension{e.Key, e.Value, e.Seq} }
