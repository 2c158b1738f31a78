package sessions_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/shared/domain/sessions"
	"parley/shared/fault"
	"parley/shared/retry"
)

// TestAnotherPolicy: devices that connected under another policy go at the next
// connect of what they exclude, and a lower limit counts them all.
func TestAnotherPolicy(t *testing.T) {
	now := time.UnixMilli(1_700_000_000_000)
	m, k := &memory{}, &kicker{}
	s := sessions.Service{Policy: sessions.Multi, Native: 3, Web: 10, Store: m, Kicker: k, Now: func() time.Time { return now }, Again: retry.Retrier{Wait: never}}
	connect := func(platform sessions.Platform, instance, kicked string) {
		t.Helper()
		now, k.kicked = now.Add(time.Millisecond), nil
		if _, err := s.Connect(t.Context(), "alice", sessions.Link{Connection: instance, Instance: instance, Platform: platform}); err != nil {
			t.Fatal(err)
		}
		slices.Sort(k.kicked)
		if got := strings.ReplaceAll(strings.Join(k.kicked, " "), " replaced", ""); got != kicked {
			t.Errorf("%s on %s kicked %q, want %q", instance, platform, got, kicked)
		}
	}
	connect("Android", "a", "")
	connect("iPad", "b", "")
	connect("Web", "w", "")
	connect("Web", "v", "")
	connect("Web", "u", "")
	s.Policy = sessions.Dual
	connect("Android", "c", "b") // another Android may stay, there can be three
	connect("iPhone", "d", "a c")
	s.Web = 2
	connect("Web", "t", "") // those of the other policy's place are not counted
	s.Web = 1
	connect("Web", "t", "u v w")
	s.Policy = sessions.Single
	connect("Web", "t", "d")
	if got := len(m.slots); got != 2 { // t's own connection of before is not kicked
		t.Errorf("%d slots, want 2: %+v", got, m.slots)
	}
	s.Policy = sessions.Multi
	s.Web = 10
	for _, name := range []string{"1", "2", "3", "4"} {
		connect("Web", name, "")
	}
	s.Web = 3
	connect("Web", "5", "1 2")
}

func TestLeave(t *testing.T) {
	now := time.UnixMilli(1_700_000_000_000)
	m, k := &memory{}, &kicker{}
	s := sessions.Service{Policy: sessions.Multi, Native: 3, Store: m, Kicker: k, Now: func() time.Time { return now }, Again: retry.Retrier{Wait: never}}
	mac := sessions.Link{Connection: "c", Instance: "i", Platform: "Mac"}
	slot := func() string {
		if _, err := s.Connect(t.Context(), "alice", mac); err != nil {
			t.Fatal(err)
		}
		return m.devices()[0].Slot
	}
	where := slot()
	wants := func(err error, want ...string) {
		t.Helper()
		if err != nil || !slices.Equal(m.left, want) {
			t.Errorf("%v, the store was asked %q, want %q", err, m.left, want)
		}
		m.left = nil
	}
	wants(fails(s.Disconnect(t.Context(), "alice", mac, "closed")), where+" c closed Mac i 1700000000000")
	wants(fails(s.Logout(t.Context(), "alice", mac)), fmt.Sprintf("%q i logout", where))
	wants(fails(s.Logout(t.Context(), "alice", sessions.Link{Instance: "i"})), `"" i logout`)
	wants(s.SetBackground(t.Context(), "alice", mac, true), fmt.Sprintf("%q i true", where))
	if err := s.SetBackground(t.Context(), "alice", sessions.Link{Instance: "nobody"}, false); !fault.Is(err, fault.Invalid) {
		t.Errorf("background of an installation that is not connected: %v", err)
	}
	m.left = nil
	more, err := s.Forget(t.Context(), "alice")
	if wants(err, "forget alice"); more {
		t.Error("there is more to forget")
	}
	slot()
	for _, want := range []bool{true, false} {
		if got, _, err := s.Kick(t.Context(), "alice", "i", "kicked"); err != nil || got != want {
			t.Errorf("kick: %t, %v, want %t", got, err, want)
		}
	}
	if want := []string{"c kicked"}; !slices.Equal(k.kicked, want) {
		t.Errorf("kicked %q, want %q", k.kicked, want)
	}
	m.left = nil
	for _, err := range []error{fails(s.Logout(t.Context(), "alice", sessions.Link{})), s.SetBackground(t.Context(), "alice", sessions.Link{}, true)} {
		if !fault.Is(err, fault.Invalid) || m.left != nil {
			t.Errorf("no installation is named: %v, the store was asked %q", err, m.left)
		}
	}
	now = now.Add(time.Millisecond)
	slot()
	now = now.Add(time.Millisecond)
	if _, err := s.Connect(t.Context(), "alice", sessions.Link{Connection: "a", Instance: "a", Platform: "Android"}); err != nil {
		t.Fatal(err)
	}
	list, err := s.Devices(t.Context(), "alice")
	if err != nil || len(list) != 2 || list[0].Now.Connection != "c" || list[1].Now.Connection != "a" {
		t.Errorf("devices %+v, %v", list, err)
	}
}

// TestWatched: every change of a session tells whether the user is watched, as its
// write has seen it.
func TestWatched(t *testing.T) {
	for _, want := range []bool{false, true} {
		m := &memory{watched: want}
		s := sessions.Service{Store: m, Kicker: &kicker{}, Now: func() time.Time { return time.UnixMilli(1_700_000_000_000) }}
		link := sessions.Link{Connection: "c", Instance: "i", Platform: "Mac"}
		connected, err1 := s.Connect(t.Context(), "alice", link)
		_, kicked, err2 := s.Kick(t.Context(), "alice", "i", "kicked")
		left, err3 := s.Logout(t.Context(), "alice", link)
		closed, err4 := s.Disconnect(t.Context(), "alice", link, "closed")
		if err := errors.Join(err1, err2, err3, err4); err != nil {
			t.Fatal(err)
		}
		if connected != want || kicked != want || left != want || closed != want {
			t.Errorf("watched %t: connect %t, kick %t, logout %t, disconnect %t", want, connected, kicked, left, closed)
		}
	}
}
