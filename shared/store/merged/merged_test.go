package merged_test

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"parley/infra/testkit"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/direct"
	"parley/shared/domain/timeline"
	"parley/shared/dynamo"
	"parley/shared/dynamo/calls"
	"parley/shared/fault"
	"parley/shared/store/schema"
)

func mergedItems(n, size int) []content.MergedMessage {
	list := make([]content.MergedMessage, n)
	for i := range list {
		list[i] = content.MergedMessage{From: "ann", Elements: []content.Element{testkit.Text(fmt.Sprintf("%03d%s", i, strings.Repeat("x", size)))}}
	}
	return list
}

// The receiver of a message reads its merged list part by part, as it was written.
func TestReceiverReadsAMergedListByParts(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	if err := w.Seed(t.Context(), "account ann\naccount bob\n"); err != nil {
		t.Fatal(err)
	}
	s := w.Tenant(t).Direct
	list := mergedItems(content.MaxMerged, 700) // 238 KB
	m, err := s.ImportMerged(t.Context(), "ann", list, nil)
	if err != nil {
		t.Fatal(err)
	}
	seq := uint32(1)
	r, err := s.Forward(t.Context(), direct.Forward{SendRequest: direct.SendRequest{From: "ann", To: "bob", Seq: &seq, Trusted: true}, MergedRequest: direct.MergedRequest{Key: m.Key}})
	if err != nil {
		t.Fatal(err)
	}
	var got []content.MergedMessage
	parts := 0
	for part := 0; ; parts++ {
		page, err := s.ReadMergedPart(t.Context(), "bob", chat.Between("bob", "ann"), r.Key, m.Key, part)
		if err != nil {
			t.Fatal(err)
		}
		size := 0
		for _, item := range page.Messages {
			size += len(content.StoredForm{}.MergedMessage(item))
		}
		if size > 30<<10 {
			t.Errorf("part %d has %d bytes, too many for a frame", part, size)
		}
		got = append(got, page.Messages...)
		if part = page.Next; part == 0 {
			break
		}
	}
	if !reflect.DeepEqual(got, list) || parts < 5 {
		t.Errorf("read %d messages in %d parts, wrote %d", len(got), parts+1, len(list))
	}
}

// An import of a merged list can stop anywhere. Such a list can be neither sent nor read,
// and a repeat completes it. Many imports of one list at once leave a complete list.
func TestIncompleteMergedListIsNotRead(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	if err := w.Seed(t.Context(), "account ann\naccount bob\n"); err != nil {
		t.Fatal(err)
	}
	s := w.Tenant(t).Direct
	list := mergedItems(100, 700)
	m, err := s.ImportMerged(t.Context(), "ann", list, nil)
	if err != nil {
		t.Fatal(err)
	}
	seq := uint32(1)
	forward := func() error {
		_, err := s.Forward(t.Context(), direct.Forward{SendRequest: direct.SendRequest{From: "ann", To: "bob", Seq: &seq, Trusted: true}, MergedRequest: direct.MergedRequest{Key: m.Key}})
		return err
	}
	if err := forward(); err != nil {
		t.Fatal(err)
	}
	remove := func(k schema.Key) {
		t.Helper()
		name := server.Tables.Msg
		if _, err := testkit.Past[calls.DeleteItemOutput](t.Context(), server, &calls.DeleteItemInput{
			TableName: &name, Key: dynamo.NewItem(k),
		}); err != nil {
			t.Fatal(err)
		}
	}
	key := timeline.Key{Time: w.Clock.Now().Unix(), Seq: 1}
	remove(schema.MergedPartKey(w.ID, m.Key, 1))
	if _, err := s.ReadMergedPart(t.Context(), "bob", chat.Between("bob", "ann"), key, m.Key, 1); !fault.Is(err, fault.MessageUnknown) {
		t.Errorf("a part that does not exist: %v", err)
	}
	remove(schema.MergedKey(w.ID, m.Key))
	if _, err := s.ReadMergedPart(t.Context(), "bob", chat.Between("bob", "ann"), key, m.Key, 0); !fault.Is(err, fault.MessageUnknown) {
		t.Errorf("a list without its head is read: %v", err)
	}
	if err := forward(); !fault.Is(err, fault.KeyInvalid) {
		t.Errorf("a list without its head is sent: %v", err)
	}
	var wait sync.WaitGroup
	for range 5 {
		wait.Go(func() {
			if again, err := s.ImportMerged(t.Context(), "ann", list, nil); err != nil || again.Key != m.Key {
				t.Errorf("a repeat: %s, %v, want %s", again.Key, err, m.Key)
			}
		})
	}
	wait.Wait()
	for part := range len(m.Parts) {
		if _, err := s.ReadMergedPart(t.Context(), "bob", chat.Between("bob", "ann"), key, m.Key, part); err != nil {
			t.Errorf("part %d after the repeat: %v", part, err)
		}
	}
}
