package recent

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/conversations"
	"parley/shared/domain/delivery"
	"parley/shared/op"
)

type createContactGroupRequest struct {
	owned
	Groups []groupContacts `json:"GroupContactItem" need:"50002"`
}

type groupContacts struct {
	Name     string    `json:"GroupName" bad:"50002"`
	Contacts []contact `json:"ContactItem" bad:"50002"`
}

type createContactGroupResponse struct {
	Results []groupResult `json:"GroupResultItem"`
}

type groupResult struct {
	Group   v4.Folder       `json:"GroupItem"`
	Results []contactResult `json:"ResultItem"`
}

// createContactGroup makes a conversation group and puts up to 100 conversations
// into it. A name that exists is no error: they are put into that group.
func createContactGroup(ctx context.Context, c *op.Call, in createContactGroupRequest) (createContactGroupResponse, error) {
	if len(in.Groups) != 1 {
		return createContactGroupResponse{}, v4.Refuse(badParameter, "GroupContactItem has exactly one group")
	}
	g := in.Groups[0]
	if err := some(g.Contacts, conversations.MaxBatch); err != nil {
		return createContactGroupResponse{}, err
	}
	peers, at := users(g.Contacts)
	f, errs, _, err := c.Conversations.CreateFolder(ctx, in.From, g.Name, peers, delivery.Origin{})
	if err != nil {
		return createContactGroupResponse{}, err
	}
	r := groupResult{Group: v4.Folder{Name: f.Name, ID: f.Number}}
	for i, o := range spread(len(g.Contacts), at, errs) {
		r.Results = append(r.Results, contactResult{g.Contacts[i], o})
	}
	return createContactGroupResponse{Results: []groupResult{r}}, nil
}
