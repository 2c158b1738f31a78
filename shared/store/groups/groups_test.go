package groups_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/infra/testkit"
	"parley/shared/domain/groups"
	"parley/shared/fault"
)

const (
	day = 20_000
	at  = day * 86_400
)

func limits() groups.Limits { return groups.Limits{Members: 200, PerDay: 100, Joined: 50} }

func group(id string, t groups.Type) groups.Group {
	return groups.Group{
		ID: id, Type: t, Name: "the " + id, Created: at, Version: 1, ChangedAt: at, MaxMembers: 200, Join: groups.JoinFreely, Invite: groups.InviteFreely, Active: true,
	}
}

func create(t *testing.T, w *testkit.World, list ...groups.Group) {
	t.Helper()
	for _, g := range list {
		if err := w.Store.Groups.CreateGroup(t.Context(), w.ID, g, nil, groups.NewGroupInfo{Day: day, Limits: limits()}); err != nil {
			t.Fatalf("create %s: %v", g.ID, err)
		}
	}
}

func read(t *testing.T, w *testkit.World, id string) *groups.Group {
	t.Helper()
	list, err := w.Store.Groups.Groups(t.Context(), w.ID, []string{id})
	if err != nil {
		t.Fatal(err)
	}
	return list[0]
}

func count(t *testing.T, w *testkit.World, of groups.Type) int {
	t.Helper()
	n, err := w.Store.Groups.Count(t.Context(), w.ID, of)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// What is created is read as it was written, and the head has copies.
func TestCreatedGroupIsRead(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	earlier := true
	want := groups.Group{
		ID: "a#b", Type: groups.Work, Name: "Chess", Introduction: "about", Notice: "news", Face: "http://face", Owner: "alice", Created: at, Version: 1,
		ChangedAt: at, MaxMembers: 7, Join: groups.JoinForbidden, Invite: groups.InviteByPermission, HistoryBeforeJoin: &earlier,
		Fields: map[string]string{"city": "Oslo"},
	}
	create(t, w, want)
	got := read(t, w, "a#b")
	if got == nil || fmt.Sprint(*got.HistoryBeforeJoin) != "true" {
		t.Fatalf("read %+v, want members to see earlier messages", got)
	}
	got.HistoryBeforeJoin, want.HistoryBeforeJoin = nil, nil
	if fmt.Sprintf("%+v", *got) != fmt.Sprintf("%+v", want) {
		t.Errorf("read %+v, want %+v", *got, want)
	}
	heads, err := w.Store.Groups.Heads(t.Context(), w.ID, []string{"a#b", "c"})
	if err != nil || heads[0] == nil || heads[1] != nil {
		t.Fatalf("heads %v, %v, want that of a#b only", heads, err)
	}
	if h := heads[0]; h.Type != groups.Work || !h.Inactive || h.MuteAll || h.HistoryBeforeJoin || h.Version != 1 || h.Number != 0 {
		t.Errorf("head %+v, want an inactive Work group without messages", h)
	}
	if got := read(t, w, "c"); got != nil {
		t.Errorf("read %+v, want no group c", got)
	}
}

// An id is taken until the data of its group is removed. The owner of the other group is told so.
func TestTakenID(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	owned := func(id, owner string) groups.Group { g := group(id, groups.Public); g.Owner = owner; return g }
	create(t, w, owned("g", "alice"), owned("nobody's", ""), owned("gone", "alice"))
	if ok, err := w.Store.Groups.DestroyGroup(t.Context(), w.ID, owned("gone", "alice"), at, day); !ok || err != nil {
		t.Fatalf("destroy: %t, %v", ok, err)
	}
	for _, c := range []struct {
		again groups.Group
		want  fault.Code
	}{
		{owned("g", "bob"), fault.GroupIDTaken}, {owned("g", ""), fault.GroupIDTaken}, {owned("g", "alice"), fault.GroupIDOwned},
		{owned("nobody's", ""), fault.GroupIDTaken}, {owned("gone", "alice"), fault.GroupIDTaken},
	} {
		if err := w.Store.Groups.CreateGroup(t.Context(), w.ID, c.again, nil, groups.NewGroupInfo{Day: day, Limits: limits()}); !fault.Is(err, c.want) {
			t.Errorf("%s of %q again: %v, want %s", c.again.ID, c.again.Owner, err, c.want)
		}
	}
	if got := count(t, w, ""); got != 2 {
		t.Errorf("%d groups are counted, want 2", got)
	}
}

// Groups that are created at once are all counted, and none beyond the limit is created.
func TestCountsOfCreationsAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		limits groups.Limits
		code   fault.Code
	}{
		"groups of the application": {groups.Limits{Groups: 5, PerDay: 100}, fault.GroupLimit},
		"groups of a day":           {groups.Limits{PerDay: 5}, fault.GroupDailyLimit},
	} {
		w := testkit.NewWorld(t, server, testkit.Options{})
		created := 0
		for _, err := range testkit.Together(8, func(i int) error {
			for { // conflicts with the other calls are not what is tested
				err := w.Store.Groups.CreateGroup(t.Context(), w.ID, group(fmt.Sprint("g", i), groups.Types()[i%3]), nil, groups.NewGroupInfo{Day: day, Limits: c.limits})
				if err == nil || fault.Is(err, c.code) {
					return err
				}
				if !strings.Contains(err.Error(), "create group") && !fault.Is(err, fault.Conflict) {
					return err
				}
			}
		}) {
			if err == nil {
				created++
			} else if !fault.Is(err, c.code) {
				t.Errorf("%s: %v, want %s", name, err, c.code)
			}
		}
		if got := count(t, w, ""); created != 5 || got != 5 {
			t.Errorf("%s: %d created, %d counted, want 5", name, created, got)
		}
		if got := count(t, w, groups.Work) + count(t, w, groups.Public) + count(t, w, groups.Meeting); got != 5 {
			t.Errorf("%s: %d counted by type, want 5", name, got)
		}
	}
}

// The count of a day begins again on the next day, and groups that are destroyed are taken off it.
func TestCountOfADay(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	two := groups.Limits{PerDay: 2}
	try := func(id string, on int64, want fault.Code) {
		t.Helper()
		err := w.Store.Groups.CreateGroup(t.Context(), w.ID, group(id, groups.Public), nil, groups.NewGroupInfo{Day: on, Limits: two})
		if (want == 0 && err != nil) || (want != 0 && !fault.Is(err, want)) {
			t.Errorf("%s on day %d: %v, want %s", id, on, err, want)
		}
	}
	destroy := func(id string, on int64) {
		t.Helper()
		if ok, err := w.Store.Groups.DestroyGroup(t.Context(), w.ID, group(id, groups.Public), at, on); !ok || err != nil {
			t.Errorf("destroy %s on day %d: %t, %v", id, on, ok, err)
		}
	}
	try("a", day, 0)
	try("b", day, 0)
	try("c", day, fault.GroupDailyLimit)
	destroy("a", day)
	try("c", day, 0)
	try("d", day, fault.GroupDailyLimit)
	try("d", day-1, fault.GroupDailyLimit) // a clock that is behind
	destroy("b", day+1)                    // the first change of that day: one more may be created
	for _, id := range []string{"d", "e", "f"} {
		try(id, day+1, 0)
	}
	try("g", day+1, fault.GroupDailyLimit)
	if got := count(t, w, groups.Public); got != 4 {
		t.Errorf("%d groups are counted, want 4", got)
	}
}

// A group is destroyed once. It leaves the list, and its head says that it is destroyed.
func TestDestroy(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	g := group("g", groups.Meeting)
	create(t, w, g, group("h", groups.Meeting))
	for i, want := range []bool{true, false} {
		if ok, err := w.Store.Groups.DestroyGroup(t.Context(), w.ID, g, at+5, day); ok != want || err != nil {
			t.Errorf("destroy %d: %t, %v, want %t", i, ok, err, want)
		}
	}
	if ok, err := w.Store.Groups.DestroyGroup(t.Context(), w.ID, group("none", groups.Work), at, day); ok || err != nil {
		t.Errorf("destroy a group that does not exist: %t, %v", ok, err)
	}
	if got := read(t, w, "g"); got.Destroyed != at+5 {
		t.Errorf("destroyed at %d, want %d", got.Destroyed, at+5)
	}
	heads, err := w.Store.Groups.Heads(t.Context(), w.ID, []string{"g"})
	if err != nil || !heads[0].Destroyed {
		t.Errorf("head %+v, %v, want a destroyed group", heads[0], err)
	}
	ids, _, err := w.Store.Groups.List(t.Context(), w.ID, "", 0, 10)
	if err != nil || !slices.Equal(ids, []string{"h"}) {
		t.Errorf("the list is %v, %v, want h", ids, err)
	}
	if got := count(t, w, groups.Meeting); got != 1 {
		t.Errorf("%d groups are counted, want 1", got)
	}
	name := "new"
	if got, err := w.Store.Groups.UpdateGroup(t.Context(), w.ID, "g", groups.Update{Name: &name}, at); got != nil || err != nil {
		t.Errorf("a destroyed group is changed: %+v, %v", got, err)
	}
}

// An update changes what it names. The head gets copies of the newest version only.
func TestUpdate(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	before := group("g", groups.Public)
	before.Notice, before.Fields = "news", map[string]string{"a": "1", "b": "2"}
	create(t, w, before)
	name, none, yes, no, confirm, most := "new", "", true, false, groups.JoinByPermission, 9
	first, err := w.Store.Groups.UpdateGroup(t.Context(), w.ID, "g", groups.Update{
		Name: &name, Notice: &none, MuteAll: &yes, HistoryBeforeJoin: &no, Join: &confirm, MaxMembers: &most, Fields: map[string]string{"a": "", "c": "3"},
	}, at+1)
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, w, "g"); got.Name != "new" || got.Notice != "" || !got.MuteAll || *got.HistoryBeforeJoin || got.Join != confirm || got.MaxMembers != 9 ||
		fmt.Sprint(got.Fields) != "map[b:2 c:3]" || got.Version != 2 || got.ChangedAt != at+1 || got.Invite != groups.InviteFreely {
		t.Errorf("read %+v", got)
	}
	second, err := w.Store.Groups.UpdateGroup(t.Context(), w.ID, "g", groups.Update{MuteAll: &no}, at+2)
	if err != nil || second.MuteAll || second.Version != 3 {
		t.Fatalf("%+v, %v, want version 3 without mute", second, err)
	}
	for _, g := range []*groups.Group{second, first} { // the copy of the first update comes late
		if err := w.Store.Groups.CopyToHead(t.Context(), w.ID, *g, true); err != nil {
			t.Fatal(err)
		}
		heads, err := w.Store.Groups.Heads(t.Context(), w.ID, []string{"g"})
		if err != nil || heads[0].MuteAll || heads[0].Version != 3 || !heads[0].HistoryBeforeJoin {
			t.Errorf("head %+v, %v, want version 3, not muted", heads[0], err)
		}
	}
	if err := w.Store.Groups.CopyToHead(t.Context(), w.ID, groups.Group{ID: "none"}, true); err != nil {
		t.Errorf("copy to a head that does not exist: %v", err)
	}
	if heads, _ := w.Store.Groups.Heads(t.Context(), w.ID, []string{"none"}); heads[0] != nil {
		t.Errorf("a copy made the head %+v", heads[0])
	}
}

// Pages of the list together have each group once, whatever the size of a page.
func TestList(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	all := make(map[groups.Type][]string)
	for i := range 40 {
		kind := groups.Types()[i%3]
		g := group(fmt.Sprint("g", i), kind)
		create(t, w, g)
		all[kind], all[""] = append(all[kind], g.ID), append(all[""], g.ID)
	}
	for kind, want := range all {
		for _, limit := range []int{1, 7, 40, 100} {
			var got []string
			for place, pages := uint64(0), 0; pages == 0 || place != 0; pages++ {
				ids, next, err := w.Store.Groups.List(t.Context(), w.ID, kind, place, limit)
				if err != nil || len(ids) > limit || (next != 0 && len(ids) == 0) || (next != 0 && next <= place) {
					t.Fatalf("%s after %d: %d ids, next %d, %v", kind, place, len(ids), next, err)
				}
				got, place = append(got, ids...), next
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%q in pages of %d: %v, want %v", kind, limit, got, want)
			}
		}
	}
	if _, _, err := w.Store.Groups.List(t.Context(), w.ID, "", 1, 10); !fault.Is(err, fault.Invalid) {
		t.Errorf("after a number that is no place: %v, want a refusal", err)
	}
}
