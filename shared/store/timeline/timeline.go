// Package timeline stores the messages of conversations, their operation logs and their
// extensions. It implements the Store, ChangeStore and ExtensionStore of the domain package
// timeline.
//
// The extensions of a message and their counters are written in one transaction. A mutation of
// a message also changes the rows of the conversation, which are another aggregate: each row
// is one update of its own.
package timeline

import (
	"context"

	"parley/shared/domain/accounts"
	"parley/shared/domain/chat"
	domain "parley/shared/domain/timeline"
	"parley/shared/dynamo"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// Store reads and writes the aggregate Messages. It reads Accounts, and reads and writes
// Conversations and GroupHeads.
type Store struct{ core, msg dynamo.Table }

var (
	_ domain.Store          = (*Store)(nil)
	_ domain.ChangeStore    = (*Store)(nil)
	_ domain.ExtensionStore = (*Store)(nil)
)

// New returns a Store over the tables core and msg.
func New(core, msg dynamo.Table) *Store { return &Store{core, msg} }

// PutMessage implements timeline.Store.
func (s *Store) PutMessage(ctx context.Context, app int64, m domain.Message) (*domain.Message, error) {
	item, err := items.MessageItem(app, m)
	if err != nil {
		return nil, err
	}
	old, put, err := s.msg.PutIf(ctx, item, dynamo.ItemAbsent())
	if put || err != nil {
		return nil, err
	}
	stored, _ := items.Message(ctx, old, m.From, m.Chat)
	return &stored, nil
}

// MessageAt implements timeline.Store.
func (s *Store) MessageAt(ctx context.Context, app int64, user string, id chat.ID, k domain.Key) (*domain.Message, error) {
	item, err := s.msg.Get(ctx, schema.MessageKey(app, id, k), true)
	if err != nil || item == nil {
		return nil, err
	}
	m, _ := items.Message(ctx, item, user, id)
	return &m, nil
}

// MessagesByKey implements timeline.Store.
func (s *Store) MessagesByKey(
	ctx context.Context, app int64, user string, id chat.ID, keys []domain.Key, now int64, strong bool,
) ([]*domain.Message, error) {
	itemKeys := make([]dynamo.Key, len(keys))
	for i, k := range keys {
		itemKeys[i] = schema.MessageKey(app, id, k)
	}
	found, err := s.msg.GetAll(ctx, itemKeys, strong)
	if err != nil {
		return nil, err
	}
	list := make([]*domain.Message, len(found))
	for i, item := range found {
		if item == nil || (item.Has(schema.Expires) && item.Int(schema.Expires) <= now) {
			continue
		}
		if m, ok := items.Message(ctx, item, user, id); ok {
			list[i] = &m
		}
	}
	return list, nil
}

// Timeline implements timeline.Store. It returns an empty page only if the range ends
// there: if no item of a page can be read, it reads the next one.
func (s *Store) Timeline(ctx context.Context, app int64, r domain.HistoryRange) (domain.Page, error) {
	q, ok := items.TimelineQuery(app, r)
	if !ok {
		return domain.Page{Done: true}, nil
	}
	for page, err := range s.msg.Pages(ctx, &q) {
		if err != nil {
			return domain.Page{}, err
		}
		out := domain.Page{Messages: make([]domain.Message, 0, len(page.Items)), Done: !page.More()}
		for _, item := range page.Items {
			if m, ok := items.Message(ctx, item, r.User, r.Chat); ok {
				out.Messages = append(out.Messages, m)
			}
		}
		if len(out.Messages) > 0 {
			return out, nil
		}
	}
	return domain.Page{Done: true}, nil
}

// Bounds implements timeline.Store.
func (s *Store) Bounds(ctx context.Context, app int64, user string, id chat.ID) (domain.Bounds, error) {
	if id.Kind() == chat.Group {
		return s.groupBounds(ctx, app, user, id)
	}
	found, err := s.core.GetAll(ctx, []dynamo.Key{schema.RowKey(app, user, id), schema.AccountKey(app, user)}, false)
	if err != nil {
		return domain.Bounds{}, err
	}
	return domain.Bounds{Cleared: items.MessageKey(found[0], schema.RowHiddenUpTo, id), Born: found[1].Int(schema.AccountReborn)}, nil
}

// Account implements timeline.Store.
func (s *Store) Account(ctx context.Context, app int64, user string, strong bool) (*accounts.Account, error) {
	return items.GetAccount(ctx, s.core, app, user, strong)
}

// LastKey implements timeline.Store.
func (s *Store) LastKey(ctx context.Context, app int64, user string, id chat.ID) (*domain.Key, error) {
	if id.Kind() == chat.Group {
		return s.lastKeyOfGroup(ctx, app, id)
	}
	item, err := s.core.Get(ctx, schema.RowKey(app, user, id), true)
	if err != nil {
		return nil, err
	}
	return items.MessageKey(item, schema.RowLastKey, id), nil
}
