package sns

import (
	"context"

	"parley/shared/domain/relations"
	"parley/shared/op"
)

type friendCheckRequest struct {
	some
	Type string `json:"CheckType" need:"30001"` // CheckResult_Type_Single or CheckResult_Type_Both
}

type friendCheckResponse struct {
	Items  []checkItem `json:"InfoItem"`
	Failed []string    `json:"Fail_Account,omitempty"`
}

type checkItem struct {
	To       string `json:"To_Account"`
	Relation string `json:"Relation"`
	Code     int    `json:"ResultCode"`
	Info     string `json:"ResultInfo"`
}

// friendCheck tells of up to a thousand users who has whom as a friend.
func friendCheck(ctx context.Context, c *op.Call, in friendCheckRequest) (friendCheckResponse, error) {
	kind, err := oneOf("CheckType", in.Type, "CheckResult_Type_Both", "CheckResult_Type_Single")
	if err != nil {
		return friendCheckResponse{}, err
	}
	if err := size(len(in.To)); err != nil {
		return friendCheckResponse{}, err
	}
	list, errs, err := c.Relations.Check(ctx, in.From, in.To, kind == "CheckResult_Type_Both")
	if err != nil {
		return friendCheckResponse{}, err
	}
	items, failed := checked(in.To, list, errs, "CheckResult_Type_", "NoRelation")
	return friendCheckResponse{items, failed}, nil
}

// checked writes who has whom in the words of a command.
func checked(peers []string, list []relations.Relation, errs []error, prefix, none string) (items []checkItem, failed []string) {
	items = make([]checkItem, len(peers))
	for i, peer := range peers {
		word := none
		switch r := list[i]; {
		case r.Mine && r.Theirs:
			word = "BothWay"
		case r.Mine:
			word = "AWithB"
		case r.Theirs:
			word = "BWithA"
		}
		items[i] = checkItem{To: peer, Relation: prefix + word}
		items[i].Code, items[i].Info = outcome(errs[i], badParameter)
		if errs[i] != nil {
			failed = append(failed, peer)
		}
	}
	return items, failed
}
