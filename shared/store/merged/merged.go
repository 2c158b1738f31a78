// Package merged stores merged lists of messages. It implements the MergedStore of the domain
// package direct.
package merged

import (
	"context"
	"encoding/json"
	"fmt"

	"golang.org/x/sync/errgroup"

	"parley/shared/domain/content"
	"parley/shared/domain/direct"
	"parley/shared/dynamo"
	"parley/shared/plainjson"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// Store reads and writes the aggregate Merged.
type Store struct{ msg dynamo.Table }

var _ direct.MergedStore = (*Store)(nil)

// New returns a Store over the table msg.
func New(msg dynamo.Table) *Store { return &Store{msg} }

// PutMerged implements direct.MergedStore. The head is written after all parts, and a list
// without a head is not read. So a list is stored as a whole, even if the call stops
// between two writes. A repeat writes the same items.
func (s *Store) PutMerged(ctx context.Context, app int64, m content.MergedList) error {
	writes, writeCtx := errgroup.WithContext(ctx)
	for i, part := range m.Parts {
		item := dynamo.NewItem(schema.MergedPartKey(app, m.Key, i))
		item.Set(schema.Expires, dynamo.Num(m.Expires))
		plain, err := plainjson.Marshal(part)
		if err != nil {
			return fmt.Errorf("merged messages: %w", err)
		}
		body, dictionary, err := items.Pack(plain)
		if err != nil {
			return err
		}
		item.Set(schema.MergedContent, body)
		if dictionary != nil {
			item.Set(schema.MergedDictionary, dictionary)
		}
		writes.Go(func() error { return s.msg.Put(writeCtx, item) })
	}
	if err := writes.Wait(); err != nil {
		return err
	}
	head := dynamo.NewItem(schema.MergedKey(app, m.Key))
	head.Set(schema.MergedOwner, dynamo.Str(m.Owner))
	head.Set(schema.MergedCount, dynamo.Num(m.Count))
	head.Set(schema.MergedParts, dynamo.Num(len(m.Parts)))
	head.Set(schema.MergedImported, dynamo.Num(m.Imported))
	head.Set(schema.Expires, dynamo.Num(m.Expires))
	return s.msg.Put(ctx, head)
}

// MergedHead implements direct.MergedStore.
func (s *Store) MergedHead(ctx context.Context, app int64, key string) (*content.MergedHead, error) {
	item, err := s.msg.Get(ctx, schema.MergedKey(app, key), true) // strongly, because the list may have been imported a moment ago
	if err != nil {
		return nil, err
	}
	return head(item), nil
}

// MergedPart implements direct.MergedStore.
func (s *Store) MergedPart(ctx context.Context, app int64, key string, part int) (*content.MergedHead, []content.MergedMessage, error) {
	found, err := s.msg.GetConfirmed(ctx, []dynamo.Key{schema.MergedKey(app, key), schema.MergedPartKey(app, key, part)}, dynamo.RereadMissing)
	if err != nil {
		return nil, nil, err
	}
	head := head(found[0])
	if head == nil || found[1] == nil {
		return head, nil, nil
	}
	list, ok := messages(found[1])
	if !ok {
		items.NoteUnreadable(ctx, found[1], "body")
	}
	return head, list, nil
}

func messages(part dynamo.Item) (list []content.MergedMessage, ok bool) {
	plain, err := items.Unpack(part, schema.MergedContent, schema.MergedDictionary)
	if err != nil || json.Unmarshal(plain, &list) != nil {
		return nil, false
	}
	return list, list != nil
}

func head(item dynamo.Item) *content.MergedHead {
	if item == nil {
		return nil
	}
	return &content.MergedHead{
		Owner: item.Text(schema.MergedOwner), Count: int(item.Int(schema.MergedCount)), Parts: int(item.Int(schema.MergedParts)),
		Expires: item.Int(schema.Expires), Imported: item.Int(schema.MergedImported),
	}
}
