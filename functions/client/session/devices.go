package session

import (
	"context"

	"parley/shared/op"
)

type devicesReply struct {
	Devices []device `json:"Devices"`
}

// device is one device of the caller.
type device struct {
	Platform   string `json:"Platform"`
	Instance   string `json:"Instance"`
	Since      int64  `json:"Since"`      // when it connected, in Unix seconds
	Background bool   `json:"Background"` // its app is not in front
	Online     bool   `json:"Online"`     // false: lost without a disconnect event
}

// devices lists the caller's own devices that hold a slot, the one whose connection is
// the oldest first. A device that is not Online was lost without a disconnect event:
// its connection is older than a connection can be.
func devices(ctx context.Context, c *op.Call, _ struct{}) (devicesReply, error) {
	list, err := c.Sessions.Devices(ctx, c.Caller.Account)
	if err != nil {
		return devicesReply{}, err
	}
	out := devicesReply{Devices: make([]device, len(list))}
	for i, d := range list {
		out.Devices[i] = device{
			Platform: string(d.Current.Platform), Instance: d.Current.Instance, Since: d.Current.OpenedAt / 1000,
			Background: d.Current.Background, Online: d.Alive(c.App.Now()),
		}
	}
	return out, nil
}
