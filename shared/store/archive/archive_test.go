package archive_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"parley/infra/testkit"
	"parley/shared/domain/archive"
	"parley/shared/dynamo"
	archivestore "parley/shared/store/archive"
)

// Of merges that have read the same version, one saves the next version.
func TestOneOfManyMergesSavesAVersion(t *testing.T) {
	s := server.Store().Archive
	h := archive.Hour{App: 31, Type: archive.Direct, Name: "2023111506"}
	for version := int64(1); version <= 5; version++ {
		var running sync.WaitGroup
		var saved atomic.Int64
		for n := range int64(8) {
			running.Go(func() {
				ok, err := s.SaveExport(t.Context(), archive.Export{Hour: h, Version: version, Messages: n, MD5: "a", GzipMD5: "b"})
				if err != nil {
					t.Error(err)
				}
				if ok {
					saved.Add(1)
				}
			})
		}
		running.Wait()
		if saved.Load() != 1 {
			t.Errorf("version %d was saved %d times", version, saved.Load())
		}
		if e, err := s.Export(t.Context(), h, true); err != nil || e == nil || e.Version != version {
			t.Errorf("after version %d: %+v, %v", version, e, err)
		}
	}
	for _, version := range []int64{1, 5, 7} { // two that were saved before, and one that skips a version
		if ok, err := s.SaveExport(t.Context(), archive.Export{Hour: h, Version: version}); ok || err != nil {
			t.Errorf("version %d after 5: saved %t, %v", version, ok, err)
		}
	}
}

// A new mark stays, even if another call removes the older mark at the same time.
func TestUnmarkKeepsANewerMark(t *testing.T) {
	s := server.Store().Archive
	h := archive.Hour{App: 32, Type: archive.Direct, Name: "2023111506"}
	for n := range 20 {
		old, newer := fmt.Sprintf("old%d", n), fmt.Sprintf("new%d", n)
		if err := s.MarkPending(t.Context(), archive.PendingHour{Hour: h, Token: old}); err != nil {
			t.Fatal(err)
		}
		var running sync.WaitGroup
		for _, call := range []func() error{
			func() error { return s.ClearPending(t.Context(), archive.PendingHour{Hour: h, Token: old}) },
			func() error { return s.MarkPending(t.Context(), archive.PendingHour{Hour: h, Token: newer}) },
			func() error { return s.ClearPending(t.Context(), archive.PendingHour{Hour: h, Token: old}) },
		} {
			running.Go(func() {
				if err := call(); err != nil {
					t.Error(err)
				}
			})
		}
		running.Wait()
		if pending, err := s.IsPending(t.Context(), h); err != nil || !pending {
			t.Fatalf("round %d: pending %t, %v, want the newer mark", n, pending, err)
		}
	}
	if err := s.ClearPending(t.Context(), archive.PendingHour{Hour: h, Token: "new19"}); err != nil {
		t.Fatal(err)
	}
	if pending, err := s.IsPending(t.Context(), h); err != nil || pending {
		t.Errorf("after the last mark was removed: pending %t, %v", pending, err)
	}
}

// PendingHours and Exports return hours page by page, in the order of time.
func TestPagesOfHours(t *testing.T) {
	s := server.Store().Archive
	hour := func(app int64, n int) archive.Hour {
		return archive.Hour{App: app, Type: archive.Direct, Name: fmt.Sprintf("20010101%02d", n)}
	}
	for n := range 5 {
		for _, app := range []int64{33, 34} {
			if err := s.MarkPending(t.Context(), archive.PendingHour{Hour: hour(app, n), Token: "m"}); err != nil {
				t.Fatal(err)
			}
			if ok, err := s.SaveExport(t.Context(), archive.Export{Hour: hour(app, n), Version: 1}); err != nil || !ok {
				t.Fatal(ok, err)
			}
		}
	}
	var got []string
	var after archive.Hour
	for {
		list, err := s.PendingHours(t.Context(), "2001010104", after, 3)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range list {
			got = append(got, fmt.Sprint(p.Name, " ", p.App))
			after = p.Hour
		}
		if len(list) < 3 {
			break
		}
	}
	want := []string{
		"2001010100 33", "2001010100 34", "2001010101 33", "2001010101 34",
		"2001010102 33", "2001010102 34", "2001010103 33", "2001010103 34",
	}
	if !slices.Equal(got, want) {
		t.Errorf("pending: got %q, want %q", got, want)
	}
	for _, c := range []struct {
		after, before string
		limit         int
		want          []string
	}{
		{"", "9999", 10, []string{"00", "01", "02", "03", "04"}},
		{"2001010101", "2001010104", 10, []string{"02", "03"}},
		{"2001010101", "2001010104", 1, []string{"02"}},
		{"2001010104", "2001010104", 10, nil},
		{"2001010105", "2001010104", 10, nil},
	} {
		list, err := s.Exports(t.Context(), 33, archive.Direct, c.after, c.before, c.limit)
		var hours []string
		for _, e := range list {
			hours = append(hours, e.Name[8:])
		}
		if err != nil || !slices.Equal(hours, c.want) {
			t.Errorf("exports from %q to %q: got %q, %v, want %q", c.after, c.before, hours, err, c.want)
		}
	}
	if list, err := s.Exports(t.Context(), 33, archive.Group, "", "9999", 10); err != nil || len(list) != 0 {
		t.Errorf("exports of groups: %v, %v", list, err)
	}
	for n := range 5 {
		for _, app := range []int64{33, 34} {
			if err := s.ClearPending(t.Context(), archive.PendingHour{Hour: hour(app, n), Token: "m"}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Of the records of the stream, only new messages of timelines are returned by Stored.
func TestStoredReturnsNewMessagesOnly(t *testing.T) {
	item := func(pk, sk string) dynamo.Item {
		i := dynamo.Item{"f": testkit.Number(1), "n": testkit.Number(3), "g": testkit.Number(9), "x": testkit.Number(99)}
		i["pk"], i["sk"] = dynamo.Str(pk), dynamo.Str(sk)
		i["b"] = dynamo.Str(`{"e":[{"t":"hi"}]}`)
		return i
	}
	const timeline, sk = "7#P#alice\x1fbob", "m6553f1000000000700000008"
	for _, c := range []struct {
		name string
		c    dynamo.StreamRecord
		want bool
	}{
		{"a message", dynamo.StreamRecord{Insert: true, Item: item(timeline, sk)}, true},
		{"a change of a message", dynamo.StreamRecord{Item: item(timeline, sk)}, false},
		{"the removal of a message", dynamo.StreamRecord{}, false},
		{"an entry of the operation log", dynamo.StreamRecord{Insert: true, Item: item(timeline, "o0000000001")}, false},
		{"a notice to one user", dynamo.StreamRecord{Insert: true, Item: item("7#N#alice", sk)}, false},
	} {
		r, ok, err := archivestore.ReadInsertedMessage(c.c)
		if err != nil || ok != c.want {
			t.Errorf("%s: stored %t, %v", c.name, ok, err)
		}
		if ok && (r.App != 7 || r.Message.From != "bob" || r.Message.To() != "alice" || r.Message.Seq != 7 || r.Message.Random != 8 || len(r.Message.Elements) != 1) {
			t.Errorf("%s: got %+v", c.name, r)
		}
	}
	bad := item(timeline, sk)
	bad["b"] = dynamo.Str("{")
	if _, _, err := archivestore.ReadInsertedMessage(dynamo.StreamRecord{Insert: true, Item: bad}); err == nil {
		t.Error("a malformed body was read")
	}
	if _, err := dynamo.ReadStream([]byte("[]")); err == nil {
		t.Error("a malformed event was read")
	}
}
