package extension

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/messages"
	"parley/shared/op"
)

type setRequest struct {
	target
	Verb int    `json:"OperateType" need:"10004" bad:"10004"`
	List []pair `json:"ExtensionList" bad:"10004"`
}

type setResponse struct {
	List []setResult `json:"ExtensionList"`
}

type setResult struct {
	Code int  `json:"ErrorCode"`
	Pair pair `json:"Extension"`
}

// setKeyValues sets (1) or deletes (2) up to 20 pairs of a message, or clears all
// (3), and tells the devices of both users. A pair of another version than a user
// names stays, and is in the answer with 23001; an admin's Seq is not looked at.
func setKeyValues(ctx context.Context, c *op.Call, in setRequest) (setResponse, error) {
	key, err := in.message(c)
	if err != nil {
		return setResponse{}, err
	}
	list := make([]messages.Pair, len(in.List))
	for i, p := range in.List {
		list[i] = messages.Pair{Key: p.Key, Value: p.Value, Seq: p.Seq}
	}
	by := messages.Actor{Trusted: c.Caller.Admin, Issued: c.Caller.Issued}
	results, err := c.Messages.ChangePairs(ctx, by, c.Caller.Account, in.From, in.To, key, messages.PairVerb(in.Verb), list)
	if err != nil {
		return setResponse{}, err
	}
	out := setResponse{List: make([]setResult, len(results))}
	for i, r := range results {
		out.List[i].Pair = fromPair(r.Pair)
		if r.Err != nil {
			out.List[i].Code, _ = v4.Extension().Of(r.Err)
		}
	}
	return out, nil
}
