package dynamo_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"

	"parley/infra/testkit"
	"parley/shared/dynamo"
	"parley/shared/retry"
)

// Each condition holds for one of two items and not for the other: the item exists in the one
// case, and does not exist in the other, or a value differs.
func TestConditions(t *testing.T) {
	k := stored(t, "1")
	five, four, six := dynamo.Num(5), dynamo.Num(4), dynamo.Num(6)
	member := dotted.Member(town)
	for _, c := range []struct {
		name string
		c    dynamo.Condition
		want bool
	}{
		{"item exists", dynamo.ItemExists(), true},
		{"item absent", dynamo.ItemAbsent(), false},
		{"exists", dynamo.Exists(count), true},
		{"exists, absent", dynamo.Exists(absent), false},
		{"absent", dynamo.Absent(absent), true},
		{"equals", dynamo.Equals(count, five), true},
		{"equals, other", dynamo.Equals(count, six), false},
		{"equals, absent", dynamo.Equals(absent, six), false},
		{"differs", dynamo.Differs(count, six), true},
		{"differs, same", dynamo.Differs(count, five), false},
		{"differs, absent", dynamo.Differs(absent, five), true},
		{"less", dynamo.Less(count, six), true},
		{"less, same", dynamo.Less(count, five), false},
		{"less than an attribute", dynamo.LessThanAttribute(count, most), true},
		{"less than an attribute, greater", dynamo.LessThanAttribute(most, count), false},
		{"at most", dynamo.AtMost(count, five), true},
		{"at most, less", dynamo.AtMost(count, four), false},
		{"greater", dynamo.Greater(count, four), true},
		{"greater, same", dynamo.Greater(count, five), false},
		{"at least", dynamo.AtLeast(count, five), true},
		{"at least, more", dynamo.AtLeast(count, six), false},
		{"in", dynamo.In(name, dynamo.Str("bob"), dynamo.Str("alice")), true},
		{"in, none", dynamo.In(name, dynamo.Str("bob")), false},
		{"contains", dynamo.Contains(set, dynamo.Str("a")), true},
		{"contains, not", dynamo.Contains(set, dynamo.Str("c")), false},
		{"size", dynamo.SizeLess(set, 3), true},
		{"size, as many", dynamo.SizeLess(set, 2), false},
		{"is", dynamo.EqualsOrAbsent(count, five), true},
		{"is nil", dynamo.EqualsOrAbsent(absent, nil), true},
		{"is nil, exists", dynamo.EqualsOrAbsent(count, nil), false},
		{"member", dynamo.Equals(member, dynamo.Str("york")), true},
		{"member, other", dynamo.Equals(member, dynamo.Str("kent")), false},
		{"not", dynamo.Not(dynamo.Any(dynamo.Exists(absent), dynamo.Equals(count, five))), false},
		{"all", dynamo.All(dynamo.Exists(count), dynamo.Condition{}, dynamo.Exists(absent)), false},
		{"any", dynamo.Any(dynamo.Exists(absent), dynamo.All(dynamo.Exists(count), dynamo.Exists(name))), true},
		{"absent or", dynamo.AbsentOr(dynamo.Less(absent, four)), true},
		{"absent or, neither", dynamo.AbsentOr(dynamo.Less(count, four)), false},
		{"nothing is asked", dynamo.All(), true},
	} {
		if _, ok, err := table().Update(t.Context(), dynamo.NewUpdate(k).Set(name, dynamo.Str("alice")).If(c.c)); err != nil || ok != c.want {
			t.Errorf("%s: update %t, %v, want %t", c.name, ok, err, c.want)
		}
		err := table().TransactOnce(t.Context(), dynamo.Check(k, dynamo.ItemExists(), c.c))
		if got := !dynamo.CancellationReasons(err).ConditionFailedAt(0); got != c.want {
			t.Errorf("%s: check %t, %v, want %t", c.name, got, err, c.want)
		}
	}
}

// Unchanged holds as long as the attributes are as they were read.
func TestUnchanged(t *testing.T) {
	k := stored(t, "1")
	read, err := table().Get(t.Context(), k, true)
	if err != nil {
		t.Fatal(err)
	}
	u := func() *dynamo.Update {
		return dynamo.NewUpdate(k).Add(count, dynamo.Num(1)).If(dynamo.Unchanged(read, count, name, set, absent))
	}
	for n, want := range []bool{true, false} {
		if _, ok, err := table().Update(t.Context(), u()); err != nil || ok != want {
			t.Errorf("try %d: %t, %v, want %t", n, ok, err, want)
		}
	}
}

// Every change of an update does what its method says, in one update.
func TestChangesOfAnUpdate(t *testing.T) {
	k := stored(t, "1")
	const copied, kept, other, sum = dynamo.Attribute("copied"), dynamo.Attribute("kept"), dynamo.Attribute("other"), dynamo.Attribute("sum")
	u := dynamo.NewUpdate(k).ReturnOld().
		Copy(copied, count).
		SetFrom(kept, name, dynamo.Str("nobody")).
		SetFrom(other, absent, dynamo.Str("nobody")).
		Set(dotted.Member(town), dynamo.Str("kent")).
		SetOrRemove(name, nil).
		Add(sum, dynamo.Num(2)).
		Delete(set, dynamo.TextSet("a"))
	old, ok, err := table().Update(t.Context(), u)
	if err != nil || !ok || old.Text(name) != "alice" {
		t.Fatalf("%v, %t, %v", old, ok, err)
	}
	item, err := table().Get(t.Context(), k, true)
	if err != nil {
		t.Fatal(err)
	}
	want := dynamo.NewItem(k)
	want.Set(count, dynamo.Num(5))
	want.Set(most, dynamo.Num(9))
	want.Set(copied, dynamo.Num(5))
	want.SetText(kept, "alice")
	want.SetText(other, "nobody")
	want.Set(dotted, dynamo.Map(dynamo.Item{string(town): dynamo.Str("kent")}))
	want.Set(sum, dynamo.Num(2))
	want.Set(set, dynamo.TextSet("b"))
	if !reflect.DeepEqual(item, want) {
		t.Errorf("got %v, want %v", item, want)
	}
}

// An update whose condition fails returns the item as it is, or nil if there is none.
func TestFailedConditionReturnsTheItem(t *testing.T) {
	k := stored(t, "1")
	u := func(k dynamo.Key) *dynamo.Update {
		return dynamo.NewUpdate(k).Set(name, dynamo.Str("bob")).If(dynamo.Exists(absent))
	}
	if item, ok, err := table().Update(t.Context(), u(k)); ok || err != nil || item.Int(count) != 5 {
		t.Errorf("%v, %t, %v", item, ok, err)
	}
	if item, ok, err := table().Update(t.Context(), u(dynamo.Key{PK: k.PK, SK: "none"})); ok || err != nil || item != nil {
		t.Errorf("no item: %v, %t, %v", item, ok, err)
	}
	if item, ok, err := table().PutIf(t.Context(), dynamo.NewItem(k), dynamo.ItemAbsent()); ok || err != nil || item.Int(count) != 5 {
		t.Errorf("put: %v, %t, %v", item, ok, err)
	}
	err := table().Transact(t.Context(), dynamo.Delete(k, dynamo.Exists(absent)))
	if r := dynamo.CancellationReasons(err); !r.ConditionFailedAt(0) || r.ItemAt(0).Int(count) != 5 || !r.ChangedByOther() {
		t.Errorf("transaction: %v", err)
	}
	if ok, err := table().DeleteIf(t.Context(), k, dynamo.Exists(absent)); ok || err != nil {
		t.Errorf("delete: %t, %v", ok, err)
	}
}

// Calls at once that each commit from the item as it is all succeed, and none is lost.
func TestCommit(t *testing.T) {
	k := stored(t, "1")
	next := func(found dynamo.Item) (*dynamo.Update, error) {
		return dynamo.NewUpdate(k).ReturnNew().Set(count, dynamo.Num(found.Int(count)+1)).If(dynamo.Unchanged(found, count)), nil
	}
	testkit.NoErrors(t, testkit.Together(8, func(int) error {
		first, err := next(nil)
		if err != nil {
			return err
		}
		_, written, err := table().UpdateOrReplan(t.Context(), retry.Contended(), first, next)
		if err == nil && !written {
			err = errors.New("it was not written")
		}
		return err
	}))
	if item, err := table().Get(t.Context(), k, true); err != nil || item.Int(count) != 13 {
		t.Errorf("%v, %v, want 13", item, err)
	}
	never := dynamo.NewUpdate(k).Set(name, dynamo.Str("bob")).If(dynamo.Exists(absent))
	item, written, err := table().UpdateOrReplan(t.Context(), retry.Contended(), never, func(found dynamo.Item) (*dynamo.Update, error) { return nil, nil })
	if written || err != nil || item.Int(count) != 13 {
		t.Errorf("nothing is left to write: %v, %t, %v", item, written, err)
	}
	tries := 0
	_, written, err = table().UpdateOrReplan(t.Context(), retry.Policy{Tries: 3}, never, func(dynamo.Item) (*dynamo.Update, error) {
		tries++
		return never, nil
	})
	if written || !errors.Is(err, dynamo.ErrRetriesExhausted) || tries != 3 {
		t.Errorf("no try holds: %t, %v after %d tries", written, err, tries)
	}
	failed := fmt.Errorf("it cannot be planned")
	if _, _, err := table().UpdateOrReplan(t.Context(), retry.Contended(), never, func(dynamo.Item) (*dynamo.Update, error) { return nil, failed }); !errors.Is(err, failed) {
		t.Errorf("the plan fails: %v", err)
	}
}
