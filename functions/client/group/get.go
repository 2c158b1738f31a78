package group

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type getRequest struct {
	Groups []string `json:"GroupIdList" need:"10004" max:"20" repeats:"true"`
}

type getReply struct {
	Groups []item `json:"GroupInfo"`
}

// item is one group of a call, or why the caller cannot read it.
type item struct {
	Group string   `json:"GroupId"`
	Code  int      `json:"ResultCode"`
	Info  string   `json:"ResultInfo"`
	Found *profile `json:"Profile,omitempty"`
}

// get reads up to 20 groups, with what the caller is in them. A user who is not a member finds Public
// and Meeting groups by their ids. The item of a group that does not exist has the code 10010, that of
// a malformed id 10015, and that of a Work group of others 10007.
func get(ctx context.Context, c *op.Call, in getRequest) (getReply, error) {
	list, errs, err := c.Members.View(ctx, c.Caller.Account, in.Groups)
	if err != nil {
		return getReply{}, err
	}
	out := getReply{Groups: make([]item, len(in.Groups))}
	for i, g := range list {
		out.Groups[i].Group = in.Groups[i]
		if errs[i] != nil {
			out.Groups[i].Code, out.Groups[i].Info = v4.Groups().Of(errs[i])
			continue
		}
		found := profileOf(c, g)
		out.Groups[i].Found = &found
	}
	return out, nil
}
