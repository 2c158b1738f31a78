package messages

import (
	"context"
	"time"

	"parley/shared/domain/accounts"
	"parley/shared/domain/delivery"
	"parley/shared/fault"
)

// A Sync says what of a message reaches its own sender (core spec §6.0).
type Sync int

// The choices.
const (
	SyncHistory Sync = iota // the sender's history only
	SyncDevices             // history and the sender's other devices
	SyncNothing             // neither
)

// A Draft is a message to send.
type Draft struct {
	From, To string
	Seq      *uint32 // nil: derived, so that a repeat still has the same
	Random   uint32
	Content
	NeedReceipt bool // the receiver is asked for a receipt
	Extensible  bool // pairs may be attached to it
	OnlineOnly  bool // to who is online now; not stored
	NoUnread    bool
	NoLast      bool
	Sync        Sync
	// Trusted sends are the application's own: mute, ban and blocklist do not
	// hold for them (core spec §1.4).
	Trusted bool
	// Issued is when the sender's signature was made; void ones cannot write.
	Issued time.Time
	Origin delivery.Origin
}

// A Receipt tells the sender what became of a draft.
type Receipt struct {
	Key
	Ordinal int64 // 0 for what is not stored
}

// Parties are the two users of a send, as far as its rules need them.
type Parties struct {
	From, To *accounts.Account
	Blocked  bool // To blocks From
	// Who has whom as a friend, where that was asked for.
	ReceiverHas, SenderHas bool
}

// A Claim is a send's place in the conversation: once given, a repeat within
// the window is given the same.
type Claim struct {
	Time                int64 // Unix seconds
	Ordinal, Generation int64
}

// Window is how long a repeated send is the same send (core spec §6.0).
const Window = 120 * time.Second

// ClaimRequest is what a claim needs to know of the message.
type ClaimRequest struct {
	From, To string
	Hash     uint64 // identity of the send
	Key      Key    // with the time it gets if it is new
	NowMs    int64
	Preview  string
	NoLast   bool // leave the sender's list as it is
	Expires  int64
}

// Store keeps messages and the rows a send moves.
type Store interface {
	Parties(ctx context.Context, app int64, from, to string, friends bool) (Parties, error)
	// Claim counts the send on the sender's row, or returns the claim that the
	// same send has had.
	Claim(ctx context.Context, app int64, r ClaimRequest) (Claim, error)
	// PutMessage stores a message; one that is there stays. It tells whether the
	// key is taken by another message.
	PutMessage(ctx context.Context, app int64, m Message) (taken bool, err error)
	// Arrive counts a message on the receiver's row; a repeat changes nothing.
	Arrive(ctx context.Context, app int64, m Message, nowMs int64, preview string) error
	// ClaimBatch fixes the time of a batch: that of the first call.
	ClaimBatch(ctx context.Context, app int64, from string, hash uint64, now int64) (int64, error)
	AccountsAlive(ctx context.Context, app int64, users []string) ([]bool, error)
	// Cleared returns the key up to which a user's history is cleared; nil when
	// it is not.
	Cleared(ctx context.Context, app int64, user, peer string) (*Key, error)
	// Timeline reads a page of a timeline, newest first.
	Timeline(ctx context.Context, app int64, q Range) (TimelinePage, error)
	ChangeStore
	PairStore
}

// Service sends and reads the one-to-one messages of an application.
type Service struct {
	App       int64
	Retention time.Duration
	// FriendsOnly: users write to friends only (core spec §8.0).
	FriendsOnly bool
	// BlockSilently: a message to who blocks its sender is acknowledged and
	// dropped, instead of refused (core spec §8.0).
	BlockSilently bool
	Extensions    bool // pairs may be attached to messages (core spec §6.11)
	Store         Store
	Out           delivery.Service
	Now           func() time.Time
	// Parallel runs functions together and returns the first error.
	Parallel func(ctx context.Context, run ...func(context.Context) error) error
}

// Send stores a message and brings it to the devices of both users
// (docs/data-model.md §5). When it returns without an error the message is
// durable; a device that could not be reached gets it by sync.
func (s Service) Send(ctx context.Context, d Draft) (Receipt, error) {
	if err := d.check(); err != nil {
		return Receipt{}, err
	}
	dropped, err := s.admit(ctx, d)
	if err != nil {
		return Receipt{}, err
	}
	m := d.message(s.Now())
	if dropped {
		return Receipt{Key: m.Key}, nil
	}
	if !d.OnlineOnly {
		if m, err = s.store(ctx, m, d.sum()); err != nil {
			return Receipt{}, err
		}
	}
	users := []string{d.To}
	if d.Sync == SyncDevices {
		users = append(users, d.From)
	}
	if err := s.Out.Send(ctx, users, d.Origin, m); err != nil {
		return Receipt{}, err
	}
	return Receipt{Key: m.Key, Ordinal: m.Ordinal}, nil
}

// store runs the three writes of a send. Each may be repeated: after the first
// every value is fixed.
func (s Service) store(ctx context.Context, m Message, sum uint32) (Message, error) {
	now, preview := s.Now().UnixMilli(), m.Preview()
	m.Expires = m.Time + int64(s.Retention.Seconds())
	claim, err := s.Store.Claim(ctx, s.App, ClaimRequest{
		From: m.From, To: m.To, Hash: sendHash(m.Seq, m.Random, sum), Key: m.Key,
		NowMs: now, Preview: preview, NoLast: m.NoLast || m.Aside, Expires: m.Expires,
	})
	if err != nil {
		return Message{}, err
	}
	m.Time, m.Ordinal, m.Generation = claim.Time, claim.Ordinal, claim.Generation
	m.Expires = m.Time + int64(s.Retention.Seconds())
	stored := m
	err = s.Parallel(ctx,
		func(ctx context.Context) (err error) {
			stored, err = s.put(ctx, stored)
			return err
		},
		func(ctx context.Context) error { return s.Store.Arrive(ctx, s.App, m, now, preview) },
	)
	return stored, err
}

// put stores a message. Where another message of the conversation has its very
// key, of the other user or with other content in the same second, it takes the
// next second that is free: a repeat finds itself there by the same way.
func (s Service) put(ctx context.Context, m Message) (Message, error) {
	for range maxTaken {
		taken, err := s.Store.PutMessage(ctx, s.App, m)
		if err != nil || !taken {
			return m, err
		}
		m.Time++
	}
	return m, fault.New(fault.Throttled, "too many messages have this MsgSeq and MsgRandom, choose others")
}

// maxTaken bounds the seconds that a message is moved on by others with the same
// numbers.
const maxTaken = 30

// admit applies the rules of who may write to whom. It tells whether the message
// is to be dropped without a word.
func (s Service) admit(ctx context.Context, d Draft) (dropped bool, err error) {
	friends := s.FriendsOnly && !d.Trusted
	p, err := s.Store.Parties(ctx, s.App, d.From, d.To, friends)
	if err != nil {
		return false, err
	}
	now := s.Now()
	if !p.From.Alive() {
		return false, fault.New(fault.SenderUnknown, "the sender %s is not an account", d.From)
	}
	if !d.Trusted {
		if err := p.From.Accepts(d.Issued, now); err != nil {
			return false, err
		}
		if now.Unix() < p.From.MutedUntil {
			return false, fault.New(fault.Muted, "the sender is muted")
		}
	}
	if !p.To.Alive() {
		return false, fault.New(fault.ReceiverUnknown, "the receiver %s is not an account", d.To)
	}
	if !d.Trusted && p.Blocked {
		if s.BlockSilently {
			return true, nil
		}
		return false, fault.New(fault.Blocked, "the receiver blocks the sender")
	}
	if friends {
		return false, p.strangers()
	}
	return false, nil
}

// strangers fails where the two are not friends of each other.
func (p Parties) strangers() error {
	switch {
	case !p.ReceiverHas && !p.SenderHas:
		return fault.New(fault.Strangers, "sender and receiver are not friends")
	case !p.ReceiverHas:
		return fault.New(fault.SenderNotFriend, "the sender is not a friend of the receiver")
	case !p.SenderHas:
		return fault.New(fault.ReceiverNotFriend, "the receiver is not a friend of the sender")
	}
	return nil
}

func (d Draft) check() error {
	if err := accounts.CheckID(d.To); err != nil {
		return fault.New(fault.ReceiverUnknown, "To_Account: %s", fault.Of(err).Text)
	}
	if d.From == d.To {
		return fault.New(fault.ReceiverUnknown, "a message needs two users")
	}
	return d.Content.Check()
}

func (d Draft) message(now time.Time) Message {
	m := Message{
		Key: Key{Time: now.Unix(), Random: d.Random}, From: d.From, To: d.To, Content: d.Content,
		NoUnread: d.NoUnread, NoLast: d.NoLast, Aside: d.Sync == SyncNothing,
		NeedReceipt: d.NeedReceipt, Extensible: d.Extensible,
	}
	if d.Seq != nil {
		m.Seq = *d.Seq
	} else {
		// The vendor fills in a random number (core spec §6.0). One derived from
		// the message serves as well and makes a repeat of a call without MsgSeq
		// the same message.
		m.Seq = uint32(sendHash(0, d.Random, d.sum()) & 0x7fffffff)
	}
	return m
}
