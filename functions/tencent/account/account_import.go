package account

import (
	"context"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/accounts"
	"parley/shared/op"
)

type accountImportRequest struct {
	UserID     string `json:"UserID" id:"user" bad:"70402"`
	Identifier string `json:"Identifier" id:"user" bad:"70402"` // the field's name until 2021
	Nick       string `json:"Nick" bad:"70402"`
	FaceURL    string `json:"FaceUrl" bad:"70402"`
}

type accountImportResponse struct{}

// accountImport registers one account. One that exists is kept, and what is
// given of Nick and FaceUrl replaces what it had; then its devices are notified, and
// those of who has the account as a friend.
func accountImport(ctx context.Context, c *op.Call, in accountImportRequest) (accountImportResponse, error) {
	id := in.UserID
	if id == "" {
		id = in.Identifier
	}
	if id == "" {
		return accountImportResponse{}, v4.Refuse(badParameter, "UserID is missing or empty")
	}
	return accountImportResponse{}, c.Accounts.Import(ctx, accounts.Draft{ID: id, Nick: in.Nick, Face: in.FaceURL})
}
