// Package archive exports messages: it collects them from the stream of changes,
// merges them by the hour and removes files whose time is over.
package archive

import (
	"time"

	"parley/shared/objects"
	"parley/shared/op"
	"parley/shared/store"
)

// stored lets new messages through, and nothing else of the table.
const stored = `{"eventName":["INSERT"],"dynamodb":{"Keys":{"sk":{"S":[{"prefix":"m"}]}}}}`

// Operations lists the workers. A merge is over before the next one begins.
func Operations() []op.Operation {
	return []op.Operation{
		op.Stream("archive.collect", store.Msg, stored, collect, op.Writes(store.Exports), op.Stores(objects.Part)),
		op.Schedule("archive.merge", "rate(15 minutes)", merge, op.Reads(store.Apps, store.Exports), op.Writes(store.Exports),
			op.Fetches(objects.Part), op.Stores(objects.File), op.Drops(objects.Part, objects.File), op.Takes(1024, 14*time.Minute)),
		op.Schedule("archive.expire", "rate(1 hour)", expire, op.Reads(store.Apps, store.Exports), op.Writes(store.Exports),
			op.Drops(objects.Part, objects.File), op.Takes(512, 14*time.Minute)),
	}
}
