package client_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"parley/shared/dialect/client"
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/chat"
	"parley/shared/domain/delivery"
	"parley/shared/domain/inbox"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
	"parley/shared/op"
)

type in struct {
	To string `json:"To_Account" need:"90003"`
}

// action returns an operation of the client protocol.
func action() op.Operation {
	return client.Action("message.do", v4.Gateway(), func(context.Context, *op.Call, in) (in, error) { return in{}, nil })
}

// event returns the event with which the WebSocket API delivers a frame.
func event(t *testing.T, frame string) []byte {
	t.Helper()
	e, err := json.Marshal(map[string]any{
		"requestContext": map[string]any{"connectionId": "c", "routeKey": "message.do", "requestId": "r"}, "body": frame,
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestDecodeFrame checks which frames are accepted, and that the answer to a refused frame
// goes to its connection.
func TestDecodeFrame(t *testing.T) {
	o := action()
	for _, c := range []struct {
		frame, id, body string
		ok              bool
	}{
		{`{"action":"message.do","id":"7","body":{"To_Account":"bob"}}`, "7", `{"To_Account":"bob"}`, true},
		{`{"action":"message.do"}`, "", "{}", true},
		{`{"action":"message.do","id":"7","body":null}`, "7", "{}", true},
		{`{"action":"message.do","body":[1]}`, "", "[1]", true}, // v4.Decode refuses the body later
		{`{"id":"` + strings.Repeat("é", 32) + `"}`, strings.Repeat("é", 32), "{}", true},
		{`{"id":"` + strings.Repeat("é", 32) + `x"}`, "", "", false},
		{`{"id":7}`, "", "", false},
		{`[]`, "", "", false},
		{`x`, "", "", false},
		{``, "", "", false},
	} {
		call := &op.Call{Operation: &o}
		err := o.Protocol.Decode(call, event(t, c.frame))
		if (err == nil) != c.ok || (err != nil && !fault.Is(err, fault.Malformed)) {
			t.Errorf("%s: %v, want accepted %t", c.frame, err, c.ok)
			continue
		}
		if c.ok && (call.Request.ID != c.id || string(call.Request.Body) != c.body) {
			t.Errorf("%s: id %q, body %s, want %q, %s", c.frame, call.Request.ID, call.Request.Body, c.id, c.body)
		}
		if call.Request.Connection != "c" {
			t.Errorf("%s: connection %q, want c: the refusal must be a frame", c.frame, call.Request.Connection)
		}
	}
}

// FuzzFrame checks that no frame makes an action panic, that a refused frame has a
// documented reason, and that every frame can be answered.
func FuzzFrame(f *testing.F) {
	for _, frame := range []string{
		`{"action":"message.do","id":"7","body":{"To_Account":"bob"}}`, `{"id":"` + strings.Repeat("x", 65) + `"}`, "", "null", "[]",
		`{"body":null}`, `{"body":"x"}`, `{"body":{"To_Account":7}}`, "{\"id\":\"\xff\"}", `{"action":"a","action":"b"}`,
	} {
		f.Add(frame)
	}
	o, unknown := action(), client.Unknown()
	f.Fuzz(func(t *testing.T, frame string) {
		for _, o := range []*op.Operation{&o, &unknown} {
			c := &op.Call{Operation: o}
			err := o.Protocol.Decode(c, event(t, frame))
			var out any
			if err == nil {
				out, err = o.Run(t.Context(), c)
			}
			if err != nil && v4.AsFieldError(err) == nil && !fault.Is(err, fault.Malformed) && !fault.Is(err, fault.UnknownOperation) {
				t.Errorf("%s: %q: %v", o.Name, frame, err)
			}
			if len(c.Request.ID) > 64 {
				t.Errorf("%s: %q: an id of %d bytes", o.Name, frame, len(c.Request.ID))
			}
			answer, err := o.Protocol.Encode(c, out, err)
			if err != nil || !json.Valid(answer) {
				t.Errorf("%s: %q is answered with %q, %v", o.Name, frame, answer, err)
			}
		}
	})
}

type unknownEvent struct{}

func (unknownEvent) EventName() string { return "unknown" }

// TestUnknownEvent checks that encoding fails for an event that the client protocol does
// not have.
func TestUnknownEvent(t *testing.T) {
	if frame, err := client.NewFrames().Frame(unknownEvent{}); err == nil {
		t.Errorf("an unknown event has the frame %s", frame)
	}
}

// TestConversationFrames checks the frames of the events of conversations
// (docs/client-protocol.md §7).
func TestConversationFrames(t *testing.T) {
	key := timeline.Key{Time: 1_700_000_000, Seq: 1, Random: 2}
	row := inbox.Row{User: "alice", Chat: chat.Between("alice", "bob"), DraftMs: 3, HiddenUpTo: &key, ChangedMs: 9}
	const body = `{"To_Account":"bob","Unread":0,"ReadOrdinal":0,"PeerReadOrdinal":0,"InOrdinal":0,"OutOrdinal":0,"TimeMs":0,"DraftMs":3`
	for _, c := range []struct {
		event delivery.Event
		want  string
	}{
		{inbox.RowsChanged{Rows: []inbox.Row{row}},
			`{"event":"conversation.changed","body":{"Conversations":[` + body + `,"ClearedKey":"1_2_1700000000"}]}}`},
		{inbox.DraftChanged{Row: row, Text: "hel"},
			`{"event":"conversation.changed","body":{"Conversations":[` + body + `,"Draft":"hel","ClearedKey":"1_2_1700000000"}]}}`},
		{inbox.FoldersChanged{Version: 4}, `{"event":"conversation.changed","body":{"GroupItem":[],"ContactGroupVersion":4}}`},
		{inbox.ConversationDeleted{Row: row, History: true},
			`{"event":"conversation.deleted","body":{"To_Account":"bob","ClearRamble":1,"ClearedKey":"1_2_1700000000","TimeMs":9}}`},
		{inbox.ConversationDeleted{Row: inbox.Row{User: "alice", Chat: chat.Between("alice", "bob"), ChangedMs: 9}},
			`{"event":"conversation.deleted","body":{"To_Account":"bob","ClearRamble":0,"TimeMs":9}}`},
	} {
		if got, err := client.NewFrames().Frame(c.event); err != nil || string(got) != c.want {
			t.Errorf("%+v:\ngot  %s, %v\nwant %s", c.event, got, err, c.want)
		}
	}
	// The largest event of many rows stays under 32 KB.
	largest := inbox.Row{
		User: "alice", Chat: chat.Between("alice", strings.Repeat("\"", 32)), TimeMs: 1 << 52, LastKey: &key, Preview: strings.Repeat("\x01", 120), HiddenUpTo: &key, DraftMs: 1 << 52,
		Data: inbox.Data{PinnedMs: 1 << 52, Labels: 1<<64 - 1, FolderNumbers: 1<<24 - 1, CustomLabel: strings.Repeat("\x01", 256), Option: 2},
	}
	rows := make([]inbox.Row, 10)
	for i := range rows {
		rows[i] = largest
	}
	if frame, err := client.NewFrames().Frame(inbox.RowsChanged{Rows: rows}); err != nil || len(frame) > 32<<10 {
		t.Errorf("an event of %d rows has %d bytes, %v", len(rows), len(frame), err)
	}
}
