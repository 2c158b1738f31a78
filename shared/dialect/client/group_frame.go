package client

import (
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/chat"
	"parley/shared/domain/timeline"
)

// groupMessageRecalled says that a message of a group was recalled.
type groupMessageRecalled struct {
	Group  string `json:"GroupId"`
	From   string `json:"From_Account"` // the sender of the message
	Key    string `json:"MsgKey"`
	By     string `json:"Operator_Account,omitempty"` // the user who recalled it; absent: the application
	TimeMs int64  `json:"TimeMs"`
}

// groupMessagesDeleted says which messages of a group the application has deleted for all members.
type groupMessagesDeleted struct {
	Group  string   `json:"GroupId"`
	Keys   []string `json:"MsgKeyList"`
	TimeMs int64    `json:"TimeMs"`
}

// groupMessageReacted says that a member has reacted to a message of a group, or has removed a reaction.
type groupMessageReacted struct {
	Group    string `json:"GroupId"`
	From     string `json:"From_Account"` // the sender of the message
	Key      string `json:"MsgKey"`
	User     string `json:"Operator_Account"` // the member who reacted
	Reaction string `json:"Reaction"`
	Added    bool   `json:"Added"` // false: the reaction was removed
	TimeMs   int64  `json:"TimeMs"`
}

// groupMessagesConfirmed says that a member has read messages of a group whose sender wants receipts.
type groupMessagesConfirmed struct {
	Group  string   `json:"GroupId"`
	Reader string   `json:"From_Account"`
	Keys   []string `json:"MsgKeyList"`
	TimeMs int64    `json:"TimeMs"`
}

// groupMessageExtended says which extensions of a message of a group have changed.
type groupMessageExtended struct {
	Group   string          `json:"GroupId"`
	From    string          `json:"From_Account"` // the sender of the message
	Key     string          `json:"MsgKey"`
	Latest  int64           `json:"LatestSeq"`
	Cleared int64           `json:"ClearSeq"` // extensions with a Seq up to this one were removed
	Set     []extensionPair `json:"ExtensionList,omitempty"`
	Deleted []string        `json:"Deleted,omitempty"` // the keys of removed extensions
}

// groupChanged has the fields of a group's profile that have changed.
type groupChanged struct {
	Group string `json:"GroupId"`
	v4.GroupInfo
	Version int64 `json:"InfoSeq"`
}

// groupAttributesChanged has the attributes of a group that were set, and the keys of those that were
// deleted.
type groupAttributesChanged struct {
	Group   string              `json:"GroupId"`
	Set     []v4.GroupAttribute `json:"GroupAttr"`
	Deleted []string            `json:"Deleted,omitempty"`
	Version int64               `json:"Version"` // of the attributes after the change
	TimeMs  int64               `json:"TimeMs"`
}

// groupCountersChanged has the new values of counters of a group, and the keys of those that were
// deleted.
type groupCountersChanged struct {
	Group   string            `json:"GroupId"`
	Set     []v4.GroupCounter `json:"GroupCounter"`
	Deleted []string          `json:"Deleted,omitempty"`
	Version int64             `json:"Version"` // of the counters after the change
	TimeMs  int64             `json:"TimeMs"`
}

// message returns the wire form of a message of a conversation.
func message(m timeline.Message) any {
	if m.Chat.Kind() == chat.Group {
		return v4.FromGroupMessage(m)
	}
	return v4.FromMessage(m)
}
