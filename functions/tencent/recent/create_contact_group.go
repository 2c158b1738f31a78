package recent

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/delivery"
	"parley/shared/domain/inbox"
	"parley/shared/op"
)

type createContactGroupRequest struct {
	owner
	Groups []groupContacts `json:"GroupContactItem" need:"50002"` // exactly one group
}

type groupContacts struct {
	Name     string    `json:"GroupName" bad:"50002"`   // at most 32 bytes
	Contacts []contact `json:"ContactItem" bad:"50002"` // 1 to 100
}

type createContactGroupResponse struct {
	Results []groupResult `json:"GroupResultItem"`
}

type groupResult struct {
	Group   v4.Folder       `json:"GroupItem"`
	Results []contactResult `json:"ResultItem"`
}

// createContactGroup creates a conversation group and puts up to 100 conversations into
// it. If a group with the name exists, they are put into that group.
func createContactGroup(ctx context.Context, c *op.Call, in createContactGroupRequest) (createContactGroupResponse, error) {
	if len(in.Groups) != 1 {
		return createContactGroupResponse{}, v4.Refuse(badParameter, "GroupContactItem has exactly one group")
	}
	g := in.Groups[0]
	if err := checkContacts(g.Contacts, inbox.MaxBatch); err != nil {
		return createContactGroupResponse{}, err
	}
	f, errs, _, err := c.Inbox.CreateFolder(ctx, in.From, g.Name, chatsOf(in.From, g.Contacts), delivery.Origin{})
	if err != nil {
		return createContactGroupResponse{}, err
	}
	r := groupResult{Group: v4.Folder{Name: f.Name, ID: f.Number}}
	for i, o := range outcomes(errs) {
		r.Results = append(r.Results, contactResult{g.Contacts[i], o})
	}
	return createContactGroupResponse{Results: []groupResult{r}}, nil
}
