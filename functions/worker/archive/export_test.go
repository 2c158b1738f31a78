package archive

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/infra/testkit"
	"parley/shared/app"
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/archive"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/timeline"
	"parley/shared/op"
	"parley/shared/store/schema"
	"parley/shared/telemetry"
)

// run invokes a worker in a new function instance, which kill may end.
func run(w *testkit.World, name string, event []byte, kill *testkit.Interruption) error {
	for _, o := range Operations() {
		if o.Name != "worker.archive."+name {
			continue
		}
		a := w.NewApp(func(p *app.Parts) {
			p.Store = server.Store(kill.DynamoDB)
			p.Objects = server.Objects(kill.S3)
		})
		_, err := op.NewServer(&o, a, telemetry.NewLogger(io.Discard, "local", slog.LevelError), nil).Invoke(context.Background(), event)
		return err
	}
	return fmt.Errorf("no worker %s", name)
}

// An entry is a message: the stream record that delivers it, and the line that the file
// of its hour must have.
type entry struct {
	record map[string]any
	hour   string
	line   string
}

// eventOf returns the stream event of a batch.
func eventOf(t *testing.T, list []entry) []byte {
	t.Helper()
	records := make([]map[string]any, len(list))
	for i, s := range list {
		records[i] = s.record
	}
	event, err := json.Marshal(map[string]any{"Records": records})
	if err != nil {
		t.Fatal(err)
	}
	return event
}

// storeMessages stores up to n messages of three conversations in three hours, and
// returns the entries of each shard of the stream. Many messages have the same sequence
// and random numbers, so that only the conversation and the time tell them apart.
func storeMessages(t *testing.T, w *testkit.World, r *rand.Rand, n int) [][]entry {
	t.Helper()
	shards := make([][]entry, 2)
	start := w.Clock.Now().Unix()
	seen := make(map[string]bool)
	for range n {
		users := [2]string{"alice", []string{"bob", "carol", "dave"}[r.IntN(3)]}
		m := timeline.Message{
			Key:  timeline.Key{Time: start + r.Int64N(3*3600), Seq: uint32(r.IntN(2)), Random: 7},
			From: users[0], Chat: chat.Between(users[0], users[1]), Offset: 1, Epoch: 1, Expires: start + 86400,
			Content: content.Content{Elements: []content.Element{testkit.Text(strings.Repeat("long ", r.IntN(3)*100))}},
		}
		if r.IntN(2) == 0 {
			m.From = m.To()
		}
		if k := fmt.Sprint(users, m.Key); seen[k] {
			continue
		} else {
			seen[k] = true
		}
		if existing, err := w.Store.Timeline.PutMessage(t.Context(), w.ID, m); err != nil || existing != nil {
			t.Fatalf("put: %v, the key has a message already: %t", err, existing != nil)
		}
		line := fmt.Sprintf(`{"From_Account":%q,"To_Account":%q,"MsgTimestamp":%d,"MsgSeq":%d,"MsgRandom":7,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":%q}}]}`,
			m.From, m.To(), m.Time, m.Seq, *m.Elements[0].Text)
		shard := len(users[1]) % 2
		for _, item := range w.PartitionItems(t, schema.Msg, schema.TimelinePK(w.ID, m.Chat)) {
			if record := testkit.Streamed("INSERT", item); hasKey(record, m.Key) {
				shards[shard] = append(shards[shard], entry{record, archive.NameOf(time.Unix(m.Time, 0)), line})
			}
		}
	}
	return shards
}

// hasKey reports whether a stream record is of the message with a key.
func hasKey(record map[string]any, k timeline.Key) bool {
	text, err := json.Marshal(record["dynamodb"])
	return err == nil && bytes.Contains(text, []byte(schema.MessageSK(chat.Between("alice", "bob"), k)))
}

// readFiles returns the lines of every file of direct conversations.
func readFiles(t *testing.T, w *testkit.World) map[string][]string {
	t.Helper()
	return readFilesOf(t, w, archive.Direct, "C2C")
}

// readFilesOf returns the lines of every file of the application with messages of a type of
// conversations. It fails if a file does not match its description, or is malformed.
func readFilesOf(t *testing.T, w *testkit.World, of archive.ConversationType, name string) map[string][]string {
	t.Helper()
	list, err := w.Store.Archive.Exports(t.Context(), w.ID, of, "", "9999123123", 100)
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string][]string)
	for _, e := range list {
		body, err := w.Objects.File(t.Context(), e.Hour, e.GzipMD5)
		if err != nil {
			t.Fatal(err)
		}
		packed, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		unpacked, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			t.Fatal(err)
		}
		plain, err := io.ReadAll(unpacked)
		if err != nil {
			t.Fatal(err)
		}
		if int64(len(packed)) != e.GzipSize || int64(len(plain)) != e.Size || sum(packed) != e.GzipMD5 || sum(plain) != e.MD5 {
			t.Errorf("the file of %s does not match its description %+v", e.Name, e)
		}
		lines := strings.Split(strings.TrimSuffix(string(plain), "\n"), "\n")
		head := fmt.Sprintf(`{"SdkAppId":%d,"ChatType":%q,"MsgTime":%q,"MsgList":[`, w.ID, name, v4.FormatHour(e.Name))
		if lines[0] != head || lines[len(lines)-1] != "]}" || !json.Valid(plain) || int64(len(lines)-2) != e.Messages {
			t.Fatalf("the file of %s is malformed:\n%s", e.Name, plain)
		}
		for i, l := range lines[1 : len(lines)-1] {
			text, comma := strings.CutSuffix(l, ",")
			if comma == (i == len(lines)-3) {
				t.Errorf("line %d of %s ends with a comma: %t", i, e.Name, comma)
			}
			out[e.Name] = append(out[e.Name], text)
		}
	}
	return out
}

func sum(b []byte) string {
	s := md5.Sum(b)
	return hex.EncodeToString(s[:])
}

// checkFiles fails unless each message is in the file of its hour exactly once, there is
// nothing else in any file, and no hour is pending.
func checkFiles(t *testing.T, w *testkit.World, shards [][]entry) {
	t.Helper()
	want := make(map[string][]string)
	for _, s := range slices.Concat(shards...) {
		want[s.hour] = append(want[s.hour], s.line)
	}
	got := readFiles(t, w)
	for hour, list := range want {
		slices.Sort(list)
		lines := slices.Clone(got[hour])
		slices.Sort(lines)
		if !slices.Equal(lines, list) {
			t.Errorf("hour %s: %d messages, want %d", hour, len(lines), len(list))
		}
		delete(got, hour)
	}
	if len(got) != 0 {
		t.Errorf("files of hours without messages: %v", got)
	}
	for hour := range want {
		if pending, err := w.Store.Archive.IsPending(t.Context(), archive.Hour{App: w.ID, Type: archive.Direct, Name: hour}); err != nil || pending {
			t.Errorf("hour %s is still pending, %v", hour, err)
		}
	}
}

// checkGrowth fails if a file has lost a message since before, or has a message twice.
func checkGrowth(t *testing.T, before, after map[string][]string) {
	t.Helper()
	for hour, list := range before {
		for _, l := range list {
			if !slices.Contains(after[hour], l) {
				t.Errorf("hour %s lost %s", hour, l)
			}
		}
	}
	for hour, list := range after {
		sorted := slices.Clone(list)
		slices.Sort(sorted)
		if len(slices.Compact(sorted)) != len(list) {
			t.Errorf("hour %s has a message twice", hour)
		}
	}
}

// TestEveryMessageIsInItsFileOnce delivers batches twice, with other boundaries, and in
// any order of the shards, and kills the collector and the merger before or after any
// call. In the end each message is in the file of its hour exactly once.
func TestEveryMessageIsInItsFileOnce(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w, r := testkit.NewWorld(t, server, testkit.Options{}), testkit.Rand(seed)
			shards := storeMessages(t, w, r, 40)
			done := make([]int, len(shards)) // how many records of each shard are acknowledged
			randomKill := func() *testkit.Interruption { return &testkit.Interruption{At: r.IntN(12), After: r.IntN(2) == 0} }
			seen := map[string][]string{}
			w.Clock.Move(90 * time.Minute) // two of the hours have ended
			for step := 0; done[0] < len(shards[0]) || done[1] < len(shards[1]); step++ {
				if r.IntN(4) == 0 {
					_ = run(w, "merge", nil, randomKill()) // if it is killed, the next merge does the rest
					now := readFiles(t, w)
					checkGrowth(t, seen, now)
					seen = now
					continue
				}
				shard := r.IntN(2)
				from := done[shard]
				if from > 0 && r.IntN(3) == 0 {
					from = r.IntN(from) // the stream delivers acknowledged records again
				}
				to := min(from+1+r.IntN(12), len(shards[shard]))
				if from < to && run(w, "collect", eventOf(t, shards[shard][from:to]), randomKill()) == nil {
					done[shard] = max(done[shard], to)
				}
			}
			w.Clock.Move(3 * time.Hour)
			if err := run(w, "merge", nil, &testkit.Interruption{}); err != nil {
				t.Fatal(err)
			}
			checkGrowth(t, seen, readFiles(t, w))
			checkFiles(t, w, shards)
		})
	}
}

// TestKillAtEachCall kills the collector and the merger at each of their calls in turn,
// before it and after it. In the end each message is in the file of its hour once.
func TestKillAtEachCall(t *testing.T) {
	for _, after := range []bool{false, true} {
		w := testkit.NewWorld(t, server, testkit.Options{})
		shards := storeMessages(t, w, testkit.Rand(1), 12)
		all := slices.Concat(shards...)
		w.Clock.Move(5 * time.Hour)
		for _, worker := range []string{"collect", "merge", "collect", "merge"} { // the second time the hours have files
			kills := 0
			for at := 1; ; at++ {
				kill := &testkit.Interruption{At: at, After: after}
				err := run(w, worker, eventOf(t, all), kill)
				if !kill.Killed() {
					if err != nil {
						t.Fatalf("%s: %v", worker, err)
					}
					break
				}
				kills++
				if !after && err == nil {
					t.Errorf("%s was killed before call %d and succeeded", worker, at)
				}
			}
			t.Logf("%s was killed %d times, after the call: %t", worker, kills, after)
			if kills < 2 {
				t.Errorf("%s made %d calls", worker, kills)
			}
		}
		checkFiles(t, w, shards)
	}
}

// TestConcurrentMerges runs collectors and mergers at the same time: a merger that listed
// the parts earlier removes no message from a file.
func TestConcurrentMerges(t *testing.T) {
	for seed := range uint64(3) {
		w, r := testkit.NewWorld(t, server, testkit.Options{}), testkit.Rand(seed+100)
		shards := storeMessages(t, w, r, 40)
		all := slices.Concat(shards...)
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		w.Clock.Move(5 * time.Hour)
		var running sync.WaitGroup
		for batch := range slices.Chunk(all, 5) {
			event := eventOf(t, batch)
			running.Go(func() {
				if err := run(w, "collect", event, &testkit.Interruption{}); err != nil {
					t.Error(err)
				}
			})
		}
		for range 4 {
			running.Go(func() {
				for range 3 {
					if err := run(w, "merge", nil, &testkit.Interruption{}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		running.Wait()
		if err := run(w, "merge", nil, &testkit.Interruption{}); err != nil {
			t.Fatal(err)
		}
		checkFiles(t, w, shards)
	}
}

// TestManyParts merges an hour with more parts than are merged at a time. Some messages
// are in several parts.
func TestManyParts(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	shards := storeMessages(t, w, testkit.Rand(5), 120)
	all := slices.Concat(shards...)
	slices.SortFunc(all, func(a, b entry) int { return strings.Compare(a.hour, b.hour) })
	for i := range all {
		if err := run(w, "collect", eventOf(t, all[i:min(i+1+i%3, len(all))]), &testkit.Interruption{}); err != nil {
			t.Fatal(err)
		}
	}
	w.Clock.Move(5 * time.Hour)
	if err := run(w, "merge", nil, &testkit.Interruption{}); err != nil {
		t.Fatal(err)
	}
	checkFiles(t, w, shards)
}

// TestExpiry kills the worker at each call: in the end nothing is left of the hours that
// have expired, and everything of the others.
func TestExpiry(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	shards := storeMessages(t, w, testkit.Rand(2), 12)
	if err := run(w, "collect", eventOf(t, slices.Concat(shards...)), &testkit.Interruption{}); err != nil {
		t.Fatal(err)
	}
	w.Clock.Move(5 * time.Hour)
	if err := run(w, "merge", nil, &testkit.Interruption{}); err != nil {
		t.Fatal(err)
	}
	hours := readFiles(t, w)
	last := slices.Max(slices.Collect(func(yield func(string) bool) {
		for h := range hours {
			if !yield(h) {
				return
			}
		}
	}))
	w.Clock.Move(7*24*time.Hour - 3*time.Hour) // the last hour ended less than seven days ago
	for at, killed := 1, true; killed; at++ {
		kill := &testkit.Interruption{At: at, After: at%2 == 0}
		_ = run(w, "expire", nil, kill) // if it is killed, the next call does the rest
		killed = kill.Killed()
	}
	left := readFiles(t, w)
	if len(left) == 0 || len(left) >= len(hours) || !slices.Equal(left[last], hours[last]) {
		t.Errorf("%d hours of %d are left", len(left), len(hours))
	}
	for hour := range hours {
		ids, err := w.Objects.Parts(t.Context(), archive.Hour{App: w.ID, Type: archive.Direct, Name: hour})
		if err != nil {
			t.Fatal(err)
		}
		if _, hasFile := left[hour]; hasFile != (len(ids) > 0) {
			t.Errorf("hour %s has a file: %t, and %d parts", hour, hasFile, len(ids))
		}
	}
}
