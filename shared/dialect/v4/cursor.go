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
	text := strconv.FormatInt(p.TimeMs, 10) + " " + p.Peer
	if p.Pinned {
		text = pinned + text
	}
	return base64.RawURLEncoding.EncodeToString([]byte(text))
}

// pinned begins a cursor that stands among the pinned conversations.
const pinned = "p"

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
	rest, top := strings.CutPrefix(string(plain), pinned)
	head, peer, ok := strings.Cut(rest, " ")
	ms, err := strconv.ParseInt(head, 10, 64)
	if !ok || err != nil || ms < 0 || accounts.CheckID(peer) != nil {
		return nil, bad
	}
	p := &conversations.Position{Pinned: top, TimeMs: ms, Peer: peer}
	if FormatCursor(p) != text {
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
