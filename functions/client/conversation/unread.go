package conversation

import (
	"context"
	"slices"

	"parley/shared/domain/chat"
	"parley/shared/domain/inbox"
	"parley/shared/op"
)

type unreadRequest struct {
	To []string `json:"To_Account" bad:"50002"` // absent or empty: all conversations
}

type unreadReply struct {
	Unread *int64       `json:"Unread,omitempty"`       // in conversations with receive option 0
	Silent *int64       `json:"UnreadSilent,omitempty"` // in the others
	List   []peerUnread `json:"UnreadList,omitempty"`   // one for each user of the request
}

// peerUnread is the count of unread messages in the conversation with one user.
type peerUnread struct {
	To     string `json:"To_Account"`
	Unread int64  `json:"Unread"`
}

// unread counts the messages that the caller has not read: in all conversations
// together, or in the conversations with up to 100 users, each by itself in order of
// user ids. The total covers the 100 newest conversations that have unread messages, and
// counts those with another receive option than 0 apart, as UnreadSilent. No conversation
// counts for more than 250.
func unread(ctx context.Context, c *op.Call, in unreadRequest) (unreadReply, error) {
	if err := size(len(in.To), inbox.MaxBatch); err != nil {
		return unreadReply{}, err
	}
	if len(in.To) == 0 {
		n, err := c.Inbox.Count(ctx, c.Caller.Account)
		return unreadReply{Unread: &n.Notified, Silent: &n.Silent}, err
	}
	slices.Sort(in.To)
	in.To = slices.Compact(in.To)
	counts, err := c.Inbox.UnreadFrom(ctx, c.Caller.Account, chat.BetweenEach(c.Caller.Account, in.To))
	if err != nil {
		return unreadReply{}, err
	}
	out := unreadReply{List: make([]peerUnread, len(in.To))}
	for i, to := range in.To {
		out.List[i] = peerUnread{To: to, Unread: counts[i]}
	}
	return out, nil
}
