package config

import (
	"context"
	"time"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/accounts"
	"parley/shared/fault"
	"parley/shared/op"
)

type setNoSpeakingRequest struct {
	Account string  `json:"Set_Account" id:"user" need:"130004" bad:"130005"`
	C2C     *uint32 `json:"C2CmsgNospeakingTime" bad:"130006"` // seconds from now; 0 unmutes, 4294967295 is for ever
	Groups  *uint32 `json:"GroupmsgNospeakingTime" bad:"130007"`
}

type setNoSpeakingResponse struct{}

// setNoSpeaking mutes an account in one-to-one conversations, in groups, or in
// both, and lifts mutes. A time that is not given stays as it is. What an admin
// sends on behalf of the account is not held up.
func setNoSpeaking(ctx context.Context, c *op.Call, in setNoSpeakingRequest) (setNoSpeakingResponse, error) {
	if in.C2C == nil && in.Groups == nil {
		return setNoSpeakingResponse{}, v4.Refuse(130008, "neither C2CmsgNospeakingTime nor GroupmsgNospeakingTime is given")
	}
	err := c.Accounts.Mute(ctx, in.Account, duration(in.C2C), duration(in.Groups))
	if fault.Is(err, fault.AccountUnknown) {
		// The service has no number of its own for it (core spec §10, unsure).
		return setNoSpeakingResponse{}, v4.Refuse(130005, "Set_Account is not an account")
	}
	return setNoSpeakingResponse{}, err
}

// forever is the time that does not end.
const forever = 1<<32 - 1

func duration(seconds *uint32) *time.Duration {
	if seconds == nil {
		return nil
	}
	d := time.Duration(*seconds) * time.Second
	if *seconds == forever {
		d = accounts.Endless
	}
	return &d
}
