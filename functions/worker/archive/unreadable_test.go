package archive

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"parley/infra/testkit"
	"parley/shared/domain/archive"
	"parley/shared/domain/chat"
	"parley/shared/dynamo/calls"
	"parley/shared/store/schema"
)

// TestUnreadable checks that messages and parts that cannot be read are logged, without
// their content, and do not stop the rest: the other messages of the batch are collected,
// and the other parts of the hour are merged.
func TestUnreadable(t *testing.T) {
	var log bytes.Buffer
	w := testkit.NewWorld(t, server, testkit.Options{Log: &log})
	if err := w.Seed(t.Context(), "account alice\naccount bob\nmessage alice bob 1 first\nmessage alice bob 2 second\nmessage alice bob 3 third"); err != nil {
		t.Fatal(err)
	}
	var records []json.RawMessage
	add := func(v any) {
		t.Helper()
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, raw)
	}
	for i, item := range w.PartitionItems(t, schema.Msg, schema.TimelinePK(w.ID, chat.Between("alice", "bob"))) {
		if i == 1 {
			item["b"], item["z"] = &calls.Binary{Value: []byte("secret")}, testkit.Number(1)
		}
		add(testkit.Streamed("INSERT", item))
	}
	add(map[string]any{"eventName": "INSERT", "dynamodb": "secret"})
	event, err := json.Marshal(map[string]any{"Records": records})
	if err != nil {
		t.Fatal(err)
	}
	call := func(name string, event []byte) string {
		t.Helper()
		log.Reset()
		for _, o := range Operations() {
			if o.Name == "worker.archive."+name {
				if _, _, err := w.Invoke(t.Context(), &o, event); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
			}
		}
		if strings.Contains(log.String(), "secret") {
			t.Errorf("the log has content of a message: %s", &log)
		}
		return log.String()
	}
	if line := call("collect", event); !strings.Contains(line, `"unreadable":2`) || !strings.Contains(line, `"level":"WARN"`) {
		t.Errorf("collect: %s", line)
	}
	h := archive.Hour{App: w.ID, Type: archive.Direct, Name: archive.NameOf(w.Clock.Now())}
	objects := server.Objects()
	for _, id := range []string{strings.Repeat("0", 32), strings.Repeat("f", 32)} {
		if err := objects.PutPart(t.Context(), h, id, []byte("secret")); err != nil {
			t.Fatal(err)
		}
	}
	w.Clock.Move(2 * time.Hour)
	if line := call("merge", nil); !strings.Contains(line, `"unreadable":2`) {
		t.Errorf("merge: %s", line)
	}
	s := w.Tenant(t).Archive
	e, err := s.Export(t.Context(), archive.Direct, h.Name)
	if err != nil || e.Messages != 2 {
		t.Fatalf("the hour has %d messages, %v, want 2", e.Messages, err)
	}
	if pending, err := s.Pending(t.Context(), e); pending || err != nil {
		t.Errorf("the hour is still to be merged: %t, %v", pending, err)
	}
}
