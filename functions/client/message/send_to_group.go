package message

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/chat"
	"parley/shared/domain/groupchat"
	"parley/shared/domain/timeline"
	"parley/shared/op"
)

// toGroup are the fields that only a message to a group has.
type toGroup struct {
	Priority  string      `json:"MsgPriority" bad:"90001"`       // High, Normal or Low; absent: Normal
	Mentions  []v4.AtInfo `json:"GroupAtInfo" bad:"90001"`       // at most 30 members, or all
	Receivers []string    `json:"ToMembers_Account" bad:"90001"` // at most 50 members to whom alone the message goes
}

// absent refuses the fields in a message to one user.
func (in toGroup) absent() error {
	if in.Priority != "" || len(in.Mentions) > 0 || len(in.Receivers) > 0 {
		return v4.Refuse(90001, "MsgPriority, GroupAtInfo and ToMembers_Account are for messages to a group")
	}
	return nil
}

// sendToGroup sends a message of the caller to a group.
func sendToGroup(ctx context.Context, c *op.Call, in sendRequest) (sendReply, error) {
	r, err := groupRequest(c, in.Group, in.toGroup, in.options)
	if err != nil {
		return sendReply{}, err
	}
	if r.Content, err = v4.ReadContent(in.Body, in.Custom); err != nil {
		return sendReply{}, err
	}
	return sendGroupRequest(ctx, c, r)
}

// groupRequest returns the request to send a message of the caller to a group. It has no content.
func groupRequest(c *op.Call, group string, in toGroup, o options) (groupchat.SendRequest, error) {
	if o.Seq != nil {
		return groupchat.SendRequest{}, v4.Refuse(90004, "a message to a group gets its MsgSeq from the server")
	}
	options, err := o.sendRequest()
	if err != nil {
		return groupchat.SendRequest{}, err
	}
	r := groupchat.SendRequest{
		Actor: groupchat.Actor{User: c.Caller.Account, Issued: c.Caller.Issued}, Group: group, Random: options.Random, Form: v4.Form{},
		Priority: timeline.Normal, OnlineOnly: options.OnlineOnly, NeedReceipt: options.NeedReceipt, Extensible: options.Extensible,
		ExcludedFromUnread: options.ExcludedFromUnread, ExcludedFromLast: options.ExcludedFromLast, Push: options.Push,
		Receivers: in.Receivers, Origin: c.Origin(),
	}
	if in.Priority != "" {
		var ok bool
		if r.Priority, ok = v4.ParsePriority(in.Priority); !ok {
			return groupchat.SendRequest{}, v4.Refuse(90001, "MsgPriority is High, Normal or Low")
		}
	}
	r.Mentions, err = v4.ToMentions(in.Mentions)
	return r, err
}

// sendGroupRequest sends a message to a group.
func sendGroupRequest(ctx context.Context, c *op.Call, r groupchat.SendRequest) (sendReply, error) {
	sent, err := c.GroupChat.Send(ctx, r)
	if err != nil {
		return sendReply{}, err
	}
	out := sendReply{Seq: sent.Seq, Time: sent.Time}
	if sent.Seq != 0 {
		out.Key = timeline.KeyOfNumber(int64(sent.Seq)).Text(chat.OfGroup(r.Group))
	}
	if sent.Dropped {
		out.Dropped = "MsgFreqCtrl"
	}
	return out, nil
}
