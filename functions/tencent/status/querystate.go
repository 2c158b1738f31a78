package status

import (
	"context"

	"parley/shared/domain/presence"
	"parley/shared/op"
)

type queryStateRequest struct{ queryRequest }

type queryStateResponse struct {
	Results []stateView `json:"QueryResult"`
}

type stateView struct {
	To     string       `json:"To_Account"`
	State  string       `json:"State"` // Online, PushOnline or Offline
	Detail []deviceView `json:"Detail,omitempty"`
}

// queryState does what query_online_status does, in its older form: the state is in
// State, and there is no ErrorList. An id that is not an account is Offline.
func queryState(ctx context.Context, c *op.Call, in queryStateRequest) (queryStateResponse, error) {
	users, err := in.users()
	if err != nil {
		return queryStateResponse{}, err
	}
	list, err := c.Presence.Query(ctx, users)
	if err != nil {
		return queryStateResponse{}, err
	}
	out := queryStateResponse{Results: make([]stateView, len(users))}
	for i, p := range list {
		out.Results[i] = stateView{To: users[i], State: string(presence.Offline)}
		if p == nil {
			continue
		}
		out.Results[i].State = string(p.State)
		if in.Detail == 1 {
			out.Results[i].Detail = details(*p, false)
		}
	}
	return out, nil
}
