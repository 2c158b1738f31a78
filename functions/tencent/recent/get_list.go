package recent

import (
	"context"
	"slices"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/inbox"
	"parley/shared/op"
)

type getListRequest struct {
	owner
	cursors
	Flags *int `json:"AssistFlags" need:"50002"` // sum of 1 (with pinned conversations), 2 (with empty ones), 4 (pinned ones in pages)
}

// cursors are positions in the list of pinned conversations and in the list of the
// others: a time, and how many conversations of that second were returned. Example:
// three conversations have the time 1700000000, and two of them were on the page before;
// TimeStamp 1700000000 with StartIndex 2 goes on with the third one.
type cursors struct {
	Time     int64 `json:"TimeStamp" bad:"50002"`     // the cursor of the conversations that are not pinned
	Index    int   `json:"StartIndex" bad:"50002"`    // the cursor of the conversations that are not pinned
	TopTime  int64 `json:"TopTimeStamp" bad:"50002"`  // the cursor of the pinned conversations
	TopIndex int   `json:"TopStartIndex" bad:"50002"` // the cursor of the pinned conversations
}

type getListResponse struct {
	Items    []conversation `json:"SessionItem"`
	Complete int            `json:"CompleteFlag"` // 1 on the last page
	cursors
}

type conversation struct {
	Type  int    `json:"Type"` // 1 one-to-one, 2 group
	To    string `json:"To_Account,omitempty"`
	Group string `json:"GroupId,omitempty"`
	Time  int64  `json:"MsgTime"` // Unix seconds
	Top   int    `json:"TopFlag"` // 1 if the conversation is pinned
}

// Bits of AssistFlags (docs/spec/tencent §9.1).
const (
	withPinned = 1 << iota
	withEmpty
	pagePinned
)

// listPage is how many conversations an answer has at most. The vendor names no size of
// a page (docs/spec/tencent §9.1).
const listPage = 100

// getList returns a page of a user's conversations: first the pinned ones, the latest
// pin first, then the others, newest first. AssistFlags says whether pinned
// conversations and those without a message are in the list. Without its bit 2 the first
// page has all pinned conversations; with it they are returned in pages, too.
func getList(ctx context.Context, c *op.Call, in getListRequest) (getListResponse, error) {
	if min(in.Time, in.TopTime) < 0 || min(in.Index, in.TopIndex) < 0 || *in.Flags < 0 {
		return getListResponse{}, v4.Refuse(badParameter, "cursors and AssistFlags are numbers from 0 on")
	}
	rows, err := c.Inbox.ListAll(ctx, in.From)
	if err != nil {
		return getListResponse{}, err
	}
	flags := *in.Flags
	if flags&withEmpty == 0 {
		rows = slices.DeleteFunc(rows, func(r inbox.Row) bool { return r.LastKey == nil })
	}
	pins := slices.IndexFunc(rows, func(r inbox.Row) bool { return r.PinnedMs == 0 })
	if pins < 0 {
		pins = len(rows)
	}
	top, rest := rows[:pins], rows[pins:]
	switch first := in.Time == 0 && in.Index == 0; {
	case flags&withPinned == 0, flags&pagePinned == 0 && !first:
		top = nil
	case flags&pagePinned != 0:
		top = afterCursor(top, pinTime, in.TopTime, in.TopIndex)
	}
	rest = afterCursor(rest, msgTime, in.Time, in.Index)
	out := getListResponse{Items: []conversation{}, Complete: 1, cursors: in.cursors}
	for _, list := range [][]inbox.Row{top, rest} {
		for _, r := range list {
			if len(out.Items) == listPage {
				out.Complete = 0
				return out, nil
			}
			out.add(r)
		}
	}
	return out, nil
}

// add appends a conversation to the answer and moves the cursor of its list past it.
func (out *getListResponse) add(r inbox.Row) {
	named := contactOf(r)
	item := conversation{Type: named.Type, To: named.To, Group: named.ToGroup, Time: msgTime(r)}
	if r.PinnedMs > 0 {
		item.Top = 1
		out.TopTime, out.TopIndex = advance(pinTime(r), out.TopTime, out.TopIndex)
	} else {
		out.Time, out.Index = advance(msgTime(r), out.Time, out.Index)
	}
	out.Items = append(out.Items, item)
}

func pinTime(r inbox.Row) int64 { return r.PinnedMs / 1000 }
func msgTime(r inbox.Row) int64 { return r.TimeMs / 1000 }

// afterCursor returns the rows behind a cursor.
func afterCursor(rows []inbox.Row, when func(inbox.Row) int64, t int64, index int) []inbox.Row {
	if t == 0 && index == 0 {
		return rows
	}
	start, same := 0, 0
	for ; start < len(rows); start++ {
		if w := when(rows[start]); w < t || (w == t && same == index) {
			break
		} else if w == t {
			same++
		}
	}
	return rows[start:]
}

// advance returns a cursor that is moved past an entry.
func advance(when, t int64, index int) (int64, int) {
	if when == t {
		return t, index + 1
	}
	return when, 1
}
