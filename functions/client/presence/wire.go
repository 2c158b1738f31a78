package presence

import (
	"parley/shared/domain/presence"
	"parley/shared/fault"
)

type usersRequest struct {
	To []string `json:"To_Account" need:"60003"`
}

// users returns the users of the request, or an error if they are more than limit.
func (in usersRequest) users(limit int) ([]string, error) {
	if len(in.To) > limit {
		return nil, fault.New(fault.BatchTooLarge, "a call names at most %d users", limit)
	}
	return in.To, nil
}

type presencesReply struct {
	Results []presenceView `json:"QueryResult"`
}

// presenceView is the presence of one user.
type presenceView struct {
	To     string       `json:"To_Account"`
	Code   int          `json:"ResultCode"`
	Status string       `json:"Status,omitempty"`       // Online, PushOnline or Offline
	Custom string       `json:"CustomStatus,omitempty"` // the status that the user chose to show
	LastMs int64        `json:"LastMs,omitempty"`       // when the last connection ended; absent while one is open
	Detail []deviceView `json:"Detail,omitempty"`
}

// deviceView is the presence of a user on one platform.
type deviceView struct {
	Platform string `json:"Platform"`
	Status   string `json:"Status"`
}

const noAccount = 70107

func views(users []string, list []*presence.Presence) presencesReply {
	out := presencesReply{Results: make([]presenceView, len(users))}
	for i, p := range list {
		if p == nil {
			out.Results[i] = presenceView{To: users[i], Code: noAccount}
			continue
		}
		v := presenceView{To: p.User, Status: string(p.State), Custom: p.Status, LastMs: p.LastMs}
		for _, d := range p.Devices {
			v.Detail = append(v.Detail, deviceView{string(d.Platform), string(d.State)})
		}
		out.Results[i] = v
	}
	return out
}
