package archive

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/md5" //nolint:gosec // the vendor's answer has it
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"

	"parley/shared/app"
	"parley/shared/domain/archive"
	"parley/shared/domain/messages"
	"parley/shared/op"
	"parley/shared/store"
	"parley/shared/testkit"
)

var errKilled = errors.New("killed")

// A mortal is a function that dies at one of its calls to AWS, before the call or
// after it, and from then on makes none.
type mortal struct {
	mu    sync.Mutex
	at    int // the call, from 1; 0: none
	after bool
	calls int
	dead  bool
}

func (m *mortal) options(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("Mortal", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.calls++
		dies := m.calls == m.at
		if m.dead || (dies && !m.after) {
			m.dead = true
			return middleware.InitializeOutput{}, middleware.Metadata{}, errKilled
		}
		out, meta, err := next.HandleInitialize(ctx, in)
		if dies {
			m.dead = true
			return middleware.InitializeOutput{}, middleware.Metadata{}, errKilled
		}
		return out, meta, err
	}), middleware.Before)
}

// run invokes a worker that has just started and may die.
func run(w *testkit.World, name string, event []byte, m *mortal) error {
	for _, o := range Operations() {
		if o.Name != "worker.archive."+name {
			continue
		}
		a := w.Fresh(func(p *app.Parts) {
			p.Store = server.Store(func(o *dynamodb.Options) { o.APIOptions = append(o.APIOptions, m.options) })
			p.Objects = server.Objects(func(o *s3.Options) { o.APIOptions = append(o.APIOptions, m.options) })
		})
		_, err := op.NewServer(&o, a, slog.New(slog.DiscardHandler), nil).Invoke(context.Background(), event)
		return err
	}
	return fmt.Errorf("no worker %s", name)
}

// An entry is a message as the stream brings it, and as a file must have it.
type entry struct {
	change map[string]any
	hour   string
	line   string
}

func eventOf(t *testing.T, list []entry) []byte {
	t.Helper()
	records := make([]map[string]any, len(list))
	for i, s := range list {
		records[i] = s.change
	}
	event, err := json.Marshal(map[string]any{"Records": records})
	if err != nil {
		t.Fatal(err)
	}
	return event
}

// write stores n messages of some pairs over three hours, and returns them shard
// by shard. All have the same few numbers, so that only pair and time part them.
func write(t *testing.T, w *testkit.World, r *rand.Rand, n int) [][]entry {
	t.Helper()
	shards := make([][]entry, 2)
	start := w.Clock.Now().Unix()
	seen := make(map[string]bool)
	for range n {
		pair := [2]string{"alice", []string{"bob", "carol", "dave"}[r.IntN(3)]}
		m := messages.Message{
			Key:  messages.Key{Time: start + r.Int64N(3*3600), Seq: uint32(r.IntN(2)), Random: 7}, //nolint:gosec // small
			From: pair[0], To: pair[1], Ordinal: 1, Generation: 1, Expires: start + 86400,
			Content: messages.Content{Elements: []messages.Element{testkit.Text(strings.Repeat("long ", r.IntN(3)*100))}},
		}
		if r.IntN(2) == 0 {
			m.From, m.To = m.To, m.From
		}
		if k := fmt.Sprint(pair, m.Key); seen[k] {
			continue
		} else {
			seen[k] = true
		}
		if taken, err := w.Store.PutMessage(t.Context(), w.ID, m); err != nil || taken != nil {
			t.Fatalf("put: %v, a message stands there: %t", err, taken != nil)
		}
		line := fmt.Sprintf(`{"From_Account":%q,"To_Account":%q,"MsgTimestamp":%d,"MsgSeq":%d,"MsgRandom":7,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":%s}]}`,
			m.From, m.To, m.Time, m.Seq, m.Elements[0].Content)
		shard := len(pair[1]) % 2
		for _, item := range w.Items(t, store.Msg, store.TimelinePK(w.ID, m.From, m.To)) {
			if c := testkit.Streamed("INSERT", item); sameKey(c, m.Key) {
				shards[shard] = append(shards[shard], entry{c, archive.NameOf(time.Unix(m.Time, 0)), line})
			}
		}
	}
	return shards
}

func sameKey(change map[string]any, k messages.Key) bool {
	text, err := json.Marshal(change["dynamodb"])
	return err == nil && bytes.Contains(text, []byte(store.MessageSK(k)))
}

// files reads every file of the world's application, and fails for one that is
// not what its entry says or not in its form.
func files(t *testing.T, w *testkit.World) map[string][]string {
	t.Helper()
	list, err := w.Store.Exports(t.Context(), w.ID, archive.C2C, "", "9999123123", 100)
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
			t.Errorf("the file of %s is not what %+v says", e.Name, e)
		}
		lines := strings.Split(strings.TrimSuffix(string(plain), "\n"), "\n")
		head := fmt.Sprintf(`{"SdkAppId":%d,"ChatType":"C2C","MsgTime":%q,"MsgList":[`, w.ID, e.Name)
		if lines[0] != head || lines[len(lines)-1] != "]}" || !json.Valid(plain) || int64(len(lines)-2) != e.Messages {
			t.Fatalf("the file of %s is not in its form:\n%s", e.Name, plain)
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
	s := md5.Sum(b) //nolint:gosec // the vendor's answer has it
	return hex.EncodeToString(s[:])
}

// check fails unless each message is in the file of its hour once, and nothing
// else is anywhere.
func check(t *testing.T, w *testkit.World, shards [][]entry) {
	t.Helper()
	want := make(map[string][]string)
	for _, s := range slices.Concat(shards...) {
		want[s.hour] = append(want[s.hour], s.line)
	}
	got := files(t, w)
	for hour, list := range want {
		slices.Sort(list)
		have := slices.Clone(got[hour])
		slices.Sort(have)
		if !slices.Equal(have, list) {
			t.Errorf("hour %s: %d messages, want %d", hour, len(have), len(list))
		}
		delete(got, hour)
	}
	if len(got) != 0 {
		t.Errorf("files of hours without messages: %v", got)
	}
	for hour := range want {
		if pending, err := w.Store.IsPending(t.Context(), archive.Hour{App: w.ID, Type: archive.C2C, Name: hour}); err != nil || pending {
			t.Errorf("hour %s is still pending, %v", hour, err)
		}
	}
}

// grows fails when a file has lost a message or has one twice.
func grows(t *testing.T, before, after map[string][]string) {
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

// TestEveryMessageOnce brings batches twice, cut otherwise, out of order between
// shards, and kills collector and merger before or after any call. In the end each
// message is in the file of its hour once.
func TestEveryMessageOnce(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w, r := testkit.NewWorld(t, server, testkit.Options{}), testkit.Rand(seed)
			shards := write(t, w, r, 40)
			at := make([]int, len(shards)) // what the stream knows to be done
			death := func() *mortal { return &mortal{at: r.IntN(12), after: r.IntN(2) == 0} }
			seen := map[string][]string{}
			w.Clock.Move(90 * time.Minute) // two of the hours are over
			for step := 0; at[0] < len(shards[0]) || at[1] < len(shards[1]); step++ {
				if r.IntN(4) == 0 {
					_ = run(w, "merge", nil, death()) // dead or not: the next one heals
					now := files(t, w)
					grows(t, seen, now)
					seen = now
					continue
				}
				shard := r.IntN(2)
				from := at[shard]
				if from > 0 && r.IntN(3) == 0 {
					from = r.IntN(from) // what was done comes again
				}
				to := min(from+1+r.IntN(12), len(shards[shard]))
				if from < to && run(w, "collect", eventOf(t, shards[shard][from:to]), death()) == nil {
					at[shard] = max(at[shard], to)
				}
			}
			w.Clock.Move(3 * time.Hour)
			if err := run(w, "merge", nil, &mortal{}); err != nil {
				t.Fatal(err)
			}
			grows(t, seen, files(t, w))
			check(t, w, shards)
		})
	}
}

// TestDeathAtEachCall kills the collector and the merger at each of their calls in
// turn, before it and after it.
func TestDeathAtEachCall(t *testing.T) {
	for _, after := range []bool{false, true} {
		w := testkit.NewWorld(t, server, testkit.Options{})
		shards := write(t, w, testkit.Rand(1), 12)
		all := slices.Concat(shards...)
		w.Clock.Move(5 * time.Hour)
		for _, worker := range []string{"collect", "merge", "collect", "merge"} { // the second time of an hour that has a file
			deaths := 0
			for at := 1; ; at++ {
				m := &mortal{at: at, after: after}
				err := run(w, worker, eventOf(t, all), m)
				if !m.dead {
					if err != nil {
						t.Fatalf("%s: %v", worker, err)
					}
					break
				}
				deaths++
				if !after && err == nil {
					t.Errorf("%s died at call %d and succeeded", worker, at)
				}
			}
			t.Logf("%s died %d times, after the call: %t", worker, deaths, after)
			if deaths < 2 {
				t.Errorf("%s made %d calls", worker, deaths)
			}
		}
		check(t, w, shards)
	}
}

// TestAtTheSameTime runs collectors and mergers together: a merger that knew less
// takes nothing away.
func TestAtTheSameTime(t *testing.T) {
	for seed := range uint64(3) {
		w, r := testkit.NewWorld(t, server, testkit.Options{}), testkit.Rand(seed+100)
		shards := write(t, w, r, 40)
		all := slices.Concat(shards...)
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		w.Clock.Move(5 * time.Hour)
		var running sync.WaitGroup
		for batch := range slices.Chunk(all, 5) {
			event := eventOf(t, batch)
			running.Go(func() {
				if err := run(w, "collect", event, &mortal{}); err != nil {
					t.Error(err)
				}
			})
		}
		for range 4 {
			running.Go(func() {
				for range 3 {
					if err := run(w, "merge", nil, &mortal{}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		running.Wait()
		if err := run(w, "merge", nil, &mortal{}); err != nil {
			t.Fatal(err)
		}
		check(t, w, shards)
	}
}

// TestManyParts has more parts than are merged at a time, some of them double.
func TestManyParts(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	shards := write(t, w, testkit.Rand(5), 120)
	all := slices.Concat(shards...)
	slices.SortFunc(all, func(a, b entry) int { return strings.Compare(a.hour, b.hour) })
	for i := range all {
		if err := run(w, "collect", eventOf(t, all[i:min(i+1+i%3, len(all))]), &mortal{}); err != nil {
			t.Fatal(err)
		}
	}
	w.Clock.Move(5 * time.Hour)
	if err := run(w, "merge", nil, &mortal{}); err != nil {
		t.Fatal(err)
	}
	check(t, w, shards)
}

// TestExpiry kills the removal at each call: in the end nothing is left of hours
// whose time is over, and everything of the others.
func TestExpiry(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	shards := write(t, w, testkit.Rand(2), 12)
	if err := run(w, "collect", eventOf(t, slices.Concat(shards...)), &mortal{}); err != nil {
		t.Fatal(err)
	}
	w.Clock.Move(5 * time.Hour)
	if err := run(w, "merge", nil, &mortal{}); err != nil {
		t.Fatal(err)
	}
	hours := files(t, w)
	last := slices.Max(slices.Collect(func(yield func(string) bool) {
		for h := range hours {
			if !yield(h) {
				return
			}
		}
	}))
	w.Clock.Move(7*24*time.Hour - 3*time.Hour) // the last hour is not over for seven days
	for at, dead := 1, true; dead; at++ {
		m := &mortal{at: at, after: at%2 == 0}
		_ = run(w, "expire", nil, m) // dead or not: the next one goes on
		dead = m.dead
	}
	left := files(t, w)
	if len(left) == 0 || len(left) >= len(hours) || !slices.Equal(left[last], hours[last]) {
		t.Errorf("%d hours of %d are left", len(left), len(hours))
	}
	for hour := range hours {
		ids, err := w.Objects.Parts(t.Context(), archive.Hour{App: w.ID, Type: archive.C2C, Name: hour})
		if err != nil {
			t.Fatal(err)
		}
		if _, there := left[hour]; there != (len(ids) > 0) {
			t.Errorf("hour %s has a file: %t, and %d parts", hour, there, len(ids))
		}
	}
}
