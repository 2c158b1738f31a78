package v4

import (
	"encoding/base64"
	"strconv"
	"strings"

	"parley/shared/domain/accounts"
	"parley/shared/domain/inbox"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
)

// FormatCursor returns the cursor for a position in a list of conversations; empty at the
// end of the list.
func FormatCursor(p *inbox.Position) string {
	if p == nil {
		return ""
	}
	text := strconv.FormatInt(p.TimeMs, 10)
	if p.RowsUpTo > 0 {
		text += "+" + strconv.Itoa(p.RowsUpTo)
	}
	text += " " + p.Peer
	switch {
	case p.Pinned:
		text = cursorPinned + text
	case p.Part == inbox.PartWithData:
		text = cursorWithData + text
	case p.Part == inbox.PartChanges:
		text = cursorChanges + text
	}
	return base64.RawURLEncoding.EncodeToString([]byte(text))
}

// The first letter of a cursor tells which part of the list the position is in. A cursor
// without such a letter is in the conversations in the order of their last messages.
const (
	cursorPinned   = "p" // the pinned conversations
	cursorWithData = "k" // in a sync: the conversations with data
	cursorChanges  = "c" // in a sync: the conversations that changed without a message
)

// ParseCursor returns the position for a cursor of FormatCursor; nil for an empty text, the
// start of the list.
func ParseCursor(text string) (*inbox.Position, error) {
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
	p := &inbox.Position{}
	rest, isPinned := strings.CutPrefix(string(plain), cursorPinned)
	p.Pinned = isPinned
	for prefix, part := range map[string]inbox.Part{cursorWithData: inbox.PartWithData, cursorChanges: inbox.PartChanges} {
		if after, ok := strings.CutPrefix(rest, prefix); ok && !isPinned && p.Part == 0 {
			rest, p.Part = after, part
		}
	}
	ms, peer, ok := strings.Cut(rest, " ")
	ms, seen, hasSeen := strings.Cut(ms, "+")
	p.TimeMs, err = strconv.ParseInt(ms, 10, 64)
	if hasSeen && err == nil {
		p.RowsUpTo, err = strconv.Atoi(seen)
	}
	isStart := peer == "" && p.Part != 0 // the start of a part of a sync
	if !ok || err != nil || p.TimeMs < 0 || p.RowsUpTo < 0 || (!isStart && accounts.CheckID(peer) != nil) {
		return nil, bad
	}
	if p.Peer = peer; FormatCursor(p) != text {
		return nil, bad
	}
	return p, nil
}

// FormatLogCursor returns the cursor for a position in an operation log; empty at the end
// of the log.
func FormatLogCursor(p *timeline.LogPosition) string {
	if p == nil {
		return ""
	}
	return strconv.FormatInt(p.AtMs, 10) + "_" + p.Key.String()
}

// ParseLogCursor returns the position for a cursor of FormatLogCursor; nil for an empty
// text, the start of the log.
func ParseLogCursor(text string) (*timeline.LogPosition, error) {
	if text == "" {
		return nil, nil
	}
	head, rest, _ := strings.Cut(text, "_")
	ms, err := strconv.ParseInt(head, 10, 44)
	key, bad := timeline.ParseKey(rest)
	p := &timeline.LogPosition{AtMs: ms, Key: key}
	if err != nil || bad != nil || ms < 0 || FormatLogCursor(p) != text {
		return nil, fault.New(fault.Invalid, "Cursor is not one that an answer gave")
	}
	return p, nil
}
