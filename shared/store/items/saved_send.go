package items

import (
	"parley/shared/domain/chat"
	"parley/shared/domain/idempotency"
	"parley/shared/dynamo"
	"parley/shared/store/schema"
)

// SavedSend reads a send that is saved beside a row from its item.
func SavedSend(idempotencyKey uint64, item dynamo.Item) idempotency.PastSend {
	return idempotency.PastSend{
		IdempotencyKey: idempotencyKey, Time: item.Int(schema.IdempotencyTime), Seq: uint32(item.Int(schema.IdempotencySeq)), // a sequence was written
	}
}

// SavedSendItem returns the item of a send of a user that is saved beside the row.
func SavedSendItem(app int64, user string, id chat.ID, s idempotency.PastSend, expires int64) dynamo.Item {
	item := dynamo.NewItem(schema.IdempotencyKey(app, user, id, s.IdempotencyKey))
	item.Set(schema.IdempotencyTime, dynamo.Num(s.Time))
	item.Set(schema.IdempotencySeq, dynamo.Num(s.Seq))
	item.Set(schema.Expires, dynamo.Num(expires))
	return item
}
