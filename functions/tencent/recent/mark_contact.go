package recent

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/delivery"
	"parley/shared/domain/inbox"
	"parley/shared/op"
)

type markContactRequest struct {
	owner
	Items []markItem `json:"MarkItem" need:"51006" bad:"50002"`
}

type markItem struct {
	Type    int     `json:"OptType" bad:"50002"` // 1 standard marks, 2 custom mark, 3 both
	Contact contact `json:"ContactItem" bad:"50002"`
	Set     []int   `json:"SetMark" bad:"50002"`    // numbers from 1 to 64
	Clear   []int   `json:"ClearMark" bad:"50002"`  // numbers from 1 to 64
	Custom  *string `json:"CustomMark" bad:"50002"` // at most 256 bytes; empty removes the mark, missing leaves it
}

type markContactResponse struct {
	Results []markResult `json:"ResultItem"`
}

type markResult struct {
	Type    int     `json:"OptType"`
	Contact contact `json:"ContactItem"`
	outcome
}

// Bits of OptType (docs/spec/tencent §9.6).
const (
	optStandard = 1
	optCustom   = 2
)

// markContact changes the marks of up to 100 conversations, each in its own way: the
// standard marks, the custom mark, or both. Marks that OptType does not name are
// ignored.
func markContact(ctx context.Context, c *op.Call, in markContactRequest) (markContactResponse, error) {
	list := make([]contact, len(in.Items))
	for i, item := range in.Items {
		if list[i] = item.Contact; item.Type < optStandard || item.Type > optStandard|optCustom {
			return markContactResponse{}, v4.Refuse(badParameter, "OptType is 1, 2 or 3")
		}
	}
	if err := checkContacts(list, inbox.MaxBatch); err != nil {
		return markContactResponse{}, err
	}
	changes := make([]inbox.LabelChange, len(list))
	for i, item := range in.Items {
		if item.Type&optStandard != 0 {
			changes[i].Set, changes[i].Clear = item.Set, item.Clear
		}
		if item.Type&optCustom != 0 {
			changes[i].Custom = item.Custom
		}
	}
	errs, err := c.Inbox.SetLabels(ctx, in.From, chatsOf(in.From, list), changes, delivery.Origin{})
	if err != nil {
		return markContactResponse{}, err
	}
	var out markContactResponse
	for i, o := range outcomes(errs) {
		out.Results = append(out.Results, markResult{in.Items[i].Type, list[i], o})
	}
	return out, nil
}
