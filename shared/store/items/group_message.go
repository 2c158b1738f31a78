package items

import (
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/timeline"
	"parley/shared/dynamo"
	"parley/shared/store/schema"
)

// setGroupMessage sets the attributes that only a message of a group has. Its number is its sort
// key.
func setGroupMessage(item dynamo.Item, m timeline.Message) {
	item.SetText(schema.MessageSender, m.From)
	item.SetText(schema.MessageNameCard, m.NameCard)
	item.Set(schema.MessageTime, dynamo.Num(m.Time))
	item.Set(schema.MessageRandom, dynamo.Num(m.Random))
	item.Set(schema.MessageCounted, dynamo.Num(m.Counted))
	if m.Priority != 0 && m.Priority != timeline.Normal {
		item.Set(schema.MessagePriority, dynamo.Num(m.Priority))
	}
	if len(m.Receivers) > 0 {
		item.Set(schema.MessageReceivers, dynamo.TextSet(m.Receivers...))
	}
	if m.Push != nil {
		item.Set(schema.MessagePush, dynamo.Str(string(m.Push.Encode())))
	}
	if len(m.Mentions) > 0 {
		list := make([]dynamo.Value, len(m.Mentions))
		for i, user := range m.Mentions {
			list[i] = dynamo.Str(user)
		}
		item.Set(schema.MessageMentions, dynamo.List(list))
	}
}

// readGroupMessage reads the attributes that only a message of a group has. It names the part that
// cannot be read.
func readGroupMessage(item dynamo.Item, m *timeline.Message) (why string) {
	m.From, m.Time, m.Random = item.Text(schema.MessageSender), item.Int(schema.MessageTime), uint32(item.Int(schema.MessageRandom))
	m.Offset, m.Counted = int64(m.Seq), item.Int(schema.MessageCounted)
	m.NameCard, m.Priority = item.Text(schema.MessageNameCard), timeline.Normal
	if item.Has(schema.MessagePriority) {
		m.Priority = timeline.Priority(item.Int(schema.MessagePriority))
	}
	m.Receivers, m.Deleted = item.TextSet(schema.MessageReceivers), item.Has(schema.MessageDeleted)
	m.Reactions = groupReactions(item)
	for _, v := range item.List(schema.MessageMentions) {
		m.Mentions = append(m.Mentions, dynamo.TextOf(v))
	}
	if text := item.Text(schema.MessagePush); text != "" {
		var err error
		if m.Push, err = content.DecodePush([]byte(text)); err != nil {
			return string(schema.MessagePush)
		}
	}
	return string(item.FirstNonInteger(
		schema.MessageTime, schema.MessageRandom, schema.MessageCounted, schema.MessagePriority, schema.Expires, schema.MessageFlags,
		schema.MessageEdited, schema.MessageVersion,
	))
}

// groupReactions returns the reactions of each member to a message of a group. A message that is
// recalled or deleted may still have some, which nobody sees: they were given at that moment.
func groupReactions(item dynamo.Item) map[string][]string {
	if item.Has(schema.MessageRecalled) || item.Has(schema.MessageDeleted) {
		return nil
	}
	var out map[string][]string
	for _, text := range item.TextSet(schema.MessageReactionTexts) {
		for _, user := range item.TextSet(schema.MessageReactedBy.Of(text)) {
			if out == nil {
				out = make(map[string][]string)
			}
			out[user] = append(out[user], text)
		}
	}
	return out
}

// setDirectMessage sets the attributes that only a message of two users has.
func setDirectMessage(item dynamo.Item, m timeline.Message) {
	item.Set(schema.MessageFrom, dynamo.Num(m.Chat.Side(m.From)))
	item.Set(schema.MessageOffset, dynamo.Num(m.Offset))
	item.Set(schema.MessageEpoch, dynamo.Num(m.Epoch))
	if m.HiddenFromPeer {
		item.Set(MessageHidden(m.To(), m.Chat), dynamo.Num(1))
	}
}

// readDirectMessage reads the attributes that only a message of two users has, as user sees it. It
// names the part that cannot be read.
func readDirectMessage(item dynamo.Item, user string, id chat.ID, m *timeline.Message) (why string) {
	m.From, m.Offset, m.Epoch = user, item.Int(schema.MessageOffset), item.Int(schema.MessageEpoch)
	m.ConfirmedMs, m.Hidden, m.HiddenFromPeer = item.Int(schema.MessageConfirmed), item.Has(MessageHidden(user, id)), item.Has(MessageHidden(id.Peer(user), id))
	m.Reactions = reactions(item, id)
	if int(item.Int(schema.MessageFrom)) != id.Side(user) {
		m.From = id.Peer(user)
	}
	return string(item.FirstNonInteger(
		schema.MessageFrom, schema.MessageOffset, schema.MessageEpoch, schema.Expires, schema.MessageFlags, schema.MessageEdited,
		schema.MessageVersion, schema.MessageConfirmed,
	))
}
