package history

import (
	"context"

	"parley/shared/domain/archive"
	"parley/shared/fault"
	"parley/shared/op"
)

type listRequest struct {
	App   int64  `json:"SdkAppId"`
	Type  string `json:"ChatType"` // C2C, the default, or Group
	After string `json:"After"`    // the last hour of the page before
	Limit *int   `json:"Limit"`    // 1 to 100, default 100
}

type listReply struct {
	Hours    []hour `json:"Hours"`
	Complete bool   `json:"Complete"`
}

const maxHours = 100

// list returns the hours that have a file, in order of time, those after After. A
// page that is not complete goes on after its last hour.
func list(ctx context.Context, c *op.Call, in listRequest) (listReply, error) {
	t, err := chat(in.Type)
	if err != nil {
		return listReply{}, err
	}
	limit, err := limited(in.Limit, maxHours)
	if err != nil {
		return listReply{}, err
	}
	if _, ok := archive.ParseName(in.After); in.After != "" && !ok {
		return listReply{}, fault.New(fault.Invalid, "After is an hour as YYYYMMDDHH")
	}
	s, err := service(ctx, c, in.App)
	if err != nil {
		return listReply{}, err
	}
	found, err := s.List(ctx, t, in.After, limit+1)
	if err != nil {
		return listReply{}, err
	}
	out := listReply{Hours: []hour{}, Complete: len(found) <= limit}
	for _, e := range found[:min(limit, len(found))] {
		out.Hours = append(out.Hours, view(e))
	}
	return out, nil
}
