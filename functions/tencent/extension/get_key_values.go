package extension

import (
	"context"

	"parley/shared/domain/messages"
	"parley/shared/op"
)

type getRequest struct {
	target
	Start int64 `json:"StartSeq" bad:"10004"`
}

type getResponse struct {
	Complete int    `json:"CompleteFlag"`
	Latest   int64  `json:"LatestSeq"`
	Cleared  int64  `json:"ClearSeq"`
	List     []pair `json:"ExtensionList"`
}

// getKeyValues returns the pairs of a message with a Seq from StartSeq on, in
// the order of Seq, at most 200. Pairs up to ClearSeq are gone.
func getKeyValues(ctx context.Context, c *op.Call, in getRequest) (getResponse, error) {
	key, err := in.message(c)
	if err != nil {
		return getResponse{}, err
	}
	by := messages.Actor{Trusted: c.Caller.Admin, Issued: c.Caller.Issued}
	p, err := c.Messages.PairsFor(ctx, by, c.Caller.Account, in.From, in.To, key, in.Start)
	if err != nil {
		return getResponse{}, err
	}
	out := getResponse{Latest: p.Latest, Cleared: p.Cleared, List: make([]pair, len(p.List))}
	if p.Complete {
		out.Complete = 1
	}
	for i, one := range p.List {
		out.List[i] = fromPair(one)
	}
	return out, nil
}
