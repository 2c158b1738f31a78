package friend

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/shared/domain/relations"
)

// TestListPagesHaveEachMemberOnce pages through long lists. Together the pages have
// each member of each list once and in order, and no page is larger than an answer may
// be. Lists without members are in a page as well.
func TestListPagesHaveEachMemberOnce(t *testing.T) {
	lists := []relations.List{{Name: "empty"}}
	for i := range 5 {
		l := relations.List{Name: fmt.Sprintf("list %d", i)}
		for j := range 1500 {
			l.Peers = append(l.Peers, fmt.Sprintf("%s%05d", strings.Repeat(`"`, 27), j))
		}
		lists = append(lists, l)
	}
	lists = append(lists, relations.List{Name: "last"})
	members := make(map[string][]string)
	rest, after, pages := lists, "", 0
	for {
		items, cursor, err := listsPage(rest, after)
		if err != nil {
			t.Fatal(err)
		}
		if pages++; pages > 50 {
			t.Fatal("no end after 50 pages")
		}
		text, err := json.Marshal(items)
		if err != nil {
			t.Fatal(err)
		}
		if len(text) > maxBytes+100 {
			t.Errorf("page %d has %d bytes, want at most %d", pages, len(text), maxBytes)
		}
		for _, item := range items {
			members[item.Name] = append(members[item.Name], item.To...)
			at := slices.IndexFunc(lists, func(l relations.List) bool { return l.Name == item.Name })
			if item.Count != len(lists[at].Peers) {
				t.Errorf("page %d: %s has %d members, want %d", pages, item.Name, item.Count, len(lists[at].Peers))
			}
		}
		if cursor == "" {
			break
		}
		name, peer, err := parseListsCursor(cursor)
		if err != nil {
			t.Fatal(err)
		}
		rest, after = lists[slices.IndexFunc(lists, func(l relations.List) bool { return l.Name == name }):], peer
	}
	if pages < 5 {
		t.Errorf("%d pages of 7,500 members, want 5 at least", pages)
	}
	for _, l := range lists {
		got, there := members[l.Name]
		if !there || !slices.Equal(got, l.Peers) {
			t.Errorf("%s: %d members in all pages, want %d; in a page at all: %t", l.Name, len(got), len(l.Peers), there)
		}
	}
}

// TestListsCursorRoundTrip shows that a cursor is read as it was written, and that a
// text which is not a cursor is refused.
func TestListsCursorRoundTrip(t *testing.T) {
	for _, c := range [][2]string{{"work", ""}, {"work", "bob"}, {"a\x1fb", "bob"}, {"名", "bob"}} {
		name, peer, err := parseListsCursor(formatListsCursor(c[0], c[1]))
		if err != nil || name != c[0] || peer != c[1] {
			t.Errorf("%q is read as %q, %q, %v", c, name, peer, err)
		}
	}
	for _, bad := range []string{"x", "!", "AA", formatListsCursor("", "bob"), formatListsCursor("work", "bob") + "="} {
		if name, peer, err := parseListsCursor(bad); err == nil {
			t.Errorf("%q is read as %q, %q", bad, name, peer)
		}
	}
}
