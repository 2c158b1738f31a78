package messages

import (
	"context"

	"parley/shared/fault"
)

// MaxKeys bounds the messages of one call that names them (core spec §6.9).
const MaxKeys = 30

// Get returns messages that a user sees; the others are missing from the answer.
func (s Service) Get(ctx context.Context, user, peer string, keys []Key) ([]Message, error) {
	if err := CheckKeys(keys); err != nil {
		return nil, err
	}
	list, err := s.visible(ctx, user, peer, keys, false)
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

// CheckKeys refuses a list of messages that is empty, too long or has one twice.
func CheckKeys(keys []Key) error {
	if len(keys) == 0 || len(keys) > MaxKeys {
		return fault.New(fault.Invalid, "MsgKeyList has 1 to %d keys", MaxKeys)
	}
	seen := make(map[Key]bool, len(keys))
	for _, k := range keys {
		if seen[k] {
			return fault.New(fault.Invalid, "MsgKeyList has %s twice", k)
		}
		seen[k] = true
	}
	return nil
}

// born returns the birth of a user's account; 0 for the application, which may
// change what is of any life of an id.
func (s Service) born(ctx context.Context, by Actor, user string) (int64, error) {
	if by.Trusted {
		return 0, nil
	}
	a, err := s.Store.Account(ctx, s.App, user, false)
	if err != nil || a == nil {
		return 0, err
	}
	return a.Reborn, nil
}

// find reads a message that a user sees, who was born at a time.
func (s Service) find(ctx context.Context, user, peer string, born int64, key Key, unknown fault.Code) (*Message, error) {
	list, err := s.Store.Find(ctx, s.App, user, peer, []Key{key}, s.Now().Unix(), true)
	if err != nil {
		return nil, err
	}
	if list[0] == nil || !list[0].since(born) {
		return nil, fault.New(unknown, "there is no message %s between %s and %s", key, user, peer)
	}
	return list[0], nil
}

// sent reads a message that one of two users sent, as user sees it. One that is
// recalled is returned with fault.AlreadyRecalled.
func (s Service) sent(ctx context.Context, user, peer, from string, born int64, key Key) (*Message, error) {
	m, err := s.find(ctx, user, peer, born, key, fault.MessageUnknown)
	switch {
	case err != nil:
		return nil, err
	case m.From != from:
		return nil, fault.New(fault.MessageUnknown, "%s sent no message %s", from, key)
	case m.Recalled:
		return m, fault.New(fault.AlreadyRecalled, "the message is recalled already")
	}
	return m, nil
}

// visible reads messages and leaves out what the user does not see.
func (s Service) visible(ctx context.Context, user, peer string, keys []Key, strong bool) ([]*Message, error) {
	list, _, err := s.view(ctx, user, peer, keys, strong)
	return list, err
}

// view is visible, and returns where the user's view begins.
func (s Service) view(ctx context.Context, user, peer string, keys []Key, strong bool) (list []*Message, bounds Bounds, err error) {
	err = s.Parallel(ctx,
		func(ctx context.Context) (err error) {
			list, err = s.Store.Find(ctx, s.App, user, peer, keys, s.Now().Unix(), strong)
			return err
		},
		func(ctx context.Context) (err error) {
			bounds, err = s.Store.Bounds(ctx, s.App, user, peer)
			return err
		},
	)
	for i, m := range list {
		if m != nil && !m.seenBy(user, bounds) {
			list[i] = nil
		}
	}
	return list, bounds, err
}

// Bounds are where a user's view of a conversation begins.
type Bounds struct {
	Cleared *Key  // the history up to it is hidden; nil: it is not
	Born    int64 // what is older is of another one who had the id; Unix seconds
}

// seenBy reports whether a message is in a user's view of the conversation.
func (m Message) seenBy(user string, b Bounds) bool {
	return m.in(user, b.Born) && (b.Cleared == nil || b.Cleared.Before(m.Key))
}

// in is seenBy whatever is cleared.
func (m Message) in(user string, born int64) bool {
	return !m.Hidden && (!m.Aside || m.From != user) && m.since(born)
}

// since reports whether a message was sent, or brought in, from a time on.
func (m Message) since(born int64) bool { return max(m.Time, m.Imported) >= born }
