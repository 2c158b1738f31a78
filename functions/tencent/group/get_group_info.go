package group

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/groups"
	"parley/shared/op"
)

type getGroupInfoRequest struct {
	IDs    []string    `json:"GroupIdList" need:"10004" max:"50" repeats:"true"`
	Filter *infoFilter `json:"ResponseFilter" bad:"10004"` // absent: everything
}

// infoFilter says what the response has. A list that is absent suppresses its kind.
type infoFilter struct {
	Base   []string `json:"GroupBaseInfoFilter" bad:"10004"`
	Custom []string `json:"AppDefinedDataFilter_Group" bad:"10004"`
}

type getGroupInfoResponse struct {
	Groups []groupInfo `json:"GroupInfo"`
}

type groupInfo struct {
	GroupID string `json:"GroupId"`
	Code    int    `json:"ErrorCode"`
	Info    string `json:"ErrorInfo"`
	v4.GroupBase
	Custom *[]v4.CustomField `json:"AppDefinedData,omitempty"`
}

// getGroupInfo reads up to 50 groups. The item of a group that does not exist has the code 10010,
// that of a malformed id 10015.
func getGroupInfo(ctx context.Context, c *op.Call, in getGroupInfoRequest) (getGroupInfoResponse, error) {
	list, errs, err := c.Groups.Get(ctx, in.IDs)
	if err != nil {
		return getGroupInfoResponse{}, err
	}
	var base v4.GroupFilter
	if in.Filter != nil {
		base = append(v4.GroupFilter{}, in.Filter.Base...) // not nil: without a list there are no base fields
	}
	heads := make([]*groups.Head, len(in.IDs))
	if base.NeedsHead() {
		if heads, err = c.Groups.Heads(ctx, list); err != nil {
			return getGroupInfoResponse{}, err
		}
	}
	out := getGroupInfoResponse{Groups: make([]groupInfo, len(in.IDs))}
	for i, g := range list {
		item := groupInfo{GroupID: in.IDs[i]}
		if errs[i] != nil {
			item.Code, item.Info = service().Codes.Of(errs[i])
		} else {
			item.GroupBase = v4.FromGroup(c.AppID, *g, heads[i], c.Groups.SeesEarlier(*g), base)
			if in.Filter == nil {
				custom := v4.FromCustomFields(g.Fields, nil)
				item.Custom = &custom
			} else if in.Filter.Custom != nil {
				custom := v4.FromCustomFields(g.Fields, in.Filter.Custom)
				item.Custom = &custom
			}
		}
		out.Groups[i] = item
	}
	return out, nil
}
