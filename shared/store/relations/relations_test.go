package relations_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"parley/infra/testkit"
	"parley/shared/domain/accounts"
	"parley/shared/domain/delivery"
	"parley/shared/domain/relations"
	"parley/shared/fault"
)

// friends is a world with the users u1 ... un, and the relations between them.
type friends struct {
	*testing.T
	w      *testkit.World
	s      relations.Service
	limits relations.Limits
}

func newFriends(t *testing.T, users int, limits relations.Limits) *friends {
	w := testkit.NewWorld(t, server, testkit.Options{})
	if err := w.Seed(t.Context(), fmt.Sprintf("accounts %d", users)); err != nil {
		t.Fatal(err)
	}
	c := &friends{T: t, w: w, limits: limits}
	c.allow(accounts.AllowAny)
	return c
}

// allow makes the service whose users allow this to be done, if they have not chosen.
func (c *friends) allow(p accounts.FriendRequestPolicy) { c.s = c.service(p, c.w.Store.Relations) }

func (c *friends) service(p accounts.FriendRequestPolicy, pages relations.PageStore) relations.Service {
	set := relations.Settings{Limits: c.limits, Allow: p, RepeatWindow: accounts.RepeatWindow}
	return relations.New(c.w.ID, set, c.w.Store.Relations, pages, c.w.Store.Relations, c.w.Store.Accounts, c.w.Tenant(c.T).Delivery, c.w.Clock)
}

func highLimits() relations.Limits {
	return relations.Limits{Friends: 3000, Blocked: 1000, Lists: 32, Requests: 100}
}

func (c *friends) counters(user string) relations.Counters {
	c.Helper()
	b, err := c.s.CountersStrongly(c.Context(), user)
	if err != nil {
		c.Fatal(err)
	}
	return b
}

func (c *friends) friendsOf(user string) []string {
	c.Helper()
	p, err := c.s.ListFriends(c.Context(), user, "", 1000)
	if err != nil {
		c.Fatal(err)
	}
	var peers []string
	for _, f := range p.Friends {
		peers = append(peers, f.Peer)
	}
	if p.Counters.Friends != len(peers) {
		c.Errorf("%s counts %d friends and has %v", user, p.Counters.Friends, peers)
	}
	return peers
}

func (c *friends) codes(errs []error, err error) []fault.Code {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
	var out []fault.Code
	for _, e := range errs {
		if e == nil {
			out = append(out, 0)
		} else {
			out = append(out, fault.Of(e).Code)
		}
	}
	return out
}

func both() relations.AddOptions { return relations.AddOptions{Both: true} }

// Two users add each other at once. Each has the other one once.
func TestTwoAddEachOtherAtOnce(t *testing.T) {
	for range 10 {
		c := newFriends(t, 2, highLimits())
		var wg sync.WaitGroup
		for _, users := range [][2]string{{"u1", "u2"}, {"u2", "u1"}, {"u1", "u2"}} {
			wg.Go(func() {
				errs, err := c.s.AddFriends(t.Context(), users[0], []relations.NewFriend{{To: users[1]}}, both())
				if got := c.codes(errs, err); got[0] != 0 && got[0] != fault.AlreadyFriends {
					t.Errorf("%v: %v", users, errs)
				}
			})
		}
		wg.Wait()
		for _, users := range [][2]string{{"u1", "u2"}, {"u2", "u1"}} {
			if got := c.friendsOf(users[0]); !slices.Equal(got, []string{users[1]}) {
				t.Errorf("%s has %v", users[0], got)
			}
			if b := c.counters(users[0]); b.FriendVersion != 1 {
				t.Errorf("%s is at version %d, want 1", users[0], b.FriendVersion)
			}
		}
	}
}

// One user blocks the other one, who adds a friend at the same time. No friendship is left
// if there is a block.
func TestBlockAndAddAtOnceLeaveNoFriendship(t *testing.T) {
	for i := range 10 {
		c := newFriends(t, 2, highLimits())
		var wg sync.WaitGroup
		wg.Go(func() {
			o := relations.AddOptions{Both: i%2 == 0, Force: true}
			if _, err := c.s.AddFriends(t.Context(), "u1", []relations.NewFriend{{To: "u2"}}, o); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if got := c.codes(c.s.Block(t.Context(), "u2", []string{"u1"}, delivery.Origin{})); got[0] != 0 {
				t.Errorf("block: %v", got)
			}
		})
		wg.Wait()
		if a, b := c.friendsOf("u1"), c.friendsOf("u2"); len(a)+len(b) != 0 {
			t.Errorf("u2 blocks u1 and still u1 has %v, u2 has %v", a, b)
		}
		if b := c.counters("u2"); b.Blocked != 1 {
			t.Errorf("u2 counts %d blocks", b.Blocked)
		}
	}
}

// Many users add one user at once, whose limits are five friends and five requests.
func TestLimitsHoldForAddsAtOnce(t *testing.T) {
	limits := highLimits()
	limits.Friends, limits.Requests = 5, 5
	for _, allow := range []accounts.FriendRequestPolicy{accounts.AllowAny, accounts.NeedConfirm} {
		c := newFriends(t, 9, limits)
		c.allow(allow)
		var wg sync.WaitGroup
		for i := 2; i <= 9; i++ {
			wg.Go(func() {
				errs, err := c.s.AddFriends(t.Context(), fmt.Sprintf("u%d", i), []relations.NewFriend{{To: "u1"}}, both())
				if fault.Is(err, fault.Conflict) {
					return // as documented, if too many calls change the same items
				}
				got := c.codes(errs, err)
				if !slices.Contains([]fault.Code{0, fault.PeerFriendLimit, fault.RequestPending, fault.RequestLimit}, got[0]) {
					t.Errorf("u%d: %v", i, errs)
				}
			})
		}
		wg.Wait()
		b := c.counters("u1")
		if b.Friends > 5 || b.Requests > 5 {
			t.Errorf("%s: u1 has %d friends and %d requests, past the limit of 5", allow, b.Friends, b.Requests)
		}
		p, err := c.s.ListRequests(t.Context(), "u1", "", 100)
		if err != nil || len(p.Requests) != b.Requests || len(c.friendsOf("u1")) != b.Friends {
			t.Errorf("%s: the counters are %+v, there are %d requests (%v)", allow, b, len(p.Requests), err)
		}
		if b.Friends+b.Requests == 0 {
			t.Errorf("%s: no call succeeded", allow)
		}
	}
}

// FriendChanges returns what changed after a version, as long as the log reaches back.
func TestFriendChangesSinceAVersion(t *testing.T) {
	c := newFriends(t, 5, highLimits())
	for i := 2; i <= 4; i++ {
		if got := c.codes(c.s.AddFriends(t.Context(), "u1", []relations.NewFriend{{To: fmt.Sprintf("u%d", i)}}, both())); got[0] != 0 {
			t.Fatal(got)
		}
	}
	if got := c.codes(c.s.DeleteFriends(t.Context(), "u1", []string{"u2"}, true, delivery.Origin{})); got[0] != 0 {
		t.Fatal(got)
	}
	remark := "four"
	if got := c.codes(c.s.UpdateFriends(t.Context(), "u1", []relations.Mutation{{Peer: "u4", Remark: &remark}}, true, delivery.Origin{})); got[0] != 0 {
		t.Fatal(got)
	}
	for _, want := range []struct {
		since         int64
		changed, gone []string
		full          bool
	}{
		{since: 0, full: true},
		{since: 1, changed: []string{"u3", "u4"}, gone: []string{"u2"}},
		{since: 3, changed: []string{"u4"}, gone: []string{"u2"}},
		{since: 4, changed: []string{"u4"}},
		{since: 5},
		{since: 6, full: true},
	} {
		d, err := c.s.ReadFriendChanges(t.Context(), "u1", want.since)
		if err != nil {
			t.Fatal(err)
		}
		var changed []string
		for _, f := range d.Changed {
			changed = append(changed, f.Peer)
		}
		if d.Version != 5 || d.MustListAll != want.full || !slices.Equal(changed, want.changed) || !slices.Equal(d.Gone, want.gone) {
			t.Errorf("since %d: %+v, want %+v at version 5", want.since, d, want)
		}
	}
	c.w.Clock.Move(31 * 24 * 3600e9)
	if d, err := c.s.ReadFriendChanges(t.Context(), "u1", 3); err != nil || !d.MustListAll {
		t.Errorf("after the log has expired: %+v, %v, want a full list", d, err)
	}
}

// A call for many peers needs more items than one transaction can have.
func TestCallForMorePeersThanATransactionHolds(t *testing.T) {
	c := newFriends(t, 60, highLimits())
	var peers []string
	var list []relations.Friend
	for i := 2; i <= 60; i++ {
		peers = append(peers, fmt.Sprintf("u%d", i))
		list = append(list, relations.Friend{Peer: peers[len(peers)-1], Lists: []string{"all"}})
	}
	if got := c.codes(c.s.ImportFriends(t.Context(), "u1", list, delivery.Origin{})); slices.Max(got) != 0 {
		t.Fatal(got)
	}
	var asks []relations.NewFriend
	for _, p := range peers {
		asks = append(asks, relations.NewFriend{To: p})
	}
	if got := c.codes(c.s.AddFriends(t.Context(), "u1", asks, both())); slices.Max(got) != 0 {
		t.Fatal(got)
	}
	lists, _, err := c.s.GetLists(t.Context(), "u1", nil)
	if err != nil || len(lists) != 1 || len(lists[0].Peers) != 59 {
		t.Fatalf("lists: %v, %v", lists, err)
	}
	if got := c.codes(c.s.Block(t.Context(), "u1", peers, delivery.Origin{})); slices.Max(got) != 0 {
		t.Fatal(got)
	}
	if b := c.counters("u1"); b.Friends != 0 || b.Blocked != 59 {
		t.Errorf("u1: %+v", b)
	}
	for _, p := range peers {
		if b := c.counters(p); b.Friends != 0 || b.FriendVersion != 2 {
			t.Errorf("%s: %+v", p, b)
		}
	}
}

// Forget removes all relations of a user, page by page, and the entries that others have
// of the user.
func TestForgetRemovesRelationsOfBothUsers(t *testing.T) {
	c := newFriends(t, 40, highLimits())
	for i := 2; i <= 30; i++ {
		c.codes(c.s.AddFriends(t.Context(), "u1", []relations.NewFriend{{To: fmt.Sprintf("u%d", i)}}, relations.AddOptions{Both: true, Force: true}))
	}
	c.codes(c.s.Block(t.Context(), "u1", []string{"u31", "u32"}, delivery.Origin{}))
	c.allow(accounts.NeedConfirm)
	c.codes(c.s.AddFriends(t.Context(), "u33", []relations.NewFriend{{To: "u1"}}, both()))
	rounds := 0
	for more := true; more; rounds++ {
		var err error
		if more, err = c.s.RemoveData(t.Context(), "u1"); err != nil {
			t.Fatal(err)
		}
	}
	if rounds < 4 {
		t.Errorf("everything was removed in %d rounds", rounds)
	}
	if b := c.counters("u1"); b.Rev != 0 || len(c.friendsOf("u1")) != 0 {
		t.Errorf("u1 is left with %+v", b)
	}
	for i := 2; i <= 30; i++ {
		if got := c.friendsOf(fmt.Sprintf("u%d", i)); len(got) != 0 {
			t.Errorf("u%d still has %v", i, got)
		}
	}
	if more, err := c.s.RemoveData(t.Context(), "u1"); more || err != nil {
		t.Errorf("a repeat: %t, %v", more, err)
	}
}

// If a request is granted in any way, the entry of the user who asked has the remark and
// the list of the request. A request that is not granted stays.
func TestGrantedRequestHasItsRemarkAndList(t *testing.T) {
	limits := highLimits()
	limits.Lists = 1
	c := newFriends(t, 6, limits)
	c.allow(accounts.NeedConfirm)
	ask := func(from string) {
		t.Helper()
		a := relations.NewFriend{To: "u1", Remark: "one", List: "work", Source: "Web", Wording: "hi"}
		if got := c.codes(c.s.AddFriends(t.Context(), from, []relations.NewFriend{a}, both())); got[0] != fault.RequestPending {
			t.Fatal(got)
		}
	}
	entry := func(owner string) relations.Friend {
		t.Helper()
		list, err := c.s.GetFriends(t.Context(), owner, []string{"u1"})
		if err != nil {
			t.Fatal(err)
		}
		if list[0] == nil {
			return relations.Friend{}
		}
		return *list[0]
	}
	for _, u := range []string{"u2", "u3", "u4", "u5"} {
		ask(u)
	}
	// u5 has as many lists as the limit allows, with other names.
	if _, _, err := c.s.CreateLists(t.Context(), "u5", []string{"home"}, nil, delivery.Origin{}); err != nil {
		t.Fatal(err)
	}
	c.codes(c.s.AddFriends(t.Context(), "u1", []relations.NewFriend{{To: "u2"}}, both()))
	c.codes(c.s.AddFriends(t.Context(), "u1", []relations.NewFriend{{To: "u4"}}, relations.AddOptions{}))
	for _, from := range []string{"u3", "u5"} {
		if err := c.s.AcceptRequest(t.Context(), "u1", from, true, "", delivery.Origin{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []struct {
		owner, remark, lists string
	}{{"u2", "one", "[work]"}, {"u3", "one", "[work]"}, {"u4", "", "[]"}, {"u5", "one", "[]"}} {
		if f := entry(want.owner); f.Remark != want.remark || fmt.Sprint(f.Lists) != want.lists {
			t.Errorf("%s has u1 as %+v, want remark %q and lists %s", want.owner, f, want.remark, want.lists)
		}
	}
	// An add in one direction did not grant the request of u4.
	if b := c.counters("u1"); b.Requests != 1 || b.Friends != 4 {
		t.Errorf("u1: %+v, want u4's request and four friends", b)
	}
	if err := c.s.AcceptRequest(t.Context(), "u1", "u4", false, "", delivery.Origin{}); err != nil {
		t.Fatal(err)
	}
	if f := entry("u4"); f.Remark != "one" {
		t.Errorf("u4 has u1 as %+v", f)
	}
}

// Answering a request that does not exist is refused, whatever the id is.
func TestAnswerToAnUnknownRequest(t *testing.T) {
	c := newFriends(t, 1, highLimits())
	for _, from := range []string{"u1", "", "nobody", strings.Repeat("u", 2000), "u\x1f2"} {
		for name, err := range map[string]error{
			"accept": c.s.AcceptRequest(t.Context(), "u1", from, true, "", delivery.Origin{}),
			"reject": c.s.RejectRequest(t.Context(), "u1", from, delivery.Origin{}),
		} {
			if !fault.Is(err, fault.RequestUnknown) {
				t.Errorf("%s %.10q: %v", name, from, err)
			}
		}
	}
}

// Counters that have changed since they were read are not removed. The next round of Forget
// finds what changed.
func TestForgetAndAddAtOnce(t *testing.T) {
	c := newFriends(t, 3, highLimits())
	c.codes(c.s.AddFriends(t.Context(), "u1", []relations.NewFriend{{To: "u2"}}, both()))
	old := c.counters("u1")
	c.codes(c.s.AddFriends(t.Context(), "u1", []relations.NewFriend{{To: "u3"}}, both()))
	if removed, err := c.w.Store.Relations.RemoveCounters(t.Context(), c.w.ID, old); removed || err != nil {
		t.Errorf("counters that have changed: removed %t, %v", removed, err)
	}
	for range 5 {
		var wg sync.WaitGroup
		wg.Go(func() {
			for range 4 {
				_, _ = c.s.AddFriends(t.Context(), "u1", []relations.NewFriend{{To: "u2"}, {To: "u3"}}, both())
			}
		})
		wg.Go(func() {
			for range 4 {
				if _, err := c.s.RemoveData(t.Context(), "u1"); err != nil && !fault.Is(err, fault.Conflict) {
					t.Error(err)
				}
			}
		})
		wg.Wait()
		for _, u := range []string{"u1", "u2", "u3"} {
			c.friendsOf(u) // compares the count with the list
		}
	}
	for more := true; more; {
		var err error
		if more, err = c.s.RemoveData(t.Context(), "u1"); err != nil {
			t.Fatal(err)
		}
	}
	if b := c.counters("u1"); b.Rev != 0 || len(c.friendsOf("u1"))+len(c.friendsOf("u2"))+len(c.friendsOf("u3")) != 0 {
		t.Errorf("u1 is left with %+v", b)
	}
}

// A call that renames or deletes a list and was stopped is completed by its repeat.
func TestRepeatCompletesAListCall(t *testing.T) {
	c := newFriends(t, 4, highLimits())
	members := func() string {
		t.Helper()
		lists, _, err := c.s.GetLists(t.Context(), "u1", nil)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(lists)
	}
	friends := []string{"u2", "u3"}
	c.codes(c.s.ImportFriends(t.Context(), "u1", []relations.Friend{{Peer: "u2", Lists: []string{"a"}}, {Peer: "u3", Lists: []string{"a"}}}, delivery.Origin{}))
	stopped := errors.New("stopped")
	for _, call := range []struct {
		name string
		run  func(s relations.Service) error
		want string
	}{
		{"rename", func(s relations.Service) error {
			_, err := s.RenameList(t.Context(), "u1", "a", "b", delivery.Origin{})
			return err
		}, fmt.Sprint([]relations.List{{Name: "b", Peers: friends}})},
		{"delete", func(s relations.Service) error {
			_, err := s.DeleteLists(t.Context(), "u1", []string{"b"}, delivery.Origin{})
			return err
		}, "[]"},
	} {
		if err := call.run(c.service(accounts.AllowAny, stopping{c.w.Store.Relations, stopped})); !errors.Is(err, stopped) {
			t.Fatalf("%s: %v, want it stopped", call.name, err)
		}
		if err := call.run(c.s); err != nil {
			t.Errorf("%s, repeated: %v", call.name, err)
		}
		if got := members(); got != call.want {
			t.Errorf("%s: lists are %s, want %s", call.name, got, call.want)
		}
		list, err := c.s.GetFriends(t.Context(), "u1", friends)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range list {
			if call.name == "delete" && len(f.Lists) > 0 {
				t.Errorf("%s is in %v", f.Peer, f.Lists)
			}
		}
	}
}

// While a list is renamed, its members still have the old name. A member that is put into
// another list in between stays in this one.
func TestMemberAddedDuringARenameStays(t *testing.T) {
	c := newFriends(t, 2, highLimits())
	c.codes(c.s.ImportFriends(t.Context(), "u1", []relations.Friend{{Peer: "u2", Lists: []string{"a"}}}, delivery.Origin{}))
	if _, _, err := c.s.CreateLists(t.Context(), "u1", []string{"c"}, nil, delivery.Origin{}); err != nil {
		t.Fatal(err)
	}
	stopped := c.service(accounts.AllowAny, stopping{c.w.Store.Relations, errors.New("stopped")})
	if _, err := stopped.RenameList(t.Context(), "u1", "a", "b", delivery.Origin{}); err == nil {
		t.Fatal("the rename is not stopped")
	}
	errs, _, err := c.s.AddToList(t.Context(), "u1", "c", []string{"u2"}, delivery.Origin{})
	if got := c.codes(errs, err); got[0] != 0 {
		t.Fatal(got)
	}
	if _, err := c.s.RenameList(t.Context(), "u1", "a", "b", delivery.Origin{}); err != nil {
		t.Fatal(err)
	}
	list, err := c.s.GetFriends(t.Context(), "u1", []string{"u2"})
	if err != nil || list[0] == nil || !slices.Equal(list[0].Lists, []string{"b", "c"}) {
		t.Errorf("u2 is %+v (%v), want lists b and c", list[0], err)
	}
}

// stopping is a PageStore that fails to read friend tables.
type stopping struct {
	relations.PageStore
	err error
}

func (s stopping) FriendsOf(context.Context, int64, string, string, int) ([]relations.Friend, bool, error) {
	return nil, false, s.err
}
