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
	C2C     *uint32 `json:"C2CmsgNospeakingTime" bad:"130006"`   // seconds from now; 0 ends the mute, 4294967295 is for ever
	Groups  *uint32 `json:"GroupmsgNospeakingTime" bad:"130007"` // the same for groups
}

type setNoSpeakingResponse struct{}

// setNoSpeaking mutes an account in one-to-one conversations, in groups, or in both,
// or ends its mutes. A time that is not given stays as it is. A mute does not stop
// messages that an admin sends on behalf of the account.
func setNoSpeaking(ctx context.Context, c *op.Call, in setNoSpeakingRequest) (setNoSpeakingResponse, error) {
	if in.C2C == nil && in.Groups == nil {
		return setNoSpeakingResponse{}, v4.Refuse(130008, "neither C2CmsgNospeakingTime nor GroupmsgNospeakingTime is given")
	}
	err := c.Accounts.Mute(ctx, in.Account, duration(in.C2C), duration(in.Groups))
	if fault.Is(err, fault.AccountUnknown) {
		// The vendor names no code for it (docs/spec/tencent §10.1).
		return setNoSpeakingResponse{}, v4.Refuse(130005, "Set_Account is not an account")
	}
	return setNoSpeakingResponse{}, err
}

// forever is the number of seconds that means a mute without end.
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
