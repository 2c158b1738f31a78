// Package archive exports messages: it collects new messages from the stream of the
// table msg, merges them into one file for each hour, and deletes files that have
// expired.
package archive

import (
	"parley/shared/objects"
	"parley/shared/op"
	"parley/shared/store"
	"parley/shared/timeouts"
)

// newMessages is the filter of the stream: new messages, and no other records of the
// table.
const newMessages = `{"eventName":["INSERT"],"dynamodb":{"Keys":{"sk":{"S":[{"prefix":"m"}]}}}}`

// Operations returns the workers. The timeout of a merge ends before the next merge
// begins.
func Operations() []op.Operation {
	return []op.Operation{
		op.Stream("archive.collect", store.Msg, newMessages, collect, op.Writes(store.Exports), op.WritesObjects(objects.Part)),
		op.Schedule("archive.merge", "rate(15 minutes)", merge, op.Reads(store.Apps, store.Exports), op.Writes(store.Exports),
			op.ReadsObjects(objects.Part), op.WritesObjects(objects.File), op.DeletesObjects(objects.Part, objects.File), op.Resources(1024, timeouts.Export)),
		op.Schedule("archive.expire", "rate(1 hour)", expire, op.Reads(store.Apps, store.Exports), op.Writes(store.Exports),
			op.DeletesObjects(objects.Part, objects.File), op.Resources(512, timeouts.Export)),
	}
}
