package message

import (
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/chat"
	"parley/shared/domain/timeline"
	"parley/shared/op"
)

// conversation is the conversation of a call: with another user, or a group.
type conversation struct {
	To    string `json:"To_Account" id:"user" bad:"90003"` // the other user of a one-to-one conversation
	Group string `json:"GroupId" bad:"90001"`              // or the group
}

// chat returns the conversation of the caller that the request names.
func (r conversation) chat(caller string) (chat.ID, error) {
	switch {
	case (r.To == "") == (r.Group == ""):
		return chat.ID{}, v4.Refuse(90003, "a call has either To_Account or GroupId")
	case r.Group != "":
		return chat.OfGroup(r.Group), nil
	}
	return chat.Between(caller, r.To), nil
}

// aMessage is a request that names a message of a conversation of the caller.
type aMessage struct {
	conversation
	Key string `json:"MsgKey" need:"90054"`
}

// find returns the conversation and the key of the message.
func (r aMessage) find(caller string) (chat.ID, timeline.Key, error) {
	id, err := r.chat(caller)
	if err != nil {
		return id, timeline.Key{}, err
	}
	key, err := timeline.ParseKeyOf(id, r.Key)
	return id, key, err
}

// messages are messages of a conversation: those of one with another user are in List, and those of a
// group in OfGroup.
type messages struct {
	List    []v4.Message      `json:"MsgList"`
	OfGroup []v4.GroupMessage `json:"GroupMsgList,omitempty"` // messages of a group, in place of MsgList
}

// messagesOf returns the wire form of messages of a conversation.
func messagesOf(id chat.ID, list []timeline.Message) messages {
	if id.Kind() != chat.Group {
		return messages{List: v4.FromMessages(list)}
	}
	out := messages{List: []v4.Message{}, OfGroup: make([]v4.GroupMessage, len(list))}
	for i, m := range list {
		out.OfGroup[i] = v4.FromGroupMessage(m)
	}
	return out
}

// fits returns the function that says whether the next message of an answer fits into it.
func fits(id chat.ID) func(timeline.Message) bool {
	if id.Kind() == chat.Group {
		return v4.SizeLimit(v4.MaxAnswer, v4.FromGroupMessage)
	}
	return v4.SizeLimit(v4.MaxAnswer, v4.FromMessage)
}

// nothing is an answer without fields.
type nothing struct{}

// actor returns the caller as the user who changes a message.
func actor(c *op.Call) timeline.Actor {
	return timeline.Actor{Issued: c.Caller.Issued, Origin: c.Origin()}
}
