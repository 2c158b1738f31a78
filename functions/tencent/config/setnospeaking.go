package config

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/fault"
	"parley/shared/op"
)

type setNoSpeakingRequest struct {
	User   string  `json:"Set_Account" need:"130004" bad:"130005"`
	Direct *uint32 `json:"C2CmsgNospeakingTime" bad:"130006"`   // seconds; 0 lifts, 4294967295 is for ever
	Groups *uint32 `json:"GroupmsgNospeakingTime" bad:"130007"` // the same
}

type setNoSpeakingResponse struct{}

const (
	badSetAccount = 130005
	badGetAccount = 130003
	neitherTimer  = 130008
)

// setNoSpeaking mutes what a user sends to users, to groups, or both, for a time
// from now on. A timer that is left out stays. Messages that the application
// sends in the user's name pass.
func setNoSpeaking(ctx context.Context, c *op.Call, in setNoSpeakingRequest) (setNoSpeakingResponse, error) {
	if in.Direct == nil && in.Groups == nil {
		return setNoSpeakingResponse{}, v4.Refuse(neitherTimer, "neither C2CmsgNospeakingTime nor GroupmsgNospeakingTime is given")
	}
	err := c.Accounts.Mute(ctx, in.User, in.Direct, in.Groups)
	if fault.Is(err, fault.AccountUnknown) { // the service has no number for it (core spec §10, unsure)
		err = v4.Refuse(badSetAccount, "%.40s is not an account", in.User)
	}
	return setNoSpeakingResponse{}, err
}
