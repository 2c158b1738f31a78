package accounts_test

import (
	"fmt"
	"sync"
	"testing"

	"parley/infra/testkit"
	"parley/shared/domain/accounts"
	"parley/shared/fault"
)

// newAlice returns a world with the account alice, and a function that reads it.
func newAlice(t *testing.T) (*testkit.World, func() accounts.Account) {
	w := testkit.NewWorld(t, server, testkit.Options{Edition: "developer"})
	if err := w.Seed(t.Context(), "account alice\n"); err != nil {
		t.Fatal(err)
	}
	return w, func() accounts.Account {
		t.Helper()
		list, err := w.Store.Accounts.Accounts(t.Context(), w.ID, []string{"alice"})
		if err != nil || list[0] == nil {
			t.Fatalf("alice is %v, %v", list, err)
		}
		return *list[0]
	}
}

// Of revocations at once the latest one holds, whichever is written last.
func TestLatestRevocationHolds(t *testing.T) {
	w, alice := newAlice(t)
	for i, err := range testkit.Together(20, func(i int) error {
		return w.Store.Accounts.RevokeSignatures(t.Context(), w.ID, "alice", int64(1000+i*7%20))
	}) {
		if err != nil {
			t.Errorf("revocation %d: %v", i, err)
		}
	}
	if got := alice().SignaturesFrom; got != 1019 {
		t.Errorf("signatures up to %d are void, want 1019", got)
	}
}

// A change of an account that is being deleted at the same time is made before the
// deletion, or is refused. A deleted account has nothing that was set after the deletion.
func TestChangesOfADeletedAccountAreRefused(t *testing.T) {
	for round := range 5 {
		w, alice := newAlice(t)
		until := int64(2_000_000_000)
		const at = 1_900_000_000
		var deletion accounts.Deletion
		errs := testkit.Together(7, func(i int) (err error) {
			switch i {
			case 0:
				deletion, err = w.Store.Accounts.DeleteAccount(t.Context(), w.ID, "alice", at, true)
			case 1, 2:
				return w.Store.Accounts.RevokeSignatures(t.Context(), w.ID, "alice", at+int64(i))
			case 3, 4:
				return w.Store.Accounts.MuteAccount(t.Context(), w.ID, "alice", &until, &until)
			default:
				return w.Store.Accounts.BanAccount(t.Context(), w.ID, "alice", until)
			}
			return err
		})
		for i, err := range errs {
			if err != nil && !fault.Is(err, fault.AccountUnknown) {
				t.Errorf("round %d, call %d: %v", round, i, err)
			}
		}
		a := alice()
		if !deletion.DeletedNow || a.Deleted != at || a.SignaturesFrom != at+2 {
			t.Errorf("round %d: %+v of %+v: want deleted at %d, and signatures void until two seconds later", round, a, deletion, at)
		}
		for name, err := range map[string]error{
			"revoke": w.Store.Accounts.RevokeSignatures(t.Context(), w.ID, "alice", at+9),
			"mute":   w.Store.Accounts.MuteAccount(t.Context(), w.ID, "alice", &until, nil),
			"unmute": w.Store.Accounts.MuteAccount(t.Context(), w.ID, "alice", nil, new(int64)),
			"ban":    w.Store.Accounts.BanAccount(t.Context(), w.ID, "alice", until),
			"unban":  w.Store.Accounts.BanAccount(t.Context(), w.ID, "alice", 0),
		} {
			if !fault.Is(err, fault.AccountUnknown) {
				t.Errorf("%s of a deleted account: %v, want %s", name, err, fault.AccountUnknown)
			}
		}
	}
}

// Two calls set the two kinds of mute at once, and both are set.
func TestMutesOfTwoKindsAtOnce(t *testing.T) {
	w, alice := newAlice(t)
	one, two := int64(1), int64(2)
	for i, err := range testkit.Together(2, func(i int) error {
		if i == 0 {
			return w.Store.Accounts.MuteAccount(t.Context(), w.ID, "alice", &one, nil)
		}
		return w.Store.Accounts.MuteAccount(t.Context(), w.ID, "alice", nil, &two)
	}) {
		if err != nil {
			t.Errorf("mute %d: %v", i, err)
		}
	}
	if a := alice(); a.MutedUntil != 1 || a.GroupsMutedUntil != 2 {
		t.Errorf("muted until %d and %d, want 1 and 2", a.MutedUntil, a.GroupsMutedUntil)
	}
	if err := w.Store.Accounts.MuteAccount(t.Context(), w.ID, "nemo", &one, nil); !fault.Is(err, fault.AccountUnknown) {
		t.Errorf("mute of a user who is not an account: %v", err)
	}
	if items := w.PartitionItems(t, "core", fmt.Sprintf("%d#C#nemo", w.ID)); len(items) != 0 {
		t.Errorf("a user who is not an account has items: %v", items)
	}
}

// Of many deletions at once, one deletes the account, and the count of accounts goes
// down once. Of many imports at once, one makes the new account.
func TestDeletionsAndImportsAtOnce(t *testing.T) {
	w, alice := newAlice(t)
	var mu sync.Mutex
	deleted := 0
	for i, err := range testkit.Together(8, func(i int) error {
		d, err := w.Store.Accounts.DeleteAccount(t.Context(), w.ID, "alice", int64(1000+i), true)
		mu.Lock()
		defer mu.Unlock()
		if d.DeletedNow {
			deleted++
		}
		if err == nil && !d.Known {
			t.Errorf("deletion %d does not know the account", i)
		}
		return err
	}) {
		if err != nil {
			t.Errorf("deletion %d: %v", i, err)
		}
	}
	if deleted != 1 {
		t.Errorf("%d deletions deleted the account, want 1", deleted)
	}
	del := alice().Deleted
	importing := func() (made int) {
		for i, err := range testkit.Together(8, func(int) error {
			return w.Store.Accounts.CreateAccount(t.Context(), w.ID, accounts.Account{ID: "alice", Created: 2000}, 2000, 2)
		}) {
			switch {
			case err == nil:
				made++
			case !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.AccountReserved):
				t.Errorf("import %d: %v", i, err)
			}
		}
		return made
	}
	if n := importing(); n != 0 {
		t.Errorf("%d imports before the data is removed, want 0", n)
	}
	claimed, _, err := w.Store.Accounts.ClaimRemoval(t.Context(), w.ID, "alice", del, 1, 2)
	if err != nil || !claimed {
		t.Fatalf("claim: %t, %v", claimed, err)
	}
	if err := w.Store.Accounts.EndRemoval(t.Context(), w.ID, "alice", del, 2, true); err != nil {
		t.Fatal(err)
	}
	if n := importing(); n != 1 { // the limit allows one account besides the admin's, so the count must be right
		t.Errorf("%d imports, want 1", n)
	}
	if a := alice(); !a.Alive() || a.SignaturesFrom != del+2 {
		t.Errorf("alice is %+v, want alive, with the signatures of the deleted account void", a)
	}
}

// The removal of an account's data has one owner at a time, and only the owner ends it.
func TestRemovalHasOneOwner(t *testing.T) {
	w, alice := newAlice(t)
	if _, err := w.Store.Accounts.DeleteAccount(t.Context(), w.ID, "alice", 1000, true); err != nil {
		t.Fatal(err)
	}
	claim := func(deleted, now, until int64) (bool, int64) {
		t.Helper()
		claimed, busy, err := w.Store.Accounts.ClaimRemoval(t.Context(), w.ID, "alice", deleted, now, until)
		if err != nil {
			t.Fatal(err)
		}
		return claimed, busy
	}
	end := func(deleted, until int64, swept bool) {
		t.Helper()
		if err := w.Store.Accounts.EndRemoval(t.Context(), w.ID, "alice", deleted, until, swept); err != nil {
			t.Fatal(err)
		}
	}
	var mu sync.Mutex
	owners := 0
	for _, err := range testkit.Together(8, func(i int) error {
		claimed, busy, err := w.Store.Accounts.ClaimRemoval(t.Context(), w.ID, "alice", 1000, 5000, 6000)
		mu.Lock()
		defer mu.Unlock()
		if claimed {
			owners++
		} else if busy != 6000 {
			t.Errorf("busy until %d, want 6000", busy)
		}
		return err
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	if owners != 1 {
		t.Errorf("%d own the removal, want 1", owners)
	}
	if claimed, busy := claim(999, 9000, 9999); claimed || busy != 0 {
		t.Errorf("a claim for another deletion: %t, %d, want nothing to do", claimed, busy)
	}
	if claimed, busy := claim(1000, 5999, 9999); claimed || busy != 6000 {
		t.Errorf("a claim before the first one ends: %t, %d", claimed, busy)
	}
	if claimed, _ := claim(1000, 6000, 7000); !claimed {
		t.Error("the claim has ended, and the next one fails")
	}
	end(1000, 6000, true)
	if alice().Swept {
		t.Error("a worker whose claim has ended notes that all data is removed")
	}
	end(1000, 7000, false)
	if claimed, _ := claim(1000, 6500, 7500); !claimed {
		t.Error("the claim was given back, and the next one fails")
	}
	end(1000, 7500, true)
	if !alice().Swept {
		t.Error("the owner says that all data is removed, and it is not noted")
	}
	if claimed, _ := claim(1000, 8000, 9000); !claimed || alice().Swept {
		t.Error("a second removal runs, and the id can be imported")
	}
}
