package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/infra/testkit"
	"parley/shared/domain/archive"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/delivery"
	"parley/shared/domain/follows"
	"parley/shared/domain/timeline"
	"parley/shared/store"
	"parley/shared/telemetry"
)

// malformed returns bodies and attributes that the store never writes, by what is wrong.
func malformed() map[string]store.Item {
	body := text(`{"e":[{"t":"secret"}]}`)
	return map[string]store.Item{
		"not JSON":                       {"b": text(`{"e":"secret`)},
		"JSON of another form":           {"b": text(`{"e":"secret"}`)},
		"no elements":                    {"b": text(`{}`)},
		"not DEFLATE":                    {"b": &types.AttributeValueMemberB{Value: []byte("secret")}, "z": testkit.Number(1)},
		"truncated":                      {"b": &types.AttributeValueMemberB{Value: []byte{}}, "z": testkit.Number(1)},
		"an unknown dictionary":          {"b": body, "z": testkit.Number(7)},
		"a body that is a number":        {"b": testkit.Number(7)},
		"no body":                        {},
		"a side that is a text":          {"b": body, "f": text("0")},
		"an offset that is a list":       {"b": body, "n": &types.AttributeValueMemberL{}},
		"an expiry that is not a number": {"b": body, "x": text("tomorrow")},
	}
}

// countNoted runs a read and returns how many items it noted as unreadable. It checks that
// a note has the key and nothing of the body.
func countNoted(t *testing.T, read func(context.Context) error) int {
	t.Helper()
	m := &telemetry.Meter{}
	if err := read(telemetry.WithMeter(t.Context(), m)); err != nil {
		t.Errorf("the read fails: %v", err)
	}
	n := m.Notes()[telemetry.Unreadable]
	for _, which := range n.Which {
		if strings.Contains(which, "secret") || !strings.Contains(which, "#") {
			t.Errorf("noted as %q", which)
		}
	}
	return n.Count
}

// A message that cannot be read is shown as recalled. If its key cannot be read either, it
// is left out. The messages beside it are returned as they are.
func TestUnreadableMessageIsShownAsRecalled(t *testing.T) {
	for what, attributes := range malformed() {
		t.Run(what, func(t *testing.T) {
			w := testkit.NewWorld(t, server, testkit.Options{})
			if err := w.Seed(t.Context(), "account alice\naccount bob\nmessage alice bob 1 first\nsleep 1s\nmessage alice bob 2 second\nsleep 1s\nmessage alice bob 3 third"); err != nil {
				t.Fatal(err)
			}
			s, pk, start := w.Tenant(t).Direct, store.TimelinePK(w.ID, chat.Between("alice", "bob")), w.Clock.Now().Unix()-2
			key := timeline.Key{Time: start + 1, Seq: 2, Random: 2}
			damage(t, w, store.Key{PK: pk, SK: store.MessageSK(key)}, attributes)
			for _, bad := range []string{"m", "mzzzzzzzz", store.MessageSK(key) + "0"} {
				damage(t, w, store.Key{PK: pk, SK: bad}, attributes)
			}
			for _, limit := range []int{1, 2, 100} {
				got := 0
				if n := countNoted(t, func(ctx context.Context) error {
					for next, more := (*timeline.Key)(nil), true; more; {
						h, err := s.Timeline.History(ctx, timeline.HistoryRange{User: "bob", Chat: chat.Between("bob", "alice"), Limit: limit, Before: next})
						if err != nil {
							return err
						}
						for _, m := range h.Messages {
							got++
							if unreadable := m.Key == key; m.Recalled != unreadable || (len(m.Elements) == 0) != unreadable {
								t.Errorf("message %s: recalled %t with %d elements", m.Key, m.Recalled, len(m.Elements))
							}
						}
						if next, more = h.Next, !h.Complete; got > 3 {
							return errors.New("the pages have no end")
						}
					}
					return nil
				}); n == 0 {
					t.Errorf("pages of %d: nothing was noted", limit)
				}
				if got != 3 {
					t.Errorf("pages of %d: %d messages, want 3", limit, got)
				}
			}
			if n := countNoted(t, func(ctx context.Context) error {
				list, err := s.Timeline.Get(ctx, "bob", chat.Between("bob", "alice"), []timeline.Key{{Time: start, Seq: 1, Random: 1}, key, {Time: start + 2, Seq: 3, Random: 3}})
				if want := 3; len(list) != want && what != "an expiry that is not a number" {
					t.Errorf("get: %d messages, want %d", len(list), want)
				}
				return err
			}); n > 1 {
				t.Errorf("get: %d were noted", n)
			}
			countNoted(t, func(ctx context.Context) error {
				return w.Tenant(t).Inbox.Delete(ctx, "bob", chat.Between("bob", "alice"), true, delivery.Origin{})
			})
			for _, item := range w.PartitionItems(t, store.Msg, pk) {
				if item["sk"].(*types.AttributeValueMemberS).Value != store.MessageSK(key) {
					continue
				}
				if r, ok, err := (store.StreamRecord{Insert: true, Item: item}).Stored(); !errors.Is(err, store.ErrUnreadable) || strings.Contains(err.Error(), "secret") {
					t.Errorf("the archive reads %+v, %t, %v", r, ok, err)
				}
			}
		})
	}
}

// damage replaces attributes of an item by malformed ones. Attributes that are not given
// stay, except for the body.
func damage(t *testing.T, w *testkit.World, k store.Key, attributes store.Item) {
	t.Helper()
	all := store.Item{"b": &types.AttributeValueMemberNULL{Value: true}}
	for name, v := range attributes {
		all[name] = v
	}
	if err := w.SetAttributes(t.Context(), store.Msg, k, all); err != nil {
		t.Fatal(err)
	}
}

// Each list returns the items that can be read, page by page, and leaves out the others.
func TestUnreadableItemsAreLeftOutOfLists(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	users := []string{"bob", "carol", "dave"}
	seed := "account alice\n"
	for _, u := range users {
		seed += "account " + u + "\nmessage " + u + " alice 1\nfriends alice " + u + "\n"
	}
	if err := w.Seed(t.Context(), seed); err != nil {
		t.Fatal(err)
	}
	for _, u := range users {
		if _, err := w.Store.Follow(t.Context(), w.ID, "alice", u, 1, 10); err != nil {
			t.Fatal(err)
		}
		if err := w.SetAttributes(t.Context(), store.Core, store.BlockKey(w.ID, "alice", u), nil); err != nil {
			t.Fatal(err)
		}
		if err := w.SetAttributes(t.Context(), store.Live, store.WatchedKey(w.ID, "alice", u), nil); err != nil {
			t.Fatal(err)
		}
	}
	core, pk := store.Core, store.UserPK(w.ID, "alice")
	for table, keys := range map[store.Table][]store.Key{
		core: {
			{PK: pk, SK: "F#"}, {PK: pk, SK: "F#c" + store.IDEnd}, {PK: pk, SK: "FH#"}, {PK: pk, SK: "FH#c" + store.IDEnd},
			{PK: pk, SK: "B#"}, {PK: pk, SK: "B#c" + store.IDEnd}, {PK: pk, SK: "K#c#"},
			{PK: pk, SK: "K#c#c" + store.IDEnd}, {PK: pk, SK: "FO#"}, {PK: pk, SK: "FO#c" + store.IDEnd},
		},
		store.Live: {{PK: store.WatchedPK(w.ID, "alice"), SK: "c" + store.IDEnd}},
	} {
		for _, k := range keys {
			if err := w.SetAttributes(t.Context(), table, k, store.Item{"r": text("secret"), "k": testkit.Number(7)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	pages := map[string]func(ctx context.Context, after string, limit int) ([]string, bool, error){
		"friends": func(ctx context.Context, after string, limit int) (list []string, more bool, err error) {
			all, more, err := w.Store.FriendsOf(ctx, w.ID, "alice", after, limit)
			for _, f := range all {
				list = append(list, f.Peer)
			}
			return list, more, err
		},
		"blocks": func(ctx context.Context, after string, limit int) (list []string, more bool, err error) {
			all, more, err := w.Store.BlocksOf(ctx, w.ID, "alice", after, limit)
			for _, b := range all {
				list = append(list, b.Peer)
			}
			return list, more, err
		},
		"audience": func(ctx context.Context, after string, limit int) ([]string, bool, error) {
			return w.Store.Audience(ctx, w.ID, "alice", delivery.Friends, after, limit)
		},
		"following": func(ctx context.Context, after string, limit int) (list []string, more bool, err error) {
			all, more, err := w.Store.Follows(ctx, w.ID, "alice", follows.Following, after, limit)
			for _, f := range all {
				list = append(list, f.Peer)
			}
			return list, more, err
		},
		"watched": func(ctx context.Context, after string, limit int) ([]string, bool, error) {
			return w.Store.WatchedUsers(ctx, w.ID, "alice", after, limit)
		},
		"conversations": func(ctx context.Context, after string, limit int) (list []string, more bool, err error) {
			rows, more, err := w.Store.RowsAfter(ctx, w.ID, "alice", chat.Between("alice", after), limit, true)
			for _, r := range rows {
				list = append(list, r.Peer())
			}
			return list, more, err
		},
	}
	for name, page := range pages {
		for _, limit := range []int{1, 2, 100} {
			var got []string
			if n := countNoted(t, func(ctx context.Context) error {
				for after, more := "", true; more; {
					list, next, err := page(ctx, after, limit)
					if err != nil || len(list) == 0 {
						if next {
							err = errors.Join(err, fmt.Errorf("an empty page after %q, although more follow", after))
						}
						return err
					}
					got, more, after = append(got, list...), next, list[len(list)-1]
				}
				return nil
			}); n == 0 {
				t.Errorf("%s: nothing was noted", name)
			}
			if !slices.Equal(got, users) {
				t.Errorf("%s, pages of %d: %q, want %q", name, limit, got, users)
			}
		}
	}
}

// An hour that cannot be read does not stop the others, and a page full of such hours does
// not end the list.
func TestUnreadableHoursAreLeftOut(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	app := w.ID
	var want []string
	for n := range 4 {
		h := archive.Hour{App: app, Type: archive.Direct, Name: fmt.Sprintf("20010101%02d", n)}
		want = append(want, h.Name)
		if err := w.Store.MarkPending(t.Context(), archive.PendingHour{Hour: h, Token: "m"}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Store.SaveExport(t.Context(), archive.Export{Hour: h, Version: 1}); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = w.Store.ClearPending(context.Background(), archive.PendingHour{Hour: h, Token: "m"}) }()
		for _, k := range []store.Key{
			{PK: "EX", SK: h.Name + "#" + fmt.Sprint(app) + "#PP"}, {PK: store.ExportPK(app), SK: "P#" + h.Name + "x"},
		} {
			if err := w.SetAttributes(t.Context(), store.Ops, k, store.Item{"m": testkit.Number(1)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, limit := range []int{1, 3, 100} {
		var pending, exported []string
		n := countNoted(t, func(ctx context.Context) error {
			for after, more := (archive.Hour{}), true; more; {
				list, err := w.Store.PendingHours(ctx, "2001010104", after, limit)
				if err != nil {
					return err
				}
				for _, p := range list {
					if after = p.Hour; p.App == app {
						pending = append(pending, p.Name)
					}
				}
				more = len(list) == limit
			}
			for after, more := "2000010100", true; more; {
				list, err := w.Store.Exports(ctx, app, archive.Direct, after, "2001010104", limit)
				if err != nil {
					return err
				}
				for _, e := range list {
					exported, after = append(exported, e.Name), e.Name
				}
				more = len(list) == limit
			}
			return nil
		})
		if n == 0 || !slices.Equal(pending, want) || !slices.Equal(exported, want) {
			t.Errorf("pages of %d: pending %q, exported %q, %d noted, want %q", limit, pending, exported, n, want)
		}
	}
}

// A stream record that cannot be read is returned as unreadable, beside the others.
func TestUnreadableStreamRecords(t *testing.T) {
	good := `{"eventName":"INSERT","dynamodb":{"NewImage":{"pk":{"S":"1#P#a\u001fb"},"sk":{"S":"m000000010000000200000003"},"h":{"SS":["x"]},"l":{"L":[{"NULL":true}]},"b":{"S":"{\"e\":[{\"t\":\"hi\"}]}"}}}}`
	for _, bad := range []string{
		`{"eventName":"INSERT","dynamodb":{"NewImage":{"b":{"B":"%%%"}}}}`, `{"eventName":"INSERT","dynamodb":{"NewImage":[]}}`,
		`{"eventName":7}`, `7`, `{"eventName":"INSERT","dynamodb":{"NewImage":{"b":{"S":{}}}}}`,
	} {
		records, err := store.ReadStream([]byte(`{"Records":[` + good + "," + bad + "," + good + `]}`))
		if err != nil || len(records) != 3 {
			t.Fatalf("%s: %d records, %v", bad, len(records), err)
		}
		if _, _, err := records[1].Stored(); !errors.Is(err, store.ErrUnreadable) {
			t.Errorf("%s: %v, want unreadable", bad, err)
		}
		for _, i := range []int{0, 2} {
			if r, ok, err := records[i].Stored(); err != nil || !ok || r.Message.Seq != 2 {
				t.Errorf("beside %s: %+v, %t, %v", bad, r, ok, err)
			}
		}
	}
}

// An unreadable part of a merged list, extension or log entry is left out and noted.
func TestUnreadablePartExtensionAndLogEntry(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	key, m := "0123456789abcdef0123456789abcdef", timeline.Key{Time: 1_700_000_000, Seq: 1, Random: 1}
	list := content.MergedList{Key: key, Owner: "alice", Count: 2, Expires: 1 << 32, Parts: [][]content.MergedMessage{{{From: "ann"}}, {{From: "bob"}}}}
	if err := w.Store.PutMerged(t.Context(), w.ID, list); err != nil {
		t.Fatal(err)
	}
	damage(t, w, store.MergedPartKey(w.ID, key, 0), store.Item{"b": text("secret")})
	damage(t, w, store.ExtensionKey(w.ID, chat.Between("alice", "bob"), m, "bad"), store.Item{"b": testkit.Number(1)})
	damage(t, w, store.ExtensionKey(w.ID, chat.Between("alice", "bob"), m, "good"), store.Item{"b": text("v"), "q": testkit.Number(1)})
	entry := timeline.LogEntry{AtMs: 1, Key: m, Expires: 1 << 32}
	if err := w.Store.Log(t.Context(), w.ID, chat.Between("alice", "bob"), []timeline.LogEntry{entry}); err != nil {
		t.Fatal(err)
	}
	damage(t, w, store.Key{PK: store.TimelinePK(w.ID, chat.Between("alice", "bob")), SK: "o000000000010"}, store.Item{})
	if n := countNoted(t, func(ctx context.Context) error {
		if head, part, err := w.Store.MergedPart(ctx, w.ID, key, 0); head == nil || part != nil || err != nil {
			return fmt.Errorf("a part: %v, %d messages, %w", head, len(part), err)
		}
		if _, part, err := w.Store.MergedPart(ctx, w.ID, key, 1); len(part) != 1 || err != nil {
			return fmt.Errorf("the other part: %d messages, %w", len(part), err)
		}
		if _, extensions, err := w.Store.AllExtensions(ctx, w.ID, chat.Between("alice", "bob"), m); len(extensions) != 1 || extensions[0].Key != "good" || err != nil {
			return fmt.Errorf("extensions %v, %w", extensions, err)
		}
		if page, err := w.Store.LogSince(ctx, w.ID, "alice", chat.Between("alice", "bob"), timeline.LogRange{Limit: 1}); len(page.Entries) != 1 || page.Entries[0].Key != m || err != nil {
			return fmt.Errorf("log %+v, %w", page, err)
		}
		return nil
	}); n != 3 {
		t.Errorf("%d were noted, want 3", n)
	}
}
