package config

import (
	"context"
	"time"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/accounts"
	"parley/shared/fault"
	"parley/shared/op"
)

type getNoSpeakingRequest struct {
	Account string `json:"Get_Account" id:"user" need:"130002" bad:"130003"`
}

type getNoSpeakingResponse struct {
	C2C    uint32 `json:"C2CmsgNospeakingTime"`   // seconds
	Groups uint32 `json:"GroupmsgNospeakingTime"` // seconds
}

// getNoSpeaking returns for how many more seconds an account is muted in one-to-one
// conversations and in groups. 0 means that it is not muted, 4294967295 that it is
// muted for ever.
func getNoSpeaking(ctx context.Context, c *op.Call, in getNoSpeakingRequest) (getNoSpeakingResponse, error) {
	m, err := c.Accounts.Muted(ctx, in.Account)
	if fault.Is(err, fault.AccountUnknown) {
		return getNoSpeakingResponse{}, v4.Refuse(130003, "Get_Account is not an account")
	}
	if err != nil {
		return getNoSpeakingResponse{}, err
	}
	return getNoSpeakingResponse{C2C: seconds(m.Direct), Groups: seconds(m.Groups)}, nil
}

func seconds(d time.Duration) uint32 {
	if d == accounts.Endless {
		return forever
	}
	return uint32(d / time.Second) // at most what setnospeaking took
}
