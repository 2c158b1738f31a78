package store

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/domain/chat"
	"parley/shared/domain/inbox"
)

// draftSeconds is how long a draft is stored, in seconds. A row without messages that
// has got a draft, or that has lost its last data, is stored as long, so that the user's
// devices learn of it by their next sync.
const draftSeconds = int64(inbox.DraftLife / time.Second)

// draftWrite returns the part of a transaction that stores a draft, or removes it if the
// text is empty.
func (s *Store) draftWrite(app int64, user string, m inbox.Mutation, nowMs int64) types.TransactWriteItem {
	key := DraftKey(app, user, m.Seen.Chat)
	if *m.Draft == "" {
		return types.TransactWriteItem{Delete: &types.Delete{TableName: s.name(Core), Key: key.attributes()}}
	}
	item := key.attributes()
	item["b"], item["x"] = str(*m.Draft), num(nowMs/1000+draftSeconds)
	return types.TransactWriteItem{Put: &types.Put{TableName: s.name(Core), Item: item}}
}

// Drafts implements inbox.RowStore.
func (s *Store) Drafts(ctx context.Context, app int64, user string, ids []chat.ID) ([]string, error) {
	keys := make([]Key, len(ids))
	for i, id := range ids {
		keys[i] = DraftKey(app, user, id)
	}
	items, err := s.getAll(ctx, Core, keys, false)
	if err != nil {
		return nil, err
	}
	list := make([]string, len(items))
	for i, item := range items {
		list[i] = text(item, "b")
	}
	return list, nil
}
