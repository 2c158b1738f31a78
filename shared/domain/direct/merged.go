package direct

import (
	"context"
	"encoding/json"
	"slices"

	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
)

// ImportMerged stores a merged list and returns the key by which a message refers to
// it. The same list of the same user has the same key. It is stored for the
// retention of messages, which begins again with each import.
func (s Service) ImportMerged(ctx context.Context, user string, list []json.RawMessage) (content.MergedList, error) {
	m, err := content.NewMergedList(user, list)
	if err != nil {
		return content.MergedList{}, err
	}
	m.Expires = s.Now().Unix() + s.retentionSeconds()
	found, err := s.Store.Accounts(ctx, s.App, []string{user})
	if err != nil {
		return content.MergedList{}, err
	}
	m.Imported = s.Now().Unix()
	if found[0].Alive() {
		m.Imported = max(m.Imported, found[0].Reborn)
	}
	return m, s.MergedStore.PutMerged(ctx, s.App, m)
}

// A Forward is a request to send merged messages as one message. It has either List
// or Key.
type Forward struct {
	SendRequest       // Forward makes its Elements; Custom is sent as it is
	Title, Compatible string
	Abstract          []string
	List              []json.RawMessage // the messages themselves
	Key               string            // the key of an imported list
}

// Forward sends merged messages as one. A key must be that of a list which the
// sender has imported completely.
func (s Service) Forward(ctx context.Context, f Forward) (SendResult, error) {
	relay := content.Relay{
		Title: f.Title, Compatible: f.Compatible, Number: len(f.List), Abstract: append([]string{}, f.Abstract...),
		List: f.List, Key: f.Key,
	}
	if (f.Key == "") == (len(f.List) == 0) {
		return SendResult{}, fault.New(fault.BodyInvalid, "merged messages need one of MsgList and JsonMsgKey")
	}
	if f.Key != "" {
		var head *content.MergedHead
		if content.IsMergedKey(f.Key) {
			var err error
			if head, err = s.MergedStore.MergedHead(ctx, s.App, f.Key); err != nil {
				return SendResult{}, err
			}
		}
		if head == nil || head.Owner != f.From || head.Expires <= s.Now().Unix() {
			return SendResult{}, fault.New(fault.KeyInvalid, "JsonMsgKey is not of a list that the sender has imported")
		}
		relay.Number, f.mergedImported = head.Count, max(head.Imported, 1)
	}
	element, err := relay.Element()
	if err != nil {
		return SendResult{}, err
	}
	f.Elements = []content.Element{element}
	return s.Send(ctx, f.SendRequest)
}

// A MergedPage is a part of a merged list. Next is the number of the next part; 0
// after the last one.
type MergedPage struct {
	Messages []json.RawMessage
	Next     int
}

// ReadMergedPart reads a part of a merged list. The user must see a message that refers to
// the list by its key: the key alone gives no access.
func (s Service) ReadMergedPart(ctx context.Context, user string, id chat.ID, message timeline.Key, key string, part int) (MergedPage, error) {
	m, err := s.Timeline.FindVisible(ctx, user, id, message)
	if err != nil {
		return MergedPage{}, err
	}
	if !slices.ContainsFunc(m.Elements, func(e content.Element) bool { return e.RefersToList(key) }) {
		return MergedPage{}, fault.New(fault.KeyInvalid, "the message has no such JsonMsgKey")
	}
	if !content.IsMergedKey(key) { // a sender may write any text into the message
		return MergedPage{}, fault.New(fault.KeyInvalid, "the message's JsonMsgKey is of no list")
	}
	head, list, err := s.MergedStore.MergedPart(ctx, s.App, key, part)
	if err != nil {
		return MergedPage{}, err
	}
	if head == nil || head.Expires <= s.Now().Unix() || list == nil {
		return MergedPage{}, fault.New(fault.MessageUnknown, "the merged messages are not there, or not any more")
	}
	page := MergedPage{Messages: list}
	if part+1 < head.Parts {
		page.Next = part + 1
	}
	return page, nil
}
