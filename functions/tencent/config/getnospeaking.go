package config

import (
	"context"

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
	return getNoSpeakingResponse{direct, groups}, unknown(badGetAccount, err)
}
