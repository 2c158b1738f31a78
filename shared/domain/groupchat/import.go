package groupchat

import (
	"context"

	"parley/shared/domain/accounts"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/groups"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
)

// MaxImports is how many messages one call imports at most (docs/spec/tencent §18.9).
const MaxImports = 20

// An Import is a past message for a group.
type Import struct {
	From   string
	Random uint32
	Time   int64 // Unix seconds
	content.Content
	Form content.Form // of the dialect by which the content came; nil: the stored form
}

// An ImportResult is what became of an Import.
type ImportResult struct {
	timeline.Key
	Err error
}

// Import stores past messages of a group under the next numbers, in their order. A message that is
// older than the one before it, or than the last message of the group, is refused, and so is one
// from before the group was created. All messages of the group count as read by everybody after
// that. If shown is true, the newest message becomes the last one in the lists of the members.
//
// A repeat of a call finds the messages of the first call at the end of the group, and refuses them
// as too old, except those of the newest second: these it finds, and answers them as before.
func (s Service) Import(ctx context.Context, g groups.Group, list []Import, shown bool) ([]ImportResult, error) {
	if len(list) == 0 || len(list) > MaxImports {
		return nil, fault.New(fault.Invalid, "1 to %d messages can be imported at once", MaxImports)
	}
	head, err := s.check.head(ctx, g.ID)
	if err != nil {
		return nil, err
	}
	now := s.clock.Now().Unix()
	results := make([]ImportResult, len(list))
	newest, err := s.messagesOfSecond(ctx, head)
	if err != nil {
		return nil, err
	}
	for i, im := range list {
		m := timeline.Message{
			Key: timeline.Key{Time: im.Time, Random: im.Random}, Chat: chat.OfGroup(g.ID), From: im.From, Content: im.Content,
			ExcludedFromUnread: true, Imported: now,
		}
		results[i].Key = m.Key
		if results[i].Err = checkImport(im, g, head, now); results[i].Err != nil {
			continue
		}
		if earlier := sameImport(newest, m); earlier != nil {
			results[i].Key = earlier.Key
			continue
		}
		if err := s.store(ctx, &m, head, now); err != nil {
			if fault.Of(err).Code.Ours() {
				return nil, err
			}
			results[i].Err = err
			continue
		}
		results[i].Key = m.Key
		head.Number, head.LastTime = m.Offset, m.Time
		c := HeadUpdate{Message: m, Hidden: !shown, AllRead: head.Counted, Delivered: !large(head)}
		c.NowMs = m.Time * 1000
		if _, err := s.heads.Count(ctx, s.app, c); err != nil {
			return nil, err
		}
	}
	return results, nil
}

// messagesOfSecond returns the stored messages of the second of a group's last message.
func (s Service) messagesOfSecond(ctx context.Context, h groups.Head) ([]timeline.Message, error) {
	if h.Number == 0 {
		return nil, nil
	}
	page, err := s.timeline.History(ctx, timeline.HistoryRange{Chat: chat.OfGroup(h.Group), MinSec: h.LastTime, Limit: timeline.MaxPage, Strong: true})
	return page.Messages, err
}

// sameImport returns the message of a list that an import has stored before; nil if there is none.
func sameImport(list []timeline.Message, m timeline.Message) *timeline.Message {
	for i, other := range list {
		if other.Imported != 0 && other.From == m.From && other.Random == m.Random && other.Time == m.Time && other.Equal(m.Content) {
			return &list[i]
		}
	}
	return nil
}

// checkImport refuses a message that cannot be imported into a group with this head.
func checkImport(im Import, g groups.Group, h groups.Head, now int64) error {
	if err := accounts.CheckID(im.From); err != nil {
		return fault.At(fault.SenderUnknown, fault.Sender, "%s", err)
	}
	if err := im.Check(im.Form, 0); err != nil {
		return err
	}
	switch {
	case im.Time < g.Created:
		return fault.New(fault.Invalid, "the message is older than the group")
	case im.Time > now:
		return fault.New(fault.Invalid, "the message is of the future")
	case im.Time < h.LastTime:
		return fault.New(fault.Invalid, "the message is older than the message before it")
	}
	return nil
}
