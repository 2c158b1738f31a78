package message

import (
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/timeline"
	"parley/shared/op"
)

// oneMessage is a request that names a message of the caller's conversation with another
// user.
type oneMessage struct {
	To  string `json:"To_Account" id:"user" need:"90003"`
	Key string `json:"MsgKey" need:"90054"`
}

// someMessages is a request that names up to 30 such messages.
type someMessages struct {
	To   string   `json:"To_Account" id:"user" need:"90003"`
	Keys []string `json:"MsgKeyList" need:"90001"`
}

// keys parses the keys. It fails if there are none or more than 30, or if one of them is
// not a key.
func (in someMessages) keys() ([]timeline.Key, error) {
	keys, err := v4.ToKeys(in.Keys)
	if err != nil {
		return nil, err
	}
	return keys, timeline.CheckKeys(keys)
}

// nothing is an answer without fields.
type nothing struct{}

// actor returns the caller as the user who changes a message.
func actor(c *op.Call) timeline.Actor {
	return timeline.Actor{Issued: c.Caller.Issued, Origin: c.Origin()}
}
