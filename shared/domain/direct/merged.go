package direct

import (
	"context"
	"slices"

	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
)

// ImportMerged stores a merged list and returns the key by which a message refers to
// it. The same list of the same user has the same key. It is stored for the
// retention of messages, which begins again with each import. form is that of the
// dialect by which the list came, nil for the stored form.
func (s Service) ImportMerged(ctx context.Context, user string, list []content.MergedMessage, form content.Form) (content.MergedList, error) {
	m, err := content.NewMergedList(user, list, form)
	if err != nil {
		return content.MergedList{}, err
	}
	m.Expires = s.clock.Now().Unix() + s.retentionSeconds()
	found, err := s.store.Accounts(ctx, s.app, []string{user})
	if err != nil {
		return content.MergedList{}, err
	}
	m.Imported = s.clock.Now().Unix()
	if found[0].Alive() {
		m.Imported = max(m.Imported, found[0].Reborn)
	}
	return m, s.mergedStore.PutMerged(ctx, s.app, m)
}

// A MergedRequest is a request to merge messages into one. It has either Messages or Key.
type MergedRequest struct {
	Title, Fallback string
	Abstract        []string
	Messages        []content.MergedMessage // the messages themselves
	Key             string                  // the key of an imported list
}

// A MergedElement is the element of a message that is sent. If it refers to a list, Imported is
// when the sender imported the list, Unix seconds.
type MergedElement struct {
	content.Element
	Imported int64
}

// Merge returns the element with which the sender sends merged messages as one, to a user or to a
// group. A key must be that of a list which the sender has imported completely.
func (s Service) Merge(ctx context.Context, sender string, f MergedRequest) (MergedElement, error) {
	merged := content.Merged{
		Title: f.Title, Fallback: f.Fallback, Count: int64(len(f.Messages)), Abstract: f.Abstract, Messages: f.Messages, Key: f.Key,
	}
	out := MergedElement{Element: content.Element{Merged: &merged}}
	if (f.Key == "") == (len(f.Messages) == 0) {
		return MergedElement{}, fault.New(fault.BodyInvalid, "merged messages need one of %s and %s", fault.Merged, fault.MergedKey)
	}
	if f.Key != "" {
		var head *content.MergedHead
		if content.IsMergedKey(f.Key) {
			var err error
			if head, err = s.mergedStore.MergedHead(ctx, s.app, f.Key); err != nil {
				return MergedElement{}, err
			}
		}
		if head == nil || head.Owner != sender || head.Expires <= s.clock.Now().Unix() {
			return MergedElement{}, content.NotImported()
		}
		merged.Count, out.Imported = int64(head.Count), max(head.Imported, 1)
	}
	return out, nil
}

// A Forward is a request to send merged messages to a user as one message.
type Forward struct {
	SendRequest // Forward makes its Elements; Custom is sent as it is
	MergedRequest
}

// Forward sends merged messages as one.
func (s Service) Forward(ctx context.Context, f Forward) (SendResult, error) {
	merged, err := s.Merge(ctx, f.From, f.MergedRequest)
	if err != nil {
		return SendResult{}, err
	}
	f.Elements, f.mergedImported = []content.Element{merged.Element}, merged.Imported
	return s.Send(ctx, f.SendRequest)
}

// A MergedPage is a part of a merged list. Next is the number of the next part; 0
// after the last one.
type MergedPage struct {
	Messages []content.MergedMessage
	Next     int
}

// ReadMergedPart reads a part of a merged list. The user must see a message that refers to
// the list by its key: the key alone gives no access.
func (s Service) ReadMergedPart(ctx context.Context, user string, id chat.ID, message timeline.Key, key string, part int) (MergedPage, error) {
	m, err := s.timeline.FindVisible(ctx, user, id, message)
	if err != nil {
		return MergedPage{}, err
	}
	if !slices.ContainsFunc(m.Elements, func(e content.Element) bool { return e.RefersToList(key) }) {
		return MergedPage{}, fault.New(fault.KeyInvalid, "the message has no such %s", fault.MergedKey)
	}
	if !content.IsMergedKey(key) { // a sender may write any text into the message
		return MergedPage{}, fault.New(fault.KeyInvalid, "the message's %s is of no list", fault.MergedKey)
	}
	head, list, err := s.mergedStore.MergedPart(ctx, s.app, key, part)
	if err != nil {
		return MergedPage{}, err
	}
	if head == nil || head.Expires <= s.clock.Now().Unix() || list == nil {
		return MergedPage{}, fault.New(fault.MessageUnknown, "the merged messages are not there, or not any more")
	}
	page := MergedPage{Messages: list}
	if part+1 < head.Parts {
		page.Next = part + 1
	}
	return page, nil
}
