package message

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/chat"
	"parley/shared/domain/delivery"
	"parley/shared/fault"
	"parley/shared/op"
)

type setReadRequest struct {
	Reader string          `json:"Report_Account" id:"user" need:"90008"`
	Peer   string          `json:"Peer_Account" id:"user" need:"90003"`
	Time   json.RawMessage `json:"MsgReadTime"` // Unix seconds, as a number or as text
}

type setReadResponse struct{}

// adminSetMsgRead marks the messages that Peer_Account sent to Report_Account up to a
// time as read, or all of them if no time is given. The devices of both users are
// notified.
func adminSetMsgRead(ctx context.Context, c *op.Call, in setReadRequest) (setReadResponse, error) {
	at, err := readTime(in.Time)
	if err != nil {
		return setReadResponse{}, err
	}
	if at == nil {
		_, err = c.Inbox.MarkRead(ctx, in.Reader, chat.Between(in.Reader, in.Peer), nil, delivery.Origin{})
	} else {
		_, err = c.Inbox.MarkReadUntil(ctx, in.Reader, chat.Between(in.Reader, in.Peer), *at)
	}
	switch {
	case fault.Is(err, fault.SenderUnknown):
		err = v4.Refuse(badFrom, "Report_Account %s is not an account", in.Reader)
	case fault.Is(err, fault.ReceiverUnknown):
		err = v4.Refuse(badTo, "Peer_Account %s is not an account", in.Peer)
	}
	return setReadResponse{}, err
}

// readTime returns the time of MsgReadTime, which is a number or a text with a number
// (docs/spec/tencent §6.6). It returns nil if the field is missing.
func readTime(raw json.RawMessage) (*int64, error) {
	text := strings.Trim(string(raw), `"`)
	if text == "" || text == "null" {
		return nil, nil
	}
	at, err := strconv.ParseInt(text, 10, 64)
	if err != nil || at < 0 || at >= 1<<32 {
		return nil, v4.Refuse(badJSON, "MsgReadTime is not Unix seconds")
	}
	return &at, nil
}
