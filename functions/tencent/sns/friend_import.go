package sns

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/delivery"
	"parley/shared/domain/relations"
	"parley/shared/op"
)

type friendImportRequest struct {
	owner
	Items []importItem `json:"AddFriendItem" need:"30001"`
}

type importItem struct {
	To       string         `json:"To_Account"`
	Source   string         `json:"AddSource"`
	Remark   string         `json:"Remark"`
	Remarked int64          `json:"RemarkTime"` // Unix seconds
	Groups   []string       `json:"GroupName"`
	Wording  string         `json:"AddWording"`
	Added    int64          `json:"AddTime"` // Unix seconds; if it is missing, that of the entry that exists, or now
	Custom   []v4.RawTagged `json:"CustomItem"`
}

// friendImport writes up to 1000 entries into one user's friend table, and none into the
// tables of the others. It needs no approval. An entry that exists is replaced.
func friendImport(ctx context.Context, c *op.Call, in friendImportRequest) (results, error) {
	if err := checkSize(len(in.Items)); err != nil {
		return results{}, err
	}
	peers, friends := make([]string, len(in.Items)), make([]relations.Friend, len(in.Items))
	for i, item := range in.Items {
		word, err := v4.ParseAddSource(item.Source)
		if err != nil {
			return results{}, err
		}
		custom, err := v4.ToCustom(item.Custom)
		if err != nil {
			return results{}, err
		}
		peers[i] = item.To
		friends[i] = relations.Friend{
			Peer: item.To, Remark: item.Remark, Lists: item.Groups, Source: word, Wording: item.Wording,
			AddedAt: item.Added, RemarkedAt: item.Remarked, Custom: custom,
		}
	}
	errs, err := c.Relations.ImportFriends(ctx, in.From, friends, delivery.Origin{})
	if err != nil {
		return results{}, err
	}
	return itemResults(peers, errs, badParameter), nil
}
