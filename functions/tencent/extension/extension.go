// Package extension is the service openim_msg_ext_http_svc: keys and values that
// admins and the two users of a conversation attach to a message (core spec
// §6.11, §6.12).
package extension

import (
	"parley/shared/dialect/tencent"
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/messages"
	"parley/shared/fault"
	"parley/shared/op"
	"parley/shared/store"
)

// Operations lists the commands in the order of the reference.
func Operations() []op.Operation {
	s := tencent.Service{Path: "openim_msg_ext_http_svc", Group: "extension", Numbers: v4.Extension(), Members: true}
	return []op.Operation{
		tencent.Command(s, "get_key_values", getKeyValues, op.Reads(store.Messages, store.Accounts),
			op.Answers(10004, 10007, 10008, 23002, 23004)),
		tencent.Command(s, "set_key_values", setKeyValues, op.Reads(store.Accounts, store.Messages), op.Writes(store.Messages), op.Posts(),
			op.Answers(10004, 10007, 10008, 23001, 23002, 23003, 23004, 70051, 70052)),
	}
}

// target names a message as a caller sees it.
type target struct {
	From string `json:"From_Account" id:"user" bad:"10004"`
	To   string `json:"To_Account" id:"user" need:"10004"`
	Key  string `json:"MsgKey" need:"10004"`
}

// message checks that the caller is an admin or one of the two.
func (t *target) message(c *op.Call) (messages.Key, error) {
	if t.From == "" {
		t.From = c.Caller.Account
	}
	if !c.Caller.Admin && c.Caller.Account != t.From && c.Caller.Account != t.To {
		return messages.Key{}, fault.New(fault.NotAdmin, "%s is no admin and not in the conversation", c.Caller.Account)
	}
	return messages.ParseKey(t.Key)
}

type pair struct {
	Key   string `json:"Key"`
	Value string `json:"Value"`
	Seq   int64  `json:"Seq"`
}

func fromPair(p messages.Pair) pair { return pair{p.Key, p.Value, p.Seq} }
