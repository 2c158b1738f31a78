package messages

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"parley/shared/domain/accounts"
	"parley/shared/domain/delivery"
	"parley/shared/domain/push"
	"parley/shared/domain/sessions"
	"parley/shared/fault"
	"parley/shared/retry"
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
	OnlineOnly bool // to who is online now; not stored and not pushed
	// Life is how long the message is kept; 0, or more than the application keeps
	// messages: as long as that.
	Life        time.Duration
	NoUnread    bool
	NoLast      bool
	NeedReceipt bool
	Extensible  bool
	Sync        Sync
	Push        *push.Info // nil: nothing is said of the push
	// Honour: the receiver's option holds though the send is Trusted.
	Honour bool
	// SkipBefore and SkipAfter: the webhook before or after the send is not called.
	SkipBefore, SkipAfter bool
	// Trusted sends are the application's own: mute, ban and blocklist do not
	// hold for them (core spec §1.4).
	Trusted bool
	// Issued is when the sender's signature was made; void ones cannot write.
	Issued time.Time
	Origin delivery.Origin

	born    int64    // the later birth of the two accounts, where an id has had another
	merged  int64    // when the list was imported that the message refers to
	indexed []string // users of the send whose rows are indexed
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
	Time                int64  // Unix seconds
	Seq                 uint32 // the derived sequence, also of a send that has chosen one
	Ordinal, Generation int64
}

// An Option is what a user wants of the messages of a conversation.
type Option int

// The options, by the numbers that the row has.
const (
	OptionNotify  Option = iota // told and pushed
	OptionSilent                // told, not pushed
	OptionDiscard               // neither: history and the count of unread have them
)

// Window is how long a repeated send is the same send (core spec §6.0).
const Window = 120 * time.Second

// ClaimRequest is what a claim needs to know of the message.
type ClaimRequest struct {
	From, To string
	Hash     uint64 // identity of the send
	Key      Key    // with the time, and the derived sequence, it gets if it is new
	// Derived: the sender has chosen no sequence. The message goes behind the last
	// one that the sender's row shows.
	Derived bool
	Spare   uint32 // where one is chosen: the derived sequence
	NowMs   int64
	Preview string
	Born    int64 // the count of a row begins no earlier, Unix seconds
	NoLast  bool  // leave the sender's list as it is
	Expires int64 // of the row, not of the message
	Indexed bool  // the sender's rows are indexed
}

// A Rename is the key under which a message is stored, instead of the one that
// rows were told.
type Rename struct {
	From, To Key
	Preview  string
	NowMs    int64
}

// An Arrival is a message that reaches the receiver's row.
type Arrival struct {
	Message
	NowMs      int64
	Preview    string
	RowExpires int64
	Indexed    bool // the receiver's rows are indexed
}

// Store keeps messages and the rows a send moves.
type Store interface {
	Parties(ctx context.Context, app int64, from, to string, friends bool) (Parties, error)
	// Writer is Parties without the receiver's account.
	Writer(ctx context.Context, app int64, from, to string, friends bool) (Parties, error)
	// Glance reads a session as it was a moment ago, for what may be missed.
	Glance(ctx context.Context, app int64, user string) (sessions.Session, error)
	// Claim counts the send on the sender's row, or returns the claim that the
	// same send has had.
	Claim(ctx context.Context, app int64, r ClaimRequest) (Claim, error)
	// PutMessage stores a message. One that stands at its key stays, and is
	// returned as its sender sees it.
	PutMessage(ctx context.Context, app int64, m Message) (*Message, error)
	// Arrive counts a message on the receiver's row; a repeat changes nothing. It
	// returns the receiver's option, which the row has.
	Arrive(ctx context.Context, app int64, a Arrival) (Option, error)
	// Rename corrects the key of the last message that owner's list shows, if the
	// list still shows it.
	Rename(ctx context.Context, app int64, owner, peer string, r Rename) error
	// At reads what stands at a key; nil where nothing does.
	At(ctx context.Context, app int64, user, peer string, k Key) (*Message, error)
	// Advance moves owner's list on to a past message where that is newer than
	// what it shows, and the end of the row out to the message's.
	Advance(ctx context.Context, app int64, owner, peer string, a Advance) error
	// PutMerged stores a list; it can be read once all of it is there.
	PutMerged(ctx context.Context, app int64, m MergedList) error
	// MergedHead reads what is known of a list; nil where there is none.
	MergedHead(ctx context.Context, app int64, key string) (*MergedHead, error)
	// MergedPart is MergedHead with one of the parts, nil where it is not there.
	MergedPart(ctx context.Context, app int64, key string, part int) (*MergedHead, []json.RawMessage, error)
	// ClaimBatch fixes the time of a batch, in microseconds: that of the first call.
	ClaimBatch(ctx context.Context, app int64, from string, hash uint64, nowUs int64) (int64, error)
	// Accounts reads accounts of distinct users; absent ones are nil.
	Accounts(ctx context.Context, app int64, users []string) ([]*accounts.Account, error)
	// Bounds returns what of a conversation a user can see.
	Bounds(ctx context.Context, app int64, user, peer string) (Bounds, error)
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
	// BlockSilently: a message to who blocks its sender is accepted, and only the
	// sender has it, instead of refused (core spec §8.0).
	BlockSilently bool
	// Again repeats a change that another one came before.
	Again retry.Retrier
	// Callers checks the account of a sender that is not Trusted.
	Callers *accounts.Callers
	// Recallable is for how long a sender may recall a message (core spec §1.4).
	Recallable time.Duration
	// Pictures and Files bound the bytes that elements say of pictures and sounds,
	// and of files and videos; 0: no bound.
	Pictures, Files int64
	Extensions      bool // pairs may be attached to messages (core spec §6.11)
	Store           Store
	Out             delivery.Service
	Push            push.Service
	Now             func() time.Time
	// Parallel runs functions together and returns the first error.
	Parallel func(ctx context.Context, run ...func(context.Context) error) error
}

// Send stores a message and brings it to the devices of both users
// (docs/data-model.md §5). When it returns without an error the message is
// durable; a device that could not be reached gets it by sync, and one without
// the app in front a push. Once the message is stored nothing fails the call: the
// sender would take it for not sent, and the message is there.
func (s Service) Send(ctx context.Context, d Draft) (Receipt, error) {
	if err := d.check(); err != nil {
		return Receipt{}, err
	}
	if err := s.checkSizes(d.Content); err != nil {
		return Receipt{}, err
	}
	p, silenced, err := s.admit(ctx, d)
	if err != nil {
		return Receipt{}, err
	}
	from := p.From
	if d.merged != 0 && d.merged < from.Reborn {
		return Receipt{}, fault.New(fault.KeyInvalid, "JsonMsgKey is not of a list that the sender has imported")
	}
	d.born = max(from.Reborn, p.To.Reborn)
	m := d.message(s.Now())
	m.PeerHid = silenced
	m.Nick, m.Face, d.indexed = p.From.Nick, p.From.Face, indexed(p.From, p.To)
	option := OptionNotify
	if !d.OnlineOnly {
		if m, option, err = s.store(ctx, m, d); err != nil {
			return Receipt{}, err
		}
	}
	if m.Recalled {
		return Receipt{Key: m.Key, Ordinal: m.Ordinal}, nil
	}
	if silenced {
		option = OptionDiscard // the receiver's devices are told nothing
	}
	users := []string{d.To}
	if d.Sync == SyncDevices {
		users = append(users, d.From)
	}
	list, err := s.Out.Store.Sessions(ctx, s.App, users)
	switch {
	case err == nil:
		s.push(ctx, d, m, s.bring(ctx, d, m, d.honoured(option), list))
	case d.OnlineOnly:
		return Receipt{}, err // it is nowhere
	default:
		s.Out.Note(ctx, m.Key.String()+": sessions", err)
	}
	return Receipt{Key: m.Key, Ordinal: m.Ordinal}, nil
}

// push hands a stored message over to be pushed.
func (s Service) push(ctx context.Context, d Draft, m Message, devices []push.Device) {
	s.Out.Note(ctx, m.Key.String()+": push", s.Push.Push(ctx, m.note(), d.Push, devices))
}

// indexed are those of some users whose conversation rows are indexed.
func indexed(list ...*accounts.Account) (users []string) {
	for _, a := range list {
		if a != nil && a.Indexed {
			users = append(users, a.ID)
		}
	}
	return users
}

// honoured is the option that holds for a send.
func (d Draft) honoured(o Option) Option {
	if d.Trusted && !d.Honour {
		return OptionNotify
	}
	return o
}

// bring posts a message to sessions, the receiver's first, and returns the
// receiver's devices that it is to be pushed to.
func (s Service) bring(ctx context.Context, d Draft, m Message, o Option, list []sessions.Session) []push.Device {
	told := list
	if o == OptionDiscard {
		told = list[1:]
	}
	gone, err := s.Out.Deliver(ctx, told, d.Origin, m)
	s.Out.Note(ctx, m.Key.String()+": delivery", err)
	if d.OnlineOnly || o != OptionNotify {
		return nil
	}
	return s.Push.Devices(list[0], gone)
}

// store runs the three writes of a send. Each may be repeated: after the first
// every value is fixed.
func (s Service) store(ctx context.Context, m Message, d Draft) (Message, Option, error) {
	a := Arrival{NowMs: s.Now().UnixMilli(), Preview: m.Preview(), Indexed: slices.Contains(d.indexed, m.To)}
	claim, err := s.Store.Claim(ctx, s.App, ClaimRequest{
		From: m.From, To: m.To, Hash: d.hash(), Key: m.Key, Derived: d.Seq == nil, Spare: derived(s.Now()), Born: d.born,
		NowMs: a.NowMs, Preview: a.Preview, NoLast: m.NoLast || m.Aside, Expires: m.Time + s.kept(),
		Indexed: slices.Contains(d.indexed, m.From),
	})
	if err != nil {
		return Message{}, 0, err
	}
	m.Time, m.Ordinal, m.Generation = claim.Time, claim.Ordinal, claim.Generation
	if d.Seq == nil {
		m.Seq = claim.Seq
	}
	// A short life ends the message, not the rows that count it.
	a.RowExpires, m.Expires = m.Time+s.kept(), m.Time+s.kept()
	if d.Life > 0 {
		m.Expires = min(m.Expires, m.Time+int64(d.Life.Seconds()))
	}
	a.Message = m
	stored, option := m, OptionNotify
	put := func(ctx context.Context) (err error) {
		stored, err = s.put(ctx, stored, claim.Seq)
		return err
	}
	arrive := func(ctx context.Context) (err error) {
		option, err = s.Store.Arrive(ctx, s.App, a)
		return err
	}
	if m.Ordinal == 1 {
		// Once stored it may be recalled, by another device of the sender. The row
		// must know its count by then, to note that the message is not unread.
		if err = arrive(ctx); err == nil {
			err = put(ctx)
		}
	} else {
		err = s.Parallel(ctx, put, arrive)
	}
	if err == nil && stored.Key != m.Key && !m.NoLast {
		s.rename(ctx, m.Key, stored)
	}
	if err == nil && (stored.Recalled || (stored.PeerHid && !m.PeerHid)) {
		err = s.goneBefore(ctx, stored)
	}
	return stored, option, err
}

// rename tells both lists the key that a message has, where the one that they were
// told was taken.
func (s Service) rename(ctx context.Context, from Key, m Message) {
	r := Rename{From: from, To: m.Key, Preview: m.Preview(), NowMs: s.Now().UnixMilli()}
	s.Out.Note(ctx, m.Key.String()+": rename", s.Parallel(ctx,
		func(ctx context.Context) error {
			if m.Aside {
				return nil
			}
			return s.Store.Rename(ctx, s.App, m.From, m.To, r)
		},
		func(ctx context.Context) error { return s.Store.Rename(ctx, s.App, m.To, m.From, r) },
	))
}

// goneBefore completes a send whose message was stored by a try before, and since
// recalled, or deleted by its receiver: what the rows were just told of it is taken
// back.
func (s Service) goneBefore(ctx context.Context, m Message) error {
	now := s.Now().UnixMilli()
	receiver := Mark{NowMs: now, Last: &Last{Of: m.Key, None: !m.Recalled}, Blind: true}
	if !m.NoUnread {
		receiver.Uncounted = []Message{m}
	}
	if !m.Recalled {
		return s.Store.Mark(ctx, s.App, m.To, m.From, receiver)
	}
	return s.announce(ctx, m, now, Mark{NowMs: now, Last: &Last{Of: m.Key}, Blind: true}, receiver)
}

// kept is how many seconds messages are kept.
func (s Service) kept() int64 { return int64(s.Retention.Seconds()) }

// admit applies the rules of who may write to whom, and returns the two. If the
// receiver blocks the sender silently, the message is silenced: it is the sender's
// alone, who sees no difference.
func (s Service) admit(ctx context.Context, d Draft) (p Parties, silenced bool, err error) {
	if err := d.checkParties(); err != nil {
		return p, false, err
	}
	friends := s.FriendsOnly && !d.Trusted
	p, err = s.Store.Parties(ctx, s.App, d.From, d.To, friends)
	if err != nil {
		return p, false, err
	}
	if !d.Trusted {
		if p.From, err = s.mayWrite(ctx, d.From, p.From, d.Issued); err != nil {
			return p, false, err
		}
	}
	if !p.From.Alive() {
		return p, false, fault.New(fault.SenderUnknown, "the sender %s is not an account", d.From)
	}
	if !p.To.Alive() {
		return p, false, fault.New(fault.ReceiverUnknown, "the receiver %s is not an account", d.To)
	}
	if d.Trusted {
		return p, false, nil
	}
	silenced, err = s.mayReach(p)
	return p, silenced, err
}

// mayReach refuses a user whom the other blocks or, if that counts, who is no
// friend. silenced: that is to be done without a word.
func (s Service) mayReach(p Parties) (silenced bool, err error) {
	if p.Blocked {
		if s.BlockSilently {
			return true, nil
		}
		return false, fault.New(fault.Blocked, "the receiver blocks the sender")
	}
	if s.FriendsOnly {
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
	if err := d.checkParties(); err != nil {
		return err
	}
	return d.checkContent()
}

// checkParties refuses ids of which no two users can be.
func (d Draft) checkParties() error {
	if err := accounts.CheckID(d.From); err != nil {
		return fault.New(fault.SenderUnknown, "the sender: %s", fault.Of(err).Text)
	}
	if err := accounts.CheckID(d.To); err != nil {
		return fault.New(fault.ReceiverUnknown, "To_Account: %s", fault.Of(err).Text)
	}
	if d.From == d.To {
		return fault.New(fault.ReceiverUnknown, "a message needs two users")
	}
	return nil
}

// checkContent is Check with what is said of the push: both are in the message's
// JSON, which is what the limit holds for (core spec §3).
func (d Draft) checkContent() error {
	if d.Push == nil {
		return d.Check()
	}
	return d.checkWith(d.Push.Size + len(`,"OfflinePushInfo":`))
}

// note is what a push tells of a message.
func (m Message) note() push.Note {
	n := push.Note{Key: m.Key.String(), From: m.From, Nick: m.Nick, Text: m.text(push.MaxText), NoUnread: m.NoUnread}
	for _, e := range m.Elements {
		if e.Kind == KindCustom {
			n.Ext, n.Sound = e.field("Ext"), e.field("Sound")
		}
	}
	return n
}

func (d Draft) message(now time.Time) Message {
	m := Message{
		Key: Key{Time: max(now.Unix(), d.born), Seq: derived(now), Random: d.Random}, From: d.From, To: d.To, Content: d.Content,
		NoUnread: d.NoUnread, NoLast: d.NoLast, Aside: d.Sync == SyncNothing,
		NeedReceipt: d.NeedReceipt, Extensible: d.Extensible,
	}
	if d.Seq != nil {
		m.Seq = *d.Seq
	}
	return m
}
