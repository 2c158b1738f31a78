package accounts_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"parley/shared/domain/accounts"
	"parley/shared/fault"
)

func TestCheckPeersRefusesTheUserARepeatAndAnInvalidID(t *testing.T) {
	itself := errors.New("itself")
	errs := accounts.CheckPeers("alice", []string{"bob", "alice", "bob", "", "carol", "alice", strings.Repeat("x", 33)}, itself)
	var got []string
	for _, err := range errs {
		switch {
		case err == nil:
			got = append(got, "ok")
		case errors.Is(err, itself):
			got = append(got, "itself")
		default:
			got = append(got, fault.Of(err).Text)
		}
	}
	want := []string{
		"ok", "itself", "bob is named twice in one call", "a user name has 1 to 32 bytes", "ok", "itself", "a user name has 1 to 32 bytes",
	}
	if !slices.Equal(got, want) {
		t.Errorf("CheckPeers = %q, want %q", got, want)
	}
}

// onlyBob is a Reader of an application with the account bob, and carol, who is
// deleted. It fails if an id is read twice.
type onlyBob struct{ *testing.T }

func (r onlyBob) Accounts(_ context.Context, _ int64, ids []string) ([]*accounts.Account, error) {
	list := make([]*accounts.Account, len(ids))
	for i, id := range ids {
		if slices.Contains(ids[:i], id) {
			r.Errorf("%s is read twice", id)
		}
		switch id {
		case "bob":
			list[i] = &accounts.Account{ID: id}
		case "carol":
			list[i] = &accounts.Account{ID: id, Deleted: 7}
		}
	}
	return list, nil
}

func TestLivingLeavesOutWhoIsDeletedOrMissing(t *testing.T) {
	living, err := accounts.Living(t.Context(), onlyBob{t}, 1, []string{"dave", "bob", "", "carol", "bob"})
	if got := slices.Collect(maps.Keys(living)); err != nil || !slices.Equal(got, []string{"bob"}) {
		t.Errorf("Living = %q, %v, want bob", got, err)
	}
}
