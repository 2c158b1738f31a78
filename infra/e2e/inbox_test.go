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

// message is the object Message of docs/client-protocol.md §7.
type message struct {
	Group    string          `json:"GroupId"`
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

// row is the object Conversation of docs/client-protocol.md §7.
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

// inbox is what an app stores of its conversations, by the rules of
// docs/client-protocol.md: it drops a message that it has already, orders messages by
// their keys, finds gaps in the offsets, and pulls what is missing.
type inbox struct {
	user string

	mu         sync.Mutex
	peers      map[string]*conversation
	since      int64
	repeats    int      // frames with a message that was there already
	violations []string // what must not happen, and did
}

// conversation is one conversation of an inbox.
type conversation struct {
	messages    map[string]message // by key
	lastOffsets [2]int64           // the last offsets known to exist: in, out
	row         row
}

const (
	in = iota
	out
)

func newInbox(user string) *inbox { return &inbox{user: user, peers: map[string]*conversation{}} }

// conversation returns the conversation with a peer. The caller holds mu.
func (b *inbox) conversation(peer string) *conversation {
	if b.peers[peer] == nil {
		b.peers[peer] = &conversation{messages: map[string]message{}}
	}
	return b.peers[peer]
}

// receive adds the message of a frame.
func (b *inbox) receive(f frame) {
	if f.Event != "message.new" {
		return
	}
	var m message
	if err := json.Unmarshal(f.Body, &m); err != nil {
		b.violation("frame %s: %v", f.raw, err)
		return
	}
	if m.Group != "" {
		return // a groupInbox has the messages of a group
	}
	if m.Ordinal > 0 && (f.Hi == nil || f.Hi.Ordinal < m.Ordinal) {
		b.violation("frame %s: hi is below the offset", f.raw)
	}
	if !b.add(m) {
		b.mu.Lock()
		b.repeats++
		b.mu.Unlock()
	}
}

func (b *inbox) violation(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.violations = append(b.violations, fmt.Sprintf(format, args...))
}

// add stores a message and reports whether it is new. If it is there already, both must
// be equal.
func (b *inbox) add(m message) bool {
	peer, direction := m.To, out
	if m.From != b.user {
		peer, direction = m.From, in
		if m.To != b.user {
			b.violation("%s received a message from %s to %s", b.user, m.From, m.To)
			return false
		}
	}
	if want := fmt.Sprintf("%d_%d_%d", m.Seq, m.Random, m.Time); m.Key != want {
		b.violation("MsgKey is %s, want %s", m.Key, want)
	}
	b.mu.Lock()
	t := b.conversation(peer)
	old, there := t.messages[m.Key]
	if !there {
		t.messages[m.Key] = m
		t.lastOffsets[direction] = max(t.lastOffsets[direction], m.Ordinal)
	}
	b.mu.Unlock()
	if there && (old.Ordinal != m.Ordinal || old.text() != m.text() || old.From != m.From || old.Custom != m.Custom) {
		b.violation("two messages have the key %s: %+v and %+v", m.Key, old, m)
	}
	return !there
}

// repeated counts the frames with a message that was there already.
func (b *inbox) repeated() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.repeats
}

// compare orders messages by their keys.
func compare(a, b message) int {
	return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.Random, b.Random))
}

// timeline returns the messages of a conversation in order.
func (b *inbox) timeline(peer string) []message {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []message
	for _, m := range b.conversation(peer).messages {
		list = append(list, m)
	}
	slices.SortFunc(list, compare)
	return list
}

// texts returns the texts of a conversation in order.
func (b *inbox) texts(peer string) []string {
	out := []string{}
	for _, m := range b.timeline(peer) {
		out = append(out, m.text())
	}
	return out
}

// keys returns the MsgKeys of a conversation in order.
func (b *inbox) keys(peer string) []string {
	out := []string{}
	for _, m := range b.timeline(peer) {
		out = append(out, m.Key)
	}
	return out
}

// row returns the row of a conversation from the last sync.
func (b *inbox) row(peer string) row {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.conversation(peer).row
}

// gaps lists the offsets that exist and whose messages the inbox does not have. Two
// messages with one offset are a violation.
func (b *inbox) gaps(peer string) (missing []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.conversation(peer)
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
			b.violations = append(b.violations, fmt.Sprintf("offset %d of %s is %s and %s", m.Ordinal, m.From, other, m.Key))
		}
		have[direction][m.Ordinal] = m.Key
	}
	for direction, name := range []string{"in", "out"} {
		for n := int64(1); n <= t.lastOffsets[direction]; n++ {
			if have[direction][n] == "" {
				missing = append(missing, fmt.Sprintf("%s %d", name, n))
			}
		}
	}
	return missing
}

// callFunc calls a client operation, over HTTP or over a WebSocket.
type callFunc func(ctx context.Context, action string, in, out any) error

// sync asks for the rows that changed, pulls the history of conversations with gaps, and
// returns the rows.
func (b *inbox) sync(ctx context.Context, call callFunc) ([]row, error) {
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
		t := b.conversation(r.Peer)
		t.row = r
		t.lastOffsets[in], t.lastOffsets[out] = max(t.lastOffsets[in], r.InOrdinal), max(t.lastOffsets[out], r.OutOrdinal)
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

// pull reads history, newest messages first, until there is no gap.
func (b *inbox) pull(ctx context.Context, call callFunc, peer string) error {
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

// history reads one page of a history.
func history(ctx context.Context, call callFunc, peer, from, to string, limit int) ([]message, bool, string, error) {
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

// checkConsistent fails the test for each violation.
func (b *inbox) checkConsistent(t *testing.T) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, text := range b.violations {
		t.Errorf("%s: %s", b.user, text)
	}
}

// checkComplete fails the test unless the inbox has exactly the messages with the given
// keys, in order and without gaps.
func (b *inbox) checkComplete(t *testing.T, name, peer string, want []string) {
	t.Helper()
	if got := b.keys(peer); !slices.Equal(got, want) {
		t.Errorf("%s: got %d messages, want the %d that are stored: %s", name, len(got), len(want), firstDifference(got, want))
	}
	if gaps := b.gaps(peer); len(gaps) > 0 {
		t.Errorf("%s: gaps %v", name, gaps)
	}
	b.checkConsistent(t)
}

// firstDifference says where two lists differ first.
func firstDifference(got, want []string) string {
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
