package message

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"parley/infra/testkit"
	"parley/shared/dialect/client"
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/direct"
	"parley/shared/domain/search"
	"parley/shared/domain/timeline"
	"parley/shared/dynamo"
	"parley/shared/fault"
	"parley/shared/plainjson"
	archivestore "parley/shared/store/archive"
	"parley/shared/store/schema"
)

// rawText returns a text element whose JSON has the text exactly as given, so that
// escapes stay as the sender wrote them.
func rawText(text string) []v4.Element {
	return []v4.Element{{Type: "TIMTextElem", Content: json.RawMessage(`{"Text":"` + text + `"}`)}}
}

// readElements reads elements that are not over the limit of 12 KB.
func readElements(t *testing.T, list []v4.Element) []content.Element {
	t.Helper()
	elements, err := v4.ReadElements(list)
	if err != nil {
		t.Fatal(err)
	}
	return elements
}

// written returns the MsgContent of an element.
func written(e content.Element) string {
	return string(v4.FromElements([]content.Element{e})[0].Content)
}

// TestAcceptedMessageFitsEverywhere shows that a message that passes the check of 12 KB
// can be stored, read, searched, edited, recalled, deleted and archived, whatever
// characters it has, because all of these measure the same bytes (docs/adr/0021).
func TestAcceptedMessageFitsEverywhere(t *testing.T) {
	for n, c := range []struct {
		name         string
		text, custom string
	}{
		{"angle brackets", strings.Repeat("<", 11_500), ""},
		{"ampersands beside custom data", strings.Repeat("&", 6_000), strings.Repeat(">", 6_000)},
		{"escapes of the sender", strings.Repeat(`\u003c`, 1_900), ""},
		{"line separators", strings.Repeat("\u2028", 3_800), ""},
		{"control characters in custom data", "x", strings.Repeat("\x01", 1_990)},
		{"line separators in custom data", "x", strings.Repeat("\u2029", 1_990)},
		{"backslashes in custom data", "x", strings.Repeat(`\`, 5_900)},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := testkit.NewWorld(t, server, testkit.Options{})
			if err := w.Seed(t.Context(), "account alice\naccount bob\nconnect bob iPhone i1"); err != nil {
				t.Fatal(err)
			}
			s := w.Tenant(t)
			body := content.Content{Elements: readElements(t, rawText(c.text)), Custom: c.custom}
			r, err := s.Direct.Send(t.Context(), direct.SendRequest{From: "alice", To: "bob", Random: uint32(n), Trusted: true, Content: body, Form: v4.Form{}})
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range w.Effects() {
				if len(line) > 14<<10 {
					t.Errorf("a frame of %d bytes", len(line))
				}
			}
			same := func(what string, list []timeline.Message, err error) {
				t.Helper()
				if err != nil || len(list) != 1 || written(list[0].Elements[0]) != written(body.Elements[0]) || list[0].Custom != c.custom {
					t.Fatalf("%s: %d messages, %v", what, len(list), err)
				}
			}
			h, err := s.Timeline.History(t.Context(), timeline.HistoryRange{User: "bob", Chat: chat.Between("bob", "alice"), Limit: 10})
			same("history", h.Messages, err)
			list, err := s.Timeline.Get(t.Context(), "bob", chat.Between("bob", "alice"), []timeline.Key{r.Key})
			same("get", list, err)
			found, err := s.Search.Search(t.Context(), "bob", search.Query{Chat: chat.Between("bob", "alice"), Senders: []string{"alice"}, Limit: 10})
			same("search", found.Messages, err)
			for _, item := range w.PartitionItems(t, schema.Msg, schema.TimelinePK(w.ID, chat.Between("alice", "bob"))) {
				record, ok, err := archivestore.ReadInsertedMessage(dynamo.StreamRecord{Insert: true, Item: item})
				if err != nil || !ok {
					t.Fatalf("the archive reads %t, %v", ok, err)
				}
				same("archive", []timeline.Message{record.Message}, nil)
			}
			edited := timeline.EditRequest{Elements: readElements(t, rawText(c.text[:len(c.text)-len(c.text)%6])), Custom: &c.custom, Form: v4.Form{}}
			body.Elements = edited.Elements
			if _, err := s.Timeline.Edit(t.Context(), timeline.Actor{Trusted: true}, "alice", chat.Between("alice", "bob"), r.Key, edited); err != nil {
				t.Fatal(err)
			}
			h, err = s.Timeline.History(t.Context(), timeline.HistoryRange{User: "bob", Chat: chat.Between("bob", "alice"), Limit: 10})
			same("history after an edit", h.Messages, err)
			if err := s.Timeline.DeleteForUser(t.Context(), timeline.Actor{Trusted: true}, "bob", chat.Between("bob", "alice"), []timeline.Key{r.Key}); err != nil {
				t.Fatal(err)
			}
			if err := s.Timeline.Recall(t.Context(), timeline.Actor{Trusted: true}, "alice", chat.Between("alice", "bob"), r.Key); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestSizeLimitIsOfStoredJSON shows for every kind of character that the limit is that
// of the JSON that is stored and delivered.
func TestSizeLimitIsOfStoredJSON(t *testing.T) {
	frame := len(`{"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":""}},],"CloudCustomData":""}`)
	for _, c := range []struct {
		name, one string
		custom    bool
		bytes     int // how many bytes one character has in JSON
	}{
		{"a letter", "x", false, 1}, {"an angle bracket", "<", false, 1}, {"an escape", `\u0026`, false, 6}, {"a line separator", "\u2028", false, 3},
		{"a letter in custom data", "x", true, 1}, {"an angle bracket in custom data", "<", true, 1},
		{"a control character in custom data", "\x02", true, 6}, {"a line separator in custom data", "\u2028", true, 6},
		{"a quote in custom data", `"`, true, 2},
	} {
		most := (content.MaxBody - frame) / c.bytes
		for count, want := range map[int]bool{most: true, most + 1: false} {
			elements, custom := rawText(strings.Repeat(c.one, count)), ""
			if c.custom {
				elements, custom = rawText(""), strings.Repeat(c.one, count)
			}
			body, err := v4.ReadContent(elements, custom)
			if err == nil {
				err = body.Check(v4.Form{}, 0)
			}
			if got := err == nil; got != want || (err != nil && !fault.Is(err, fault.BodyTooLarge)) {
				t.Errorf("%s, %d of them: %v, want accepted %t", c.name, count, err, want)
			}
			if !want {
				continue
			}
			if size := (v4.Form{}).Size(body); size > content.MaxBody {
				t.Errorf("%s: accepted at %d bytes", c.name, size)
			}
			frame, err := client.NewFrames().Frame(timeline.Message{From: "alice", Chat: chat.Between("alice", "bob"), Content: body})
			if err != nil || len(frame) > 14<<10 {
				t.Errorf("%s: a frame of %d bytes, %v", c.name, len(frame), err)
			}
		}
	}
}

// TestMergedMessagesOfAnyCharacters shows that merged messages come back as they were
// stored, whatever characters they have, both in an imported list and within a message.
func TestMergedMessagesOfAnyCharacters(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	if err := w.Seed(t.Context(), "account alice\naccount bob"); err != nil {
		t.Fatal(err)
	}
	s := w.Tenant(t).Direct
	item := func(text string) json.RawMessage {
		return json.RawMessage(`{"From_Account":"carol","MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"` + text + `"}}]}`)
	}
	var want []string
	var list []json.RawMessage
	for range 3 {
		list = append(list, item(strings.Repeat("<", 13_000)))
		want = append(want, string(list[0]))
	}
	messages, err := v4.ReadMergedList(list)
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.ImportMerged(t.Context(), "alice", messages, v4.Form{})
	if err != nil {
		t.Fatal(err)
	}
	send := direct.SendRequest{From: "alice", To: "bob", Random: 1, Trusted: true, Form: v4.Form{}}
	r, err := s.Forward(t.Context(), direct.Forward{SendRequest: send, MergedRequest: direct.MergedRequest{Title: "<list>", Key: m.Key}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for part, more := 0, true; more; {
		page, err := s.ReadMergedPart(t.Context(), "bob", chat.Between("bob", "alice"), r.Key, m.Key, part)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := plainjson.Marshal(relayReply{List: v4.FromMergedMessages(page.Messages)})
		if err != nil || len(answer) > 32<<10 {
			t.Errorf("a part of %d bytes, %v", len(answer), err)
		}
		for _, raw := range v4.FromMergedMessages(page.Messages) {
			got = append(got, string(raw))
		}
		part, more = page.Next, page.Next != 0
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d messages come back, want %d as they were", len(got), len(want))
	}
	send.Random = 2
	if messages, err = v4.ReadForwarded([]json.RawMessage{item(strings.Repeat("<", 11_000))}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Forward(t.Context(), direct.Forward{SendRequest: send, MergedRequest: direct.MergedRequest{Title: "t", Messages: messages}}); err != nil {
		t.Errorf("a message with a list of 11 KB: %v", err)
	}
	h, err := w.Tenant(t).Timeline.History(t.Context(), timeline.HistoryRange{User: "bob", Chat: chat.Between("bob", "alice"), Limit: 10})
	if err != nil || len(h.Messages) != 2 || !strings.Contains(written(h.Messages[0].Elements[0]), "<list>") {
		t.Errorf("history: %d messages, %v", len(h.Messages), err)
	}
}
