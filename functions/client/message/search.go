package message

import (
	"context"
	"strings"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/messages"
	"parley/shared/domain/search"
	"parley/shared/fault"
	"parley/shared/op"
)

type searchRequest struct {
	To       string          `json:"To_Account" id:"user" bad:"90003"` // one conversation; absent: all
	Keywords []string        `json:"Keywords" bad:"90001"`             // 5 at most, all in one message or, with "or", one of them
	Match    string          `json:"Match" bad:"90001"`                // "and" (default) or "or"
	Types    []messages.Kind `json:"MsgType" bad:"90001"`
	From     []string        `json:"From_Account" bad:"90001"`
	MinTime  int64           `json:"MinTime" bad:"90001"` // Unix seconds
	MaxTime  int64           `json:"MaxTime" bad:"90001"` // Unix seconds
	Limit    *int            `json:"Limit" bad:"90001"`   // 1 to 100, default 20
	Cursor   string          `json:"Cursor" bad:"90001"`
}

type searchReply struct {
	List     []v4.Message `json:"MsgList"`
	Complete bool         `json:"Complete"`
	Cursor   string       `json:"Cursor,omitempty"`
}

// searchMessages looks for messages that the caller can see, in one conversation or in
// all of the list, newest first: by keywords in their texts, by kinds of elements,
// by senders and by time. A call reads at most 200 messages of at most 20
// conversations; not Complete, possibly without having found any: the next call
// takes Cursor.
func searchMessages(ctx context.Context, c *op.Call, in searchRequest) (searchReply, error) {
	q := search.Query{
		Peer: in.To, Keywords: in.Keywords, Kinds: in.Types, Senders: in.From, MinSec: in.MinTime, MaxSec: in.MaxTime,
		Limit: defaultPage,
	}
	if in.Limit != nil {
		q.Limit = *in.Limit
	}
	switch in.Match {
	case "", "and":
	case "or":
		q.Any = true
	default:
		return searchReply{}, v4.Refuse(90001, "Match is and, or or")
	}
	var err error
	if q.From, err = parseSearch(in.Cursor, in.To == ""); err != nil {
		return searchReply{}, err
	}
	q.Accept = v4.Within(v4.MaxAnswer, v4.FromMessage)
	r, err := c.Search.Search(ctx, c.Caller.Account, q)
	if err != nil {
		return searchReply{}, err
	}
	out := searchReply{List: v4.FromMessages(r.Messages), Complete: r.Next == nil}
	if r.Next != nil {
		out.Cursor = formatSearch(*r.Next)
	}
	return out, nil
}

// A cursor of a search is that of a list, a dot, and a key; either may be empty.
func formatSearch(c search.Cursor) string {
	text := v4.FormatCursor(c.At) + "."
	if c.Before != nil {
		text += c.Before.String()
	}
	return text
}

func parseSearch(text string, all bool) (c search.Cursor, err error) {
	if text == "" {
		return c, nil
	}
	bad := fault.New(fault.Invalid, "Cursor is not one that an answer gave")
	list, key, ok := strings.Cut(text, ".")
	if !ok || (list == "") == all {
		return c, bad
	}
	if c.At, err = v4.ParseCursor(list); err != nil {
		return c, bad
	}
	if c.Before, err = bound(key); err != nil || formatSearch(c) != text {
		return search.Cursor{}, bad
	}
	return c, nil
}
