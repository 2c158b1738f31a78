package session

import (
	"context"

	"parley/shared/op"
)

type devicesReply struct {
	Devices []device `json:"Devices"`
}

type device struct {
	Platform   string `json:"Platform"`
	Instance   string `json:"Instance"`
	Since      int64  `json:"Since"` // Unix seconds
	Background bool   `json:"Background"`
	Online     bool   `json:"Online"`
}

// devices lists the caller's own devices that hold a slot, the one that connected
// first at the head. One that is not Online was lost without a word: no
// connection lives as long as that.
func devices(ctx context.Context, c *op.Call, _ struct{}) (devicesReply, error) {
	list, err := c.Sessions.Devices(ctx, c.Caller.Account)
	if err != nil {
		return devicesReply{}, err
	}
	out := devicesReply{Devices: make([]device, len(list))}
	for i, d := range list {
		out.Devices[i] = device{
			Platform: string(d.Now.Platform), Instance: d.Now.Instance, Since: d.Now.Since / 1000,
			Background: d.Now.Background, Online: d.Alive(c.App.Now()),
		}
	}
	return out, nil
}
