package message

import (
	"context"
	"slices"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/chat"
	"parley/shared/op"
)

type unreadRequest struct {
	To    string   `json:"To_Account" id:"user" need:"90003"`
	Peers []string `json:"Peer_Account" bad:"90003"` // at most 10; missing: all conversations
}

type unreadResponse struct {
	All    *int64        `json:"AllC2CUnreadMsgNum,omitempty"` // without Peer_Account
	List   []unreadCount `json:"C2CUnreadMsgNumList,omitempty"`
	Errors []peerError   `json:"ErrorList,omitempty"` // the peers who are not accounts
}

type unreadCount struct {
	Peer   string `json:"Peer_Account"`
	Unread int64  `json:"C2CUnreadMsgNum"`
}

type peerError struct {
	Peer string `json:"Peer_Account"`
	Code int    `json:"ErrorCode"`
}

// getC2CUnreadMsgNum returns how many messages an account has not read, in all its
// one-to-one conversations or in those with up to 10 peers. The count of a conversation
// stops at 250.
func getC2CUnreadMsgNum(ctx context.Context, c *op.Call, in unreadRequest) (unreadResponse, error) {
	if len(in.Peers) > maxPeers {
		return unreadResponse{}, v4.Refuse(badJSON, "Peer_Account has at most %d accounts", maxPeers)
	}
	users := []string{in.To}
	for _, p := range in.Peers {
		if !slices.Contains(users, p) {
			users = append(users, p)
		}
	}
	imported, err := c.Accounts.Imported(ctx, users)
	if err != nil {
		return unreadResponse{}, err
	}
	if !imported[in.To] {
		return unreadResponse{}, v4.Refuse(badTo, "To_Account %s is not an account", in.To)
	}
	if len(in.Peers) == 0 {
		total, err := c.Inbox.UnreadDirect(ctx, in.To)
		return unreadResponse{All: &total}, err
	}
	var out unreadResponse
	var peers []string
	for _, p := range in.Peers {
		switch {
		case !imported[p]:
			out.Errors = append(out.Errors, peerError{Peer: p, Code: unknownUser})
		case !slices.Contains(peers, p):
			peers = append(peers, p)
		}
	}
	counts, err := c.Inbox.UnreadFrom(ctx, in.To, chat.BetweenEach(in.To, peers))
	if err != nil {
		return unreadResponse{}, err
	}
	for i, p := range peers {
		out.List = append(out.List, unreadCount{Peer: p, Unread: counts[i]})
	}
	return out, nil
}
