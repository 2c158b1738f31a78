package history

import (
	"context"
	"encoding/json"

	v4 "parley/shared/dialect/v4"
	"parley/shared/fault"
	"parley/shared/op"
)

type getRequest struct {
	App   int64  `json:"SdkAppId"`
	Type  string `json:"ChatType"` // C2C or Group; absent: C2C
	Hour  string `json:"MsgTime"`  // YYYYMMDDHH in UTC+8
	Skip  int    `json:"Skip"`     // the number of messages of the pages before
	Limit *int   `json:"Limit"`    // maximum number of messages, 1 to 100; absent: 100
}

type getReply struct {
	hourFile
	// Messages of the hour may be missing in the file. If so, the file will be made again.
	Pending bool   `json:"Pending"`
	URL     string `json:"URL"`     // address of the whole file
	Expires int64  `json:"Expires"` // until when the address works, Unix seconds
	// The messages of the page, as the file has them.
	List     []json.RawMessage `json:"MsgList"`
	Complete bool              `json:"Complete"` // no messages follow
}

// maxMessages is the maximum number of messages in one answer.
const maxMessages = 100

// get returns the address of the file of one hour, and a page of its messages. If the
// answer is not complete, the next page begins after Skip and the number of messages in
// MsgList. If two pages have different Versions, the file was made again in between, so
// begin with Skip 0 again. Example: the pages with Skip 0 and Skip 100 have Version 1
// and Version 2. A message that was added to the file may be at place 5, so the second
// page may repeat a message of the first one.
func get(ctx context.Context, c *op.Call, in getRequest) (getReply, error) {
	chatType, err := parseChatType(in.Type)
	if err != nil {
		return getReply{}, err
	}
	limit, err := parseLimit(in.Limit, maxMessages)
	if err != nil {
		return getReply{}, err
	}
	if in.Skip < 0 {
		return getReply{}, fault.New(fault.Invalid, "Skip is a number of messages")
	}
	files, err := service(ctx, c, in.App)
	if err != nil {
		return getReply{}, err
	}
	hour, ok := v4.ReadHour(in.Hour)
	if !ok {
		return getReply{}, fault.New(fault.Invalid, "ChatType is C2C or Group, and MsgTime an hour as YYYYMMDDHH")
	}
	export, err := files.Export(ctx, chatType, hour)
	if err != nil {
		return getReply{}, err
	}
	out := getReply{hourFile: view(export), List: []json.RawMessage{}, Complete: true}
	if out.Pending, err = files.Pending(ctx, export); err != nil {
		return getReply{}, err
	}
	link, err := files.Link(ctx, export)
	if err != nil {
		return getReply{}, err
	}
	out.URL, out.Expires = link.URL, link.Expires.Unix()
	if int64(in.Skip) >= export.Messages {
		return out, nil
	}
	if out.List, err = files.Messages(ctx, export, in.Skip, limit); err != nil {
		return getReply{}, err
	}
	out.Complete = int64(in.Skip+len(out.List)) >= export.Messages
	return out, nil
}
