package e2e

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
)

// message is the object of docs/client-protocol.md §7.
type message struct {
	From     string          `json:"From_Account"`
	To       string          `json:"To_Account"`
	Seq      uint32          `json:"MsgSeq"`
	Random   uint32          `json:"MsgRandom"`
	Time     int64           `json:"MsgTime"`
	Key      string          `json:"MsgKey"`
	Ordinal  int64           `json:"Ordinal"`
	Body     json.RawMessage `json:"MsgBody"`
	Custom   string          `json:"CloudCustomData"`
	NoUnread bool            `json:"NoUnread"`
}

func (m message) text() string {
	var list []struct{ MsgContent struct{ Text string } }
	if json.Unmarshal(m.Body, &list) != nil || len(list) != 1 {
		return string(m.Body)
	}
	return list[0].MsgContent.Text
}

// row is the object Conversation.
type row struct {
	Peer            string `json:"To_Account"`
	Unread          int64
	ReadOrdinal     int64
	PeerReadOrdinal int64
	InOrdinal       int64
	OutOrdinal      int64
	TimeMs          int64
	LastMsg         *struct{ MsgKey, Preview string }
}

// inbox is what an app keeps of its conversations, by the rules of the protocol:
// repeats are dropped by identity, messages are ordered by their keys, ordinals
// are watched for gaps, and what is missing is pulled.
type inbox struct {
	user string

	mu      sync.Mutex
	peers   map[string]*thread
	since   int64
	repeats int // frames that said nothing new
	bad     []string
}

// thread is one conversation.
type thread struct {
	messages map[string]message // by key
	high     [2]int64           // ordinals known to exist: in, out
	row      row
}

const (
	in = iota
	out
)

func newInbox(user string) *inbox { return &inbox{user: user, peers: map[string]*thread{}} }

// thread is called with mu held.
func (b *inbox) thread(peer string) *thread {
	if b.peers[peer] == nil {
		b.peers[peer] = &thread{messages: map[string]message{}}
	}
	return b.peers[peer]
}

// take learns from a frame.
func (b *inbox) take(f frame) {
	if f.Event != "message.new" {
		return
	}
	var m message
	if err := json.Unmarshal(f.Body, &m); err != nil {
		b.fault("frame %s: %v", f.raw, err)
		return
	}
	if m.Ordinal > 0 && (f.Hi == nil || f.Hi.Ordinal < m.Ordinal) {
		b.fault("frame %s: hi is below the ordinal", f.raw)
	}
	if !b.add(m) {
		b.mu.Lock()
		b.repeats++
		b.mu.Unlock()
	}
}

func (b *inbox) fault(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bad = append(b.bad, fmt.Sprintf(format, args...))
}

// add stores a message and tells whether it is new. One that is there already
// must be the same in every field.
func (b *inbox) add(m message) bool {
	peer, direction := m.To, out
	if m.From != b.user {
		peer, direction = m.From, in
		if m.To != b.user {
			b.fault("%s has a message from %s to %s", b.user, m.From, m.To)
			return false
		}
	}
	if want := fmt.Sprintf("%d_%d_%d", m.Seq, m.Random, m.Time); m.Key != want {
		b.fault("MsgKey is %s, want %s", m.Key, want)
	}
	b.mu.Lock()
	t := b.thread(peer)
	old, there := t.messages[m.Key]
	if !there {
		t.messages[m.Key] = m
		t.high[direction] = max(t.high[direction], m.Ordinal)
	}
	b.mu.Unlock()
	if there && (old.Ordinal != m.Ordinal || old.text() != m.text() || old.From != m.From || old.Custom != m.Custom) {
		b.fault("two messages are %s: %+v and %+v", m.Key, old, m)
	}
	return !there
}

// repeated counts the frames that were repeats.
func (b *inbox) repeated() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.repeats
}

func compare(a, b message) int {
	return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.Random, b.Random))
}

// timeline is a conversation in order.
func (b *inbox) timeline(peer string) []message {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []message
	for _, m := range b.thread(peer).messages {
		list = append(list, m)
	}
	slices.SortFunc(list, compare)
	return list
}

// texts are those of a conversation in order.
func (b *inbox) texts(peer string) []string {
	out := []string{}
	for _, m := range b.timeline(peer) {
		out = append(out, m.text())
	}
	return out
}

// keys are those of a conversation in order.
func (b *inbox) keys(peer string) []string {
	out := []string{}
	for _, m := range b.timeline(peer) {
		out = append(out, m.Key)
	}
	return out
}

// row is what the last sync said of a conversation.
func (b *inbox) row(peer string) row {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.thread(peer).row
}

// gaps lists the ordinals that exist and are not here; an ordinal twice is a
// fault.
func (b *inbox) gaps(peer string) (missing []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.thread(peer)
	var have [2]map[int64]string
	for i := range have {
		have[i] = map[int64]string{}
	}
	for _, m := range t.messages {
		direction := in
		if m.From == b.user {
			direction = out
		}
		if other, twice := have[direction][m.Ordinal]; twice {
			b.bad = append(b.bad, fmt.Sprintf("ordinal %d of %s is %s and %s", m.Ordinal, m.From, other, m.Key))
		}
		have[direction][m.Ordinal] = m.Key
	}
	for direction, name := range []string{"in", "out"} {
		for n := int64(1); n <= t.high[direction]; n++ {
			if have[direction][n] == "" {
				missing = append(missing, fmt.Sprintf("%s %d", name, n))
			}
		}
	}
	return missing
}

// caller is one of the two doors.
type caller func(ctx context.Context, action string, in, out any) error

// sync pulls what changed and the histories of conversations with gaps, and
// returns the rows that changed.
func (b *inbox) sync(ctx context.Context, call caller) ([]row, error) {
	b.mu.Lock()
	since := b.since
	b.mu.Unlock()
	var rows []row
	next, cursor := int64(0), ""
	for page := 0; ; page++ {
		var reply struct {
			Conversations []row
			Complete      bool
			Cursor        string
			Since         int64
		}
		if err := call(ctx, "session.sync", fields{"Since": since, "Cursor": cursor}, &reply); err != nil {
			return nil, err
		}
		if page == 0 {
			next = reply.Since
		}
		rows = append(rows, reply.Conversations...)
		if cursor = reply.Cursor; reply.Complete {
			break
		}
	}
	for _, r := range rows {
		b.mu.Lock()
		t := b.thread(r.Peer)
		t.row = r
		t.high[in], t.high[out] = max(t.high[in], r.InOrdinal), max(t.high[out], r.OutOrdinal)
		b.mu.Unlock()
		if len(b.gaps(r.Peer)) > 0 {
			if err := b.pull(ctx, call, r.Peer); err != nil {
				return nil, err
			}
		}
	}
	b.mu.Lock()
	b.since = next
	b.mu.Unlock()
	return rows, nil
}

// pull reads history from the newest message on until no gap is left.
func (b *inbox) pull(ctx context.Context, call caller, peer string) error {
	until := ""
	for {
		list, complete, next, err := history(ctx, call, peer, "", until, 100)
		if err != nil {
			return err
		}
		for _, m := range list {
			b.add(m)
		}
		if complete || len(b.gaps(peer)) == 0 {
			return nil
		}
		until = next
	}
}

// history reads one page.
func history(ctx context.Context, call caller, peer, from, to string, limit int) ([]message, bool, string, error) {
	request := fields{"To_Account": peer, "Limit": limit}
	if from != "" {
		request["From"] = from
	}
	if to != "" {
		request["To"] = to
	}
	var reply struct {
		MsgList  []message
		Complete bool
		Next     string
	}
	err := call(ctx, "message.history", request, &reply)
	return reply.MsgList, reply.Complete, reply.Next, err
}

// check fails the test for what contradicted itself.
func (b *inbox) check(t *testing.T) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, text := range b.bad {
		t.Errorf("%s: %s", b.user, text)
	}
}

// whole fails the test unless the inbox has the messages that are stored, in
// order, without gaps.
func (b *inbox) whole(t *testing.T, name, peer string, want []string) {
	t.Helper()
	if got := b.keys(peer); !slices.Equal(got, want) {
		t.Errorf("%s: got %d messages, want the %d that are stored: %s", name, len(got), len(want), differ(got, want))
	}
	if gaps := b.gaps(peer); len(gaps) > 0 {
		t.Errorf("%s: gaps %v", name, gaps)
	}
	b.check(t)
}

// differ says where two lists part.
func differ(got, want []string) string {
	for i := range max(len(got), len(want)) {
		g, w := "nothing", "nothing"
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			return fmt.Sprintf("at %d got %s, want %s", i, g, w)
		}
	}
	return "equal"
}
