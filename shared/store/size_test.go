package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"parley/infra/testkit"
	"parley/shared/domain/accounts"
	"parley/shared/domain/apps"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/direct"
	"parley/shared/domain/inbox"
	"parley/shared/domain/sessions"
	"parley/shared/domain/timeline"
	"parley/shared/dynamo"
	"parley/shared/dynamo/calls"
	"parley/shared/store/schema"
	"parley/shared/telemetry"
)

// The longest ids, and a time whose digits are all significant.
const (
	longA = "a#~ 4567890123456789012345678901"
	longB = "b#~ 4567890123456789012345678902"
	late  = 299_999_999*time.Second + 999*time.Millisecond // 1999999999.999
)

// sized is a world whose times have as many digits as possible, with a client that reads
// and measures items.
type sized struct {
	*testkit.World
	t *testing.T
}

func newSized(t *testing.T) sized {
	w := testkit.NewWorld(t, server, testkit.Options{})
	w.Clock.Move(late)
	return sized{w, t}
}

func (s sized) item(table schema.Table, k schema.Key) dynamo.Item {
	s.t.Helper()
	return s.Item(s.t, table, k)
}

// within checks that an item has at most a number of bytes.
func (s sized) within(what string, table schema.Table, k schema.Key, most int) {
	s.t.Helper()
	item := s.item(table, k)
	if got := item.Size(); got > most {
		s.t.Errorf("%s has %d bytes, its budget is %d:\n%s", what, got, most, describe(item))
	}
}

func describe(item dynamo.Item) string {
	var b strings.Builder
	for name, v := range item {
		fmt.Fprintf(&b, "\t%s: %d\n", name, dynamo.Item{name: v}.Size())
	}
	return b.String()
}

// costs runs a call and checks how many write units it consumes.
func (s sized) costs(what string, want float64, call func(context.Context) error) {
	s.t.Helper()
	m := &telemetry.Meter{}
	if err := call(telemetry.WithMeter(s.t.Context(), m)); err != nil {
		s.t.Fatalf("%s: %v", what, err)
	}
	if got := m.Units().W; got != want {
		s.t.Errorf("%s costs %g W, want %g", what, got, want)
	}
}

func (s sized) set(table schema.Table, k schema.Key, attributes dynamo.Item) {
	s.t.Helper()
	if err := s.SetAttributes(s.t.Context(), table, k, attributes); err != nil {
		s.t.Fatal(err)
	}
}

func text(s string) calls.Value { return &calls.Text{Value: s} }

// largeOffset is an offset that is far above the number of messages of two users.
const largeOffset = 999_999_999

// longestPreview returns the longest preview that a message can have.
func longestPreview() string {
	return content.Content{Elements: []content.Element{testkit.Text(strings.Repeat("p", content.MaxBody))}}.Preview()
}

func (s sized) arrive(ctx context.Context, m timeline.Message) error {
	_, err := s.Store.Direct.CountArrival(ctx, s.ID, direct.Arrival{
		Message: m, NowMs: s.Clock.Now().UnixMilli(), Preview: longestPreview(), RowExpires: m.Expires,
	})
	return err
}

func (s sized) claim(from, to string, key uint64) direct.ClaimRequest {
	now := s.Clock.Now()
	return direct.ClaimRequest{
		From: from, Chat: chat.Between(from, to), IdempotencyKey: key, Key: timeline.Key{Time: now.Unix(), Seq: uint32(key), Random: 1<<32 - 1},
		NowMs: now.UnixMilli(), Preview: longestPreview(), Expires: now.Unix() + 2_592_001,
	}
}

// send claims the offset of a send of longA to longB.
func (s sized) send(ctx context.Context, key uint64) error {
	windows, err := s.Store.Direct.Windows(ctx, s.ID, longA, []chat.ID{chat.Between(longA, longB)})
	if err != nil {
		return err
	}
	_, err = s.Tenant(s.t).Direct.Claim(ctx, s.claim(longA, longB, key), windows[0])
	return err
}

// Nothing is accepted that is longer than the budgets of the other tests assume.
func TestLongestInputs(t *testing.T) {
	s := newSized(t)
	svc := s.Tenant(t).Accounts
	for _, d := range []accounts.Import{
		{ID: longA + "x"}, {ID: longA, Nick: strings.Repeat("n", 501)}, {ID: longA, Face: strings.Repeat("f", 501)},
	} {
		if err := svc.Import(t.Context(), d); err == nil {
			t.Errorf("an id of %d, a nick of %d and a face of %d bytes are accepted", len(d.ID), len(d.Nick), len(d.Face))
		}
	}
	if got, want := sessions.MaxInstance, 64; got != want {
		t.Errorf("an instance has up to %d bytes, want %d", got, want)
	}
	if got, want := len(longestPreview()), 120; got != want {
		t.Errorf("a preview has up to %d bytes, want %d", got, want)
	}
}

// A conversation row without data has at most 1,023 bytes and costs 1 W
// (docs/data-model.md §3). The test fills a row: more sends within the window than it has room for,
// many messages that are excluded from unread, both users have read, and the history is
// cleared.
func TestConversationRowSize(t *testing.T) {
	const budget = 1023
	s := newSized(t)
	row := schema.RowKey(s.ID, longA, chat.Between(longA, longB))
	s.set(schema.Core, row, dynamo.Item{"o": testkit.Number(largeOffset), "g": testkit.Number(s.Clock.Now().UnixMilli())})
	for key := range uint64(32) {
		s.costs("a claim", 1, func(ctx context.Context) error {
			return s.send(ctx, key<<32|key)
		})
		s.Clock.Move(time.Second)
	}
	for key := range uint64(4) { // the window is full: each of these saves a send
		if err := s.send(t.Context(), 1<<40|key); err != nil {
			t.Fatal(err)
		}
	}
	s.within("a row with a full window", schema.Core, row, budget)
	in := timeline.Message{
		Key: timeline.Key{Time: s.Clock.Now().Unix(), Seq: 7, Random: 8}, From: longB, Chat: chat.Between(longB, longA),
		Epoch: s.Clock.Now().UnixMilli(), Expires: s.Clock.Now().Unix() + 2_592_001, ExcludedFromUnread: true,
	}
	in.Offset = largeOffset
	s.costs("the first arrival", 2, func(ctx context.Context) error {
		return s.arrive(ctx, in)
	})
	for range 19 { // more excluded messages than a row has room for
		in.Offset++
		want := 1.0
		if in.Offset == largeOffset+16 {
			want = 2
		}
		s.costs("an arrival", want, func(ctx context.Context) error {
			return s.arrive(ctx, in)
		})
	}
	upTo := in.Offset - 1
	s.costs("marking read", 1, func(ctx context.Context) error {
		_, _, err := s.Store.Inbox.MoveReadCursor(ctx, s.ID, longA, chat.Between(longA, longB), &upTo, s.Clock.Now().UnixMilli())
		return err
	})
	in.Offset++
	s.costs("an arrival", 1, func(ctx context.Context) error {
		return s.arrive(ctx, in)
	})
	g := s.item(schema.Core, row)["g"].(*calls.Number).Value
	var epoch int64
	if _, err := fmt.Sscan(g, &epoch); err != nil {
		t.Fatal(err)
	}
	s.costs("the read cursor in the sender's row", 1, func(ctx context.Context) error {
		_, err := s.Store.Inbox.CopyReadCursorToPeer(ctx, s.ID, longB, chat.Between(longA, longB), epoch, largeOffset, s.Clock.Now().UnixMilli())
		return err
	})
	s.set(schema.Core, row, dynamo.Item{"cl": text(schema.MessageSK(in.Chat, in.Key))})
	for _, name := range []string{
		"t", "k", "pv", "o", "g", "i", "gi", "d", "rt", "pr", "pt", "nq", "nu", "nf", "cl", "x", "sp", "w",
	} {
		if _, there := s.item(schema.Core, row)[name]; !there {
			t.Errorf("the largest row lacks %s", name)
		}
	}
	s.within("a row without data", schema.Core, row, budget)

	// With all data that a user can put on it, and the time of the last operation. The window has
	// room for fewer sends then.
	s.Clock.Move(10 * time.Minute)
	if err := s.send(t.Context(), 98); err != nil {
		t.Fatal(err)
	}
	var all inbox.NumberSet
	for n := 1; n <= inbox.MaxLabel; n++ {
		all = all.With(n)
	}
	seen, err := s.Store.Inbox.RowsOf(t.Context(), s.ID, longA, chat.BetweenEach(longA, []string{longB}), true)
	if err != nil {
		t.Fatal(err)
	}
	draft := strings.Repeat("d", 500)
	s.costs("all of a user's data and a draft", 6, func(ctx context.Context) error {
		_, err := s.Store.Inbox.WriteConversations(ctx, s.ID, longA, inbox.Transaction{NowMs: s.Clock.Now().UnixMilli(), Rows: []inbox.Mutation{{
			SeenRow: seen[0], Draft: &draft, Data: inbox.Data{
				PinnedMs: s.Clock.Now().UnixMilli(), Labels: all, FolderNumbers: inbox.NumberSet(0).With(24).With(1),
				CustomLabel: strings.Repeat("c", 256), Option: direct.OptionDiscard,
			},
		}}})
		return err
	})
	s.set(schema.Core, row, dynamo.Item{"op": testkit.Number(largeOffset)})
	for _, name := range []string{"pn", "mk", "gl", "fl", "cd", "dt", "kx", "e", "ut"} {
		if _, there := s.item(schema.Core, row)[name]; !there {
			t.Errorf("the largest row lacks %s", name)
		}
	}
	for key := range uint64(direct.MinRoom - 1) {
		s.costs("a claim on the largest row", 1, func(ctx context.Context) error { return s.send(ctx, 200+key) })
	}
	s.within("a row with every attribute of the model", schema.Core, row, 1023)
}

// A message has at most 150 bytes besides its body. The test also fixes what bodies cost.
func TestMessageSize(t *testing.T) {
	s := newSized(t)
	put := func(what string, want float64, body string, random uint32) dynamo.Item {
		m := timeline.Message{
			Key:  timeline.Key{Time: s.Clock.Now().Unix(), Seq: 1<<32 - 1, Random: random},
			From: longB, Chat: chat.Between(longB, longA), Offset: largeOffset, Epoch: s.Clock.Now().UnixMilli(),
			Expires: s.Clock.Now().Unix() + 2_592_001, ExcludedFromUnread: true, ExcludedFromLast: true, HiddenFromSender: true,
			Content: content.Content{Elements: []content.Element{testkit.Text(body)}},
		}
		s.costs(what, want, func(ctx context.Context) error {
			_, err := s.Store.Timeline.PutMessage(ctx, s.ID, m)
			return err
		})
		return s.item(schema.Msg, schema.Key{PK: schema.TimelinePK(s.ID, chat.Between(longA, longB)), SK: schema.MessageSK(m.Chat, m.Key)})
	}
	item := put("a short message", 1, "hello", 1)
	body := len(item["b"].(*calls.Text).Value)
	if got, most := item.Size()-body, 150; got > most {
		t.Errorf("a message has %d bytes besides its body, the budget is %d:\n%s", got, most, describe(item))
	}
	envelope := len(`{"e":[{"t":""}]}`)
	item = put("the longest body that is not compressed", 1, strings.Repeat("x", 699-envelope), 2)
	if _, packed := item["z"]; packed || item.Size() > 1024-100 {
		t.Errorf("699 bytes of body: z is there: %t, %d bytes", packed, item.Size())
	}
	item = put("the shortest body that is compressed", 1, random(700-envelope), 3)
	if _, packed := item["z"]; !packed || item.Size() > 1024 {
		t.Errorf("700 bytes of body: z is there: %t, %d bytes", packed, item.Size())
	}
	put("1.5 KB of words", 1, words(1500), 4)
	put("the largest message, of words", 5, words(12_000), 5)
	put("the largest message, of random letters", 9, random(12_000), 6)
}

// words returns text with the entropy of a language: about 3 bits a letter.
func words(n int) string {
	r := rand.New(rand.NewPCG(1, 2))
	var list []string
	for range 400 {
		var w strings.Builder
		for range 2 + r.IntN(8) {
			w.WriteByte("etaoinshrdlucmfwypvbgkjqxz"[min(r.IntN(26), r.IntN(26))])
		}
		list = append(list, w.String())
	}
	var b strings.Builder
	for b.Len() < n {
		b.WriteString(list[min(r.IntN(400), r.IntN(400))] + " ")
	}
	return b.String()[:n]
}

// random returns text that can hardly be compressed.
func random(n int) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	r := rand.New(rand.NewPCG(3, 4))
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[r.IntN(64)]
	}
	return string(b)
}

// A session is one item. The test fixes its size and what a connect costs, under every
// policy and with several devices of a platform.
func TestSessionSize(t *testing.T) {
	natives := []string{"Android", "iPhone", "iPad", "Windows", "Mac", "Linux"}
	for _, c := range []struct {
		name        string
		policy      sessions.Policy
		native, web int
		instance    int
		platforms   []string
		most        int
		w           float64
	}{
		// docs/data-model.md §3: 95-390 bytes, with identifiers of 16 bytes and three
		// devices that do not renew their connections.
		{"three devices", sessions.Triple, 1, 1, 16, []string{"MiniProgram", "Windows", "Android"}, 390, 1},
		{"three devices with UUIDs, renewed", sessions.Triple, 1, 1, 36, []string{"MiniProgram", "Windows", "Android"}, 700, 1},
		{"three devices with the longest identifiers, renewed", sessions.Triple, 1, 1, sessions.MaxInstance, []string{"MiniProgram", "Windows", "Android"}, 1024, 1},
		{"every platform with UUIDs", sessions.Multi, 1, 1, 36, append(natives, "Web"), 1023, 1},
		{"every platform with the longest identifiers, renewed", sessions.Multi, 1, 1, sessions.MaxInstance, append(natives, "Web"), 2047, 2},
		{"three phones and two pages with UUIDs", sessions.Dual, 3, 10, 36, []string{"iPhone", "iPhone", "iPhone", "Web", "Web"}, 700, 1},
		// The largest possible session: 28 devices, then all of them in a renewal.
		{"as many devices as possible, with UUIDs", sessions.Multi, 3, 10, 36, allDevices(natives), 3072, 3},
		{"as many devices as possible, with the longest identifiers", sessions.Multi, 3, 10, sessions.MaxInstance, allDevices(natives), 4096, 4},
		{"as many devices as possible, with the longest identifiers, renewed", sessions.Multi, 3, 10, sessions.MaxInstance, allDevices(natives), 7168, 7},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSized(t)
			svc := s.TenantWith(t, func(set *apps.Settings) {
				set.LoginPolicy, set.NativeInstances, set.WebInstances = c.policy, c.native, c.web
			}, nil).Sessions
			connection := func(n, round int) sessions.Connection {
				name := fmt.Sprintf("%s%d", c.platforms[n], n)
				return sessions.Connection{
					ID: fmt.Sprintf("L0SM9cOF%02dcCIh%d=", n, round), Platform: sessions.Platform(c.platforms[n]),
					Instance: name + strings.Repeat("i", c.instance-len(name)),
				}
			}
			rounds := 1
			if strings.Contains(c.name, "renewed") {
				rounds = 2
			}
			for round := range rounds {
				for n := range c.platforms {
					if _, err := svc.Connect(t.Context(), longA, connection(n, round)); err != nil {
						t.Fatal(err)
					}
				}
			}
			devices, err := svc.Devices(t.Context(), longA)
			if err != nil || len(devices) != len(c.platforms) {
				t.Fatalf("%d devices, %v, want %d", len(devices), err, len(c.platforms))
			}
			s.within(c.name, schema.Live, schema.SessionKey(s.ID, longA), c.most)
			t.Logf("%d devices: %d bytes", len(devices), s.item(schema.Live, schema.SessionKey(s.ID, longA)).Size())
			s.costs("a connect", c.w, func(ctx context.Context) error {
				_, err := svc.Connect(ctx, longA, connection(0, 2))
				return err
			})
			s.costs("a disconnect", c.w, func(ctx context.Context) error {
				_, err := svc.Disconnect(ctx, longA, connection(0, 2), "closed")
				return err
			})
			s.within("after a disconnect", schema.Live, schema.SessionKey(s.ID, longA), c.most)
		})
	}
}

// allDevices returns the platforms of as many devices as a user can have: three devices of
// each native platform and ten pages.
func allDevices(natives []string) []string {
	var list []string
	for range sessions.MaxNative {
		list = append(list, natives...)
	}
	for range sessions.MaxWeb {
		list = append(list, "Web")
	}
	return list
}

// A saved send and the claim of a batch cost 1 W each.
func TestSavedSendSize(t *testing.T) {
	s := newSized(t)
	s.set(schema.Core, schema.RowKey(s.ID, longA, chat.Between(longA, longB)), dynamo.Item{"o": testkit.Number(largeOffset)})
	for key := range uint64(33) {
		if err := s.send(t.Context(), key+1); err != nil {
			t.Fatal(err)
		}
		s.Clock.Move(time.Second)
	}
	// The oldest send was saved, because the 33rd pushed it out.
	s.within("a saved send", schema.Live, schema.IdempotencyKey(s.ID, longA, chat.Between(longA, longB), 1), 160)
	now := s.Clock.Now().Unix()
	s.costs("the claim of a batch", 1, func(ctx context.Context) error {
		_, err := s.Store.Direct.ClaimBatch(ctx, s.ID, longA, 5, now)
		return err
	})
	s.within("the claim of a batch", schema.Live, schema.BatchKey(s.ID, longA, 5), 100)
	s.within("a block", schema.Core, s.block(longA, longB), 100)
}

func (s sized) block(owner, peer string) schema.Key {
	k := schema.BlockKey(s.ID, owner, peer)
	s.set(schema.Core, k, nil)
	return k
}
