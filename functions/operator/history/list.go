package history

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/fault"
	"parley/shared/op"
)

type listRequest struct {
	App   int64  `json:"SdkAppId"`
	Type  string `json:"ChatType"` // C2C or Group; absent: C2C
	After string `json:"After"`    // the last hour of the page before; absent: from the first hour
	Limit *int   `json:"Limit"`    // 1 to 100; absent: 100
}

type listReply struct {
	Hours    []hourFile `json:"Hours"`
	Complete bool       `json:"Complete"` // no hours follow
}

// maxHours is the maximum number of hours in one answer.
const maxHours = 100

// list lists the hours that have a file, in the order of time, beginning after the hour
// After. If the answer is not complete, the last hour of the page is After of the next
// call.
func list(ctx context.Context, c *op.Call, in listRequest) (listReply, error) {
	chatType, err := parseChatType(in.Type)
	if err != nil {
		return listReply{}, err
	}
	limit, err := parseLimit(in.Limit, maxHours)
	if err != nil {
		return listReply{}, err
	}
	after := ""
	if in.After != "" {
		var ok bool
		if after, ok = v4.ReadHour(in.After); !ok {
			return listReply{}, fault.New(fault.Invalid, "After is an hour as YYYYMMDDHH")
		}
	}
	files, err := service(ctx, c, in.App)
	if err != nil {
		return listReply{}, err
	}
	found, err := files.List(ctx, chatType, after, limit+1)
	if err != nil {
		return listReply{}, err
	}
	out := listReply{Hours: []hourFile{}, Complete: len(found) <= limit}
	for _, e := range found[:min(limit, len(found))] {
		out.Hours = append(out.Hours, view(e))
	}
	return out, nil
}
