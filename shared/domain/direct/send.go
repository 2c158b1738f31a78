package direct

import (
	"context"
	"time"

	"parley/shared/domain/accounts"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/delivery"
	"parley/shared/domain/timeline"
)

// A SenderCopy says where the sender's own side has a message (docs/spec/tencent §6.0).
type SenderCopy int

// The choices.
const (
	CopyToHistory SenderCopy = iota // in the history only
	CopyToDevices                   // in the history, and on the sender's other devices
	NoCopy                          // nowhere
)

// A SendRequest is a message to send.
type SendRequest struct {
	From, To string
	Seq      *uint32 // nil: derived, and a repeat of the send gets the same one
	Random   uint32
	content.Content
	Form       content.Form // of the dialect by which the content came; nil: the stored form
	OnlineOnly bool         // deliver it to the devices that are online now; do not store or push it
	// Retention is how long the message is stored. 0, or more than the application
	// stores messages, means the application's retention.
	Retention          time.Duration
	ExcludedFromUnread bool
	ExcludedFromLast   bool
	NeedReceipt        bool
	Extensible         bool
	Sync               SenderCopy
	Push               *content.Push // nil: the sender says nothing about the push
	// HonourReceiveOption: the receiver's option also applies to a Trusted send.
	HonourReceiveOption bool
	// SkipBefore and SkipAfter: the webhook before, or after, the send is not called.
	SkipBefore, SkipAfter bool
	// Trusted: the application sends, not a user. Mute, ban, blocklist and friendship
	// are not checked (docs/spec/tencent §1.4).
	Trusted bool
	// Issued is when the sender's signature was made. A revoked signature is refused.
	Issued time.Time
	Origin delivery.Origin

	mergedImported int64    // when the merged list was imported to which the message refers; 0: none
	born           int64    // the latest Reborn of the accounts of the send (docs/adr/0023)
	indexedUsers   []string // the users whose rows have an index
}

// A SendResult is the result of a send.
type SendResult struct {
	timeline.Key
	Offset int64 // 0 if the message is not stored
}

// An Option says how a user wants to receive the messages of a conversation.
type Option int

// The options. The numbers are stored in the row.
const (
	OptionNotify  Option = iota // delivered and pushed
	OptionSilent                // delivered, not pushed
	OptionDiscard               // neither; it is in the history and in the unread count
)

// Send stores a message and delivers it to the devices of both users
// (docs/data-model.md §5). If it returns no error, the message is durable. A device
// that was not reached finds the message by sync, and the receiver gets a push if
// no device has the app in the foreground. After the message is stored nothing fails
// the call (docs/adr/0022): on an error the sender would believe that the message
// was not sent. Example: SQS refuses the push job; Send logs that and succeeds.
func (s Service) Send(ctx context.Context, req SendRequest) (SendResult, error) {
	if err := req.check(); err != nil {
		return SendResult{}, err
	}
	if err := req.CheckMediaSizes(s.settings.Files); err != nil {
		return SendResult{}, err
	}
	p, blockedSilently, err := s.check.admit(ctx, req, PermissionsQuery{Window: !req.OnlineOnly})
	if err != nil {
		return SendResult{}, err
	}
	from := p.From
	if req.mergedImported != 0 && req.mergedImported < from.Reborn {
		return SendResult{}, content.NotImported()
	}
	req.born = max(from.Reborn, p.To.Reborn)
	m := req.newMessage(s.clock.Now())
	m.HiddenFromPeer = blockedSilently
	m.Nick, m.Face, req.indexedUsers = p.From.Nick, p.From.Face, usersWithIndex(p.From, p.To)
	o := outgoing{Message: m, request: req, window: p.Window}
	if !req.OnlineOnly {
		if err := s.write(ctx, &o); err != nil {
			return SendResult{}, err
		}
	}
	if blockedSilently {
		o.option = OptionDiscard // nothing is delivered to the receiver's devices
	}
	if err := s.notify(ctx, req, o.Message, []outgoing{o}); err != nil {
		return SendResult{}, err
	}
	return SendResult{Key: o.Key, Offset: o.Offset}, nil
}

// usersWithIndex returns those of the users whose conversation rows have an index.
func usersWithIndex(list ...*accounts.Account) (users []string) {
	for _, account := range list {
		if account != nil && account.Indexed {
			users = append(users, account.ID)
		}
	}
	return users
}

// effectiveOption returns the option that applies to this send.
func (req SendRequest) effectiveOption(o Option) Option {
	if req.Trusted && !req.HonourReceiveOption {
		return OptionNotify
	}
	return o
}

// correctListKeys writes the key of a stored message to the lists of both users,
// which have another key for it, because that one was taken.
func (s Service) correctListKeys(ctx context.Context, from timeline.Key, m timeline.Message) {
	r := KeyReplacement{From: from, To: m.Key, Preview: m.Preview(), NowMs: s.clock.Now().UnixMilli()}
	s.delivery.LogFailure(ctx, m.Key.String()+": rename", s.parallel.Run(ctx,
		func(ctx context.Context) error {
			if m.HiddenFromSender {
				return nil
			}
			return s.store.ReplaceKey(ctx, s.app, m.From, m.Chat, r)
		},
		func(ctx context.Context) error { return s.store.ReplaceKey(ctx, s.app, m.To(), m.Chat, r) },
	))
}

// finishRepeatOfRemoved ends the repeat of a send whose message was stored by the
// first call and has been removed since: recalled, or deleted by the receiver. The
// repeat has just written the message to the rows again, and this takes it back.
// Example: Alice's send dies after the message is stored, Bob deletes the message,
// Alice's client repeats the send. Bob's list must not show the message.
func (s Service) finishRepeatOfRemoved(ctx context.Context, m timeline.Message) error {
	now := s.clock.Now().UnixMilli()
	receiver := timeline.RowUpdate{NowMs: now, Last: &timeline.LastShown{Of: m.Key, None: !m.Recalled}, SkipRead: true}
	if !m.ExcludedFromUnread {
		receiver.NoLongerUnread = []timeline.Message{m}
	}
	if !m.Recalled {
		return s.timeline.UpdateRow(ctx, m.To(), m.Chat, receiver)
	}
	return s.timeline.RecordChange(ctx, m, now, timeline.RowUpdate{NowMs: now, Last: &timeline.LastShown{Of: m.Key}, SkipRead: true}, receiver)
}

func (req SendRequest) check() error {
	if err := req.checkUsers(); err != nil {
		return err
	}
	return req.checkContent()
}

// checkContent checks the content. The size limit includes the sender's push
// options, which are in the same JSON (docs/spec/tencent §3).
func (req SendRequest) checkContent() error {
	pushBytes := 0
	if req.Push != nil {
		pushBytes = req.Push.Bytes
	}
	return req.Check(req.Form, pushBytes)
}

// newMessage returns the message of a request that is sent at a time.
func (req SendRequest) newMessage(now time.Time) timeline.Message {
	m := timeline.Message{
		Key: timeline.Key{Time: max(now.Unix(), req.born), Seq: derivedSeq(now), Random: req.Random}, Chat: chat.Between(req.From, req.To), From: req.From, Content: req.Content,
		ExcludedFromUnread: req.ExcludedFromUnread, ExcludedFromLast: req.ExcludedFromLast, HiddenFromSender: req.Sync == NoCopy,
		NeedReceipt: req.NeedReceipt, Extensible: req.Extensible,
	}
	if req.Seq != nil {
		m.Seq = *req.Seq
	}
	return m
}
