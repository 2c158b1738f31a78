package recent

import (
	"context"
	"slices"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/conversations"
	"parley/shared/op"
)

type getListRequest struct {
	owned
	cursors
	Flags *int `json:"AssistFlags" need:"50002"`
}

// cursors are places in the two lists: a time, and how many entries of that time
// were given.
type cursors struct {
	Time     int64 `json:"TimeStamp" bad:"50002"`
	Index    int   `json:"StartIndex" bad:"50002"`
	TopTime  int64 `json:"TopTimeStamp" bad:"50002"`
	TopIndex int   `json:"TopStartIndex" bad:"50002"`
}

type getListResponse struct {
	Items    []session `json:"SessionItem"`
	Complete int       `json:"CompleteFlag"`
	cursors
}

type session struct {
	Type int    `json:"Type"`
	To   string `json:"To_Account"`
	Time int64  `json:"MsgTime"`
	Top  int    `json:"TopFlag"`
}

// Bits of AssistFlags (core spec §9.1).
const (
	withPinned = 1 << iota
	withEmpty
	pagePinned
)

// listPage is the most conversations of one answer (chosen, core spec §9.1).
const listPage = 100

// getList returns a page of a user's conversations: those that are pinned, the
// latest pin first, then the others, newest first. Which ones, AssistFlags says:
// the pinned, those without a message; with its third bit the pinned ones are
// paged too, without it all of them are in the first page.
func getList(ctx context.Context, c *op.Call, in getListRequest) (getListResponse, error) {
	if min(in.Time, in.TopTime) < 0 || min(in.Index, in.TopIndex) < 0 || *in.Flags < 0 {
		return getListResponse{}, v4.Refuse(badParameter, "cursors and AssistFlags are numbers from 0 on")
	}
	rows, err := c.Conversations.All(ctx, in.From)
	if err != nil {
		return getListResponse{}, err
	}
	flags := *in.Flags
	if flags&withEmpty == 0 {
		rows = slices.DeleteFunc(rows, func(r conversations.Row) bool { return r.LastKey == nil })
	}
	pins := slices.IndexFunc(rows, func(r conversations.Row) bool { return r.PinnedMs == 0 })
	if pins < 0 {
		pins = len(rows)
	}
	top, rest := rows[:pins], rows[pins:]
	switch first := in.Time == 0 && in.Index == 0; {
	case flags&withPinned == 0, flags&pagePinned == 0 && !first:
		top = nil
	case flags&pagePinned != 0:
		top = after(top, pinTime, in.TopTime, in.TopIndex)
	}
	rest = after(rest, msgTime, in.Time, in.Index)
	out := getListResponse{Items: []session{}, Complete: 1, cursors: in.cursors}
	for _, list := range [][]conversations.Row{top, rest} {
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

func (out *getListResponse) add(r conversations.Row) {
	s := session{Type: typeUser, To: r.Peer, Time: msgTime(r)}
	if r.PinnedMs > 0 {
		s.Top = 1
		out.TopTime, out.TopIndex = next(pinTime(r), out.TopTime, out.TopIndex)
	} else {
		out.Time, out.Index = next(msgTime(r), out.Time, out.Index)
	}
	out.Items = append(out.Items, s)
}

func pinTime(r conversations.Row) int64 { return r.PinnedMs / 1000 }
func msgTime(r conversations.Row) int64 { return r.TimeMs / 1000 }

// after leaves out what stands before a cursor.
func after(rows []conversations.Row, when func(conversations.Row) int64, t int64, index int) []conversations.Row {
	if t == 0 && index == 0 {
		return rows
	}
	at, same := 0, 0
	for ; at < len(rows); at++ {
		if w := when(rows[at]); w < t || (w == t && same == index) {
			break
		} else if w == t {
			same++
		}
	}
	return rows[at:]
}

// next moves a cursor past an entry.
func next(when, t int64, index int) (int64, int) {
	if when == t {
		return t, index + 1
	}
	return when, 1
}
