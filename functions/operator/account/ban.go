package account

import (
	"context"

	"parley/shared/domain/accounts"
	"parley/shared/fault"
	"parley/shared/op"
)

type banRequest struct {
	accountRequest
	Seconds *int64 `json:"Seconds"` // length of the ban from now, 1 to 3153600000 (100 years); absent: until account.unban
}

type banReply struct {
	BannedUntil int64 `json:"BannedUntil"` // Unix seconds; -1: the ban does not end
}

// maxBanSeconds is the longest ban that ends: 100 years.
const maxBanSeconds = 100 * 365 * 24 * 3600

// ban bans an account. The devices of the account receive a session.kick, and their
// connections are closed. No connection can be opened, and every call of the account
// is refused, also a call over HTTP that only reads. UserSigs stay valid and work again
// after the ban. A new ban replaces the earlier one, also if it ends sooner.
func ban(ctx context.Context, c *op.Call, in banRequest) (banReply, error) {
	service, err := in.service(ctx, c)
	if err != nil {
		return banReply{}, err
	}
	end := int64(accounts.Forever)
	if in.Seconds != nil {
		if *in.Seconds < 1 || *in.Seconds > maxBanSeconds {
			return banReply{}, fault.New(fault.Invalid, "Seconds is 1 to %d", maxBanSeconds)
		}
		end = c.App.Now().Unix() + *in.Seconds
	}
	if err := service.Ban(ctx, in.UserID, end); err != nil {
		return banReply{}, err
	}
	return banReply{BannedUntil: wireTime(end)}, nil
}
