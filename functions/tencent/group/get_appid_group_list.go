package group

import (
	"cmp"
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/groups"
	"parley/shared/op"
)

type getAppidGroupListRequest struct {
	Limit   *int   `json:"Limit" bad:"10004"`     // 1 to 10000, which is the default
	Next    uint64 `json:"Next" bad:"10004"`      // 0, or that of a response
	Type    string `json:"GroupType" bad:"10004"` // only groups of this type
	OldType string `json:"Type" bad:"10004"`      // the old name of GroupType
}

type getAppidGroupListResponse struct {
	Total  int           `json:"TotalCount"`
	Groups []listedGroup `json:"GroupIdList"`
	Next   uint64        `json:"Next"` // 0: there are no more
}

type listedGroup struct {
	GroupID string `json:"GroupId"`
}

// getAppidGroupList reads the ids of all groups of the application, or of those of one type, in
// pages.
func getAppidGroupList(ctx context.Context, c *op.Call, in getAppidGroupListRequest) (getAppidGroupListResponse, error) {
	var kind groups.Type
	if name := cmp.Or(in.Type, in.OldType); name != "" {
		var err error
		if kind, err = v4.ParseGroupType(name); err != nil {
			return getAppidGroupListResponse{}, err
		}
	}
	limit := groups.MaxListed
	if in.Limit != nil {
		limit = *in.Limit
	}
	list, err := c.Groups.List(ctx, kind, in.Next, limit)
	if err != nil {
		return getAppidGroupListResponse{}, err
	}
	out := getAppidGroupListResponse{Total: list.Total, Groups: make([]listedGroup, len(list.IDs)), Next: list.Next}
	for i, id := range list.IDs {
		out.Groups[i].GroupID = id
	}
	return out, nil
}
