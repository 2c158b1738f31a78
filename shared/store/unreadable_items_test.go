package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/infra/testkit"
	"parley/shared/domain/archive"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/delivery"
	"parley/shared/domain/follows"
	"parley/shared/domain/timeline"
	"parley/shared/dynamo"
	"parley/shared/dynamo/calls"
	archivestore "parley/shared/store/archive"
	"parley/shared/store/schema"
	"parley/shared/telemetry"
)

// malformed returns bodies and attributes that the store never writes, by what is wrong.
func malformed() map[string]dynamo.Item {
	body := text(`{"e":[{"t":"secret"}]}`)
	return map[string]dynamo.Item{
		"not JSON":                       {"b": text(`{"e":"secret`)},
		"JSON of another form":           {"b": text(`{"e":"secret"}`)},
		"no elements":                    {"b": text(`{}`)},
		"not DEFLATE":                    {"b": &calls.Binary{Value: []byte("secret")}, "z": testkit.Number(1)},
		"truncated":                      {"b": &calls.Binary{Value: []byte{}}, "z": testkit.Number(1)},
		"an unknown dictionary":          {"b": body, "z": testkit.Number(7)},
		"a body that is a number":        {"b": testkit.Number(7)},
		"no body":                        {},
		"a side that is a text":          {"b": body, "f": text("0")},
		"an offset that is a list":       {"b": body, "n": &calls.List{}},
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
			id := chat.Between("alice", "bob")
			pk, start := schema.TimelinePK(w.ID, id), w.Clock.Now().Unix()-2
			key := timeline.Key{Time: start + 1, Seq: 2, Random: 2}
			damage(t, w, schema.Key{PK: pk, SK: schema.MessageSK(id, key)}, attributes)
			for _, bad := range []string{"m", "mzzzzzzzz", schema.MessageSK(id, key) + "0"} {
				damage(t, w, schema.Key{PK: pk, SK: bad}, attributes)
			}
			for _, limit := range []int{1, 2, 100} {
				got := 0
				if n := countNoted(t, func(ctx context.Context) error {
					for next, more := (*timeline.Key)(nil), true; more; {
						h, err := w.Tenant(t).Timeline.History(ctx, timeline.HistoryRange{User: "bob", Chat: chat.Between("bob", "alice"), Limit: limit, Before: next})
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
				list, err := w.Tenant(t).Timeline.Get(ctx, "bob", chat.Between("bob", "alice"), []timeline.Key{{Time: start, Seq: 1, Random: 1}, key, {Time: start + 2, Seq: 3, Random: 3}})
				if want := 3; len(list) != want && what != "an expiry that is not a number" {
					t.Errorf("get: %d messages, want %d", len(list), want)
				}
				return err
			}); n > 1 {
				t.Errorf("get: %d were noted", n)
			}
			countNoted(t, func(ctx context.Context) error {
				return w.Tenant(t).Inbox.DeleteConversation(ctx, "bob", chat.Between("bob", "alice"), true, delivery.Origin{})
			})
			for _, item := range w.PartitionItems(t, schema.Msg, pk) {
				if item["sk"].(*calls.Text).Value != schema.MessageSK(id, key) {
					continue
				}
				if r, ok, err := archivestore.ReadInsertedMessage(dynamo.StreamRecord{Insert: true, Item: item}); !errors.Is(err, archivestore.ErrUnreadable) || strings.Contains(err.Error(), "secret") {
					t.Errorf("the archive reads %+v, %t, %v", r, ok, err)
				}
			}
		})
	}
}

// damage replaces attributes of an item by malformed ones. Attributes that are not given
// stay, except for the body.
func damage(t *testing.T, w *testkit.World, k schema.Key, attributes dynamo.Item) {
	t.Helper()
	all := dynamo.Item{"b": &calls.Null{Value: true}}
	for name, v := range attributes {
		all[name] = v
	}
	if err := w.SetAttributes(t.Context(), schema.Msg, k, all); err != nil {
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
		if _, err := w.Store.Follows.Follow(t.Context(), w.ID, "alice", u, 1, 10); err != nil {
			t.Fatal(err)
		}
		if err := w.SetAttributes(t.Context(), schema.Core, schema.BlockKey(w.ID, "alice", u), nil); err != nil {
			t.Fatal(err)
		}
		if err := w.SetAttributes(t.Context(), schema.Live, schema.WatchedKey(w.ID, "alice", u), nil); err != nil {
			t.Fatal(err)
		}
	}
	core, relations, rows := schema.Core, schema.RelationsPK(w.ID, "alice"), schema.RowsPK(w.ID, "alice")
	for table, keys := range map[schema.Table][]schema.Key{
		core: {
			{PK: relations, SK: "F#"}, {PK: relations, SK: "F#c" + schema.IDEnd}, {PK: relations, SK: "FH#"}, {PK: relations, SK: "FH#c" + schema.IDEnd},
			{PK: relations, SK: "B#"}, {PK: relations, SK: "B#c" + schema.IDEnd}, {PK: rows, SK: "K#c#"},
			{PK: rows, SK: "K#c#c" + schema.IDEnd}, {PK: schema.FollowsPK(w.ID, "alice"), SK: "FO#"}, {PK: schema.FollowsPK(w.ID, "alice"), SK: "FO#c" + schema.IDEnd},
		},
		schema.Live: {{PK: schema.WatchedPK(w.ID, "alice"), SK: "c" + schema.IDEnd}},
	} {
		for _, k := range keys {
			if err := w.SetAttributes(t.Context(), table, k, dynamo.Item{"r": text("secret"), "k": testkit.Number(7)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	pages := map[string]func(ctx context.Context, after string, limit int) ([]string, bool, error){
		"friends": func(ctx context.Context, after string, limit int) (list []string, more bool, err error) {
			all, more, err := w.Store.Relations.FriendsOf(ctx, w.ID, "alice", after, limit)
			for _, f := range all {
				list = append(list, f.Peer)
			}
			return list, more, err
		},
		"blocks": func(ctx context.Context, after string, limit int) (list []string, more bool, err error) {
			all, more, err := w.Store.Relations.BlocksOf(ctx, w.ID, "alice", after, limit)
			for _, b := range all {
				list = append(list, b.Peer)
			}
			return list, more, err
		},
		"audience": func(ctx context.Context, after string, limit int) ([]string, bool, error) {
			return w.Store.Delivery.Audience(ctx, w.ID, "alice", delivery.Friends, after, limit)
		},
		"following": func(ctx context.Context, after string, limit int) (list []string, more bool, err error) {
			all, more, err := w.Store.Follows.Follows(ctx, w.ID, "alice", follows.Following, after, limit)
			for _, f := range all {
				list = append(list, f.Peer)
			}
			return list, more, err
		},
		"watched": func(ctx context.Context, after string, limit int) ([]string, bool, error) {
			return w.Store.Presence.WatchedUsers(ctx, w.ID, "alice", after, limit)
		},
		"conversations": func(ctx context.Context, after string, limit int) (list []string, more bool, err error) {
			rows, more, err := w.Store.Inbox.RowsAfter(ctx, w.ID, "alice", chat.Between("alice", after), limit, true)
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
		if err := w.Store.Archive.MarkPending(t.Context(), archive.PendingHour{Hour: h, Token: "m"}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Store.Archive.SaveExport(t.Context(), archive.Export{Hour: h, Version: 1}); err != nil {
			t.Fatal(err)
		}
		defer func() {
			_ = w.Store.Archive.ClearPending(context.Background(), archive.PendingHour{Hour: h, Token: "m"})
		}()
		for _, k := range []schema.Key{
			{PK: "EX", SK: h.Name + "#" + fmt.Sprint(app) + "#PP"}, {PK: schema.ExportPK(app), SK: "P#" + h.Name + "x"},
		} {
			if err := w.SetAttributes(t.Context(), schema.Ops, k, dynamo.Item{"m": testkit.Number(1)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, limit := range []int{1, 3, 100} {
		var pending, exported []string
		n := countNoted(t, func(ctx context.Context) error {
			for after, more := (archive.Hour{}), true; more; {
				list, err := w.Store.Archive.PendingHours(ctx, "2001010104", after, limit)
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
				list, err := w.Store.Archive.Exports(ctx, app, archive.Direct, after, "2001010104", limit)
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
		records, err := dynamo.ReadStream([]byte(`{"Records":[` + good + "," + bad + "," + good + `]}`))
		if err != nil || len(records) != 3 {
			t.Fatalf("%s: %d records, %v", bad, len(records), err)
		}
		if _, _, err := archivestore.ReadInsertedMessage(records[1]); !errors.Is(err, archivestore.ErrUnreadable) {
			t.Errorf("%s: %v, want unreadable", bad, err)
		}
		for _, i := range []int{0, 2} {
			if r, ok, err := archivestore.ReadInsertedMessage(records[i]); err != nil || !ok || r.Message.Seq != 2 {
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
	if err := w.Store.Merged.PutMerged(t.Context(), w.ID, list); err != nil {
		t.Fatal(err)
	}
	damage(t, w, schema.MergedPartKey(w.ID, key, 0), dynamo.Item{"b": text("secret")})
	damage(t, w, schema.ExtensionKey(w.ID, chat.Between("alice", "bob"), m, "bad"), dynamo.Item{"b": testkit.Number(1)})
	damage(t, w, schema.ExtensionKey(w.ID, chat.Between("alice", "bob"), m, "good"), dynamo.Item{"b": text("v"), "q": testkit.Number(1)})
	entry := timeline.LogEntry{AtMs: 1, Key: m, Expires: 1 << 32}
	if err := w.Store.Timeline.AppendOperations(t.Context(), w.ID, chat.Between("alice", "bob"), []timeline.LogEntry{entry}); err != nil {
		t.Fatal(err)
	}
	damage(t, w, schema.Key{PK: schema.TimelinePK(w.ID, chat.Between("alice", "bob")), SK: "o000000000010"}, dynamo.Item{})
	if n := countNoted(t, func(ctx context.Context) error {
		if head, part, err := w.Store.Merged.MergedPart(ctx, w.ID, key, 0); head == nil || part != nil || err != nil {
			return fmt.Errorf("a part: %v, %d messages, %w", head, len(part), err)
		}
		if _, part, err := w.Store.Merged.MergedPart(ctx, w.ID, key, 1); len(part) != 1 || err != nil {
			return fmt.Errorf("the other part: %d messages, %w", len(part), err)
		}
		if _, extensions, err := w.Store.Timeline.AllExtensions(ctx, w.ID, chat.Between("alice", "bob"), m); len(extensions) != 1 || extensions[0].Key != "good" || err != nil {
			return fmt.Errorf("extensions %v, %w", extensions, err)
		}
		if page, err := w.Store.Timeline.LogSince(ctx, w.ID, "alice", chat.Between("alice", "bob"), timeline.LogRange{Limit: 1}); len(page.Entries) != 1 || page.Entries[0].Key != m || err != nil {
			return fmt.Errorf("log %+v, %w", page, err)
		}
		return nil
	}); n != 3 {
		t.Errorf("%d were noted, want 3", n)
	}
}
