package app

import (
	"context"
	"time"

	"parley/shared/op"
)

type rotateRequest struct {
	named
	Keep *int64 `json:"KeepSeconds"`
}

type rotateReply struct {
	ID     int64   `json:"SdkAppId"`
	Key    keyView `json:"Key"`
	Secret string  `json:"Secret"`
}

// defaultKeep leaves a backend a day to take the new key.
const defaultKeep = 24 * time.Hour

// rotateKey gives an application a new key, whose secret is in the answer and is
// shown this once. Signatures made with the keys before it are accepted for
// KeepSeconds more (default a day; 0 for a key that leaked), and as everywhere
// it takes up to a minute until all functions follow.
func rotateKey(ctx context.Context, c *op.Call, in rotateRequest) (rotateReply, error) {
	keep := defaultKeep
	if in.Keep != nil {
		keep = time.Duration(min(*in.Keep, 1<<31)) * time.Second
	}
	k, secret, err := c.App.Apps.RotateKey(ctx, in.ID, keep)
	if err != nil {
		return rotateReply{}, err
	}
	return rotateReply{ID: in.ID, Key: keyView{N: k.N, Created: k.Created}, Secret: secret}, nil
}
