package archive

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/shared/clock"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/timeline"
	"parley/shared/parallel"
)

// memoryObjects holds parts in memory; the other methods of Objects are missing.
type memoryObjects struct {
	Objects
	parts map[string][]byte
}

func (m memoryObjects) PutPart(_ context.Context, _ Hour, id string, content []byte) error {
	m.parts[id] = content
	return nil
}

func (m memoryObjects) Part(_ context.Context, _ Hour, id string) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(m.parts[id])), nil
}

// acceptingStore accepts every mark; the other methods of Store are missing.
type acceptingStore struct{ Store }

func (acceptingStore) MarkPending(context.Context, PendingHour) error { return nil }

// diskCounter counts the open files.
type diskCounter struct{ open, maxOpen int }

type countedDisk struct {
	*os.File
	of *diskCounter
}

func (d countedDisk) Close() error {
	d.of.open--
	return d.File.Close()
}

func (d *diskCounter) Create() (Disk, error) {
	f, err := os.CreateTemp("", "archive-test-*")
	if err != nil {
		return nil, err
	}
	d.open++
	d.maxOpen = max(d.maxOpen, d.open)
	return countedDisk{f, d}, os.Remove(f.Name())
}

// testFormat is the format of the files of this test.
type testFormat struct{}

func (testFormat) Begin(h Hour) string { return fmt.Sprint("[", h) }

func (testFormat) Message(m timeline.Message) (json.RawMessage, error) {
	return json.Marshal(fmt.Sprint(m.Key, m.From, m.To(), *m.Elements[0].Text))
}

func (testFormat) End() string { return "]" }

func newJob(d *diskCounter) (Job, memoryObjects) {
	m := memoryObjects{parts: make(map[string][]byte)}
	return NewJob(acceptingStore{}, m, nil, testFormat{}, d, nil, clock.System{}, parallel.Sequence{}), m
}

// The number of parts is below, at and above mergeWidth, and so large that lists on disk
// are merged again. Each time the file is the same as that of one part with all
// messages, and no file is left open.
func TestBuildGivesTheSameFileForAnyNumberOfParts(t *testing.T) {
	h := Hour{App: 7, Type: Direct, Name: "2023111506"}
	start, _ := ParseName(h.Name)
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, mergeWidth - 1, mergeWidth, mergeWidth + 1, 2 * mergeWidth, mergeWidth*mergeWidth + mergeWidth + 5} {
		var all []Record
		var d diskCounter
		j, m := newJob(&d)
		for i := range n {
			all = append(all, Record{App: 7, Position: fmt.Sprintf("%06d", r.IntN(1_000_000)), Message: timeline.Message{
				Key: timeline.Key{Time: start.Unix() + int64(i%3600), Seq: uint32(i)}, From: "a", Chat: chat.Between("a", "<b>&"),
				Content: content.Content{Elements: []content.Element{content.NewText("<x>\x01")}},
			}})
			// Each part has the newest message, and one or two that others have.
			batch := append([]Record{all[i]}, all[max(0, i-r.IntN(3)):i]...)
			if err := j.Collect(t.Context(), batch); err != nil {
				t.Fatal(err)
			}
		}
		var ids []string
		for id := range m.parts {
			ids = append(ids, id)
		}
		got, err := j.build(t.Context(), h, ids)
		if err != nil {
			t.Fatal(err)
		}
		singlePartJob, singlePart := newJob(&d)
		if err := singlePartJob.Collect(t.Context(), all); err != nil {
			t.Fatal(err)
		}
		var singleIDs []string
		for id := range singlePart.parts {
			singleIDs = append(singleIDs, id)
		}
		want, err := singlePartJob.build(t.Context(), h, singleIDs)
		if err != nil {
			t.Fatal(err)
		}
		if len(singleIDs) != 1 || got.MD5 != want.MD5 || got.GzipMD5 != want.GzipMD5 || got.Size != want.Size || got.Messages != want.Messages {
			t.Errorf("%d parts: got %+v, want %+v", len(ids), got.Export, want.Export)
		}
		got.close()
		want.close()
		if d.open != 0 || d.maxOpen > 2*mergeWidth+3 {
			t.Errorf("%d parts: %d files stay open, at most %d were", len(ids), d.open, d.maxOpen)
		}
	}
}

func TestBuildFailsForAnUnreadablePartAndLeavesNoFileOpen(t *testing.T) {
	var good bytes.Buffer
	w := gzip.NewWriter(&good)
	for n := range 3 {
		_, _ = fmt.Fprintf(w, `{"k":"%d","m":{}}`+"\n", n)
	}
	_ = w.Close()
	for what, bad := range map[string][]byte{
		"an empty part": nil, "a part that is not gzip": []byte("hello"), "a truncated part": good.Bytes()[:good.Len()-12],
	} {
		for _, n := range []int{1, mergeWidth + 1} {
			var d diskCounter
			j, m := newJob(&d)
			var ids []string
			for i := range n {
				id := fmt.Sprint(i)
				m.parts[id], ids = good.Bytes(), append(ids, id)
			}
			m.parts["0"] = bad
			if f, err := j.build(t.Context(), Hour{}, ids); err == nil {
				t.Errorf("%s among %d: got %+v", what, n, f.Export)
			}
			if d.open != 0 {
				t.Errorf("%s among %d: %d files stay open", what, n, d.open)
			}
		}
	}
}

func TestHoursAreThoseOfUTCAndExpireAfterTheirDays(t *testing.T) {
	for _, c := range []struct{ time, name string }{
		{"2023-11-14T15:59:59Z", "2023111415"},
		{"2023-11-14T16:00:00Z", "2023111416"},
		{"2024-02-29T16:30:00Z", "2024022916"},
		{"1970-01-01T00:00:00Z", "1970010100"},
	} {
		at, err := time.Parse(time.RFC3339, c.time)
		if err != nil {
			t.Fatal(err)
		}
		if got := NameOf(at); got != c.name {
			t.Errorf("%s is in %s, want %s", c.time, got, c.name)
		}
		start, ok := ParseName(c.name)
		if !ok || at.Before(start) || !at.Before(start.Add(time.Hour)) {
			t.Errorf("%s begins at %s, %t", c.name, start, ok)
		}
	}
	for _, bad := range []string{"", "2023111524", "2023130100", "2023022900", "202311150", "20231115061", "2023-11-15", "+023111506", "2023111 06"} {
		if _, ok := ParseName(bad); ok {
			t.Errorf("%q is read as an hour", bad)
		}
	}
	h := Hour{Name: "2023111506"}
	end := time.Date(2023, 11, 15, 7, 0, 0, 0, time.UTC)
	if !h.expiry(7).Equal(end.Add(168*time.Hour)) || h.expired(7, end.Add(168*time.Hour-1)) || !h.expired(7, end.Add(168*time.Hour)) {
		t.Errorf("the file of an hour that ends at %s expires at %s", end, h.expiry(7))
	}
}

func TestReadMessagesSkipsAndLimits(t *testing.T) {
	for _, n := range []int{0, 1, 5} {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf(`{"n":%d}`, i))
		}
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, _ = io.WriteString(w, "[\n"+strings.Join(list, ",\n")+"\n]\n")
		_ = w.Close()
		for skip := range n + 2 {
			for _, limit := range []int{1, 2, 10} {
				got, err := readMessages(bytes.NewReader(packed.Bytes()), skip, min(limit, n-skip))
				var text []string
				for _, m := range got {
					text = append(text, string(m))
				}
				want := list[min(skip, n):min(skip+limit, n)]
				if n > 0 && (err != nil || !slices.Equal(text, want)) {
					t.Errorf("%d of %d after %d: got %q, %v, want %q", limit, n, skip, text, err, want)
				}
			}
		}
	}
}
