package account

import (
	"context"
	"strings"
	"testing"
	"time"

	"parley/infra/testkit"
	"parley/shared/domain/accounts"
	"parley/shared/fault"
)

var server *testkit.Server

func TestMain(m *testing.M) { testkit.Main(m, &server) }

func TestOperations(t *testing.T) { testkit.Cases(t, server, Operations()) }

// TestKickVoidsSignaturesUntilItsAnswer shows that a kick voids every signature that
// could be accepted before it, and lasts until the second of the last of them is over.
// So a signature that is made before the answer is void, and one that is made after it
// works at once. Example: a kick at 12:00:00.4 voids signatures that are dated up to
// 12:00:02, and it answers at 12:00:03.
func TestKickVoidsSignaturesUntilItsAnswer(t *testing.T) {
	for _, intoSecond := range []time.Duration{0, 400 * time.Millisecond, 999 * time.Millisecond} {
		w := testkit.NewWorld(t, server, testkit.Options{})
		if err := w.Seed(t.Context(), "account alice\nconnect alice iPhone i1\n"); err != nil {
			t.Fatal(err)
		}
		w.Clock.Move(intoSecond)
		var waited time.Duration
		w.Clock.OnWait = func(_ context.Context, d time.Duration) {
			if len(w.Posts.Take()) > 0 {
				t.Error("the device is notified before a new signature works")
			}
			waited += d
			w.Clock.Move(d)
		}
		before := []time.Time{w.Clock.Now().Add(-time.Hour), w.Clock.Now(), w.Clock.Now().Add(accounts.MaxAhead)}
		for _, o := range Operations() {
			if !strings.HasSuffix(o.Name, ".kick") {
				continue
			}
			if answer, _, err := w.Call(t, &o, `{"UserID":"alice"}`); err != nil || !strings.Contains(string(answer), `\"ErrorCode\":0`) {
				t.Fatalf("kick: %s, %v", answer, err)
			}
		}
		if want := accounts.MaxAhead + time.Second - intoSecond; waited != want {
			t.Errorf("a kick %s into a second waits %s, want %s", intoSecond, waited, want)
		}
		if n := len(w.Posts.Take()); n != 2 {
			t.Errorf("%d posts and closes, want 2", n)
		}
		admit := func(issued time.Time) error {
			return w.App.Callers.Admit(t.Context(), w.ID, accounts.Caller{ID: "alice", Issued: issued})
		}
		for _, issued := range before {
			if err := admit(issued); !fault.Is(err, fault.SignatureRevoked) {
				t.Errorf("a signature of %s: %v, want %s", issued, err, fault.SignatureRevoked)
			}
		}
		if err := admit(w.Clock.Now()); err != nil {
			t.Errorf("a signature made after the kick: %v", err)
		}
	}
}
