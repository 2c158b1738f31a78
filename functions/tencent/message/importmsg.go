package message

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/direct"
	"parley/shared/fault"
	"parley/shared/op"
)

type importMsgRequest struct {
	Mode   *int         `json:"SyncFromOldSystem" need:"90030"` // 5 a live message, 2 history
	From   string       `json:"From_Account" id:"user" need:"90008"`
	To     string       `json:"To_Account" id:"receiver" need:"90003"`
	Seq    *uint32      `json:"MsgSeq" bad:"90004"` // derived from MsgRandom and the content, if it is missing
	Random *uint32      `json:"MsgRandom" need:"90005"`
	Time   *uint32      `json:"MsgTimeStamp" need:"90006"` // Unix seconds
	Body   []v4.Element `json:"MsgBody" max:"-" need:"90002" bad:"90007"`
	Custom string       `json:"CloudCustomData" bad:"90001"`
}

type importMsgResponse struct{}

// importMsg puts a past message into a conversation under its own time. With
// SyncFromOldSystem 5 the message counts as unread, is delivered to the receiver and is
// pushed. With 2 it is only stored in the history. If the conversation has a message
// with the same MsgSeq, MsgRandom and MsgTimeStamp, the call succeeds and changes
// nothing. It does so, too, if the message is older than the application keeps messages.
func importMsg(ctx context.Context, c *op.Call, in importMsgRequest) (importMsgResponse, error) {
	i := direct.Import{
		From: in.From, To: in.To, Seq: in.Seq, Random: *in.Random, Time: int64(*in.Time),
		Form: v4.Form{},
	}
	switch *in.Mode {
	case 1, 5: // 1 is what 5 was until 2021 (docs/spec/tencent §6.3)
		i.Live = true
	case 2:
	default:
		return importMsgResponse{}, v4.Refuse(90030, "SyncFromOldSystem is 5 for live messages, 2 for history")
	}
	if i.Time > c.App.Now().Add(direct.MaxImportAhead).Unix() {
		return importMsgResponse{}, v4.Refuse(90006, "MsgTimeStamp lies in the future")
	}
	var err error
	if i.Content, err = v4.ReadContent(in.Body, in.Custom); err != nil {
		return importMsgResponse{}, err
	}
	err = c.Direct.Import(ctx, i)
	if fault.Is(err, fault.SenderUnknown) {
		err = v4.Refuse(badFrom, "From_Account %s is not an account", in.From)
	}
	return importMsgResponse{}, err
}
