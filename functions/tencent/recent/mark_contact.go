package recent

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/conversations"
	"parley/shared/domain/delivery"
	"parley/shared/op"
)

type markContactRequest struct {
	owned
	Items []markItem `json:"MarkItem" need:"51006" bad:"50002"`
}

type markItem struct {
	Type    int     `json:"OptType" bad:"50002"`
	Contact contact `json:"ContactItem" bad:"50002"`
	Set     []int   `json:"SetMark" bad:"50002"`
	Clear   []int   `json:"ClearMark" bad:"50002"`
	Custom  *string `json:"CustomMark" bad:"50002"`
}

type markContactResponse struct {
	Results []markResult `json:"ResultItem"`
}

type markResult struct {
	Type    int     `json:"OptType"`
	Contact contact `json:"ContactItem"`
	outcome
}

// Bits of OptType (core spec §9.6).
const (
	standardMark = 1
	customMark   = 2
)

// markContact changes the marks of up to 100 conversations, each in its own way:
// standard marks 1 to 64, counted from 1, the custom mark, or both. What OptType
// does not name is not looked at. An empty custom mark removes it, none
// leaves it as it is.
func markContact(ctx context.Context, c *op.Call, in markContactRequest) (markContactResponse, error) {
	list := make([]contact, len(in.Items))
	for i, item := range in.Items {
		if list[i] = item.Contact; item.Type < standardMark || item.Type > standardMark|customMark {
			return markContactResponse{}, v4.Refuse(badParameter, "OptType is 1, 2 or 3")
		}
	}
	if err := some(list, conversations.MaxBatch); err != nil {
		return markContactResponse{}, err
	}
	peers, at := users(list)
	marks := make([]conversations.Marking, len(peers))
	for i := range peers {
		item := in.Items[at[i]]
		if item.Type&standardMark != 0 {
			marks[i].Set, marks[i].Clear = item.Set, item.Clear
		}
		if item.Type&customMark != 0 {
			marks[i].Custom = item.Custom
		}
	}
	errs, err := c.Conversations.Mark(ctx, in.From, peers, marks, delivery.Origin{})
	if err != nil {
		return markContactResponse{}, err
	}
	var out markContactResponse
	for i, o := range spread(len(list), at, errs) {
		out.Results = append(out.Results, markResult{in.Items[i].Type, list[i], o})
	}
	return out, nil
}
