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

// A Forward is a request to send merged messages as one message. It has either
// Messages or Key.
type Forward struct {
	SendRequest     // Forward makes its Elements; Custom is sent as it is
	Title, Fallback string
	Abstract        []string
	Messages        []content.MergedMessage // the messages themselves
	Key             string                  // the key of an imported list
}

// Forward sends merged messages as one. A key must be that of a list which the
// sender has imported completely.
func (s Service) Forward(ctx context.Context, f Forward) (SendResult, error) {
	merged := content.Merged{
		Title: f.Title, Fallback: f.Fallback, Count: int64(len(f.Messages)), Abstract: f.Abstract, Messages: f.Messages, Key: f.Key,
	}
	if (f.Key == "") == (len(f.Messages) == 0) {
		return SendResult{}, fault.New(fault.BodyInvalid, "merged messages need one of %s and %s", fault.Merged, fault.MergedKey)
	}
	if f.Key != "" {
		var head *content.MergedHead
		if content.IsMergedKey(f.Key) {
			var err error
			if head, err = s.mergedStore.MergedHead(ctx, s.app, f.Key); err != nil {
				return SendResult{}, err
			}
		}
		if head == nil || head.Owner != f.From || head.Expires <= s.clock.Now().Unix() {
			return SendResult{}, fault.New(fault.KeyInvalid, "%s is not of a list that the sender has imported", fault.MergedKey)
		}
		merged.Count, f.mergedImported = int64(head.Count), max(head.Imported, 1)
	}
	f.Elements = []content.Element{{Merged: &merged}}
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
