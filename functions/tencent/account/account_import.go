package account

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/accounts"
	"parley/shared/op"
)

type accountImportRequest struct {
	UserID     string `json:"UserID" id:"user" bad:"70402"`     // required, under this name or the older one
	Identifier string `json:"Identifier" id:"user" bad:"70402"` // the field's name until 2021
	Nick       string `json:"Nick" bad:"70402"`
	FaceURL    string `json:"FaceUrl" bad:"70402"`
}

type accountImportResponse struct{}

// accountImport registers one account. If the account exists, it stays, and the Nick
// and FaceUrl that are given replace the stored ones. If that changes one of them, the
// devices of the account are notified, and those of the users who have it as a friend.
func accountImport(ctx context.Context, c *op.Call, in accountImportRequest) (accountImportResponse, error) {
	id := in.UserID
	if id == "" {
		id = in.Identifier
	}
	if id == "" {
		return accountImportResponse{}, v4.Refuse(badParameter, "UserID is missing or empty")
	}
	return accountImportResponse{}, c.Accounts.Import(ctx, accounts.Import{ID: id, Nick: in.Nick, Face: in.FaceURL})
}
