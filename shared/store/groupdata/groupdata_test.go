package groupdata_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"parley/infra/testkit"
	domain "parley/shared/domain/groupdata"
	"parley/shared/domain/groups"
	"parley/shared/fault"
	"parley/shared/store/groupdata"
)

// newWorld makes a world with the groups "chess" and "dice".
func newWorld(t *testing.T) (*testkit.World, *groupdata.Store) {
	t.Helper()
	w := testkit.NewWorld(t, server, testkit.Options{})
	if err := w.Seed(t.Context(), "group chess public alice\ngroup dice public alice\naccount bob\nmember chess bob"); err != nil {
		t.Fatal(err)
	}
	return w, w.Store.GroupData
}

func read(t *testing.T, w *testkit.World, group string) domain.Snapshot {
	t.Helper()
	found, err := w.Store.GroupData.Read(t.Context(), w.ID, domain.Query{Group: group, User: "bob", Attributes: true, Counters: true}, true)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func values[T comparable](t *testing.T, what string, got map[string]T, want map[string]T) {
	t.Helper()
	if !maps.Equal(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// A query reads the profile, the role of a user, and what it names.
func TestRead(t *testing.T) {
	w, s := newWorld(t)
	if err := w.Seed(t.Context(), "group-attributes chess round=3\ngroup-counters chess likes=7"); err != nil {
		t.Fatal(err)
	}
	found := read(t, w, "chess")
	if found.Group == nil || found.Group.Name != "chess" || found.Role != groups.Member || found.Attributes.Version != 1 || found.Counters.Version != 1 {
		t.Errorf("read %+v", found)
	}
	values(t, "attributes", found.Attributes.Values, map[string]string{"round": "3"})
	values(t, "counters", found.Counters.Values, map[string]int64{"likes": 7})
	if found := read(t, w, "dice"); found.Role != groups.NotMember || len(found.Attributes.Values)+len(found.Counters.Values) != 0 {
		t.Errorf("dice has %+v, want nothing of chess", found)
	}
	if found := read(t, w, "none"); found.Group != nil {
		t.Errorf("read the group %+v, want none", found.Group)
	}
	found, err := s.Read(t.Context(), w.ID, domain.Query{Group: "chess"}, false)
	if err != nil || found.Role != groups.NotMember || len(found.Attributes.Values)+len(found.Counters.Values) != 0 {
		t.Errorf("a query of the profile alone: %+v, %v", found, err)
	}
}

// An update of attributes is written if they have the version that it has seen. An empty value is a
// value.
func TestWriteAttributes(t *testing.T) {
	w, s := newWorld(t)
	write := func(want bool, u domain.AttributesUpdate) {
		t.Helper()
		if ok, err := s.WriteAttributes(t.Context(), w.ID, "chess", u); ok != want || err != nil {
			t.Errorf("%+v: %t, %v, want %t", u, ok, err, want)
		}
	}
	write(true, domain.AttributesUpdate{Set: map[string]string{"a": "1", "b": "", "wc": "x.y"}, Second: 9, Writes: 1})
	write(false, domain.AttributesUpdate{Set: map[string]string{"a": "2"}, Second: 9, Writes: 2})
	write(true, domain.AttributesUpdate{Seen: 1, Set: map[string]string{"a": "3"}, Deleted: []string{"wc"}, Second: 9, Writes: 2})
	write(false, domain.AttributesUpdate{Seen: 1, Deleted: []string{"a"}})
	got := read(t, w, "chess").Attributes
	values(t, "attributes", got.Values, map[string]string{"a": "3", "b": ""})
	if got.Version != 2 || got.Second != 9 || got.Writes != 2 {
		t.Errorf("read %+v, want version 2 and 2 changes in second 9", got)
	}
}

// Calls at once that add to counters all count, also if the counters do not exist at first.
func TestIncreasesAtOnce(t *testing.T) {
	w, s := newWorld(t)
	testkit.NoErrors(t, testkit.Together(50, func(i int) error {
		_, err := s.ChangeCounters(t.Context(), w.ID, "chess", domain.CountersUpdate{Add: true, Values: map[string]int64{"likes": 2, fmt.Sprint("of", i%10): -1}})
		return err
	}))
	want := map[string]int64{"likes": 100}
	for i := range 10 {
		want[fmt.Sprint("of", i)] = -5
	}
	got := read(t, w, "chess").Counters
	values(t, "counters", got.Values, want)
	if got.Version != 50 {
		t.Errorf("version %d, want 50", got.Version)
	}
}

// Calls at once that make counters make as many as a group may have, and counters that are deleted
// make room for others.
func TestLimitOfCountersAtOnce(t *testing.T) {
	w, s := newWorld(t)
	refused := 0
	for _, err := range testkit.Together(30, func(i int) error {
		_, err := s.ChangeCounters(t.Context(), w.ID, "chess", domain.CountersUpdate{Values: map[string]int64{fmt.Sprint("c", i): int64(i)}})
		return err
	}) {
		if fault.Is(err, fault.CounterLimit) {
			refused++
		} else if err != nil {
			t.Error(err)
		}
	}
	keys := slices.Sorted(maps.Keys(read(t, w, "chess").Counters.Values))
	if len(keys) != domain.MaxCounters || refused != 10 {
		t.Fatalf("%d counters, %d refused, want %d and 10", len(keys), refused, domain.MaxCounters)
	}
	gone := 0
	for _, err := range testkit.Together(8, func(int) error {
		_, ok, err := s.DeleteCounters(t.Context(), w.ID, "chess", keys[:2])
		if ok {
			return fmt.Errorf("deleted")
		}
		return err
	}) {
		if err != nil {
			if gone++; err.Error() != "deleted" {
				t.Error(err)
			}
		}
	}
	if gone != 1 {
		t.Errorf("%d calls deleted the counters, want 1", gone)
	}
	three := domain.CountersUpdate{Add: true, Values: map[string]int64{"x": 1, "y": 1, "z": 1}}
	if _, err := s.ChangeCounters(t.Context(), w.ID, "chess", three); !fault.Is(err, fault.CounterLimit) {
		t.Errorf("three counters into room for two: %v", err)
	}
	delete(three.Values, "z")
	if now, err := s.ChangeCounters(t.Context(), w.ID, "chess", three); err != nil || len(now.Values) != domain.MaxCounters {
		t.Errorf("two counters into room for two: %v, %v", now, err)
	}
}

// A counter stays within 64 bits. If one of the counters of a call would not, none is changed.
func TestBoundsOfCounters(t *testing.T) {
	w, s := newWorld(t)
	change := func(add bool, list map[string]int64) error {
		_, err := s.ChangeCounters(t.Context(), w.ID, "chess", domain.CountersUpdate{Add: add, Values: list})
		return err
	}
	testkit.NoErrors(t, []error{
		change(false, map[string]int64{"max": math.MaxInt64, "min": math.MinInt64, "low": -1}),
		change(true, map[string]int64{"max": 0, "min": math.MaxInt64, "low": math.MinInt64 + 1}),
		change(true, map[string]int64{"max": math.MinInt64, "min": -math.MaxInt64}),
	})
	now := map[string]int64{"max": -1, "min": math.MinInt64, "low": math.MinInt64}
	values(t, "counters", read(t, w, "chess").Counters.Values, now)
	for _, key := range []string{"min", "low"} {
		if err := change(true, map[string]int64{"max": 1, "new": 1, key: -1}); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), key) {
			t.Errorf("less than the least number: %v, want a refusal that names %s", err, key)
		}
	}
	testkit.NoErrors(t, []error{change(false, map[string]int64{"max": math.MaxInt64 - 5})})
	if err := change(true, map[string]int64{"low": 1, "max": 6}); !fault.Is(err, fault.Invalid) {
		t.Errorf("more than the greatest number: %v", err)
	}
	now["max"] = math.MaxInt64 - 5
	values(t, "counters", read(t, w, "chess").Counters.Values, now)
}
