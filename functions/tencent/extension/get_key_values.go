package extension

import (
	"context"

	"parley/shared/domain/chat"
	"parley/shared/domain/timeline"
	"parley/shared/op"
)

type getRequest struct {
	messageRef
	Start int64 `json:"StartSeq" bad:"10004"`
}

type getResponse struct {
	Complete int         `json:"CompleteFlag"` // 1 if there are no further extensions
	Latest   int64       `json:"LatestSeq"`
	Cleared  int64       `json:"ClearSeq"`
	List     []extension `json:"ExtensionList"`
}

// getKeyValues returns the extensions of a message from the Seq StartSeq on, in the
// order of Seq, at most 200. Extensions up to ClearSeq are removed.
func getKeyValues(ctx context.Context, c *op.Call, in getRequest) (getResponse, error) {
	key, err := in.parse(c)
	if err != nil {
		return getResponse{}, err
	}
	page, err := c.Timeline.ExtensionsFor(ctx, actor(c), c.Caller.Account, in.From, chat.Between(in.From, in.To), key, in.Start)
	if err != nil {
		return getResponse{}, err
	}
	return fromPage(page), nil
}

// fromPage returns the wire form of a page of extensions.
func fromPage(page timeline.ExtensionPage) getResponse {
	out := getResponse{Latest: page.Latest, Cleared: page.Cleared, List: make([]extension, len(page.List))}
	if page.Complete {
		out.Complete = 1
	}
	for i, e := range page.List {
		out.List[i] = fromExtension(e)
	}
	return out
}
