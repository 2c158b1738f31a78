package account

import (
	"context"

	"parley/shared/domain/accounts"
	"parley/shared/fault"
	"parley/shared/op"
)

type banRequest struct {
	named
	Seconds *int64 `json:"Seconds"` // from now on; absent: until account.unban
}

type banReply struct {
	BannedUntil int64 `json:"BannedUntil"` // Unix seconds, -1 where it does not end
}

// maxBan bounds the seconds of a ban that ends: 100 years.
const maxBan = 100 * 365 * 24 * 3600

// ban keeps an account out: its connections are told so and closed, none is opened
// again, and what it writes is refused. UserSigs stay what they are, and work
// again once the ban is over. Reading over HTTP asks for no account and stays
// possible with a UserSig that is in force. Another ban takes the place of the one
// before.
func ban(ctx context.Context, c *op.Call, in banRequest) (banReply, error) {
	s, err := in.service(ctx, c)
	if err != nil {
		return banReply{}, err
	}
	end := int64(accounts.Forever)
	if in.Seconds != nil {
		if *in.Seconds < 1 || *in.Seconds > maxBan {
			return banReply{}, fault.New(fault.Invalid, "Seconds is 1 to %d", maxBan)
		}
		end = c.App.Now().Unix() + *in.Seconds
	}
	if err := s.Ban(ctx, in.UserID, end); err != nil {
		return banReply{}, err
	}
	return banReply{BannedUntil: until(end)}, nil
}
