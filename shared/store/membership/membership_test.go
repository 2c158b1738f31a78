package membership_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"parley/infra/testkit"
	"parley/shared/domain/chat"
	"parley/shared/domain/groups"
	domain "parley/shared/domain/membership"
	"parley/shared/dynamo"
	"parley/shared/fault"
	"parley/shared/store/schema"
)

// world is a world with the group "g".
type world struct {
	*testing.T
	*testkit.World
}

func newWorld(t *testing.T, seed string) world {
	w := testkit.NewWorld(t, server, testkit.Options{})
	if err := w.Seed(t.Context(), seed); err != nil {
		t.Fatal(err)
	}
	return world{t, w}
}

// write writes a transaction of the group "g" and returns its outcome.
func (w world) write(t domain.Transaction) domain.WriteResult {
	w.Helper()
	t.Group, t.NowMs = "g", w.Clock.Now().UnixMilli()
	if t.MaxMembers == 0 {
		t.MaxMembers, t.MaxJoined = 2000, 3000
	}
	out, err := w.Store.Members.WriteMembers(w.Context(), w.ID, t)
	if err != nil {
		w.Fatal(err)
	}
	return out
}

func join(user string, role groups.Role) domain.Join {
	return domain.Join{Member: domain.Member{User: user, Role: role, Joined: 1_700_000_000}}
}

// members returns the members of "g" after checking that what is stored of them twice is the same:
// their items, their rows, the number of members in the profile, and the number of groups of each
// user. Users who are no members have no row with a role.
func (w world) members(users ...string) map[string]domain.Member {
	w.Helper()
	all, err := w.Store.Members.AllMembers(w.Context(), w.ID, "g")
	if err != nil {
		w.Fatal(err)
	}
	found := make(map[string]domain.Member)
	for _, m := range all {
		found[m.User] = m
		users = append(users, m.User)
	}
	group, err := w.Store.Members.Group(w.Context(), w.ID, "g")
	if err != nil || group.Members != len(all) {
		w.Errorf("the profile says %d members, %v, want %d", group.Members, err, len(all))
	}
	owner := ""
	slices.Sort(users)
	for _, user := range slices.Compact(users) {
		joined, err := w.Store.Members.JoinedBy(w.Context(), w.ID, user)
		if err != nil {
			w.Fatal(err)
		}
		row, member := joined["g"], found[user]
		if row.Role != member.Role || row.Joined != member.Joined || row.Option != member.Option {
			w.Errorf("%s: the row has %+v, the member %+v", user, row, member)
		}
		if member.Role == groups.Owner {
			owner = user
		}
		var counted int64
		for _, item := range w.PartitionItems(w, schema.Core, schema.RowsPK(w.ID, user)) {
			if item.Has(schema.HeadJoined) {
				counted = item.Int(schema.HeadJoined)
			}
		}
		if int(counted) != len(joined) {
			w.Errorf("%s: the head of the list counts %d groups, want %d", user, counted, len(joined))
		}
	}
	if group.Owner != owner {
		w.Errorf("the owner is %q, the member with that role %q", group.Owner, owner)
	}
	return found
}

func (w world) row(user string) dynamo.Item {
	w.Helper()
	return w.Item(w, schema.Core, schema.RowKey(w.ID, user, chat.OfGroup("g")))
}

// TestJoin shows what is stored of a user who joins: a member, and a row whose read cursor is at the
// end, so that nothing is unread.
func TestJoin(t *testing.T) {
	w := newWorld(t, "group g public ann\n")
	j := join("bob", groups.Member)
	j.Number, j.Read, j.Counted, j.Option, j.Indexed = 7, 7, 5, groups.Silent, true
	j.NameCard, j.Fields = "Bob", map[string]string{"level": "1"}
	if out := w.write(domain.Transaction{Joins: []domain.Join{j}}); !out.Written {
		t.Fatalf("got %+v", out)
	}
	members := w.members()
	want := domain.Member{User: "bob", Role: groups.Member, Joined: 1_700_000_000, Option: groups.Silent, HasInfo: true}
	if len(members) != 2 || !reflect.DeepEqual(members["bob"], want) {
		t.Errorf("got %+v, want ann and %+v", members, want)
	}
	row := w.row("bob")
	for name, want := range map[dynamo.Attribute]int64{
		schema.RowJoinNumber: 7, schema.RowReadNumber: 7, schema.RowReadCounted: 5, schema.Expires: 4_000_000_000, schema.RowMessageExpires: 4_000_000_000,
		schema.RowChanged: 1_700_000_000_000,
	} {
		if got := row.Int(name); got != want {
			t.Errorf("%s of the row is %d, want %d", name, got, want)
		}
	}
	if got := row.Text(schema.RowIndexed); got != row.Key().PK {
		t.Errorf("the row of an indexed user has %q as its index, want its partition", got)
	}
	list := []domain.Member{members["bob"], members["ann"]}
	if err := w.Store.Members.AddInfo(t.Context(), w.ID, "g", list, domain.InfoSet{Card: true, Mutes: true, Status: true}); err != nil {
		t.Fatal(err)
	}
	if got := list[0].Info; got.NameCard != "Bob" || got.Fields["level"] != "1" || got.ReadNumber != 7 {
		t.Errorf("got %+v", got)
	}
	if !reflect.DeepEqual(list[1].Info, domain.Info{}) {
		t.Errorf("ann has the info %+v, want none", list[1].Info)
	}
}

// TestJoinIsRefused shows because of what a join is not written, and that then nothing is.
func TestJoinIsRefused(t *testing.T) {
	w := newWorld(t, "group g public ann\njoined-count carl 3\n")
	both := func(other string) []domain.Join {
		return []domain.Join{join("bob", groups.Member), join(other, groups.Member)}
	}
	out := w.write(domain.Transaction{Joins: both("ann")})
	if out.Written || !fault.Is(out.Refused["ann"], fault.AlreadyMember) || len(out.Refused) != 1 {
		t.Errorf("a member: got %+v", out)
	}
	out = w.write(domain.Transaction{Joins: both("carl"), MaxMembers: 10, MaxJoined: 3})
	if out.Written || !fault.Is(out.Refused["carl"], fault.JoinedLimit) || len(out.Refused) != 1 {
		t.Errorf("a user with 3 groups: got %+v", out)
	}
	if out = w.write(domain.Transaction{Joins: []domain.Join{join("carl", groups.Member)}, MaxMembers: 10, MaxJoined: 4}); !out.Written {
		t.Errorf("a user with 3 groups of 4: got %+v", out)
	}
	for code, group := range map[fault.Code]string{fault.GroupFull: "g", fault.GroupUnknown: "none"} {
		_, err := w.Store.Members.WriteMembers(t.Context(), w.ID, domain.Transaction{Group: group, Joins: both("dave"), MaxMembers: 3, MaxJoined: 9})
		if !fault.Is(err, code) {
			t.Errorf("join %s: got %v, want %v", group, err, code)
		}
	}
	if err := w.Seed(t.Context(), "destroyed-group g\n"); err != nil {
		t.Fatal(err)
	}
	_, err := w.Store.Members.WriteMembers(t.Context(), w.ID, domain.Transaction{Group: "g", Joins: both("dave"), MaxMembers: 9, MaxJoined: 9})
	if !fault.Is(err, fault.GroupUnknown) {
		t.Errorf("a destroyed group: got %v", err)
	}
	if got := len(w.AllMembers()); got != 2 {
		t.Errorf("the group has %d members, want ann and carl", got)
	}
}

func (w world) AllMembers() []domain.Member {
	w.Helper()
	all, err := w.Store.Members.AllMembers(w.Context(), w.ID, "g")
	if err != nil {
		w.Fatal(err)
	}
	return all
}

// TestFullGroup: the last place is taken, and no other.
func TestFullGroup(t *testing.T) {
	w := newWorld(t, "group g public ann\n")
	if out := w.write(domain.Transaction{Joins: []domain.Join{join("bob", groups.Member)}, MaxMembers: 2, MaxJoined: 9}); !out.Written {
		t.Errorf("the second of two: got %+v", out)
	}
	_, err := w.Store.Members.WriteMembers(t.Context(), w.ID, domain.Transaction{
		Group: "g", Joins: []domain.Join{join("carl", groups.Member)}, MaxMembers: 2, MaxJoined: 9,
	})
	if !fault.Is(err, fault.GroupFull) {
		t.Errorf("the third of two: got %v", err)
	}
	w.members("carl")
}

// TestLeave shows that a user who leaves keeps a row without a role, which has no data any more and
// expires, and that the head of the user's list no longer counts the data.
func TestLeave(t *testing.T) {
	w := newWorld(t, "account bob\naccount carl\ngroup g public ann\nmember g bob carl\n")
	key := schema.RowKey(w.ID, "bob", chat.OfGroup("g"))
	err := w.SetAttributes(t.Context(), schema.Core, key, dynamo.Item{
		"pn": testkit.Number(5), "kx": testkit.Number(4_000_000_000), "cd": dynamo.Str("work"), "mu": testkit.Number(1_700_000_100), "oc": testkit.Number(3),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.SetAttributes(t.Context(), schema.Core, schema.HeadKey(w.ID, "bob"), dynamo.Item{"n": testkit.Number(2), "np": testkit.Number(1)}); err != nil {
		t.Fatal(err)
	}
	members := w.members()
	if out := w.write(domain.Transaction{Leaves: []domain.Member{members["bob"], members["carl"]}}); !out.Written {
		t.Fatalf("got %+v", out)
	}
	if left := w.members("bob", "carl"); len(left) != 1 {
		t.Errorf("got %+v, want ann", left)
	}
	head := w.Item(t, schema.Core, schema.HeadKey(w.ID, "bob"))
	for name, want := range map[dynamo.Attribute]int64{schema.HeadRowsWithData: 1, schema.HeadPinned: 0, schema.HeadJoined: 0, schema.HeadJoinedVersion: 2} {
		if got := head.Int(name); got != want {
			t.Errorf("%s of the head is %d, want %d", name, got, want)
		}
	}
	row := w.row("bob")
	if got, want := row.Int(schema.Expires), int64(1_700_000_000+30*86_400); got != want || row.Int(schema.RowMutedUntil) != 1_700_000_100 {
		t.Errorf("the row expires at %d, want %d, and has the mute: %v", got, want, row)
	}
	if got, want := len(row), 5; got != want {
		t.Errorf("the row has %d attributes, want %d: the key, the mute, the time of the change, when it expires: %v", got, want, row)
	}
}

// TestLeavesOfChangedMembers: if a member has changed since it was read, nobody leaves.
func TestLeavesOfChangedMembers(t *testing.T) {
	w := newWorld(t, "account bob\naccount carl\ngroup g public ann\nmember g bob carl\n")
	seen, admin := w.members(), groups.Admin
	if out := w.write(domain.Transaction{Changes: []domain.Change{{Seen: seen["bob"], Role: &admin}}}); !out.Written {
		t.Fatalf("got %+v", out)
	}
	for what, leaves := range map[string][]domain.Member{
		"an admin now": {seen["carl"], seen["bob"]}, "no member": {seen["carl"], {User: "dave", Role: groups.Member}},
	} {
		if out := w.write(domain.Transaction{Leaves: leaves}); out.Written || len(out.Refused) > 0 {
			t.Errorf("%s: got %+v, want nothing written and nobody refused", what, out)
		}
	}
	if got := w.members("dave"); len(got) != 3 || got["bob"].Role != groups.Admin {
		t.Errorf("got %+v", got)
	}
}

// TestOwnerChange gives the group to a member, and then to nobody.
func TestOwnerChange(t *testing.T) {
	w := newWorld(t, "account bob\ngroup g work ann\nmember g bob\n")
	seen, owner, member := w.members(), groups.Owner, groups.Member
	change := domain.Transaction{
		Owner:   &domain.OwnerChange{From: "ann", To: "bob"},
		Changes: []domain.Change{{Seen: seen["ann"], Role: &member}, {Seen: seen["bob"], Role: &owner}},
	}
	if out := w.write(change); !out.Written {
		t.Fatalf("got %+v", out)
	}
	if out := w.write(change); out.Written || len(out.Refused) > 0 {
		t.Errorf("ann gives the group away again: got %+v", out)
	}
	seen = w.members()
	if seen["bob"].Role != groups.Owner {
		t.Errorf("got %+v", seen)
	}
	if out := w.write(domain.Transaction{Owner: &domain.OwnerChange{From: "bob"}, Leaves: []domain.Member{seen["bob"]}}); !out.Written {
		t.Errorf("the owner leaves: got %+v", out)
	}
	w.members("bob")
	if g, err := w.Store.Members.Group(t.Context(), w.ID, "g"); err != nil || g.Version != 3 {
		t.Errorf("the profile has version %d, %v, want 3", g.Version, err)
	}
}

// TestChange shows that what a change does not name stays.
func TestChange(t *testing.T) {
	w := newWorld(t, "account bob\ngroup g public ann\nmember g bob\n")
	card, option, until, none, zero := "Bob", groups.Discard, int64(1_700_000_500), "", int64(0)
	w.write(domain.Transaction{Changes: []domain.Change{{
		Seen: w.members()["bob"], Option: &option, NameCard: &card, Fields: map[string]string{"a": "1", "b": "2"}, MutedUntil: &until,
	}}})
	w.write(domain.Transaction{Changes: []domain.Change{{Seen: w.members()["bob"], Fields: map[string]string{"a": ""}}}})
	list := []domain.Member{w.members()["bob"]}
	read := func() domain.Info {
		t.Helper()
		if err := w.Store.Members.AddInfo(t.Context(), w.ID, "g", list, domain.InfoSet{Card: true, Mutes: true, Status: true}); err != nil {
			t.Fatal(err)
		}
		return list[0].Info
	}
	if got, want := read(), (domain.Info{NameCard: "Bob", Fields: map[string]string{"b": "2"}, MutedUntil: until}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := list[0].Option; got != groups.Discard {
		t.Errorf("got option %d", got)
	}
	w.write(domain.Transaction{Changes: []domain.Change{{Seen: w.members()["bob"], NameCard: &none, MutedUntil: &zero}}})
	list = []domain.Member{w.members()["bob"]}
	if got, want := read(), (domain.Info{Fields: map[string]string{"b": "2"}}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if w.row("bob").Has(schema.RowMutedUntil) {
		t.Error("the row has the mute that ended")
	}
}

// TestMuteOfStranger: the mute of a user who is not a member holds when the user joins.
func TestMuteOfStranger(t *testing.T) {
	w := newWorld(t, "group g public ann\n")
	forever := int64(domain.Forever)
	w.write(domain.Transaction{Changes: []domain.Change{{Seen: domain.Member{User: "eve"}, MutedUntil: &forever}}})
	w.members("eve")
	w.write(domain.Transaction{Joins: []domain.Join{join("eve", groups.Member)}})
	if got := w.row("eve").Int(schema.RowMutedUntil); got != forever || w.members()["eve"].Role != groups.Member {
		t.Errorf("the row of the new member has the mute %d, want %d", got, forever)
	}
	mutes, err := w.Store.Members.Mutes(t.Context(), w.ID, "g", 1_700_000_000)
	if want := []domain.Mute{{User: "eve", Until: forever}}; err != nil || !slices.Equal(mutes, want) {
		t.Errorf("got %+v, %v, want %+v", mutes, err, want)
	}
}

// TestJoinsAtOnce: of many users who join at once, as many become members as fit.
func TestJoinsAtOnce(t *testing.T) {
	w := newWorld(t, "accounts 12\ngroup g meeting ann\ngroup-limit g 9\n")
	service := w.Tenant(t).Members
	errs := testkit.Together(12, func(i int) error {
		_, err := service.Add(t.Context(), groups.Actor{Application: true}, "g", []string{fmt.Sprint("u", i+1)}, true)
		return err
	})
	refused := 0
	for _, err := range errs {
		if err != nil {
			if refused++; !fault.Is(err, fault.GroupFull) {
				t.Error(err)
			}
		}
	}
	if got := len(w.members()); got != 9 || refused != 4 {
		t.Errorf("%d members and %d refused, want 9 and 4", got, refused)
	}
}
