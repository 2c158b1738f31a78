package group

import (
	"cmp"
	"context"
	"encoding/json"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/groupchat"
	"parley/shared/domain/timeline"
	"parley/shared/op"
)

type sendGroupMsgRequest struct {
	target
	Random    *uint32         `json:"Random" need:"10004"` // a repeat with the same one is answered like the first call
	Body      []v4.Element    `json:"MsgBody" max:"-" need:"10004"`
	Custom    string          `json:"CloudCustomData" bad:"10004"`
	Priority  string          `json:"MsgPriority" bad:"10004"`            // High, Normal or Low; absent: Normal
	From      string          `json:"From_Account" id:"user" bad:"10004"` // the calling admin, if it is missing
	Push      json.RawMessage `json:"OfflinePushInfo"`
	Forbid    []string        `json:"ForbidCallbackControl" bad:"10004"`   // checked, and has no effect: no webhook is called
	Online    *int            `json:"OnlineOnlyFlag" bad:"10004"`          // over 0: only for devices that are online, not stored
	OldOnline *int            `json:"MsgOnlineOnlyFlag" bad:"10004"`       // the old name of OnlineOnlyFlag
	Control   []string        `json:"SendMsgControl" bad:"10004"`          // NoUnread, NoLastMsg; not with OnlineOnlyFlag
	Receipt   int             `json:"NeedReadReceipt" bad:"10004"`         // 1: asks for read receipts
	Extension int             `json:"SupportMessageExtension" bad:"10004"` // 1: group_set_key_values may attach extensions
	To        []string        `json:"To_Account" bad:"10004"`              // at most 50 members to whom alone the message goes
	Mentions  []v4.AtInfo     `json:"GroupAtInfo" bad:"10004"`             // at most 30 members, or all
}

type sendGroupMsgResponse struct {
	Time    int64  `json:"MsgTime"`                 // Unix seconds
	Seq     int64  `json:"MsgSeq"`                  // number of the message; 0: it is not stored
	Dropped string `json:"MsgDropReason,omitempty"` // MsgFreqCtrl: the group had too many messages in this second
}

// sendGroupMsg sends a message to a group in the name of an account, which need not be a member. An
// account that is muted in the group cannot send (10017), but the calling admin can. The members to
// whom To_Account restricts the message are those of the list who are in the group, and the sender. A
// repeat with the same Random within five minutes is answered like the first call, and the message
// is stored once. A message that is dropped has the MsgSeq 0, and is not stored.
func sendGroupMsg(ctx context.Context, c *op.Call, in sendGroupMsgRequest) (sendGroupMsgResponse, error) {
	request, err := in.sendRequest(c.Caller.Account)
	if err != nil {
		return sendGroupMsgResponse{}, err
	}
	sent, err := c.GroupChat.Send(ctx, request)
	if err != nil {
		return sendGroupMsgResponse{}, err
	}
	out := sendGroupMsgResponse{Time: sent.Time, Seq: int64(sent.Seq)}
	if sent.Dropped {
		out.Dropped = "MsgFreqCtrl"
	}
	return out, nil
}

// sendRequest returns the request for the domain. If From_Account is missing, the sender is the
// calling admin.
func (in sendGroupMsgRequest) sendRequest(admin string) (r groupchat.SendRequest, err error) {
	from := cmp.Or(in.From, admin)
	r = groupchat.SendRequest{
		Actor: groupchat.Actor{User: from, Trusted: true, Own: from == admin},
		Group: in.Group, Random: *in.Random, Form: v4.Form{}, Priority: timeline.Normal, Receivers: in.To,
	}
	if r.Content, err = v4.ReadContent(in.Body, in.Custom); err != nil {
		return r, err
	}
	if in.Priority != "" {
		var ok bool
		if r.Priority, ok = v4.ParsePriority(in.Priority); !ok {
			return r, v4.Refuse(badParameter, "MsgPriority is High, Normal or Low")
		}
	}
	if r.NeedReceipt, err = v4.Flag("NeedReadReceipt", in.Receipt); err != nil {
		return r, err
	}
	if r.Extensible, err = v4.Flag("SupportMessageExtension", in.Extension); err != nil {
		return r, err
	}
	if r.Push, err = v4.ParseOfflinePushInfo(in.Push); err != nil {
		return r, v4.Refuse(badParameter, "%s", err) // this service has no number of its own for it
	}
	if r.SkipBefore, r.SkipAfter, err = v4.ReadForbidCallbackControl(in.Forbid); err != nil {
		return r, err
	}
	if r.Mentions, err = v4.ToMentions(in.Mentions); err != nil {
		return r, err
	}
	return r, in.addControl(&r)
}

// addControl sets what OnlineOnlyFlag and SendMsgControl say. The receive options of members hold
// with WithMuteNotifications and without it.
func (in sendGroupMsgRequest) addControl(r *groupchat.SendRequest) error {
	control, err := v4.ReadSendMsgControl(in.Control)
	if err != nil {
		return err
	}
	if online := cmp.Or(in.Online, in.OldOnline); online != nil {
		r.OnlineOnly = *online > 0
	}
	if r.OnlineOnly && len(in.Control) > 0 {
		return v4.Refuse(badParameter, "SendMsgControl and OnlineOnlyFlag exclude each other")
	}
	r.ExcludedFromUnread, r.ExcludedFromLast = control.ExcludedFromUnread, control.ExcludedFromLast
	return nil
}
