package message

import (
	"context"
	"encoding/json"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/messages"
	"parley/shared/op"
)

type sendRequest struct {
	To      string             `json:"To_Account" need:"90003"`
	Seq     *uint32            `json:"MsgSeq" bad:"90004"`
	Random  *uint32            `json:"MsgRandom" need:"90005"` // chosen by the client; a repeat is answered, not stored twice
	Body    []messages.Element `json:"MsgBody" need:"90002" bad:"90007"`
	Custom  string             `json:"CloudCustomData" bad:"90001"`
	Online  int                `json:"OnlineOnlyFlag" bad:"90001"`
	Control []string           `json:"SendMsgControl" bad:"90001"`
	Push    json.RawMessage    `json:"OfflinePushInfo"`
}

type sendReply struct {
	Key     string `json:"MsgKey"`
	Seq     uint32 `json:"MsgSeq"`
	Time    int64  `json:"MsgTime"`
	Ordinal int64  `json:"Ordinal,omitempty"`
}

// send stores a message and has it delivered to every device of both users but
// the one that sends. The reply means stored; it does not mean delivered.
func send(ctx context.Context, c *op.Call, in sendRequest) (sendReply, error) {
	if in.Online != 0 && in.Online != 1 {
		return sendReply{}, v4.Refuse(90001, "OnlineOnlyFlag is 0 or 1")
	}
	if err := v4.CheckPush(in.Push); err != nil {
		return sendReply{}, err
	}
	noUnread, noLast, err := v4.Control(in.Control)
	if err != nil {
		return sendReply{}, err
	}
	r, err := c.Messages.Send(ctx, messages.Draft{
		From: c.Caller.Account, To: in.To, Seq: in.Seq, Random: *in.Random,
		Content:    messages.Content{Elements: in.Body, Custom: in.Custom, Push: in.Push},
		OnlineOnly: in.Online == 1, NoUnread: noUnread, NoLast: noLast, Sync: messages.SyncDevices,
		Issued: c.Caller.Issued, Origin: c.Origin(),
	})
	if err != nil {
		return sendReply{}, err
	}
	return sendReply{Key: r.Key.String(), Seq: r.Seq, Time: r.Time, Ordinal: r.Ordinal}, nil
}
