package account

import (
	"time"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/accounts"
)

// batch is the time a command with a hundred accounts may take.
const batch = 15 * time.Second

const (
	badParameter = 70402
	badBatch     = 70206
	unknownID    = 70107
	unknownText  = "Err_TLS_PT_Open_Login_Account_Not_Exist"
)

// userItem names one account of a batch.
type userItem struct {
	UserID string `json:"UserID"`
}

// ids takes the ids out of a batch and refuses one that is too long or has an
// id that cannot be. 70206 is chosen for the length (core spec §4.2, unsure).
func ids(items []userItem) ([]string, error) {
	if len(items) > accounts.MaxBatch {
		return nil, v4.Refuse(badBatch, "a batch has at most %d accounts", accounts.MaxBatch)
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
