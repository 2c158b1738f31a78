package app

import (
	"fmt"
	"testing"

	"parley/infra/testkit"
	"parley/shared/domain/accounts"
	"parley/shared/domain/apps"
	"parley/shared/fault"
)

var server *testkit.Server

func TestMain(m *testing.M) { testkit.Main(m, &server) }

func TestOperations(t *testing.T) { testkit.Cases(t, server, Operations()) }

// TestAdminsAreAccounts checks that the admins of a new application, and those that are
// added later, have accounts. The accounts count towards the limit of the edition. The
// account of an admin cannot be deleted until the user is no longer an admin.
func TestAdminsAreAccounts(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	a, _, err := w.App.Apps.Create(t.Context(), apps.Settings{Edition: apps.Developer}, []string{"ops", "ci"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.App.Apps.AddAdmin(t.Context(), a.ID, "late"); err != nil {
		t.Fatal(err)
	}
	tenant := func() accounts.Service {
		now, err := w.App.Apps.Get(t.Context(), a.ID)
		if err != nil {
			t.Fatal(err)
		}
		return w.App.For(&now).Accounts
	}
	imported, err := tenant().Imported(t.Context(), []string{"ops", "ci", "late", "administrator"})
	if err != nil || !imported["ops"] || !imported["ci"] || !imported["late"] || imported["administrator"] {
		t.Errorf("accounts: %v, %v, want ops, ci and late", imported, err)
	}
	for i := range 97 {
		if err := tenant().Import(t.Context(), accounts.Import{ID: fmt.Sprint(i)}); err != nil {
			t.Fatalf("account %d of 100: %v", i+4, err)
		}
	}
	if err := tenant().Import(t.Context(), accounts.Import{ID: "more"}); !fault.Is(err, fault.AccountQuota) {
		t.Errorf("account 101: %v, want %s", err, fault.AccountQuota)
	}
	if errs, err := tenant().Delete(t.Context(), []string{"ops"}); err != nil || !fault.Is(errs["ops"], fault.Invalid) {
		t.Errorf("deletion of an admin: %v, %v, want %s", errs["ops"], err, fault.Invalid)
	}
	if _, err := w.App.Apps.RemoveAdmin(t.Context(), a.ID, "ops"); err != nil {
		t.Fatal(err)
	}
	if errs, err := tenant().Delete(t.Context(), []string{"ops"}); err != nil || errs["ops"] != nil {
		t.Errorf("deletion of a former admin: %v, %v", errs["ops"], err)
	}
}
