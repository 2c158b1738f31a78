package message

import (
	"context"
	"encoding/json"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/direct"
	"parley/shared/op"
)

type sendRequest struct {
	To    string `json:"To_Account" id:"receiver" bad:"90003"`
	Group string `json:"GroupId" bad:"90001"`
	toGroup
	options
	Body   []v4.Element `json:"MsgBody" max:"-" need:"90002" bad:"90007"`
	Custom string       `json:"CloudCustomData" bad:"90001"`
}

// options are the fields that message.send and message.forward have in common.
type options struct {
	Seq       *uint32         `json:"MsgSeq" bad:"90004"`                  // chosen by the client; absent: the server derives one that rises with time
	Random    *uint32         `json:"MsgRandom" need:"90005"`              // chosen by the client; a repeat with the same one is answered like the first call
	Online    int             `json:"OnlineOnlyFlag" bad:"90001"`          // 1: delivered to devices that are online, and not stored
	Receipt   int             `json:"IsNeedReadReceipt" bad:"90001"`       // 1: asks the receiver for a read receipt
	Extension int             `json:"SupportMessageExtension" bad:"90001"` // 1: extensions may be attached to the message
	Control   []string        `json:"SendMsgControl" bad:"90001"`          // NoUnread, NoLastMsg, ...
	Push      json.RawMessage `json:"OfflinePushInfo"`                     // what a push shows
}

// sendRequest returns the request with these options. It has no users and no content.
func (in options) sendRequest() (out direct.SendRequest, err error) {
	out.Seq, out.Random, out.Sync, out.Form = in.Seq, *in.Random, direct.CopyToDevices, v4.Form{}
	if out.OnlineOnly, err = v4.Flag("OnlineOnlyFlag", in.Online); err != nil {
		return out, err
	}
	if out.NeedReceipt, err = v4.Flag("IsNeedReadReceipt", in.Receipt); err != nil {
		return out, err
	}
	if out.Extensible, err = v4.Flag("SupportMessageExtension", in.Extension); err != nil {
		return out, err
	}
	if out.Push, err = v4.ParseOfflinePushInfo(in.Push); err != nil {
		return out, err
	}
	control, err := v4.ReadSendMsgControl(in.Control)
	control.To(&out)
	return out, err
}

type sendReply struct {
	Key     string `json:"MsgKey,omitempty"`        // absent: a message to a group that is not stored
	Seq     uint32 `json:"MsgSeq"`                  // of a message to a group: its number; 0: it is not stored
	Time    int64  `json:"MsgTime"`                 // Unix seconds
	Ordinal int64  `json:"Ordinal,omitempty"`       // the message's number from the caller to this user; absent: not stored
	Dropped string `json:"MsgDropReason,omitempty"` // MsgFreqCtrl: the group had too many messages in this second
}

// send sends a message to one user, or to a group. To one user: it stores the message and delivers it to all devices
// of both users except the device that sends. Code 0 means that the message is stored
// (unless OnlineOnlyFlag is 1), not that a device has received it. A repeat with the same
// MsgSeq, MsgRandom and content within 120 seconds is answered like the first call, and
// the message is stored once. To a group: MsgSeq is the number of the message, and the identity of the
// send is MsgRandom, for five minutes.
func send(ctx context.Context, c *op.Call, in sendRequest) (sendReply, error) {
	switch {
	case (in.To == "") == (in.Group == ""):
		return sendReply{}, v4.Refuse(90003, "a call has either To_Account or GroupId")
	case in.Group != "":
		return sendToGroup(ctx, c, in)
	}
	if err := in.toGroup.absent(); err != nil {
		return sendReply{}, err
	}
	request, err := in.sendRequest()
	if err != nil {
		return sendReply{}, err
	}
	request.From, request.To, request.Issued, request.Origin = c.Caller.Account, in.To, c.Caller.Issued, c.Origin()
	if request.Content, err = v4.ReadContent(in.Body, in.Custom); err != nil {
		return sendReply{}, err
	}
	r, err := c.Direct.Send(ctx, request)
	if err != nil {
		return sendReply{}, err
	}
	return sendReply{Key: r.Key.String(), Seq: r.Seq, Time: r.Time, Ordinal: r.Offset}, nil
}
