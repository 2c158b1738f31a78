package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"golang.org/x/sync/errgroup"

	"parley/shared/domain/content"
	"parley/shared/plainjson"
)

// PutMerged implements direct.MergedStore. The head is written after all parts, and a list
// without a head is not read. So a list is stored as a whole, even if the call stops
// between two writes. A repeat writes the same items.
func (s *Store) PutMerged(ctx context.Context, app int64, m content.MergedList) error {
	writes, writeCtx := errgroup.WithContext(ctx)
	for i, part := range m.Parts {
		item := MergedPartKey(app, m.Key, i).attributes()
		item["x"] = num(m.Expires)
		plain, err := plainjson.Marshal(part)
		if err != nil {
			return fmt.Errorf("merged messages: %w", err)
		}
		if err := pack(item, plain); err != nil {
			return err
		}
		writes.Go(func() error {
			_, err := s.db.PutItem(writeCtx, &dynamodb.PutItemInput{TableName: s.name(Msg), Item: item})
			return err
		})
	}
	err := writes.Wait()
	if err == nil {
		head := MergedKey(app, m.Key).attributes()
		head["u"], head["c"], head["p"], head["x"] = str(m.Owner), num(m.Count), num(len(m.Parts)), num(m.Expires)
		head["t"] = num(m.Imported)
		_, err = s.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: s.name(Msg), Item: head})
	}
	if err != nil {
		return fmt.Errorf("put merged messages: %w", err)
	}
	return nil
}

// MergedHead implements direct.MergedStore.
func (s *Store) MergedHead(ctx context.Context, app int64, key string) (*content.MergedHead, error) {
	item, err := s.get(ctx, Msg, MergedKey(app, key), true) // strongly, because the list may have been imported a moment ago
	if err != nil {
		return nil, err
	}
	return readMergedHead(item), nil
}

// MergedPart implements direct.MergedStore.
func (s *Store) MergedPart(ctx context.Context, app int64, key string, part int) (*content.MergedHead, []content.MergedMessage, error) {
	items, err := s.getConfirmed(ctx, Msg, []Key{MergedKey(app, key), MergedPartKey(app, key, part)}, notFound)
	if err != nil {
		return nil, nil, err
	}
	head := readMergedHead(items[0])
	if head == nil || items[1] == nil {
		return head, nil, nil
	}
	list, ok := readMergedPart(items[1])
	if !ok {
		noteUnreadable(ctx, items[1], "body")
	}
	return head, list, nil
}

func readMergedPart(item Item) (list []content.MergedMessage, ok bool) {
	plain, err := unpack(item)
	if err != nil || json.Unmarshal(plain, &list) != nil {
		return nil, false
	}
	return list, list != nil
}

func readMergedHead(item Item) *content.MergedHead {
	if item == nil {
		return nil
	}
	return &content.MergedHead{
		Owner: text(item, "u"), Count: int(integer(item, "c")), Parts: int(integer(item, "p")), Expires: integer(item, "x"),
		Imported: integer(item, "t"),
	}
}
