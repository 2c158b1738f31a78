package group

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/groups"
	"parley/shared/domain/membership"
	"parley/shared/op"
)

type getJoinedGroupListRequest struct {
	User   string        `json:"Member_Account" id:"user" need:"10004"`
	Hidden int           `json:"WithNoActiveGroups" bad:"10004"` // 1: also Work groups that wait for their first message
	Rooms  int           `json:"WithHugeGroups" bad:"10004"`     // there are none
	Limit  int           `json:"Limit" bad:"10004"`              // up to 5000; all groups if it is missing
	Offset int           `json:"Offset" bad:"10004"`
	Type   string        `json:"GroupType" bad:"10004"`
	Old    string        `json:"Type" bad:"10004"` // the old name of GroupType
	Filter *joinedFilter `json:"ResponseFilter" bad:"10004"`
}

type joinedFilter struct {
	Group []string `json:"GroupBaseInfoFilter" bad:"10004"` // names of fields of a group
	Self  []string `json:"SelfInfoFilter" bad:"10004"`      // Role, JoinTime, MsgFlag, MsgSeq
}

type getJoinedGroupListResponse struct {
	Total  int           `json:"TotalCount"`
	Groups []joinedGroup `json:"GroupIdList"`
}

type joinedGroup struct {
	Group string `json:"GroupId"`
	v4.GroupBase
	Self *selfInfo `json:"SelfInfo,omitempty"`
}

type selfInfo struct {
	Role   *string `json:"Role,omitempty"`
	Joined *int64  `json:"JoinTime,omitempty"` // Unix seconds
	Option *string `json:"MsgFlag,omitempty"`
	Read   *int64  `json:"MsgSeq,omitempty"` // number of the last message that the user has read
}

// getJoinedGroupList lists the groups of a user in the order of their ids. Without a filter it has
// only the ids.
func getJoinedGroupList(ctx context.Context, c *op.Call, in getJoinedGroupListRequest) (getJoinedGroupListResponse, error) {
	q := membership.JoinedQuery{Hidden: in.Hidden == 1, Offset: in.Offset, Limit: in.Limit}
	name := in.Type
	if name == "" {
		name = in.Old
	}
	if name != "" {
		kind, err := v4.ParseGroupType(name)
		if err != nil {
			return getJoinedGroupListResponse{}, err
		}
		q.Type = kind
	}
	list, total, err := c.Members.JoinedBy(ctx, in.User, q)
	if err != nil {
		return getJoinedGroupListResponse{}, err
	}
	out := getJoinedGroupListResponse{Total: total, Groups: make([]joinedGroup, len(list))}
	for i, g := range list {
		out.Groups[i].Group = g.Group.ID
	}
	if in.Filter == nil {
		return out, nil
	}
	return out, in.Filter.fill(ctx, c, list, out.Groups)
}

// fill sets the fields of groups that a filter names.
func (f joinedFilter) fill(ctx context.Context, c *op.Call, list []membership.JoinedGroup, out []joinedGroup) error {
	filter := v4.GroupFilter(f.Group)
	if filter == nil {
		filter = v4.GroupFilter{}
	}
	heads := make([]*groups.Head, len(list))
	if filter.NeedsHead() {
		found := make([]*groups.Group, len(list))
		for i := range list {
			found[i] = &list[i].Group
		}
		var err error
		if heads, err = c.Groups.Heads(ctx, found); err != nil {
			return err
		}
	}
	for i, g := range list {
		out[i].GroupBase = v4.FromGroup(c.AppID, g.Group, heads[i], c.Groups.SeesEarlier(g.Group), filter)
		if len(f.Self) > 0 {
			m := v4.FromMember(g.Member, v4.MemberFilter{Info: f.Self, Custom: []string{}})
			out[i].Self = &selfInfo{Role: m.Role, Joined: m.Joined, Option: m.Option, Read: m.Read}
		}
	}
	return nil
}
