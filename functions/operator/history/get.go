package history

import (
	"context"
	"encoding/json"

	"parley/shared/fault"
	"parley/shared/op"
)

type getRequest struct {
	App   int64  `json:"SdkAppId"`
	Type  string `json:"ChatType"` // C2C, the default, or Group
	Hour  string `json:"MsgTime"`  // YYYYMMDDHH in UTC+8
	Skip  int    `json:"Skip"`     // messages of the pages before
	Limit *int   `json:"Limit"`    // messages, 1 to 100, default 100
}

type getReply struct {
	hour
	// Pending: there are messages that the file may lack; it will be made again.
	Pending bool   `json:"Pending"`
	URL     string `json:"URL"`     // the whole file
	Expires int64  `json:"Expires"` // Unix seconds, of the address
	// List has the messages as they stand in the file.
	List     []json.RawMessage `json:"MsgList"`
	Complete bool              `json:"Complete"`
}

const maxMessages = 100

// get returns what an hour has: an address of its file, and a page of its
// messages. A page that is not complete goes on after as many messages more. A
// Version that is another tells that the file was made again in between.
func get(ctx context.Context, c *op.Call, in getRequest) (getReply, error) {
	t, err := chat(in.Type)
	if err != nil {
		return getReply{}, err
	}
	limit, err := limited(in.Limit, maxMessages)
	if err != nil {
		return getReply{}, err
	}
	if in.Skip < 0 {
		return getReply{}, fault.New(fault.Invalid, "Skip is a number of messages")
	}
	s, err := service(ctx, c, in.App)
	if err != nil {
		return getReply{}, err
	}
	e, err := s.Export(ctx, t, in.Hour)
	if err != nil {
		return getReply{}, err
	}
	out := getReply{hour: view(e), List: []json.RawMessage{}, Complete: true}
	if out.Pending, err = s.Pending(ctx, e); err != nil {
		return getReply{}, err
	}
	link, err := s.Link(ctx, e)
	if err != nil {
		return getReply{}, err
	}
	out.URL, out.Expires = link.URL, link.Expires.Unix()
	if int64(in.Skip) >= e.Messages {
		return out, nil
	}
	if out.List, err = s.Messages(ctx, e, in.Skip, limit); err != nil {
		return getReply{}, err
	}
	out.Complete = int64(in.Skip+len(out.List)) >= e.Messages
	return out, nil
}
