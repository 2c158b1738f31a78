package message

import (
	"context"
	"strings"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/chat"
	"parley/shared/domain/inbox"
	"parley/shared/domain/search"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
	"parley/shared/op"
)

type searchRequest struct {
	conversation          // search this conversation only; absent: all
	Keywords     []string `json:"Keywords" bad:"90001"`     // at most 5
	Match        string   `json:"Match" bad:"90001"`        // "and" (default): a message must have all keywords; "or": one of them
	Types        []string `json:"MsgType" bad:"90001"`      // a message must have an element of one of these kinds
	From         []string `json:"From_Account" bad:"90001"` // only messages of these senders, at most 5
	MinTime      int64    `json:"MinTime" bad:"90001"`      // Unix seconds
	MaxTime      int64    `json:"MaxTime" bad:"90001"`      // Unix seconds
	Limit        *int     `json:"Limit" bad:"90001"`        // 1 to 100, default 20
	Cursor       string   `json:"Cursor" bad:"90001"`
}

type searchReply struct {
	messages
	Complete bool   `json:"Complete"`
	Cursor   string `json:"Cursor,omitempty"`
}

// searchMessages searches the messages that the caller can see, in one conversation or in
// all conversations of the caller's list, newest first. It searches by keywords in their
// texts, by kinds of elements, by senders and by time. A call reads at most 200 messages
// of at most 20 conversations. If the answer is not Complete, the next call passes
// Cursor, also if this call found no message.
func searchMessages(ctx context.Context, c *op.Call, in searchRequest) (searchReply, error) {
	q := search.Query{
		Keywords: in.Keywords, Senders: in.From, MinSec: in.MinTime, MaxSec: in.MaxTime,
		Limit: defaultPage,
	}
	if in.To != "" || in.Group != "" {
		var err error
		if q.Chat, err = in.chat(c.Caller.Account); err != nil {
			return searchReply{}, err
		}
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
	if q.Kinds, err = v4.ReadKinds(in.Types); err != nil {
		return searchReply{}, err
	}
	if q.From, err = parseSearchCursor(c.Caller.Account, q.Chat, in.Cursor); err != nil {
		return searchReply{}, err
	}
	q.Accept = v4.SizeLimit(v4.MaxAnswer, wireForm)
	r, err := c.Search.Search(ctx, c.Caller.Account, q)
	if err != nil {
		return searchReply{}, err
	}
	out := searchReply{messages: messages{List: []v4.Message{}}, Complete: r.Next == nil}
	for _, m := range r.Messages {
		if m.Chat.Kind() == chat.Group {
			out.OfGroup = append(out.OfGroup, v4.FromGroupMessage(m))
		} else {
			out.List = append(out.List, v4.FromMessage(m))
		}
	}
	if r.Next != nil {
		out.Cursor = formatSearchCursor(c.Caller.Account, q.Chat, *r.Next)
	}
	return out, nil
}

// wireForm returns a message as an answer has it.
func wireForm(m timeline.Message) any {
	if m.Chat.Kind() == chat.Group {
		return v4.FromGroupMessage(m)
	}
	return v4.FromMessage(m)
}

// formatSearchCursor returns the text of a search cursor: the cursor of the list of
// conversations, a dot, and the key of a message. Either may be empty. id is the conversation that is
// searched, zero if all are.
func formatSearchCursor(user string, id chat.ID, c search.Cursor) string {
	text := v4.FormatCursor(user, c.At) + "."
	if c.Before != nil {
		text += c.Before.Text(searchedAt(id, c.At))
	}
	return text
}

// searchedAt returns the conversation in which a search goes on.
func searchedAt(id chat.ID, at *inbox.Position) chat.ID {
	if at != nil {
		return at.Chat
	}
	return id
}

// parseSearchCursor reverses formatSearchCursor. Only the cursor of a search in all
// conversations has the part before the dot.
func parseSearchCursor(user string, id chat.ID, text string) (c search.Cursor, err error) {
	if text == "" {
		return c, nil
	}
	bad := fault.New(fault.Invalid, "Cursor is not one that an answer gave")
	list, key, ok := strings.Cut(text, ".")
	if !ok || (list == "") == id.IsZero() {
		return c, bad
	}
	if c.At, err = v4.ParseCursor(user, list); err != nil {
		return c, bad
	}
	if c.Before, err = keyOrNil(searchedAt(id, c.At), key); err != nil || formatSearchCursor(user, id, c) != text {
		return search.Cursor{}, bad
	}
	return c, nil
}
