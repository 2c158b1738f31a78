package message

import (
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/messages"
	"parley/shared/op"
)

// oneMessage names a message of the caller's conversation with another user.
type oneMessage struct {
	To  string `json:"To_Account" id:"user" need:"90003"`
	Key string `json:"MsgKey" need:"90054"`
}

// someMessages names up to 30 of them.
type someMessages struct {
	To   string   `json:"To_Account" id:"user" need:"90003"`
	Keys []string `json:"MsgKeyList" need:"90001"`
}

// keys fails where the list is too long, empty, or has what is no key.
func (in someMessages) keys() ([]messages.Key, error) {
	keys, err := v4.ToKeys(in.Keys)
	if err != nil {
		return nil, err
	}
	return keys, messages.CheckKeys(keys)
}

// done is an answer that says nothing more.
type done struct{}

// by is the caller as who changes a message.
func by(c *op.Call) messages.Actor {
	return messages.Actor{Issued: c.Caller.Issued, Origin: c.Origin()}
}
