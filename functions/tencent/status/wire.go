package status

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/presence"
	"parley/shared/domain/sessions"
	"parley/shared/op"
)

const (
	emptyList      = 90001
	tooManyUsers   = 90011
	accountUnknown = 70107
)

// queryRequest has the fields that both commands share.
type queryRequest struct {
	To     *[]string `json:"To_Account" need:"90001" bad:"90003"` // 1 to 500 users
	Detail int       `json:"IsNeedDetail" bad:"90001"`            // 1: the answer has the state of each device
}

// users returns the users of a request. It refuses an empty list and a list that is too
// long.
func (in queryRequest) users() ([]string, error) {
	if _, err := v4.Flag("IsNeedDetail", in.Detail); err != nil {
		return nil, err
	}
	switch n := len(*in.To); {
	case n == 0:
		return nil, v4.Refuse(emptyList, "To_Account names nobody")
	case n > presence.MaxUsers:
		return nil, v4.Refuse(tooManyUsers, "a query has at most %d users", presence.MaxUsers)
	}
	return *in.To, nil
}

// queryPresence returns the presence of the users who are accounts, and the ids that
// are not accounts.
func queryPresence(ctx context.Context, c *op.Call, users []string) (known []presence.Presence, unknown []string, err error) {
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
	Platform string `json:"Platform"` // iPhone, Android, Web, PC, iPad or Mac
	Status   string `json:"Status"`   // Online or PushOnline
	Instance string `json:"Instid,omitempty"`
}

// details returns the devices of a user in their wire form.
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

// platform returns the vendor's name of a platform. Mini programs are shown as Web,
// Windows and Linux as PC.
func platform(p sessions.Platform) string {
	switch p {
	case "MiniProgram":
		return "Web"
	case "Windows", "Linux":
		return "PC"
	}
	return string(p)
}
