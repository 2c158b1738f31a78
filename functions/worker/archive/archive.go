// Package archive exports messages: it collects new messages from the stream of the
// table msg, merges them into one file for each hour, and deletes files that have
// expired.
package archive

import (
	"parley/shared/objects"
	"parley/shared/op"
	"parley/shared/store/schema"
	"parley/shared/timeouts"
)

// newMessages is the filter of the stream: new messages, and no other records of the
// table.
const newMessages = `{"eventName":["INSERT"],"dynamodb":{"Keys":{"sk":{"S":[{"prefix":"m"}]}}}}`

// Operations returns the workers. The timeout of a merge ends before the next merge begins. A
// merge has more memory than its units ask for: it compresses files.
func Operations() []op.Operation {
	return []op.Operation{
		op.Stream("archive.collect", schema.Msg, newMessages, collect, op.Writes(schema.Exports), op.WritesObjects(objects.Part)),
		op.Schedule("archive.merge", "rate(15 minutes)", merge, op.Reads(schema.Apps, schema.Exports), op.Writes(schema.Exports),
			op.ReadsObjects(objects.Part), op.WritesObjects(objects.File), op.DeletesObjects(objects.Part, objects.File), op.Timeout(timeouts.Export), op.Memory(1024)),
		op.Schedule("archive.expire", "rate(1 hour)", expire, op.Reads(schema.Apps, schema.Exports), op.Writes(schema.Exports),
			op.DeletesObjects(objects.Part, objects.File), op.Timeout(timeouts.Export)),
	}
}
