package apps_test

import (
	"testing"
	"time"

	"parley/infra/testkit"
)

var server *testkit.Server

func TestMain(m *testing.M) { testkit.Main(m, &server) }

// TestEndedKeysAreRemoved: a key that ended more than seven days ago is removed with its secret by
// the next rotation. Example: the check of each deployment rotates the key of its application.
func TestEndedKeysAreRemoved(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	for range 3 {
		if _, _, err := w.App.Apps.RotateKey(t.Context(), w.ID, 0); err != nil {
			t.Fatal(err)
		}
		w.Clock.Move(4 * 24 * time.Hour)
	}
	// Key 1 ended 12 days ago, key 2 8 days, key 3 4 days; key 4 is in force.
	k, _, err := w.App.Apps.RotateKey(t.Context(), w.ID, time.Hour)
	if err != nil || k.Number != 5 {
		t.Fatalf("key %d, %v, want 5", k.Number, err)
	}
	a, err := w.App.Apps.Get(t.Context(), w.ID)
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	for _, k := range a.Keys {
		got = append(got, k.Number)
	}
	if len(got) != 3 || got[0] != 3 || got[2] != 5 {
		t.Errorf("keys %v, want 3, 4 and 5", got)
	}
	secrets, err := w.Store.Apps.SealedSecrets(t.Context(), w.ID, []int{1, 2, 3, 4, 5})
	if err != nil || len(secrets) != 3 || secrets[1] != nil || secrets[3] == nil {
		t.Errorf("secrets of %d keys, %v, want those of 3, 4 and 5", len(secrets), err)
	}
}
