package group

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/membership"
	"parley/shared/op"
)

type listRequest struct {
	Type   string `json:"GroupType" bad:"10004"` // only groups of this type
	Offset int    `json:"Offset" bad:"10004"`
	Limit  *int   `json:"Limit" bad:"10004"` // 1 to 100, default 100
}

type listReply struct {
	Total  int       `json:"TotalCount"`
	Groups []summary `json:"GroupIdList"`
}

// list lists the caller's groups in the order of their ids, in pages.
func list(ctx context.Context, c *op.Call, in listRequest) (listReply, error) {
	q := membership.JoinedQuery{Readable: true, Offset: in.Offset}
	var err error
	if q.Limit, err = v4.PageSize(in.Limit, maxPage); err != nil {
		return listReply{}, err
	}
	if in.Type != "" {
		if q.Type, err = v4.ParseGroupType(in.Type); err != nil {
			return listReply{}, err
		}
	}
	joined, total, err := c.Members.JoinedBy(ctx, c.Caller.Account, q)
	if err != nil {
		return listReply{}, err
	}
	out := listReply{Total: total, Groups: make([]summary, len(joined))}
	for i, g := range joined {
		out.Groups[i] = summaryOf(g, c.App.Now().Unix())
	}
	return out, nil
}
