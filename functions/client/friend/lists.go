package friend

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/relations"
	"parley/shared/op"
)

type listsRequest struct {
	Names  []string `json:"GroupName" bad:"30001"` // absent or empty: all lists
	Cursor string   `json:"Cursor" bad:"30001"`
}

type listsReply struct {
	Items   []listItem `json:"ResultItem"`
	Version int64      `json:"ListVersion"`
	Cursor  string     `json:"Cursor,omitempty"` // absent on the last page
}

// listItem is a friend list, or the part of it that is on this page.
type listItem struct {
	Name  string   `json:"GroupName"`
	Count int      `json:"FriendNumber"` // members of the whole list
	To    []string `json:"To_Account"`   // members on this page
}

// lists returns the caller's friend lists with their members. If one answer cannot
// hold all of them, the next call passes Cursor: the next page begins with the list
// that the page before did not finish. Each call reads the whole friend table. A
// device that has the table knows the members from it, because each entry names its
// lists.
func lists(ctx context.Context, c *op.Call, in listsRequest) (listsReply, error) {
	name, peer, err := parseListsCursor(in.Cursor)
	if err != nil {
		return listsReply{}, err
	}
	found, version, err := c.Relations.GetLists(ctx, c.Caller.Account, in.Names)
	if err != nil {
		return listsReply{}, err
	}
	out := listsReply{Version: version}
	if in.Cursor != "" {
		at := slices.IndexFunc(found, func(l relations.List) bool { return l.Name == name })
		if at < 0 {
			return listsReply{}, v4.Refuse(badParameter, "the friend list %.40q of Cursor is gone, start again without Cursor", name)
		}
		found = found[at:]
	}
	out.Items, out.Cursor, err = listsPage(found, peer)
	return out, err
}

// listsPage returns as many lists and members as fit into one answer, and the cursor
// of the next page. Of the first list it leaves out the members up to and including
// after, which an earlier page had.
func listsPage(found []relations.List, after string) ([]listItem, string, error) {
	items, room := make([]listItem, 0, len(found)), maxBytes
	for _, l := range found {
		item := listItem{Name: l.Name, Count: len(l.Peers), To: []string{}}
		// full takes the room of v and reports whether v no longer fits. The first
		// list of a page is always begun, and one member always fits, so that each page
		// goes further than the page before.
		full := func(v any) (bool, error) {
			text, err := json.Marshal(v)
			if err != nil {
				return false, fmt.Errorf("friend list %q: %w", l.Name, err)
			}
			room -= len(text) + 1
			return room < 0, nil
		}
		over, err := full(item)
		if err != nil {
			return nil, "", err
		}
		if over && len(items) > 0 {
			return items, formatListsCursor(l.Name, after), nil
		}
		for _, peer := range l.Peers {
			if peer <= after {
				continue
			}
			if over, err = full(peer); err != nil {
				return nil, "", err
			}
			if over {
				return append(items, item), formatListsCursor(l.Name, after), nil
			}
			item.To, after = append(item.To, peer), peer
		}
		items, after = append(items, item), ""
	}
	return items, "", nil
}

// formatListsCursor returns the cursor that continues with a list after one of its
// members.
func formatListsCursor(name, peer string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(name + "\x1f" + peer))
}

// parseListsCursor reverses formatListsCursor.
func parseListsCursor(text string) (name, peer string, err error) {
	if text == "" {
		return "", "", nil
	}
	plain, err := base64.RawURLEncoding.DecodeString(text)
	at := strings.LastIndexByte(string(plain), 0x1f)
	if err != nil || at < 1 || formatListsCursor(string(plain[:at]), string(plain[at+1:])) != text {
		return "", "", v4.Refuse(badParameter, "Cursor is not one that an answer gave")
	}
	return string(plain[:at]), string(plain[at+1:]), nil
}
