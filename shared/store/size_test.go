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
	"parley/shared/domain/accounts"
	"parley/shared/domain/conversations"
	"parley/shared/domain/messages"
	"parley/shared/domain/sessions"
	"parley/shared/store"
	"parley/shared/telemetry"
	"parley/shared/testkit"
)

// The longest ids, and a time whose digits are all significant.
const (
	longA = "a#~ 4567890123456789012345678901"
	longB = "b#~ 4567890123456789012345678902"
	late  = 299_999_999*time.Second + 999*time.Millisecond // 1999999999.999
)

// sized is a world whose times are as long as times get, and what reads its items.
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

// within checks the bytes of an item.
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

// costs runs a call and checks the write units that it consumes.
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
	if err := s.Set(s.t.Context(), table, k, attributes); err != nil {
		s.t.Fatal(err)
	}
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func bytes(n int) types.AttributeValue {
	return &types.AttributeValueMemberB{Value: make([]byte, n)}
}

// manyOrdinals is far over what two users write each other.
const manyOrdinals = 999_999_999

// longest is the longest preview that a message has.
func longest() string {
	return messages.Content{Elements: []messages.Element{testkit.Text(strings.Repeat("p", messages.MaxBody))}}.Preview()
}

func (s sized) arrive(ctx context.Context, m messages.Message) error {
	_, err := s.Store.Arrive(ctx, s.ID, messages.Arrival{
		Message: m, NowMs: s.Clock.Now().UnixMilli(), Preview: longest(), RowExpires: m.Expires,
	})
	return err
}

func (s sized) claim(from, to string, hash uint64) messages.ClaimRequest {
	now := s.Clock.Now()
	return messages.ClaimRequest{
		From: from, To: to, Hash: hash, Key: messages.Key{Time: now.Unix(), Seq: uint32(hash), Random: 1<<32 - 1},
		NowMs: now.UnixMilli(), Preview: longest(), Expires: now.Unix() + 2_592_001,
	}
}

// TestLimits has the lengths that the budgets rest on: nothing longer gets in.
func TestLimits(t *testing.T) {
	s := newSized(t)
	svc := s.Tenant(t).Accounts
	for _, d := range []accounts.Draft{
		{ID: longA + "x"}, {ID: longA, Nick: strings.Repeat("n", 501)}, {ID: longA, Face: strings.Repeat("f", 501)},
	} {
		if err := svc.Import(t.Context(), d); err == nil {
			t.Errorf("an id of %d, a nick of %d and a face of %d bytes are accepted", len(d.ID), len(d.Nick), len(d.Face))
		}
	}
	if got, want := sessions.MaxInstance, 64; got != want {
		t.Errorf("an instance has up to %d bytes, want %d", got, want)
	}
	if got, want := len(longest()), 120; got != want {
		t.Errorf("a preview has up to %d bytes, want %d", got, want)
	}
}

// TestConversationRowSize fills both rows of a conversation through the store:
// eight sends in a window and more, a backlog that does not count, both sides
// read, history cleared (docs/data-model.md §3: at most 750 bytes, one W).
func TestConversationRowSize(t *testing.T) {
	const budget = 750
	s := newSized(t)
	row := store.PeerKey(s.ID, longA, longB)
	s.set(store.Core, row, store.Item{"o": testkit.Number(manyOrdinals), "g": testkit.Number(s.Clock.Now().UnixMilli())})
	for hash := range uint64(8) {
		s.costs("a claim", 1, func(ctx context.Context) error {
			_, err := s.Store.Claim(ctx, s.ID, s.claim(longA, longB, hash<<32|hash))
			return err
		})
		s.Clock.Move(time.Second)
	}
	for hash := range uint64(4) { // the ring is full: these spill
		if _, err := s.Store.Claim(t.Context(), s.ID, s.claim(longA, longB, 1<<40|hash)); err != nil {
			t.Fatal(err)
		}
	}
	s.within("a row with a full ring", store.Core, row, budget)
	in := messages.Message{
		Key: messages.Key{Time: s.Clock.Now().Unix(), Seq: 7, Random: 8}, From: longB, To: longA,
		Generation: s.Clock.Now().UnixMilli(), Expires: s.Clock.Now().Unix() + 2_592_001, NoUnread: true,
	}
	in.Ordinal = manyOrdinals
	s.costs("the first arrival", 2, func(ctx context.Context) error {
		return s.arrive(ctx, in)
	})
	for range 19 { // more quiet ones than are kept by their ordinals
		in.Ordinal++
		want := 1.0
		if in.Ordinal == manyOrdinals+16 {
			want = 2
		}
		s.costs("an arrival", want, func(ctx context.Context) error {
			return s.arrive(ctx, in)
		})
	}
	upTo := in.Ordinal - 1
	s.costs("marking read", 1, func(ctx context.Context) error {
		_, _, err := s.Store.MarkRead(ctx, s.ID, longA, longB, &upTo, s.Clock.Now().UnixMilli())
		return err
	})
	in.Ordinal++
	s.costs("an arrival", 1, func(ctx context.Context) error {
		return s.arrive(ctx, in)
	})
	g := s.item(store.Core, row)["g"].(*types.AttributeValueMemberN).Value
	var generation int64
	if _, err := fmt.Sscan(g, &generation); err != nil {
		t.Fatal(err)
	}
	s.costs("telling the sender", 1, func(ctx context.Context) error {
		return s.Store.MarkPeerRead(ctx, s.ID, longA, longB, generation, manyOrdinals, s.Clock.Now().UnixMilli())
	})
	s.set(store.Core, row, store.Item{"cl": text(store.MessageSK(in.Key)), "sv": testkit.Number(manyOrdinals)})
	for _, name := range []string{
		"t", "k", "pv", "o", "g", "i", "gi", "d", "rt", "pr", "pt", "nq", "nu", "nf", "cl", "x", "sp", "sv", "k0", "t0", "n0", "k7", "t7", "n7",
	} {
		if _, there := s.item(store.Core, row)[name]; !there {
			t.Errorf("the row of the worst case lacks %s", name)
		}
	}
	s.within("a row without data", store.Core, row, budget)

	// With all that a user can put on it, and the op counter of the model.
	var all conversations.Set
	for n := 1; n <= conversations.MaxMark; n++ {
		all = all.With(n)
	}
	seen, err := s.Store.PeerRows(t.Context(), s.ID, longA, []string{longB}, true)
	if err != nil {
		t.Fatal(err)
	}
	draft := strings.Repeat("d", 500)
	s.costs("all of a user's data and a draft", 6, func(ctx context.Context) error {
		_, err := s.Store.Change(ctx, s.ID, longA, conversations.Edit{NowMs: s.Clock.Now().UnixMilli(), Rows: []conversations.Change{{
			Seen: seen[0], Draft: &draft, Data: conversations.Data{
				PinnedMs: s.Clock.Now().UnixMilli(), Marks: all, Folders: conversations.Set(0).With(24).With(1),
				Custom: strings.Repeat("c", 256), Option: messages.OptionDiscard,
			},
		}}})
		return err
	})
	s.set(store.Core, row, store.Item{"op": testkit.Number(manyOrdinals)})
	for _, name := range []string{"pn", "mk", "gl", "fl", "cd", "dt", "kx", "e", "ut"} {
		if _, there := s.item(store.Core, row)[name]; !there {
			t.Errorf("the row of the worst case lacks %s", name)
		}
	}
	s.within("a row with every attribute of the model", store.Core, row, 1023)
	s.costs("a claim on the largest row", 1, func(ctx context.Context) error {
		s.Clock.Move(10 * time.Minute)
		_, err := s.Store.Claim(ctx, s.ID, s.claim(longA, longB, 99))
		return err
	})
}

// TestMessageSize: what a message has besides its body, and what bodies cost.
func TestMessageSize(t *testing.T) {
	s := newSized(t)
	put := func(what string, want float64, body string, random uint32) store.Item {
		m := messages.Message{
			Key:  messages.Key{Time: s.Clock.Now().Unix(), Seq: 1<<32 - 1, Random: random},
			From: longB, To: longA, Ordinal: manyOrdinals, Generation: s.Clock.Now().UnixMilli(),
			Expires: s.Clock.Now().Unix() + 2_592_001, NoUnread: true, NoLast: true, Aside: true,
			Content: messages.Content{Elements: []messages.Element{testkit.Text(body)}},
		}
		s.costs(what, want, func(ctx context.Context) error {
			_, err := s.Store.PutMessage(ctx, s.ID, m)
			return err
		})
		return s.item(store.Msg, store.Key{PK: store.TimelinePK(s.ID, longA, longB), SK: store.MessageSK(m.Key)})
	}
	item := put("a short message", 1, "hello", 1)
	body := len(item["b"].(*types.AttributeValueMemberS).Value)
	if got, most := store.Size(item)-body, 150; got > most {
		t.Errorf("a message has %d bytes besides its body, the budget is %d:\n%s", got, most, describe(item))
	}
	frame := len(`{"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":""}}]}`)
	item = put("the longest body that is not deflated", 1, strings.Repeat("x", 699-frame), 2)
	if _, packed := item["z"]; packed || store.Size(item) > 1024-100 {
		t.Errorf("699 bytes of body: z is there: %t, %d bytes", packed, store.Size(item))
	}
	item = put("the shortest body that is deflated", 1, random(700-frame), 3)
	if _, packed := item["z"]; !packed || store.Size(item) > 1024 {
		t.Errorf("700 bytes of body: z is there: %t, %d bytes", packed, store.Size(item))
	}
	put("1.5 KB of words", 1, words(1500), 4)
	put("the largest message, of words", 5, words(12_000), 5)
	put("the largest message, of random letters", 9, random(12_000), 6)
}

// words is text of the entropy of a language: about 3 bits a letter.
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

// random is text that hardly compresses.
func random(n int) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	r := rand.New(rand.NewPCG(3, 4))
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[r.IntN(64)]
	}
	return string(b)
}

// TestSessionSize: one item, and what each connect costs, under every policy and
// with several devices of a platform.
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
		// docs/data-model.md §3: 95-390 bytes; identifiers of 16 bytes, three
		// devices that are not just being renewed.
		{"three devices", sessions.Triple, 1, 1, 16, []string{"MiniProgram", "Windows", "Android"}, 390, 1},
		{"three devices with UUIDs, renewed", sessions.Triple, 1, 1, 36, []string{"MiniProgram", "Windows", "Android"}, 700, 1},
		{"three devices with the longest identifiers, renewed", sessions.Triple, 1, 1, sessions.MaxInstance, []string{"MiniProgram", "Windows", "Android"}, 1024, 1},
		{"every platform with UUIDs", sessions.Multi, 1, 1, 36, append(natives, "Web"), 1023, 1},
		{"every platform with the longest identifiers, renewed", sessions.Multi, 1, 1, sessions.MaxInstance, append(natives, "Web"), 2047, 2},
		{"three phones and two pages with UUIDs", sessions.Dual, 3, 10, 36, []string{"iPhone", "iPhone", "iPhone", "Web", "Web"}, 700, 1},
		// The worst that can be: 28 devices, then all of them in a renewal.
		{"all there can be, with UUIDs", sessions.Multi, 3, 10, 36, full(natives), 3072, 3},
		{"all there can be, with the longest identifiers", sessions.Multi, 3, 10, sessions.MaxInstance, full(natives), 4096, 4},
		{"all there can be, with the longest identifiers, renewed", sessions.Multi, 3, 10, sessions.MaxInstance, full(natives), 7168, 7},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSized(t)
			svc := s.Tenant(t).Sessions
			svc.Policy, svc.Native, svc.Web = c.policy, c.native, c.web
			link := func(n, round int) sessions.Link {
				name := fmt.Sprintf("%s%d", c.platforms[n], n)
				return sessions.Link{
					Connection: fmt.Sprintf("L0SM9cOF%02dcCIh%d=", n, round), Platform: sessions.Platform(c.platforms[n]),
					Instance: name + strings.Repeat("i", c.instance-len(name)),
				}
			}
			rounds := 1
			if strings.Contains(c.name, "renewed") {
				rounds = 2
			}
			for round := range rounds {
				for n := range c.platforms {
					if _, err := svc.Connect(t.Context(), longA, link(n, round)); err != nil {
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
				_, err := svc.Connect(ctx, longA, link(0, 2))
				return err
			})
			s.costs("a disconnect", c.w, func(ctx context.Context) error {
				_, err := svc.Disconnect(ctx, longA, link(0, 2), "closed")
				return err
			})
			s.within("after a disconnect", store.Live, store.SessionKey(s.ID, longA), c.most)
		})
	}
}

// full is as many devices as a user can have: three of each native platform, ten
// pages.
func full(natives []string) []string {
	var list []string
	for range sessions.MaxNative {
		list = append(list, natives...)
	}
	for range sessions.MaxWeb {
		list = append(list, "Web")
	}
	return list
}

// TestDedupSize: what a ring has no room for and the mark of a batch cost 1 W each.
func TestDedupSize(t *testing.T) {
	s := newSized(t)
	s.set(store.Core, store.PeerKey(s.ID, longA, longB), store.Item{"o": testkit.Number(manyOrdinals)})
	for hash := range uint64(9) {
		if _, err := s.Store.Claim(t.Context(), s.ID, s.claim(longA, longB, hash+1)); err != nil {
			t.Fatal(err)
		}
		s.Clock.Move(time.Second)
	}
	// The oldest, which was put into the ring first, made room.
	s.within("a spilled send", store.Live, store.DedupKey(s.ID, longA, longB, 1), 160)
	now := s.Clock.Now().Unix()
	s.costs("the mark of a batch", 1, func(ctx context.Context) error {
		_, err := s.Store.ClaimBatch(ctx, s.ID, longA, 5, now)
		return err
	})
	s.within("the mark of a batch", store.Live, store.BatchKey(s.ID, longA, 5), 100)
	s.within("an entry of a blocklist", store.Core, s.block(longA, longB), 100)
}

func (s sized) block(owner, peer string) store.Key {
	k := store.BlockKey(s.ID, owner, peer)
	s.set(store.Core, k, nil)
	return k
}

// TestSizeIsTheServices holds Size against what the database charges on both
// sides of 1 KB.
func TestSizeIsTheServices(t *testing.T) {
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
