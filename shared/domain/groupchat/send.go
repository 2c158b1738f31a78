package groupchat

import (
	"context"

	"parley/shared/domain/accounts"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/delivery"
	"parley/shared/domain/groups"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
)

// Limits of one message (docs/spec/tencent §18.3).
const (
	MaxReceivers = 50 // members to whom alone it goes
	MaxMentions  = 30 // members that it mentions
)

// A SendRequest is a message to send to a group.
type SendRequest struct {
	Actor
	Group  string
	Random uint32
	content.Content
	Form               content.Form // of the dialect by which the content came; nil: the stored form
	Priority           timeline.Priority
	OnlineOnly         bool // deliver it to the devices that are online now; do not store or push it
	ExcludedFromUnread bool
	ExcludedFromLast   bool
	NeedReceipt        bool
	Extensible         bool
	Receivers          []string      // the members to whom alone it goes; empty: all. It does not count as unread
	Mentions           []string      // the members that it mentions, in their order; an empty text: all members
	Push               *content.Push // nil: the sender says nothing about the push
	MergedImported     int64         // when the merged list was imported to which the message refers, Unix seconds; 0: none
	// SkipBefore and SkipAfter: the webhook before, or after, the send is not called.
	SkipBefore, SkipAfter bool
	Origin                delivery.Origin
}

// A SendResult is the result of a send.
type SendResult struct {
	timeline.Key
	// Dropped: the group had too many messages in this second. The message is neither stored nor
	// delivered, and the send succeeds all the same (docs/spec/tencent §18.2).
	Dropped bool
}

// Send stores a message of a group under the next number and delivers it to the devices of the
// members (docs/data-model.md §6). If it returns no error, and the message was not dropped, the
// message is durable; what fails after that is logged and does not fail the call (docs/adr/0022).
//
// A repeat within the window, which is a send of the same sender with the same random, gets the
// number of the first call. It fails with Conflict while the first call may still be running.
func (s Service) Send(ctx context.Context, req SendRequest) (SendResult, error) {
	if err := s.checkRequest(req); err != nil {
		return SendResult{}, err
	}
	head, from, err := s.check.admit(ctx, req.Actor, req.Group)
	if err != nil {
		return SendResult{}, err
	}
	if req.MergedImported != 0 && req.MergedImported < from.Account.Reborn {
		return SendResult{}, content.NotImported()
	}
	if req.ExcludedFromUnread && !groups.CapabilitiesOfTypes().Unread.For(head.Type) {
		return SendResult{}, fault.New(fault.Invalid, "no message of a group of this type counts as unread")
	}
	o := outgoing{Message: req.newMessage(from), request: req, head: head, from: from}
	if o.large() {
		o.Push = req.Push
	}
	now := s.clock.Now().Unix()
	rate, fits := rateWith(head, now, req.Priority)
	o.rate = rate
	if req.OnlineOnly {
		o.Time = now
		if !fits {
			return o.dropped(), nil
		}
		return SendResult{Key: o.Key}, s.deliverOnline(ctx, o)
	}
	if !fits && !s.mayBeRepeat(ctx, o) {
		o.Time = now
		return o.dropped(), nil
	}
	if err := s.write(ctx, &o); err != nil {
		return SendResult{}, err
	}
	s.notify(ctx, o)
	return SendResult{Key: o.Key}, nil
}

// dropped is the result of a send that is dropped. It has no number, like one that is not stored.
func (o outgoing) dropped() SendResult { return SendResult{Key: o.Key, Dropped: true} }

// checkRequest refuses a request that no group accepts.
func (s Service) checkRequest(req SendRequest) error {
	pushBytes, mentioned := 0, 0
	if req.Push != nil {
		pushBytes = req.Push.Bytes
	}
	for _, user := range req.Mentions {
		if user != "" {
			mentioned++
		}
	}
	if err := req.Check(req.Form, pushBytes); err != nil {
		return err
	}
	switch {
	case mentioned > MaxMentions || len(req.Mentions) > 2*MaxMentions:
		return fault.At(fault.MentionLimit, fault.Mentions, "a message mentions at most %d members", MaxMentions)
	case len(req.Receivers) > MaxReceivers:
		return fault.At(fault.BatchTooLarge, fault.Receivers, "a message goes to at most %d members, or to all", MaxReceivers)
	case len(req.Receivers) > 0 && !s.settings.Directed:
		return fault.New(fault.AppLimit, "the application's edition has no messages to some members of a group")
	case req.OnlineOnly && (req.ExcludedFromUnread || req.ExcludedFromLast):
		return fault.New(fault.Invalid, "a message that is not stored is never counted or listed")
	}
	for _, user := range req.Receivers {
		if err := accounts.CheckID(user); err != nil {
			return fault.At(fault.Invalid, fault.Receivers, "%s", err)
		}
	}
	for _, user := range req.Mentions {
		if err := accounts.CheckID(user); user != "" && err != nil {
			return fault.At(fault.Invalid, fault.Mentions, "%s", err)
		}
	}
	return req.CheckMediaSizes(s.settings.Files)
}

// newMessage returns the message of a request, without number and time. A message to some members
// does not count as unread, and lists do not show it: the head of the group is the same for all.
func (req SendRequest) newMessage(from Sender) timeline.Message {
	directed := len(req.Receivers) > 0
	return timeline.Message{
		Key: timeline.Key{Random: req.Random}, Chat: chat.OfGroup(req.Group), From: req.User, Content: req.Content, Priority: req.Priority,
		ExcludedFromUnread: req.ExcludedFromUnread || directed, ExcludedFromLast: req.ExcludedFromLast || directed,
		NeedReceipt: req.NeedReceipt, Extensible: req.Extensible, Receivers: req.Receivers, Mentions: req.Mentions,
		Nick: from.Account.Nick, Face: from.Account.Face, NameCard: from.NameCard,
	}
}
