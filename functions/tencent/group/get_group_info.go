package group

import (
	"context"
	"encoding/json"
	"slices"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/groups"
	"parley/shared/domain/membership"
	"parley/shared/fault"
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
	v4.MemberFilter
}

// members returns what the response has of members; nil if it has no members.
func (f *infoFilter) members() *v4.MemberFilter {
	switch {
	case f == nil:
		return &v4.MemberFilter{}
	case f.Info == nil:
		return nil
	}
	return &v4.MemberFilter{Info: f.Info, Custom: append([]string{}, f.MemberFilter.Custom...)} // not nil: without a list there are no custom fields
}

type getGroupInfoResponse struct {
	Groups []groupInfo `json:"GroupInfo"`
}

type groupInfo struct {
	GroupID string `json:"GroupId"`
	Code    int    `json:"ErrorCode"`
	Info    string `json:"ErrorInfo"`
	v4.GroupBase
	Custom  *[]v4.CustomField `json:"AppDefinedData,omitempty"`
	Members *[]v4.GroupMember `json:"MemberList,omitempty"` // all of them, in the order in which they joined
}

// maxInfo is the size of the largest response, in bytes (docs/spec/tencent §16.10).
const maxInfo = 1 << 20

// getGroupInfo reads up to 50 groups, with their members if ResponseFilter is absent or has
// MemberInfoFilter. The item of a group that does not exist has the code 10010, that of a malformed
// id 10015. A response of more than 1 MB is refused with 10018: the caller asks for less.
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
	members, err := membersOf(ctx, c, list, in.Filter.members())
	if err != nil {
		return getGroupInfoResponse{}, err
	}
	out := getGroupInfoResponse{Groups: make([]groupInfo, len(in.IDs))}
	for i, g := range list {
		item := groupInfo{GroupID: in.IDs[i]}
		if errs[i] != nil {
			item.Code, item.Info = service().Codes.Of(errs[i])
		} else {
			item.Members = members[g.ID]
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
	return out, checkInfoSize(out)
}

// membersOf returns the members of groups as a filter asks for them. If the response would certainly
// be too large, it reads none.
func membersOf(ctx context.Context, c *op.Call, list []*groups.Group, f *v4.MemberFilter) (map[string]*[]v4.GroupMember, error) {
	if f == nil {
		return nil, nil
	}
	least, err := json.Marshal(v4.FromMember(membership.Member{}, *f))
	if err != nil {
		return nil, err
	}
	var ids []string
	size := 0
	for _, g := range list {
		if g != nil {
			size += g.Members * len(least)
			if !slices.Contains(ids, g.ID) {
				ids = append(ids, g.ID)
			}
		}
	}
	if size > maxInfo {
		return nil, infoTooLarge()
	}
	found, err := c.Members.MembersOfGroups(ctx, ids, f.Wants())
	if err != nil {
		return nil, err
	}
	out := make(map[string]*[]v4.GroupMember, len(ids))
	for i, id := range ids {
		wire := memberFilter{MemberFilter: *f}.members(found[i])
		out[id] = &wire
	}
	return out, nil
}

// checkInfoSize refuses a response that is too large.
func checkInfoSize(out getGroupInfoResponse) error {
	text, err := json.Marshal(out)
	if err == nil && len(text) > maxInfo {
		err = infoTooLarge()
	}
	return err
}

func infoTooLarge() error {
	return fault.New(fault.AnswerTooLarge, "the response has more than %d bytes: ask for fewer groups or fields", maxInfo)
}
