package sessions_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"parley/infra/testkit"
	"parley/shared/domain/sessions"
	"parley/shared/fault"
)

// TestDisconnectLogoutKick shows what the store is asked by each call that ends or changes
// a connection.
func TestDisconnectLogoutKick(t *testing.T) {
	clock := testkit.NewClock(time.UnixMilli(1_700_000_000_000))
	store, k := &fakeStore{}, &kicker{}
	s := sessions.New(0, sessions.Settings{Policy: sessions.Multi, Native: 3}, store, k, clock)
	mac := sessions.Connection{ID: "c", Instance: "i", Platform: "Mac"}
	connect := func() (slot string) {
		if _, err := s.Connect(t.Context(), "alice", mac); err != nil {
			t.Fatal(err)
		}
		return store.devices()[0].Slot
	}
	slot := connect()
	expect := func(err error, want ...string) {
		t.Helper()
		if err != nil || !slices.Equal(store.calls, want) {
			t.Errorf("%v, the store was asked %q, want %q", err, store.calls, want)
		}
		store.calls = nil
	}
	expect(errorOf(s.Disconnect(t.Context(), "alice", mac, "closed")), slot+" c closed Mac i 1700000000000")
	expect(errorOf(s.Logout(t.Context(), "alice", mac)), fmt.Sprintf("%q i logout", slot))
	expect(errorOf(s.Logout(t.Context(), "alice", sessions.Connection{Instance: "i"})), `"" i logout`)
	expect(s.SetBackground(t.Context(), "alice", mac, true), fmt.Sprintf("%q i true", slot))
	if err := s.SetBackground(t.Context(), "alice", sessions.Connection{Instance: "nobody"}, false); !fault.Is(err, fault.Invalid) {
		t.Errorf("background of an installation that is not connected: %v", err)
	}
	store.calls = nil
	more, err := s.RemoveData(t.Context(), "alice")
	if expect(err, "forget alice"); more {
		t.Error("there is more to forget")
	}
	connect()
	for _, want := range []bool{true, false} {
		if got, _, err := s.Kick(t.Context(), "alice", "i", "kicked"); err != nil || got != want {
			t.Errorf("kick: %t, %v, want %t", got, err, want)
		}
	}
	if want := []string{"c kicked"}; !slices.Equal(k.kicked, want) {
		t.Errorf("kicked %q, want %q", k.kicked, want)
	}
	store.calls = nil
	for _, err := range []error{errorOf(s.Logout(t.Context(), "alice", sessions.Connection{})), s.SetBackground(t.Context(), "alice", sessions.Connection{}, true)} {
		if !fault.Is(err, fault.Invalid) || store.calls != nil {
			t.Errorf("no installation is named: %v, the store was asked %q", err, store.calls)
		}
	}
	clock.Move(time.Millisecond)
	connect()
	clock.Move(time.Millisecond)
	if _, err := s.Connect(t.Context(), "alice", sessions.Connection{ID: "a", Instance: "a", Platform: "Android"}); err != nil {
		t.Fatal(err)
	}
	list, err := s.Devices(t.Context(), "alice")
	if err != nil || len(list) != 2 || list[0].Current.ID != "c" || list[1].Current.ID != "a" {
		t.Errorf("devices %+v, %v", list, err)
	}
}

// TestCallsReturnWhetherTheUserIsWatched: each call that changes a session returns
// whether the user is watched, as the write of the session has seen it.
func TestCallsReturnWhetherTheUserIsWatched(t *testing.T) {
	for _, want := range []bool{false, true} {
		store := &fakeStore{watched: want}
		s := sessions.New(0, sessions.Settings{}, store, &kicker{}, testkit.NewClock(time.UnixMilli(1_700_000_000_000)))
		conn := sessions.Connection{ID: "c", Instance: "i", Platform: "Mac"}
		connected, err1 := s.Connect(t.Context(), "alice", conn)
		_, kicked, err2 := s.Kick(t.Context(), "alice", "i", "kicked")
		loggedOut, err3 := s.Logout(t.Context(), "alice", conn)
		closed, err4 := s.Disconnect(t.Context(), "alice", conn, "closed")
		if err := errors.Join(err1, err2, err3, err4); err != nil {
			t.Fatal(err)
		}
		if connected != want || kicked != want || loggedOut != want || closed != want {
			t.Errorf("watched %t: connect %t, kick %t, logout %t, disconnect %t", want, connected, kicked, loggedOut, closed)
		}
	}
}
