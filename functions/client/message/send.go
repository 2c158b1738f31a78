package message

import (
	"context"
	"encoding/json"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/messages"
	"parley/shared/op"
)

type sendRequest struct {
	To string `json:"To_Account" id:"receiver" need:"90003"`
	options
	Body   []messages.Element `json:"MsgBody" max:"-" need:"90002" bad:"90007"`
	Custom string             `json:"CloudCustomData" bad:"90001"`
}

// options is what message.send and message.forward have in common.
type options struct {
	Seq       *uint32         `json:"MsgSeq" bad:"90004"`                  // chosen by the client, too; absent: derived from the time, so that it rises
	Random    *uint32         `json:"MsgRandom" need:"90005"`              // chosen by the client; a repeat is answered, not stored twice
	Online    int             `json:"OnlineOnlyFlag" bad:"90001"`          // 1: for who is online now, and not stored
	Receipt   int             `json:"IsNeedReadReceipt" bad:"90001"`       // 1: asks for a receipt of reading
	Extension int             `json:"SupportMessageExtension" bad:"90001"` // 1: key-values may be attached
	Control   []string        `json:"SendMsgControl" bad:"90001"`          // NoUnread, NoLastMsg, ...
	Push      json.RawMessage `json:"OfflinePushInfo"`                     // what a push shows
}

func (in options) draft() (d messages.Draft, err error) {
	d.Seq, d.Random, d.Sync = in.Seq, *in.Random, messages.SyncDevices
	if d.OnlineOnly, err = v4.Flag("OnlineOnlyFlag", in.Online); err != nil {
		return d, err
	}
	if d.NeedReceipt, err = v4.Flag("IsNeedReadReceipt", in.Receipt); err != nil {
		return d, err
	}
	if d.Extensible, err = v4.Flag("SupportMessageExtension", in.Extension); err != nil {
		return d, err
	}
	if d.Push, err = v4.Push(in.Push); err != nil {
		return d, err
	}
	return d, v4.Control(in.Control, &d)
}

type sendReply struct {
	Key     string `json:"MsgKey"`
	Seq     uint32 `json:"MsgSeq"`
	Time    int64  `json:"MsgTime"` // Unix seconds
	Ordinal int64  `json:"Ordinal,omitempty"`
}

// send stores a message and has it delivered to every device of both users but
// the one that sends. The reply means stored; it does not mean delivered.
func send(ctx context.Context, c *op.Call, in sendRequest) (sendReply, error) {
	d, err := in.draft()
	if err != nil {
		return sendReply{}, err
	}
	d.From, d.To, d.Issued, d.Origin = c.Caller.Account, in.To, c.Caller.Issued, c.Origin()
	d.Content = messages.Content{Elements: in.Body, Custom: in.Custom}
	r, err := c.Messages.Send(ctx, d)
	if err != nil {
		return sendReply{}, err
	}
	return sendReply{Key: r.Key.String(), Seq: r.Seq, Time: r.Time, Ordinal: r.Ordinal}, nil
}
