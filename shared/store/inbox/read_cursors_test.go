package inbox_test

import (
	"testing"
	"time"

	"parley/infra/testkit"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/direct"
)

// TestOffsetAtLeavesOutImportsOfThePast: a message of an hour ago that is imported live now has
// the highest offset. What is read up to half an hour ago does not include the newer messages
// with lower offsets.
func TestOffsetAtLeavesOutImportsOfThePast(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	if err := w.Seed(t.Context(), "account ann\naccount bob\nmessages ann bob 3\n"); err != nil {
		t.Fatal(err)
	}
	now, hourAgo := w.Clock.Now(), w.Clock.Now().Add(-time.Hour)
	seq := uint32(9)
	err := w.Tenant(t).Direct.Import(t.Context(), direct.Import{
		From: "ann", To: "bob", Seq: &seq, Random: 9, Time: hourAgo.Unix(), Live: true,
		Content: content.Content{Elements: []content.Element{testkit.Text("old")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	id := chat.Between("bob", "ann")
	rows, err := w.Store.Inbox.RowsOf(t.Context(), w.ID, "bob", []chat.ID{id}, true)
	if err != nil || rows[0].InOffset != 4 {
		t.Fatalf("%+v, %v, want four messages", rows, err)
	}
	for at, want := range map[int64]int64{hourAgo.Unix() + 1800: 0, now.Unix(): 3} {
		if got, err := w.Store.Inbox.OffsetAt(t.Context(), w.ID, "bob", id, rows[0].InEpoch, at); err != nil || got != want {
			t.Errorf("at %d: offset %d, %v, want %d", at, got, err, want)
		}
	}
}
