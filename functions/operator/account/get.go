package account

import (
	"context"

	"parley/shared/op"
)

type getReply struct {
	UserID  string `json:"UserID" id:"user"`
	Nick    string `json:"Nick,omitempty"`
	FaceURL string `json:"FaceUrl,omitempty"`
	Created int64  `json:"Created"`           // Unix seconds, like all times here
	Deleted int64  `json:"Deleted,omitempty"` // when the account was deleted
	Removed bool   `json:"Removed,omitempty"` // the data of the deleted account is removed
	// UserSigs that were made at this time or earlier are not accepted.
	SignaturesAfter int64 `json:"SignaturesAfter,omitempty"`
	MutedUntil      int64 `json:"MutedUntil,omitempty"`      // the account cannot send one-to-one messages; -1: the mute does not end
	GroupMutedUntil int64 `json:"GroupMutedUntil,omitempty"` // the account cannot send group messages; -1: the mute does not end
	BannedUntil     int64 `json:"BannedUntil,omitempty"`     // -1: the ban does not end
}

// get returns an account with its mutes and its ban, also an account that was deleted.
// A mute or a ban that has ended is shown until a new one replaces it.
func get(ctx context.Context, c *op.Call, in accountRequest) (getReply, error) {
	service, err := in.service(ctx, c)
	if err != nil {
		return getReply{}, err
	}
	a, err := service.Get(ctx, in.UserID)
	if err != nil {
		return getReply{}, err
	}
	return getReply{
		UserID: a.ID, Nick: a.Nick, FaceURL: a.Face, Created: a.Created, Deleted: a.Deleted, Removed: a.Swept,
		SignaturesAfter: a.SignaturesFrom, MutedUntil: wireTime(a.MutedUntil), GroupMutedUntil: wireTime(a.GroupsMutedUntil),
		BannedUntil: wireTime(a.BannedUntil),
	}, nil
}
