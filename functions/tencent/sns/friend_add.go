package sns

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/relations"
	"parley/shared/op"
)

type friendAddRequest struct {
	owned
	Items []addItem `json:"AddFriendItem" need:"30001"`
	Type  string    `json:"AddType" bad:"30001"`       // Add_Type_Both (default) or Add_Type_Single
	Force int       `json:"ForceAddFlags" bad:"30001"` // 1: whatever the other has chosen
}

type addItem struct {
	To      string `json:"To_Account"`
	Source  string `json:"AddSource"`
	Remark  string `json:"Remark"`
	Group   string `json:"GroupName"`
	Wording string `json:"AddWording"`
}

// friendAdd makes friends or files requests, for each user by what that user has
// chosen; 30539 is a request that is filed. Users who block each other stay
// strangers, also where the call is forced.
func friendAdd(ctx context.Context, c *op.Call, in friendAddRequest) (results, error) {
	kind, err := oneOf("AddType", in.Type, "Add_Type_Both", "Add_Type_Single")
	if err != nil {
		return results{}, err
	}
	if err := size(len(in.Items)); err != nil {
		return results{}, err
	}
	peers, asks := make([]string, len(in.Items)), make([]relations.Ask, len(in.Items))
	for i, item := range in.Items {
		word, err := v4.ParseAddSource(item.Source)
		if err != nil {
			return results{}, err
		}
		peers[i] = item.To
		asks[i] = relations.Ask{To: item.To, Source: word, Remark: item.Remark, List: item.Group, Wording: item.Wording}
	}
	errs, err := c.Relations.Add(ctx, in.From, asks, relations.AddOptions{Both: kind == "Add_Type_Both", Force: in.Force == 1})
	if err != nil {
		return results{}, err
	}
	return gather(peers, errs, badParameter), nil
}
