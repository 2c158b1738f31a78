package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/infra/local/backing"
	"parley/infra/testkit"
	"parley/shared/domain/accounts"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/direct"
	"parley/shared/domain/inbox"
	"parley/shared/domain/sessions"
	"parley/shared/domain/timeline"
	"parley/shared/store"
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
	t   *testing.T
	raw *dynamodb.Client
}

func newSized(t *testing.T) sized {
	w := testkit.NewWorld(t, server, testkit.Options{})
	w.Clock.Move(late)
	return sized{w, t, backing.Client(server.Endpoint)}
}

func (s sized) item(table store.Table, k store.Key) store.Item {
	s.t.Helper()
	name := store.Names(server.Tables)[table]
	strong := true
	out, err := s.raw.GetItem(s.t.Context(), &dynamodb.GetItemInput{TableName: &name, ConsistentRead: &strong, Key: store.Item{
		"pk": &types.AttributeValueMemberS{Value: k.PK}, "sk": &types.AttributeValueMemberS{Value: k.SK},
	}})
	if err != nil {
		s.t.Fatal(err)
	}
	if out.Item == nil {
		s.t.Fatalf("there is no item %q in %s", k, table)
	}
	return out.Item
}

// within checks that an item has at most a number of bytes.
func (s sized) within(what string, table store.Table, k store.Key, most int) {
	s.t.Helper()
	item := s.item(table, k)
	if got := store.Size(item); got > most {
		s.t.Errorf("%s has %d bytes, its budget is %d:\n%s", what, got, most, describe(item))
	}
}

func describe(item store.Item) string {
	var b strings.Builder
	for name, v := range item {
		fmt.Fprintf(&b, "\t%s: %d\n", name, store.Size(store.Item{name: v}))
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

func (s sized) set(table store.Table, k store.Key, attributes store.Item) {
	s.t.Helper()
	if err := s.SetAttributes(s.t.Context(), table, k, attributes); err != nil {
		s.t.Fatal(err)
	}
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func bytes(n int) types.AttributeValue {
	return &types.AttributeValueMemberB{Value: make([]byte, n)}
}

// largeOffset is an offset that is far above the number of messages of two users.
const largeOffset = 999_999_999

// longestPreview returns the longest preview that a message can have.
func longestPreview() string {
	return content.Content{Elements: []content.Element{testkit.Text(strings.Repeat("p", content.MaxBody))}}.Preview()
}

func (s sized) arrive(ctx context.Context, m timeline.Message) error {
	_, err := s.Store.CountArrival(ctx, s.ID, direct.Arrival{
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

// A conversation row without data has at most 750 bytes and costs 1 W
// (docs/data-model.md §3). The test fills a row: more than eight sends within a window,
// many messages that are excluded from unread, both users have read, and the history is
// cleared.
func TestConversationRowSize(t *testing.T) {
	const budget = 750
	s := newSized(t)
	row := store.RowKey(s.ID, longA, chat.Between(longA, longB))
	s.set(store.Core, row, store.Item{"o": testkit.Number(largeOffset), "g": testkit.Number(s.Clock.Now().UnixMilli())})
	for key := range uint64(8) {
		s.costs("a claim", 1, func(ctx context.Context) error {
			_, err := s.Store.Claim(ctx, s.ID, s.claim(longA, longB, key<<32|key))
			return err
		})
		s.Clock.Move(time.Second)
	}
	for key := range uint64(4) { // the window is full: each of these saves a slot
		if _, err := s.Store.Claim(t.Context(), s.ID, s.claim(longA, longB, 1<<40|key)); err != nil {
			t.Fatal(err)
		}
	}
	s.within("a row with a full window", store.Core, row, budget)
	in := timeline.Message{
		Key: timeline.Key{Time: s.Clock.Now().Unix(), Seq: 7, Random: 8}, From: longB, Chat: chat.Between(longB, longA),
		Epoch: s.Clock.Now().UnixMilli(), Expires: s.Clock.Now().Unix() + 2_592_001, NoUnread: true,
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
		_, _, err := s.Store.MarkRead(ctx, s.ID, longA, chat.Between(longA, longB), &upTo, s.Clock.Now().UnixMilli())
		return err
	})
	in.Offset++
	s.costs("an arrival", 1, func(ctx context.Context) error {
		return s.arrive(ctx, in)
	})
	g := s.item(store.Core, row)["g"].(*types.AttributeValueMemberN).Value
	var epoch int64
	if _, err := fmt.Sscan(g, &epoch); err != nil {
		t.Fatal(err)
	}
	s.costs("the read cursor in the sender's row", 1, func(ctx context.Context) error {
		return s.Store.MarkPeerRead(ctx, s.ID, longB, chat.Between(longA, longB), epoch, largeOffset, s.Clock.Now().UnixMilli())
	})
	s.set(store.Core, row, store.Item{"cl": text(store.MessageSK(in.Key)), "sv": testkit.Number(largeOffset)})
	for _, name := range []string{
		"t", "k", "pv", "o", "g", "i", "gi", "d", "rt", "pr", "pt", "nq", "nu", "nf", "cl", "x", "sp", "sv", "k0", "t0", "n0", "k7", "t7", "n7",
	} {
		if _, there := s.item(store.Core, row)[name]; !there {
			t.Errorf("the largest row lacks %s", name)
		}
	}
	s.within("a row without data", store.Core, row, budget)

	// With all data that a user can put on it, and the time of the last operation.
	var all inbox.Set
	for n := 1; n <= inbox.MaxLabel; n++ {
		all = all.With(n)
	}
	seen, err := s.Store.RowsOf(t.Context(), s.ID, longA, chat.BetweenEach(longA, []string{longB}), true)
	if err != nil {
		t.Fatal(err)
	}
	draft := strings.Repeat("d", 500)
	s.costs("all of a user's data and a draft", 6, func(ctx context.Context) error {
		_, err := s.Store.WriteConversations(ctx, s.ID, longA, inbox.Transaction{NowMs: s.Clock.Now().UnixMilli(), Rows: []inbox.Mutation{{
			Seen: seen[0], Draft: &draft, Data: inbox.Data{
				PinnedMs: s.Clock.Now().UnixMilli(), Labels: all, Folders: inbox.Set(0).With(24).With(1),
				CustomLabel: strings.Repeat("c", 256), Option: direct.OptionDiscard,
			},
		}}})
		return err
	})
	s.set(store.Core, row, store.Item{"op": testkit.Number(largeOffset)})
	for _, name := range []string{"pn", "mk", "gl", "fl", "cd", "dt", "kx", "e", "ut"} {
		if _, there := s.item(store.Core, row)[name]; !there {
			t.Errorf("the largest row lacks %s", name)
		}
	}
	s.within("a row with every attribute of the model", store.Core, row, 1023)
	s.costs("a claim on the largest row", 1, func(ctx context.Context) error {
		s.Clock.Move(10 * time.Minute)
		_, err := s.Store.Claim(ctx, s.ID, s.claim(longA, longB, 99))
		return err
	})
}

// A message has at most 150 bytes besides its body. The test also fixes what bodies cost.
func TestMessageSize(t *testing.T) {
	s := newSized(t)
	put := func(what string, want float64, body string, random uint32) store.Item {
		m := timeline.Message{
			Key:  timeline.Key{Time: s.Clock.Now().Unix(), Seq: 1<<32 - 1, Random: random},
			From: longB, Chat: chat.Between(longB, longA), Offset: largeOffset, Epoch: s.Clock.Now().UnixMilli(),
			Expires: s.Clock.Now().Unix() + 2_592_001, NoUnread: true, NoLast: true, HiddenFromSender: true,
			Content: content.Content{Elements: []content.Element{testkit.Text(body)}},
		}
		s.costs(what, want, func(ctx context.Context) error {
			_, err := s.Store.PutMessage(ctx, s.ID, m)
			return err
		})
		return s.item(store.Msg, store.Key{PK: store.TimelinePK(s.ID, chat.Between(longA, longB)), SK: store.MessageSK(m.Key)})
	}
	item := put("a short message", 1, "hello", 1)
	body := len(item["b"].(*types.AttributeValueMemberS).Value)
	if got, most := store.Size(item)-body, 150; got > most {
		t.Errorf("a message has %d bytes besides its body, the budget is %d:\n%s", got, most, describe(item))
	}
	envelope := len(`{"e":[{"t":""}]}`)
	item = put("the longest body that is not compressed", 1, strings.Repeat("x", 699-envelope), 2)
	if _, packed := item["z"]; packed || store.Size(item) > 1024-100 {
		t.Errorf("699 bytes of body: z is there: %t, %d bytes", packed, store.Size(item))
	}
	item = put("the shortest body that is compressed", 1, random(700-envelope), 3)
	if _, packed := item["z"]; !packed || store.Size(item) > 1024 {
		t.Errorf("700 bytes of body: z is there: %t, %d bytes", packed, store.Size(item))
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
			svc := s.Tenant(t).Sessions
			svc.Policy, svc.Native, svc.Web = c.policy, c.native, c.web
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
			s.within(c.name, store.Live, store.SessionKey(s.ID, longA), c.most)
			t.Logf("%d devices: %d bytes", len(devices), store.Size(s.item(store.Live, store.SessionKey(s.ID, longA))))
			s.costs("a connect", c.w, func(ctx context.Context) error {
				_, err := svc.Connect(ctx, longA, connection(0, 2))
				return err
			})
			s.costs("a disconnect", c.w, func(ctx context.Context) error {
				_, err := svc.Disconnect(ctx, longA, connection(0, 2), "closed")
				return err
			})
			s.within("after a disconnect", store.Live, store.SessionKey(s.ID, longA), c.most)
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

// A saved slot and the claim of a batch cost 1 W each.
func TestSavedSlotSize(t *testing.T) {
	s := newSized(t)
	s.set(store.Core, store.RowKey(s.ID, longA, chat.Between(longA, longB)), store.Item{"o": testkit.Number(largeOffset)})
	for key := range uint64(9) {
		if _, err := s.Store.Claim(t.Context(), s.ID, s.claim(longA, longB, key+1)); err != nil {
			t.Fatal(err)
		}
		s.Clock.Move(time.Second)
	}
	// The oldest slot was saved, because the ninth send pushed it out.
	s.within("a saved slot", store.Live, store.DedupKey(s.ID, longA, chat.Between(longA, longB), 1), 160)
	now := s.Clock.Now().Unix()
	s.costs("the claim of a batch", 1, func(ctx context.Context) error {
		_, err := s.Store.ClaimBatch(ctx, s.ID, longA, 5, now)
		return err
	})
	s.within("the claim of a batch", store.Live, store.BatchKey(s.ID, longA, 5), 100)
	s.within("a block", store.Core, s.block(longA, longB), 100)
}

func (s sized) block(owner, peer string) store.Key {
	k := store.BlockKey(s.ID, owner, peer)
	s.set(store.Core, k, nil)
	return k
}

// Size agrees with what DynamoDB Local charges for items just below and just above whole
// KB.
func TestSizeAgreesWithDynamoDB(t *testing.T) {
	s := newSized(t)
	name := server.Tables.Live
	key := store.SessionKey(s.ID, longA)
	item := func(v types.AttributeValue, pad int) store.Item {
		return store.Item{"pk": text(key.PK), "sk": text(key.SK), "v": v, "pad": text(strings.Repeat("x", pad))}
	}
	for what, v := range map[string]types.AttributeValue{
		"text":             text("héllo"),
		"bytes":            bytes(33),
		"zero":             testkit.Number(0),
		"one digit":        testkit.Number(7),
		"two digits":       testkit.Number(42),
		"trailing zeros":   testkit.Number(1_700_000_000_000),
		"an even number":   testkit.Number(1_700_000_000),
		"ten":              testkit.Number(10),
		"a hundred":        testkit.Number(100),
		"a thousand":       testkit.Number(1000),
		"a fraction":       &types.AttributeValueMemberN{Value: "0.05"},
		"two and a half":   &types.AttributeValueMemberN{Value: "102.5"},
		"a time":           testkit.Number(1_999_999_999_999),
		"an odd time":      testkit.Number(1_999_999_999),
		"true":             &types.AttributeValueMemberBOOL{Value: true},
		"null":             &types.AttributeValueMemberNULL{Value: true},
		"an empty map":     &types.AttributeValueMemberM{Value: store.Item{}},
		"a map":            &types.AttributeValueMemberM{Value: store.Item{"c": text("x"), "t": testkit.Number(1_999_999_999_999)}},
		"a list":           &types.AttributeValueMemberL{Value: []types.AttributeValue{testkit.Number(12), text("closed"), text("iPhone")}},
		"a set":            &types.AttributeValueMemberSS{Value: []string{"a", "bcd"}},
		"a negative":       testkit.Number(-42),
		"a long negative":  testkit.Number(-1_999_999_999_999),
		"the largest int":  testkit.Number(1<<63 - 1),
		"the smallest int": testkit.Number(-1 << 63),
	} {
		t.Run(what, func(t *testing.T) {
			for size, want := range map[int]float64{1024: 1, 1025: 2, 2048: 2, 2049: 3} {
				it := item(v, size-store.Size(item(v, 0)))
				if got := store.Size(it); got != size {
					t.Fatalf("Size = %d, want %d", got, size)
				}
				out, err := s.raw.PutItem(t.Context(), &dynamodb.PutItemInput{
					TableName: &name, Item: it, ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
				})
				if err != nil {
					t.Fatal(err)
				}
				if got := *out.ConsumedCapacity.CapacityUnits; got != want {
					t.Errorf("%d bytes are charged %g W, want %g", size, got, want)
				}
				_, err = s.raw.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
					TableName: &name, Key: store.Item{"pk": text(key.PK), "sk": text(key.SK)},
				})
				if err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
