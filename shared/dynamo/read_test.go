package dynamo_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/shared/dynamo"
)

// fill writes n items into the partition of a test, with sort keys i00, i01, ...
func fill(t *testing.T, n int) string {
	t.Helper()
	items := make([]dynamo.Item, n)
	for i := range items {
		items[i] = dynamo.NewItem(dynamo.Key{PK: t.Name(), SK: fmt.Sprintf("i%02d", i)})
		items[i].Set(count, dynamo.Num(i))
	}
	if err := table().PutAll(t.Context(), items); err != nil {
		t.Fatal(err)
	}
	return t.Name()
}

// A query reads the items of its range, in pages of its limit.
func TestQueries(t *testing.T) {
	pk := fill(t, 60)
	if err := table().Put(t.Context(), dynamo.NewItem(dynamo.Key{PK: pk, SK: "j"})); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name        string
		q           dynamo.Query
		first, last string
		items       int
		pages       int
	}{
		{"all", dynamo.Query{}, "i00", "j", 61, 1},
		{"a prefix", dynamo.Query{Range: dynamo.Prefix("i")}, "i00", "i59", 60, 1},
		{"an empty prefix", dynamo.Query{Range: dynamo.Prefix("")}, "i00", "j", 61, 1},
		{"after a text", dynamo.Query{Range: dynamo.GreaterThan("i50")}, "i51", "j", 10, 1},
		{"a range", dynamo.Query{Range: dynamo.FromTo(dynamo.Str("i10"), dynamo.Str("i19"))}, "i10", "i19", 10, 1},
		{"descending", dynamo.Query{Range: dynamo.Prefix("i"), Descending: true}, "i59", "i00", 60, 1},
		{"pages", dynamo.Query{Range: dynamo.Prefix("i"), Limit: 25}, "i00", "i59", 60, 3},
		{"after a key", dynamo.Query{Range: dynamo.Prefix("i"), StartAfter: dynamo.Key{PK: pk, SK: "i57"}}, "i58", "i59", 2, 1},
		{"a filter", dynamo.Query{Filter: dynamo.AtLeast(count, dynamo.Num(58)), Limit: 30}, "i58", "i59", 2, 3},
		{"keys", dynamo.Query{Range: dynamo.Prefix("i"), KeysOnly: true}, "i00", "i59", 60, 1},
	} {
		c.q.PK, c.q.Strong = pk, true
		var found []string
		pages := 0
		for page, err := range table().Pages(t.Context(), &c.q) {
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			pages++
			for _, item := range page.Items {
				found = append(found, item.SK())
				if c.q.KeysOnly == item.Has(count) && item.SK() != "j" {
					t.Errorf("%s: got the item %v", c.name, item)
				}
			}
			if page.More() != (page.LastKey() != dynamo.Key{}) {
				t.Errorf("%s: page %d: more %t, the last key is %q", c.name, pages, page.More(), page.LastKey())
			}
		}
		if len(found) != c.items || found[0] != c.first || found[len(found)-1] != c.last || pages != c.pages {
			t.Errorf("%s: got %d items from %s to %s in %d pages", c.name, len(found), found[0], found[len(found)-1], pages)
		}
	}
	page, err := table().Query(t.Context(), dynamo.Query{PK: pk, Strong: true, CountOnly: true})
	if err != nil || page.Count != 61 || page.More() {
		t.Errorf("counted %d, %v", page.Count, err)
	}
	list, err := table().QueryAll(t.Context(), pk, "i1", true)
	if err != nil || len(list) != 10 {
		t.Errorf("got %d items with the prefix, %v", len(list), err)
	}
	if err := table().DeleteAll(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	if list, err = table().QueryAll(t.Context(), pk, "", true); err != nil || len(list) != 51 {
		t.Errorf("%d items are left, %v", len(list), err)
	}
}

// A loop over pages may lower the limit, and may end early.
func TestPagesWithAChangingLimit(t *testing.T) {
	q := dynamo.Query{PK: fill(t, 20), Limit: 8, Strong: true}
	var sizes []int
	for page, err := range table().Pages(t.Context(), &q) {
		if err != nil {
			t.Fatal(err)
		}
		if sizes = append(sizes, len(page.Items)); len(sizes) == 3 {
			break
		}
		q.Limit /= 2
	}
	if !slices.Equal(sizes, []int{8, 4, 2}) {
		t.Errorf("got pages of %v", sizes)
	}
}

// Items are returned in the order of the keys. A key may come twice, may not exist, and may be
// one that DynamoDB refuses.
func TestGetAll(t *testing.T) {
	pk := fill(t, 3)
	key := func(sk string) dynamo.Key { return dynamo.Key{PK: pk, SK: sk} }
	keys := []dynamo.Key{key("i02"), key("none"), key("i00"), key("i02"), key(""), key(strings.Repeat("x", 1025))}
	list, err := table().GetAll(t.Context(), keys, true)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, item := range list {
		got = append(got, item.SK())
	}
	if want := []string{"i02", "", "i00", "i02", "", ""}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	asked := 0
	list, err = table().GetConfirmed(t.Context(), keys[:3], func(i int, item dynamo.Item) bool {
		asked++
		return dynamo.RereadMissing(i, item)
	})
	if err != nil || asked != 3 || list[0] == nil || list[1] != nil {
		t.Errorf("got %v after %d doubts, %v", list, asked, err)
	}
}

// An item reads as if it had no attributes if it does not exist or if they are of another type.
func TestReadsOfAnItem(t *testing.T) {
	var none dynamo.Item
	if none.Text(name) != "" || none.Int(count) != 0 || none.Has(name) || none.Bytes(name) != nil || none.Texts(name) != nil ||
		none.TextSet(set) != nil || none.IntSet(set) != nil || none.Map(dotted) != nil || none.Maps(dotted) != nil || none.Value(name) != nil {
		t.Error("an item that does not exist has attributes")
	}
	item := dynamo.Item{}
	item.SetText(absent, "")
	item.SetInt(absent, 0)
	item.Set(name, dynamo.Num(7))
	item.Set(count, dynamo.Str("7"))
	if item.Has(absent) || item.Text(name) != "" || item.Int(count) != 0 || item.FirstNonInteger(name, absent, count) != count {
		t.Errorf("got %v", item)
	}
	for _, c := range []struct {
		a, b dynamo.Value
		want bool
	}{
		{nil, nil, true}, {nil, dynamo.Num(1), false}, {dynamo.Num(1), nil, false}, {dynamo.Num(1), dynamo.Num(1), true}, {dynamo.Num(1), dynamo.Str("1"), false},
		{dynamo.Bin([]byte{1}), dynamo.Bin([]byte{1}), true}, {dynamo.Str("a"), dynamo.Str("b"), false}, {dynamo.StrIfAny(""), dynamo.NumIfAny(0), true},
	} {
		if dynamo.Equal(c.a, c.b) != c.want {
			t.Errorf("Equal(%v, %v) is not %t", c.a, c.b, c.want)
		}
	}
}
