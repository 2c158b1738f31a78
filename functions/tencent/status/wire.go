package status

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/presence"
	"parley/shared/domain/sessions"
	"parley/shared/op"
)

const (
	nobody    = 90001 // an empty list
	tooMany   = 90011
	noAccount = 70107
)

type queryRequest struct {
	To     *[]string `json:"To_Account" need:"90001" bad:"90003"`
	Detail int       `json:"IsNeedDetail" bad:"90001"`
}

func (in queryRequest) users() ([]string, error) {
	if _, err := v4.Flag("IsNeedDetail", in.Detail); err != nil {
		return nil, err
	}
	switch n := len(*in.To); {
	case n == 0:
		return nil, v4.Refuse(nobody, "To_Account names nobody")
	case n > presence.MaxUsers:
		return nil, v4.Refuse(tooMany, "a query has at most %d users", presence.MaxUsers)
	}
	return *in.To, nil
}

// query reads presences; who is no account is left out and returned apart.
func query(ctx context.Context, c *op.Call, users []string) (known []presence.Presence, unknown []string, err error) {
	list, err := c.Presence.Query(ctx, users)
	if err != nil {
		return nil, nil, err
	}
	for i, p := range list {
		if p == nil {
			unknown = append(unknown, users[i])
		} else {
			known = append(known, *p)
		}
	}
	return known, unknown, nil
}

type deviceView struct {
	Platform string `json:"Platform"`
	Status   string `json:"Status"`
	Instance string `json:"Instid,omitempty"`
}

// details is how the reference names platforms. Mini programs count as Web,
// Windows and Linux as PC.
func details(p presence.Presence, instances bool) []deviceView {
	var list []deviceView
	for _, d := range p.Devices {
		v := deviceView{Platform: platform(d.Platform), Status: string(d.State)}
		if instances {
			v.Instance = d.Instance
		}
		list = append(list, v)
	}
	return list
}

func platform(p sessions.Platform) string {
	switch p {
	case "MiniProgram":
		return "Web"
	case "Windows", "Linux":
		return "PC"
	}
	return string(p)
}
