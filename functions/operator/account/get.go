package account

import (
	"context"

	"parley/shared/op"
)

type getReply struct {
	UserID  string `json:"UserID" id:"user"`
	Nick    string `json:"Nick,omitempty"`
	FaceURL string `json:"FaceUrl,omitempty"`
	Created int64  `json:"Created"` // Unix seconds, as all times; -1 for one that does not come
	// Deleted is when the account was deleted, and Removed tells whether its data
	// is gone.
	Deleted int64 `json:"Deleted,omitempty"`
	Removed bool  `json:"Removed,omitempty"`
	// SignaturesAfter: UserSigs made up to this time are void.
	SignaturesAfter int64 `json:"SignaturesAfter,omitempty"`
	MutedUntil      int64 `json:"MutedUntil,omitempty"`      // one-to-one messages
	GroupMutedUntil int64 `json:"GroupMutedUntil,omitempty"` // group messages
	BannedUntil     int64 `json:"BannedUntil,omitempty"`
}

// get returns an account with what holds for it, also one that was deleted.
// Mutes and bans that are over are shown until another takes their place.
func get(ctx context.Context, c *op.Call, in named) (getReply, error) {
	s, err := in.service(ctx, c)
	if err != nil {
		return getReply{}, err
	}
	a, err := s.Get(ctx, in.UserID)
	if err != nil {
		return getReply{}, err
	}
	return getReply{
		UserID: a.ID, Nick: a.Nick, FaceURL: a.Face, Created: a.Created, Deleted: a.Deleted, Removed: a.Swept,
		SignaturesAfter: a.SignaturesFrom, MutedUntil: until(a.MutedUntil), GroupMutedUntil: until(a.GroupsMuted),
		BannedUntil: until(a.BannedUntil),
	}, nil
}
