package account

import (
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/accounts"
)

const (
	badParameter = 70402
	badBatchSize = 70206

	accountUnknown     = 70107
	accountUnknownText = "Err_TLS_PT_Open_Login_Account_Not_Exist"
)

// userItem names one account of a batch.
type userItem struct {
	UserID string `json:"UserID"`
}

// userIDs returns the ids of a batch. It refuses a batch that is too large and an
// item without an id. The vendor does not say which code a batch gets that is too
// large (docs/spec/tencent §15); Parley chooses 70206.
func userIDs(items []userItem) ([]string, error) {
	if len(items) > accounts.MaxBatch {
		return nil, v4.Refuse(badBatchSize, "a batch has at most %d accounts", accounts.MaxBatch)
	}
	list := make([]string, len(items))
	for i, item := range items {
		if item.UserID == "" {
			return nil, v4.Refuse(badParameter, "item %d has no UserID", i)
		}
		list[i] = item.UserID
	}
	return list, nil
}
