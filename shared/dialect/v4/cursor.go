package v4

import (
	"encoding/base64"
	"strconv"
	"strings"

	"parley/shared/domain/accounts"
	"parley/shared/domain/conversations"
	"parley/shared/domain/messages"
	"parley/shared/fault"
)

// FormatCursor makes a cursor of a place in a list; empty at the end.
func FormatCursor(p *conversations.Position) string {
	if p == nil {
		return ""
	}
	text := strconv.FormatInt(p.TimeMs, 10)
	if p.Seen > 0 {
		text += "+" + strconv.Itoa(p.Seen)
	}
	text += " " + p.Peer
	switch {
	case p.Pinned:
		text = pinned + text
	case p.Part == conversations.PartKept:
		text = kept + text
	case p.Part == conversations.PartChanges:
		text = changes + text
	}
	return base64.RawURLEncoding.EncodeToString([]byte(text))
}

// What a cursor begins with.
const (
	pinned  = "p" // it stands among the pinned conversations
	kept    = "k" // a sync is among those with data
	changes = "c" // a sync is among what changed without a message
)

// ParseCursor reverses FormatCursor; nil for the start of the list.
func ParseCursor(text string) (*conversations.Position, error) {
	if text == "" {
		return nil, nil
	}
	bad := fault.New(fault.Invalid, "Cursor is not one that an answer gave")
	if len(text) > 100 {
		return nil, bad
	}
	plain, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, bad
	}
	p := &conversations.Position{}
	rest, top := strings.CutPrefix(string(plain), pinned)
	p.Pinned = top
	for prefix, part := range map[string]conversations.Part{kept: conversations.PartKept, changes: conversations.PartChanges} {
		if after, ok := strings.CutPrefix(rest, prefix); ok && !top && p.Part == 0 {
			rest, p.Part = after, part
		}
	}
	head, peer, ok := strings.Cut(rest, " ")
	head, seen, counted := strings.Cut(head, "+")
	p.TimeMs, err = strconv.ParseInt(head, 10, 64)
	if counted && err == nil {
		p.Seen, err = strconv.Atoi(seen)
	}
	begins := peer == "" && p.Part != 0 // a part of a sync, from its beginning
	if !ok || err != nil || p.TimeMs < 0 || p.Seen < 0 || (!begins && accounts.CheckID(peer) != nil) {
		return nil, bad
	}
	if p.Peer = peer; FormatCursor(p) != text {
		return nil, bad
	}
	return p, nil
}

// FormatLogCursor makes a cursor of a place in an operation log; empty at the
// end.
func FormatLogCursor(p *messages.LogPosition) string {
	if p == nil {
		return ""
	}
	return strconv.FormatInt(p.AtMs, 10) + "_" + p.Key.String()
}

// ParseLogCursor reverses FormatLogCursor; nil for the start of the log.
func ParseLogCursor(text string) (*messages.LogPosition, error) {
	if text == "" {
		return nil, nil
	}
	head, rest, _ := strings.Cut(text, "_")
	ms, err := strconv.ParseInt(head, 10, 44)
	key, bad := messages.ParseKey(rest)
	p := &messages.LogPosition{AtMs: ms, Key: key}
	if err != nil || bad != nil || ms < 0 || FormatLogCursor(p) != text {
		return nil, fault.New(fault.Invalid, "Cursor is not one that an answer gave")
	}
	return p, nil
}
