package items

import (
	"context"
	"slices"

	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/timeline"
	"parley/shared/dynamo"
	"parley/shared/store/schema"
)

// Bits of a message's MessageFlags.
const (
	flagNoUnread = 1 << iota
	flagNoLast
	flagHiddenFromSender
	flagNeedReceipt
	flagExtensible
)

// MessageItem returns the item of a message that is sent or imported. What happens to it later
// is added to the item, and expires with it.
func MessageItem(app int64, m timeline.Message) (dynamo.Item, error) {
	item := dynamo.NewItem(schema.MessageKey(app, m.Chat, m.Key))
	if m.Chat.Kind() == chat.Group {
		setGroupMessage(item, m)
	} else {
		setDirectMessage(item, m)
	}
	item.Set(schema.Expires, dynamo.Num(m.Expires))
	var flags int64
	for bit, on := range map[int64]bool{
		flagNoUnread: m.ExcludedFromUnread, flagNoLast: m.ExcludedFromLast, flagHiddenFromSender: m.HiddenFromSender,
		flagNeedReceipt: m.NeedReceipt, flagExtensible: m.Extensible,
	} {
		if on {
			flags |= bit
		}
	}
	item.SetInt(schema.MessageFlags, flags)
	item.SetInt(schema.MessageImported, m.Imported)
	body, dictionary, err := Pack(m.Content.Encode())
	if err != nil {
		return nil, err
	}
	item.Set(schema.MessageContent, body)
	if dictionary != nil {
		item.Set(schema.MessageDictionary, dictionary)
	}
	return item, nil
}

// MessageHidden is the attribute that says that a user deleted a message.
func MessageHidden(user string, id chat.ID) dynamo.Attribute {
	return schema.MessageHidden.At(id.Side(user))
}

// MessageReactions is the attribute with a user's reactions to a message.
func MessageReactions(user string, id chat.ID) dynamo.Attribute {
	return schema.MessageReactions.At(id.Side(user))
}

// AllReactions are the attributes with the reactions to a message, as it was read.
func AllReactions(m timeline.Message) []dynamo.Attribute {
	if m.Chat.Kind() != chat.Group {
		return []dynamo.Attribute{schema.MessageReactions.At(0), schema.MessageReactions.At(1)}
	}
	list := []dynamo.Attribute{schema.MessageReactionTexts}
	for _, texts := range m.Reactions {
		for _, text := range texts {
			if a := schema.MessageReactedBy.Of(text); !slices.Contains(list, a) {
				list = append(list, a)
			}
		}
	}
	return list
}

func reactions(item dynamo.Item, id chat.ID) map[string][]string {
	var out map[string][]string
	first, second := id.Names()
	for _, user := range []string{first, second} {
		set := item.TextSet(MessageReactions(user, id))
		if set == nil {
			continue
		}
		if out == nil {
			out = make(map[string][]string, 2)
		}
		out[user] = set
	}
	return out
}

// ParseMessage reads a message as user sees it, and names the part of it that cannot be
// read. why is empty if everything can be read.
func ParseMessage(item dynamo.Item, user string, id chat.ID) (m timeline.Message, why string) {
	key, ok := schema.ParseMessageSK(id, item.SK())
	if !ok {
		return timeline.Message{}, "key"
	}
	m = timeline.Message{
		Key: key, Chat: id, Expires: item.Int(schema.Expires), Recalled: item.Has(schema.MessageRecalled), RecalledMs: item.Int(schema.MessageRecalled),
		Imported: item.Int(schema.MessageImported), EditedMs: item.Int(schema.MessageEdited), Version: item.Int(schema.MessageVersion),
	}
	if id.Kind() == chat.Group {
		why = readGroupMessage(item, &m)
	} else {
		why = readDirectMessage(item, user, id, &m)
	}
	flags := item.Int(schema.MessageFlags)
	m.ExcludedFromUnread, m.ExcludedFromLast, m.HiddenFromSender = flags&flagNoUnread != 0, flags&flagNoLast != 0, flags&flagHiddenFromSender != 0
	m.NeedReceipt, m.Extensible = flags&flagNeedReceipt != 0, flags&flagExtensible != 0
	var err error
	if m.Content, err = unpackContent(item); err != nil {
		return m, "body" // without the error, which quotes the body
	}
	if len(m.Elements) == 0 && m.Tip == nil && !m.Recalled && !m.Deleted {
		return m, "body"
	}
	return m, why
}

// Message reads a message of a timeline as user sees it. It returns false if the key
// cannot be read. If another part cannot be read, the message is shown as recalled: it
// stays in the history, so that a client does not take it for missing and ask for it
// again and again.
func Message(ctx context.Context, item dynamo.Item, user string, id chat.ID) (timeline.Message, bool) {
	m, why := ParseMessage(item, user, id)
	if why == "" {
		return m, true
	}
	NoteUnreadable(ctx, item, why)
	m.Content, m.Reactions, m.Recalled = content.Content{}, nil, true
	return m, m.Key != timeline.Key{}
}

// TimelineQuery returns a query of the messages of a range, newest first. It returns false if
// the range is empty, which DynamoDB refuses.
func TimelineQuery(app int64, q timeline.HistoryRange) (dynamo.Query, bool) {
	from, to := schema.MessagePrefix, "n" // all messages: 'n' is after every key that begins with 'm'
	isGroup := q.Chat.Kind() == chat.Group
	if q.MinSec > 0 && !isGroup {
		from = schema.MessageSK(q.Chat, timeline.Key{Time: q.MinSec})
	}
	if q.After != nil {
		from = max(from, schema.MessageSK(q.Chat, *q.After)+"+") // '+' makes a key that is after this message and before the next one
	}
	if q.MaxSec > 0 && !isGroup {
		to = schema.MessageSK(q.Chat, timeline.Key{Time: q.MaxSec, Seq: 1<<32 - 1, Random: 1<<32 - 1})
	}
	query := dynamo.Query{PK: schema.TimelinePK(app, q.Chat), Descending: true, Limit: q.Limit, Strong: q.Strong}
	if isGroup {
		query.Filter = sentBetween(q.MinSec, q.MaxSec)
	}
	if q.Before != nil {
		// FromTo includes both ends. The start key excludes the message itself. The end is
		// moved as well, because DynamoDB Local reads everything from the end to the start
		// key.
		before := schema.MessageSK(q.Chat, *q.Before)
		if before <= from {
			return query, false
		}
		if before <= to {
			to, query.StartAfter = before, dynamo.Key{PK: query.PK, SK: before}
		}
	}
	query.Range = dynamo.FromTo(dynamo.Str(from), dynamo.Str(to))
	return query, true
}

// sentBetween is the condition that a message of a group was sent between two times, which are
// not in its key.
func sentBetween(minSec, maxSec int64) dynamo.Condition {
	var list []dynamo.Condition
	if minSec > 0 {
		list = append(list, dynamo.AtLeast(schema.MessageTime, dynamo.Num(minSec)))
	}
	if maxSec > 0 {
		list = append(list, dynamo.AtMost(schema.MessageTime, dynamo.Num(maxSec)))
	}
	if list == nil {
		return dynamo.Condition{}
	}
	return dynamo.All(list...)
}
