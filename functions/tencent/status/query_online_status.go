package status

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type queryOnlineStatusRequest struct {
	queryRequest
	Instances int `json:"IsReturnInstid" bad:"90001"`       // 1: with IsNeedDetail, the answer has the instances
	Custom    int `json:"IsReturnCustomStatus" bad:"90001"` // 1: the answer has the custom status
}

type queryOnlineStatusResponse struct {
	Results []statusView `json:"QueryResult"`
	Errors  []errorView  `json:"ErrorList,omitempty"` // the ids that are not accounts
}

type statusView struct {
	To     string       `json:"To_Account"`
	Status string       `json:"Status"` // Online, PushOnline or Offline
	Detail []deviceView `json:"Detail,omitempty"`
	Custom *string      `json:"CustomStatus,omitempty"`
}

type errorView struct {
	To   string `json:"To_Account"`
	Code int    `json:"ErrorCode"`
}

// queryOnlineStatus tells for up to 500 users whether they are online, can be reached by
// push, or are offline. ErrorList has the ids that are not accounts; if no id is one,
// the call fails. The vendor does not document the names Instid and CustomStatus
// (docs/spec/tencent §5.1).
func queryOnlineStatus(ctx context.Context, c *op.Call, in queryOnlineStatusRequest) (queryOnlineStatusResponse, error) {
	users, err := in.users()
	if err != nil {
		return queryOnlineStatusResponse{}, err
	}
	instances, err := v4.Flag("IsReturnInstid", in.Instances)
	if err != nil {
		return queryOnlineStatusResponse{}, err
	}
	custom, err := v4.Flag("IsReturnCustomStatus", in.Custom)
	if err != nil {
		return queryOnlineStatusResponse{}, err
	}
	known, unknown, err := queryPresence(ctx, c, users)
	if err != nil {
		return queryOnlineStatusResponse{}, err
	}
	if len(known) == 0 {
		return queryOnlineStatusResponse{}, v4.Refuse(accountUnknown, "none of the users is an account")
	}
	out := queryOnlineStatusResponse{Results: make([]statusView, len(known))}
	for i, p := range known {
		out.Results[i] = statusView{To: p.User, Status: string(p.State)}
		if in.Detail == 1 {
			out.Results[i].Detail = details(p, instances)
		}
		if custom {
			out.Results[i].Custom = &known[i].Status
		}
	}
	for _, u := range unknown {
		out.Errors = append(out.Errors, errorView{u, accountUnknown})
	}
	return out, nil
}
