package app

import (
	"context"
	"time"

	"parley/shared/op"
)

type rotateRequest struct {
	appRequest
	Keep *int64 `json:"KeepSeconds"` // how long the older keys stay in force, 0 to 2592000 (30 days); absent: 86400 (a day)
}

type rotateReply struct {
	ID     int64   `json:"SdkAppId"`
	Key    keyView `json:"Key"`
	Secret string  `json:"Secret"` // signs UserSigs; never shown again
}

// defaultKeep gives the operator a day to configure the new key in the backends.
const defaultKeep = 24 * time.Hour

// rotateKey adds a key to an application. The secret of the key is in the answer and is
// never shown again. Signatures of the older keys are accepted for KeepSeconds more,
// unless a key ends earlier. After that it can take another minute until all functions
// refuse them. If a secret has leaked, call with KeepSeconds 0.
func rotateKey(ctx context.Context, c *op.Call, in rotateRequest) (rotateReply, error) {
	keep := defaultKeep
	if in.Keep != nil {
		keep = time.Duration(min(*in.Keep, 1<<31)) * time.Second
	}
	k, secret, err := c.App.Apps.RotateKey(ctx, in.ID, keep)
	if err != nil {
		return rotateReply{}, err
	}
	return rotateReply{ID: in.ID, Key: keyView{N: k.Number, Created: k.Created}, Secret: secret}, nil
}
