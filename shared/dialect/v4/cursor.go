package v4

import (
	"encoding/base64"
	"strconv"
	"strings"

	"parley/shared/domain/accounts"
	"parley/shared/domain/chat"
	"parley/shared/domain/inbox"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
)

// FormatCursor returns the cursor for a position in a user's list of conversations; empty
// at the end of the list.
func FormatCursor(user string, p *inbox.Position) string {
	if p == nil {
		return ""
	}
	text := strconv.FormatInt(p.TimeMs, 10)
	if p.RowsUpTo > 0 {
		text += "+" + strconv.Itoa(p.RowsUpTo)
	}
	text += " " + cursorName(user, p.Chat)
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

// notDirect begins the name of a conversation that is not direct. No user id has it.
const notDirect = "\x1f"

// cursorName names a conversation in a cursor of a user: by the peer if it is direct.
func cursorName(user string, id chat.ID) string {
	if id.IsZero() || id.Kind() == chat.Direct {
		return id.Peer(user)
	}
	return notDirect + id.String()
}

// parseCursorName reverses cursorName.
func parseCursorName(user, name string) (chat.ID, bool) {
	text, named := strings.CutPrefix(name, notDirect)
	if !named {
		return chat.Between(user, name), accounts.CheckID(name) == nil
	}
	id, err := chat.Parse(text)
	return id, err == nil && !id.IsZero()
}

// ParseCursor returns the position for a cursor of FormatCursor; nil for an empty text, the
// start of the list.
func ParseCursor(user, text string) (*inbox.Position, error) {
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
	for prefix, part := range map[string]inbox.SyncPart{cursorWithData: inbox.PartWithData, cursorChanges: inbox.PartChanges} {
		if after, ok := strings.CutPrefix(rest, prefix); ok && !isPinned && p.Part == 0 {
			rest, p.Part = after, part
		}
	}
	ms, name, ok := strings.Cut(rest, " ")
	ms, seen, hasSeen := strings.Cut(ms, "+")
	p.TimeMs, err = strconv.ParseInt(ms, 10, 64)
	if hasSeen && err == nil {
		p.RowsUpTo, err = strconv.Atoi(seen)
	}
	if name != "" || p.Part == 0 { // without a name it is the start of a part of a sync
		var known bool
		p.Chat, known = parseCursorName(user, name)
		ok = ok && known
	}
	if !ok || err != nil || p.TimeMs < 0 || p.RowsUpTo < 0 || FormatCursor(user, p) != text {
		return nil, bad
	}
	return p, nil
}

// FormatChatCursor returns the cursor for a place in a list that is in the order of conversations.
func FormatChatCursor(user string, last chat.ID) string {
	return base64.RawURLEncoding.EncodeToString([]byte(cursorName(user, last)))
}

// ParseChatCursor reverses FormatChatCursor. For an empty text it returns the zero ID, the start of
// the list.
func ParseChatCursor(user, text string) (chat.ID, error) {
	if text == "" {
		return chat.ID{}, nil
	}
	if plain, err := base64.RawURLEncoding.DecodeString(text); err == nil && len(text) <= 100 {
		if id, ok := parseCursorName(user, string(plain)); ok && FormatChatCursor(user, id) == text {
			return id, nil
		}
	}
	return chat.ID{}, fault.New(fault.Invalid, "Cursor is not one that an answer gave")
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
