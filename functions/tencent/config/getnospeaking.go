package config

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/fault"
	"parley/shared/op"
)

type getNoSpeakingRequest struct {
	User string `json:"Get_Account" need:"130002" bad:"130003"`
}

type getNoSpeakingResponse struct {
	Direct uint32 `json:"C2CmsgNospeakingTime"`   // seconds that are left; 4294967295 is for ever
	Groups uint32 `json:"GroupmsgNospeakingTime"` // the same
}

// getNoSpeaking tells for how many seconds more a user is muted.
func getNoSpeaking(ctx context.Context, c *op.Call, in getNoSpeakingRequest) (getNoSpeakingResponse, error) {
	direct, groups, err := c.Accounts.Muted(ctx, in.User)
	if fault.Is(err, fault.AccountUnknown) { // as in setNoSpeaking
		err = v4.Refuse(badGetAccount, "%.40s is not an account", in.User)
	}
	return getNoSpeakingResponse{direct, groups}, err
}
