package friend

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/relations"
	"parley/shared/op"
)

type addRequest struct {
	Items []addItem `json:"AddFriendItem" need:"30001"`
	Type  string    `json:"AddType" bad:"30001"` // Add_Type_Both (default) or Add_Type_Single
}

type addItem struct {
	To      string `json:"To_Account" bad:"30001"`
	Source  string `json:"AddSource" bad:"30001"`
	Remark  string `json:"Remark" bad:"30001"`
	Group   string `json:"GroupName" bad:"30001"`
	Wording string `json:"AddWording" bad:"30001"`
}

// add makes friends or asks to, for each user by what that user has chosen:
// 30539 is a request that is filed, 30516 a user who takes none. Who has asked
// the caller before is a friend at once.
func add(ctx context.Context, c *op.Call, in addRequest) (results, error) {
	both, err := bothWays("AddType", in.Type, "Add_Type_", true)
	if err != nil {
		return results{}, err
	}
	if err := size(len(in.Items), maxUsers); err != nil {
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
	errs, err := c.Relations.Add(ctx, c.Caller.Account, asks, relations.AddOptions{Both: both, Origin: c.Origin()})
	if err != nil {
		return results{}, err
	}
	return results{outcome(peers, errs, badParameter)}, nil
}
