package timeline

import (
	"context"
	"slices"

	"parley/shared/domain/chat"
	"parley/shared/fault"
)

// MaxKeys is the maximum number of messages that one call can name
// (docs/spec/tencent §6.9).
const MaxKeys = 30

// Get returns the messages with these keys. Those that the user does not see are
// left out.
func (s Service) Get(ctx context.Context, user string, id chat.ID, keys []Key) ([]Message, error) {
	if err := CheckKeys(keys); err != nil {
		return nil, err
	}
	list, err := s.visible(ctx, user, id, keys, false)
	if err != nil {
		return nil, err
	}
	out := make([]Message, 0, len(list))
	for _, m := range list {
		if m != nil {
			out = append(out, *m)
		}
	}
	return out, nil
}

// CheckKeys refuses a list of keys that is empty, too long or has a key twice.
func CheckKeys(keys []Key) error {
	if len(keys) == 0 || len(keys) > MaxKeys {
		return fault.New(fault.Invalid, "%s has 1 to %d keys", fault.Keys, MaxKeys)
	}
	seen := make(map[Key]bool, len(keys))
	for _, k := range keys {
		if seen[k] {
			return fault.New(fault.Invalid, "%s has %s twice", fault.Keys, k)
		}
		seen[k] = true
	}
	return nil
}

// bornForActor returns the birth of a user's account (docs/adr/0023). For the
// application it returns 0, because that may change the messages of every account
// that had the id. In a group it is 0 for everybody: the place where a member's view begins is
// that of the membership, not of the account.
func (s Service) bornForActor(ctx context.Context, by Actor, user string, id chat.ID) (int64, error) {
	if by.Trusted || id.Kind() == chat.Group {
		return 0, nil
	}
	a, err := s.store.Account(ctx, s.app, user, false)
	if err != nil || a == nil {
		return 0, err
	}
	return a.Reborn, nil
}

// find reads the message with a key as user sees it, also one that this user has
// deleted or cleared. If there is none, or it is from before born, find fails with the
// code unknown.
func (s Service) find(ctx context.Context, user string, id chat.ID, born int64, key Key, unknown fault.Code) (*Message, error) {
	list, err := s.store.MessagesByKey(ctx, s.app, user, id, []Key{key}, s.clock.Now().Unix(), true)
	if err != nil {
		return nil, err
	}
	switch {
	case list[0] != nil && list[0].sentOrImportedSince(born) && !list[0].Deleted:
		return list[0], nil
	case id.Kind() == chat.Group:
		return nil, fault.New(unknown, "the group has no message %s", key.Text(id))
	default:
		return nil, fault.New(unknown, "there is no message %s between %s and %s", key, user, id.Peer(user))
	}
}

// findSent is find for a message that one of the two users sent, or a member of a group: if from is
// empty, any of them. If the message is recalled, it returns the message and
// fault.AlreadyRecalled.
func (s Service) findSent(ctx context.Context, user string, id chat.ID, from string, born int64, key Key) (*Message, error) {
	m, err := s.find(ctx, user, id, born, key, fault.MessageUnknown)
	switch {
	case err != nil:
		return nil, err
	case m.Tip != nil:
		return nil, fault.New(fault.NotRecallable, "nobody sent message %s: it tells of a change of the group", key.Text(id))
	case m.From != from && (from != "" || id.Kind() != chat.Group):
		return nil, fault.New(fault.MessageUnknown, "%s sent no message %s", from, key.Text(id))
	case m.Recalled:
		return m, fault.New(fault.AlreadyRecalled, "the message is recalled already")
	}
	return m, nil
}

// findForMember reads a message of a group that a member sees. If there is none, it fails with the
// code unknown, and for a user who is not a member with MemberUnknown.
func (s Service) findForMember(ctx context.Context, user string, id chat.ID, key Key, unknown fault.Code) (*Message, error) {
	list, err := s.visible(ctx, user, id, []Key{key}, true)
	if err == nil && list[0] == nil {
		err = fault.New(unknown, "the group has no message %s", key.Text(id))
	}
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// FindVisible reads a message that a user sees and that is not recalled.
func (s Service) FindVisible(ctx context.Context, user string, id chat.ID, k Key) (*Message, error) {
	list, err := s.visible(ctx, user, id, []Key{k}, false)
	if err != nil {
		return nil, err
	}
	if list[0] == nil || list[0].Recalled {
		return nil, fault.New(fault.MessageUnknown, "there is no such message")
	}
	return list[0], nil
}

// visible reads messages. The entry of a message that the user does not see is nil.
func (s Service) visible(ctx context.Context, user string, id chat.ID, keys []Key, strong bool) ([]*Message, error) {
	list, _, err := s.visibleWithBounds(ctx, user, id, keys, strong)
	return list, err
}

// visibleWithBounds is visible, and returns where the user's view begins.
func (s Service) visibleWithBounds(ctx context.Context, user string, id chat.ID, keys []Key, strong bool) (list []*Message, bounds Bounds, err error) {
	err = s.parallel.Run(ctx,
		func(ctx context.Context) (err error) {
			list, err = s.store.MessagesByKey(ctx, s.app, user, id, keys, s.clock.Now().Unix(), strong)
			return err
		},
		func(ctx context.Context) (err error) {
			bounds, err = s.store.Bounds(ctx, s.app, user, id)
			return err
		},
	)
	for i, m := range list {
		if m != nil && !m.visibleTo(user, bounds) {
			list[i] = nil
		}
	}
	return list, bounds, err
}

// Bounds say where a user's view of a conversation begins. Example: Bob cleared the
// conversation when the message of 12:00 was the last one; Bob sees only later ones.
type Bounds struct {
	Cleared *Key  // this message and all before it are hidden; nil: none are
	Born    int64 // older messages belong to another account that had the id; Unix seconds
	Number  int64 // in a group: the message with this number and all before it are hidden
	// Hidden are, in a group, the numbers of the messages that the user has deleted for themselves,
	// in ascending order, and HiddenMs is when the user has last done so.
	Hidden   []int64
	HiddenMs int64
}

// hides reports whether a message is before the place where the user's view begins.
func (b Bounds) hides(m Message) bool {
	if m.Chat.Kind() == chat.Group {
		return m.Offset <= b.Number
	}
	return b.Cleared != nil && !b.Cleared.Before(m.Key)
}

// visibleTo reports whether a user sees a message.
func (m Message) visibleTo(user string, b Bounds) bool {
	return m.visibleIgnoringClear(user, b) && !b.hides(m)
}

// visibleIgnoringClear is visibleTo without the bound of what the user has cleared. In a group the
// empty user is the application, which sees every message, and also that it has deleted some.
func (m Message) visibleIgnoringClear(user string, b Bounds) bool {
	if m.Chat.Kind() == chat.Group {
		return user == "" || (!m.Deleted && m.goesTo(user) && !slices.Contains(b.Hidden, m.Offset))
	}
	return !m.Hidden && (!m.HiddenFromSender || m.From != user) && m.sentOrImportedSince(b.Born)
}

// goesTo reports whether a message of a group is for a member, or is the member's own.
func (m Message) goesTo(user string) bool {
	return len(m.Receivers) == 0 || m.From == user || slices.Contains(m.Receivers, user)
}

// sentOrImportedSince reports whether a message was sent, or imported, at this time
// or later.
func (m Message) sentOrImportedSince(born int64) bool { return max(m.Time, m.Imported) >= born }
