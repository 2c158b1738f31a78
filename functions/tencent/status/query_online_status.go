package status

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
)

type queryOnlineStatusRequest struct {
	queryRequest
	Instances int `json:"IsReturnInstid" bad:"90001"`
	Custom    int `json:"IsReturnCustomStatus" bad:"90001"`
}

type queryOnlineStatusResponse struct {
	Results []statusView `json:"QueryResult"`
	Errors  []errorView  `json:"ErrorList,omitempty"`
}

type statusView struct {
	To     string       `json:"To_Account"`
	Status string       `json:"Status"`
	Detail []deviceView `json:"Detail,omitempty"`
	Custom *string      `json:"CustomStatus,omitempty"`
}

type errorView struct {
	To   string `json:"To_Account"`
	Code int    `json:"ErrorCode"`
}

// queryOnlineStatus tells of up to 500 users who is online, who can be reached by
// push, and who is away. Who is no account is listed apart; where all are, the
// call fails. The names of the fields for instance and custom status are the
// reference's presumed ones.
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
	known, unknown, err := query(ctx, c, users)
	if err != nil {
		return queryOnlineStatusResponse{}, err
	}
	if len(known) == 0 {
		return queryOnlineStatusResponse{}, v4.Refuse(noAccount, "none of the users is an account")
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
		out.Errors = append(out.Errors, errorView{u, noAccount})
	}
	return out, nil
}
