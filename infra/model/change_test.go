package model

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/chat"
	"parley/shared/domain/delivery"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
)

// A change is one action of a user on a stored message, however many calls it takes.
type change struct {
	verb, user, peer string
	key              key
	text             string // of an edit or a reaction
	doubt            bool   // an attempt failed, and no later one succeeded
	begun            time.Time
}

// A changeFrame is the body of a frame about a changed message.
type changeFrame struct {
	From     string   `json:"From_Account"`
	To       string   `json:"To_Account"`
	Key      string   `json:"MsgKey"`
	Keys     []string `json:"MsgKeyList"`
	User     string   `json:"Operator_Account"`
	Reaction string
	Added    bool
}

// other returns that one of two users who is not the device's user.
func (d *device) other(a, b string) string {
	if a == d.user {
		return b
	}
	return a
}

// parseKeys reads the MsgKeys of a frame.
func parseKeys(s *schedule, list ...string) []key {
	keys, err := v4.ToKeys(chat.ID{}, list)
	if err != nil {
		s.problem("frame: %v", err)
	}
	return keys
}

// receiveChange handles a frame about a changed message. If the device does not have the
// message, it ignores the frame, except for a recall: the message may still come. Of an
// edited message it takes only the content and the time of the edit, because the frame
// may be late and the rest of it old.
func (d *device) receiveChange(f frame) {
	if f.Event == "message.edited" {
		var m v4.Message
		if err := json.Unmarshal(f.Body, &m); err != nil {
			d.s.problem("frame: %v", err)
			return
		}
		k := key{Time: m.Time, Seq: m.Seq, Random: m.Random}
		v := d.view(d.other(m.From, m.To))
		if h, ok := v.messages[k]; ok && !h.recalled && m.EditedMs >= h.edited {
			edited := stateOf(m)
			h.text, h.edited = edited.text, edited.edited
			v.messages[k] = h
		}
		return
	}
	var e changeFrame
	if err := json.Unmarshal(f.Body, &e); err != nil {
		d.s.problem("frame: %v", err)
		return
	}
	v := d.view(d.other(e.From, e.To))
	switch f.Event {
	case "message.recalled":
		k := parseKeys(d.s, e.Key)[0]
		v.recalled[k] = true
		if h, ok := v.messages[k]; ok {
			h.state = state{recalled: true, confirmed: h.confirmed}
			v.messages[k] = h
		}
	case "message.deleted":
		v.remove(parseKeys(d.s, e.Keys...)...)
	case "message.receipt":
		for _, k := range parseKeys(d.s, e.Keys...) {
			if h, ok := v.messages[k]; ok {
				h.confirmed = true
				v.messages[k] = h
			}
		}
	case "message.reaction":
		// The frame changes nothing here: the device takes reactions from the log.
	}
}

// pullChanges reads the log of changed messages of a conversation. It returns false if
// an answer was lost.
func (d *device) pullChanges(ctx context.Context, a *actor, peer string) bool {
	s := d.s
	var after *timeline.LogPosition
	for first := true; first || after != nil; first = false {
		var page timeline.ChangedMessages
		known, _ := s.invoke(ctx, a, fmt.Sprintf("changes with %s since %d", peer, d.since), nil, func(ctx context.Context) (err error) {
			page, err = s.t.Timeline.Changes(ctx, d.user, chat.Between(d.user, peer), timeline.LogRange{
				SinceMs: d.since, After: after, Limit: 1 + s.rng.IntN(3), Accept: func(timeline.Message) bool { return true },
			})
			return err
		})
		if !known {
			return false
		}
		s.stats["pages of changes"]++
		v := d.view(peer)
		v.remove(page.Deleted...)
		for _, m := range page.Messages {
			w := v4.FromMessage(m)
			d.addMessage(w, "changes")
			if h, ok := v.messages[m.Key]; ok { // the log has the newest reactions
				h.reactions = stateOf(w).reactions
				v.messages[m.Key] = h
			}
		}
		after = page.Next
	}
	return true
}

// changeMessage changes a message that the device has, as a user would do.
func (d *device) changeMessage(ctx context.Context, a *actor) {
	s := d.s
	c := &change{user: d.user}
	for _, i := range s.rng.Perm(len(s.users)) {
		if v := d.views[s.users[i]]; v != nil && len(v.messages) > 0 {
			c.peer = s.users[i]
		}
	}
	if c.peer == "" {
		return
	}
	list := d.view(c.peer).sorted()
	c.key = list[max(0, len(list)-1-s.rng.IntN(3))]
	h := d.view(c.peer).messages[c.key]
	c.verb = []string{"hide", "react", "unreact", "confirm", "clear"}[s.rng.IntN(5)]
	if h.from == d.user {
		c.verb = []string{"recall", "recall", "edit", "edit", "hide", "react"}[s.rng.IntN(6)]
	}
	s.changes, c.begun = append(s.changes, c), s.now
	c.text = fmt.Sprint("r", s.rng.IntN(2))
	if c.verb == "edit" {
		c.text = fmt.Sprintf("edit %d", len(s.changes))
	}
	for range 3 {
		if d.attemptChange(ctx, a, c) {
			return
		}
		a.pause()
	}
	s.stats["changes given up"]++
}

// expected lists the faults that a change may get because another change came first.
var expected = []fault.Code{
	fault.AlreadyRecalled, fault.RecallTooLate, fault.EditConflict, fault.TargetUnknown, fault.AlreadyReacted,
	fault.NotReacted, fault.MessageUnknown,
}

// attemptChange makes one call of a change, and reports whether its answer is known.
func (d *device) attemptChange(ctx context.Context, a *actor, c *change) bool {
	s := d.s
	by := timeline.Actor{Issued: s.now, Origin: delivery.Origin{User: d.user, Instance: d.instance}}
	refused := false
	known, _ := s.invoke(ctx, a, fmt.Sprintf("%s %v with %s, %s", c.verb, c.key, c.peer, c.text), nil, func(ctx context.Context) error {
		err := s.callChange(ctx, by, c)
		if slices.ContainsFunc(expected, func(code fault.Code) bool { return fault.Is(err, code) }) {
			refused = true
			return nil
		}
		return err
	})
	s.stats["changes: "+c.verb]++
	if !known {
		c.doubt = true
		return false
	}
	c.doubt = c.doubt && refused
	v := d.view(c.peer)
	h, here := v.messages[c.key]
	switch {
	case refused:
		s.stats["changes refused"]++
	case c.verb == "hide":
		v.remove(c.key)
	case c.verb == "recall":
		v.recalled[c.key] = true
		if here {
			h.state = state{recalled: true, confirmed: h.confirmed}
			v.messages[c.key] = h
		}
	}
	return true
}

// callChange makes the call to the domain that a change needs.
func (s *schedule) callChange(ctx context.Context, by timeline.Actor, c *change) error {
	m := s.t.Timeline
	switch c.verb {
	case "recall":
		return m.Recall(ctx, by, c.user, chat.Between(c.user, c.peer), c.key)
	case "edit":
		_, err := m.Edit(ctx, by, c.user, chat.Between(c.user, c.peer), c.key, timeline.EditRequest{Elements: textElements(c.text)})
		return err
	case "hide":
		return m.DeleteForUser(ctx, by, c.user, chat.Between(c.user, c.peer), []key{c.key})
	case "react", "unreact":
		return m.React(ctx, by, c.user, chat.Between(c.user, c.peer), c.key, c.text, c.verb == "react")
	case "confirm":
		return m.SendReadReceipts(ctx, by, c.user, chat.Between(c.user, c.peer), []key{c.key})
	}
	s.readsGivenUp[[2]string{c.user, c.peer}] = true // a clear reads everything, and does not change the peer's row
	return s.t.Inbox.ClearHistory(ctx, c.user, chat.Between(c.user, c.peer), by.Origin)
}

// skipCleared gives up the gaps that may be cleared messages, which history no longer
// has.
func (v *view) skipCleared() {
	if v.cleared == nil {
		return
	}
	for _, o := range []*offsets{&v.in, &v.out} {
		for _, n := range o.missing() {
			if after, _ := o.around(n, n); after == nil || !v.cleared.Before(*after) {
				_, before := o.around(n, n)
				if before != nil && !v.cleared.Before(*before) {
					o.have[n], o.givenUp[n] = *v.cleared, true
				}
			}
		}
	}
}

// doubtful reports whether a change of a message may be done in part.
func (s *schedule) doubtful(a, b string, k key, verbs ...string) bool {
	return slices.ContainsFunc(s.changes, func(c *change) bool {
		return c.doubt && c.key == k && ((c.user == a && c.peer == b) || (c.user == b && c.peer == a)) &&
			(len(verbs) == 0 || slices.Contains(verbs, c.verb))
	})
}

// overlapped reports whether a message was changed while a call was still sending it.
// That call may have written the preview before the change to a row.
func (s *schedule) overlapped(k key) bool {
	return slices.ContainsFunc(s.changes, func(c *change) bool {
		return c.key == k && slices.ContainsFunc(s.sends, func(l *send) bool {
			return l.seq == k.Seq && l.random == k.Random && slices.ContainsFunc(l.attempts, func(at attempt) bool {
				return !at.ended.Before(c.begun)
			})
		})
	})
}
