package conversation

import (
	"context"
	"slices"

	"parley/shared/domain/chat"
	"parley/shared/domain/inbox"
	"parley/shared/op"
)

type unreadRequest struct {
	To     []string `json:"To_Account" bad:"50002"` // absent or empty, like GroupId: all conversations
	Groups []string `json:"GroupId" bad:"50002"`
}

type unreadReply struct {
	Unread *int64       `json:"Unread,omitempty"`       // in conversations with receive option 0
	Silent *int64       `json:"UnreadSilent,omitempty"` // in the others
	List   []peerUnread `json:"UnreadList,omitempty"`   // one for each conversation of the request
}

// peerUnread is the count of unread messages in the conversation with one user, or of a group.
type peerUnread struct {
	To     string `json:"To_Account,omitempty"`
	Group  string `json:"GroupId,omitempty"`
	Unread int64  `json:"Unread"`
}

// unread counts the messages that the caller has not read: in all conversations
// together, or in the conversations with up to 100 users and groups, each by itself in order of
// user ids and then of groups. The total covers the 100 newest conversations that have unread messages, and
// counts those with another receive option than 0 apart, as UnreadSilent. No conversation
// counts for more than 250.
func unread(ctx context.Context, c *op.Call, in unreadRequest) (unreadReply, error) {
	if err := size(len(in.To)+len(in.Groups), inbox.MaxBatch); err != nil {
		return unreadReply{}, err
	}
	if len(in.To)+len(in.Groups) == 0 {
		n, err := c.Inbox.Count(ctx, c.Caller.Account)
		return unreadReply{Unread: &n.Notified, Silent: &n.Silent}, err
	}
	slices.Sort(in.To)
	slices.Sort(in.Groups)
	ids := chatsOf(c.Caller.Account, slices.Compact(in.To), slices.Compact(in.Groups))
	counts, err := c.Inbox.UnreadFrom(ctx, c.Caller.Account, ids)
	if err != nil {
		return unreadReply{}, err
	}
	out := unreadReply{List: make([]peerUnread, len(ids))}
	for i, id := range ids {
		out.List[i] = peerUnread{To: id.Peer(c.Caller.Account), Unread: counts[i]}
		if id.Kind() == chat.Group {
			out.List[i].Group, _ = id.Names()
		}
	}
	return out, nil
}
