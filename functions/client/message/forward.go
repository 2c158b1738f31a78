package message

import (
	"context"
	"encoding/json"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/content"
	"parley/shared/domain/direct"
	"parley/shared/op"
)

type forwardRequest struct {
	options
	To    string `json:"To_Account" id:"receiver" bad:"90003"`
	Group string `json:"GroupId" bad:"90001"`
	toGroup
	Title      string            `json:"Title" bad:"90010"`
	Compatible string            `json:"CompatibleText" bad:"90010"`
	Abstract   []string          `json:"AbstractList" repeats:"true" bad:"90010"`
	List       []json.RawMessage `json:"MsgList" bad:"90007"`    // the merged messages; either MsgList or JsonMsgKey
	Key        string            `json:"JsonMsgKey" bad:"90010"` // of an imported list
	Custom     string            `json:"CloudCustomData" bad:"90001"`
}

// forward sends merged messages as one message with a TIMRelayElem. The element has the
// merged messages themselves, if they fit into the 12 KB of a message, or the JsonMsgKey
// of a list that the caller imported with message.import-key. In all other respects it
// works like message.send, to one user or to a group. The merged messages are those that the caller's
// device has, of any conversation.
func forward(ctx context.Context, c *op.Call, in forwardRequest) (sendReply, error) {
	switch {
	case (in.To == "") == (in.Group == ""):
		return sendReply{}, v4.Refuse(90003, "a call has either To_Account or GroupId")
	case in.Group != "":
		return forwardToGroup(ctx, c, in)
	}
	if err := in.toGroup.absent(); err != nil {
		return sendReply{}, err
	}
	request, err := in.sendRequest()
	if err != nil {
		return sendReply{}, err
	}
	request.From, request.To, request.Issued, request.Origin = c.Caller.Account, in.To, c.Caller.Issued, c.Origin()
	request.Custom = in.Custom
	merge, err := in.merge()
	if err != nil {
		return sendReply{}, err
	}
	r, err := c.Direct.Forward(ctx, direct.Forward{SendRequest: request, MergedRequest: merge})
	if err != nil {
		return sendReply{}, err
	}
	return sendReply{Key: r.Key.String(), Seq: r.Seq, Time: r.Time, Ordinal: r.Offset}, nil
}

// merge returns what is to be merged.
func (in forwardRequest) merge() (direct.MergedRequest, error) {
	messages, err := v4.ReadForwarded(in.List)
	return direct.MergedRequest{Title: in.Title, Fallback: in.Compatible, Abstract: in.Abstract, Messages: messages, Key: in.Key}, err
}

// forwardToGroup sends merged messages to a group.
func forwardToGroup(ctx context.Context, c *op.Call, in forwardRequest) (sendReply, error) {
	r, err := groupRequest(c, in.Group, in.toGroup, in.options)
	if err != nil {
		return sendReply{}, err
	}
	merge, err := in.merge()
	if err != nil {
		return sendReply{}, err
	}
	merged, err := c.Direct.Merge(ctx, c.Caller.Account, merge)
	if err != nil {
		return sendReply{}, err
	}
	r.Custom, r.Elements, r.MergedImported = in.Custom, []content.Element{merged.Element}, merged.Imported
	return sendGroupRequest(ctx, c, r)
}
