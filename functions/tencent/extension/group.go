package extension

import (
	"parley/shared/domain/chat"
	"parley/shared/domain/groups"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
)

// groupMessageRef names a message of a group.
type groupMessageRef struct {
	Group string `json:"GroupId" need:"10004"`
	Seq   *int64 `json:"MsgSeq" need:"10004"` // number of the message
}

// parse returns the group and the key of the message.
func (r groupMessageRef) parse() (chat.ID, timeline.Key, error) {
	if err := groups.CheckID(r.Group); err != nil {
		return chat.ID{}, timeline.Key{}, err
	}
	key, err := timeline.FindableKey(*r.Seq, fault.TargetUnknown)
	return chat.OfGroup(r.Group), key, err
}
