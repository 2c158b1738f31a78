package conversation

import (
	"context"
	"slices"

	"parley/shared/domain/conversations"
	"parley/shared/op"
)

type unreadRequest struct {
	To []string `json:"To_Account" bad:"50002"`
}

type unreadReply struct {
	Unread *int64       `json:"Unread,omitempty"`
	Silent *int64       `json:"UnreadSilent,omitempty"`
	List   []peerUnread `json:"UnreadList,omitempty"`
}

type peerUnread struct {
	To     string `json:"To_Account"`
	Unread int64  `json:"Unread"`
}

// unread counts what the caller has not read: in all conversations, those apart
// whose receive option is not 0, or in those with up to 100 users, in order. A count stops
// at 250 for each conversation.
func unread(ctx context.Context, c *op.Call, in unreadRequest) (unreadReply, error) {
	if err := size(len(in.To), conversations.MaxBatch); err != nil {
		return unreadReply{}, err
	}
	if len(in.To) == 0 {
		n, err := c.Conversations.Count(ctx, c.Caller.Account)
		return unreadReply{Unread: &n.Notified, Silent: &n.Silent}, err
	}
	slices.Sort(in.To)
	in.To = slices.Compact(in.To)
	counts, err := c.Conversations.UnreadFrom(ctx, c.Caller.Account, in.To)
	if err != nil {
		return unreadReply{}, err
	}
	out := unreadReply{List: make([]peerUnread, len(in.To))}
	for i, to := range in.To {
		out.List[i] = peerUnread{To: to, Unread: counts[i]}
	}
	return out, nil
}
