package items

import (
	"encoding/binary"

	"parley/shared/domain/chat"
	"parley/shared/domain/direct"
	"parley/shared/domain/idempotency"
	"parley/shared/dynamo"
	"parley/shared/store/schema"
)

// The sends of an idempotency window are one attribute of binary data: the newest time in
// seconds, in 4 bytes, and some bytes for each send, the newest one first: its idempotency key in
// 8 bytes, how many seconds it is older than the newest time in 1 byte, in a row of a group in 2
// bytes (the greatest number is that or more), and its sequence in 4 bytes. Integers are big
// endian.
const (
	windowHead = 4
	// rowTarget is how large a row becomes by its window, in bytes. A longer preview, and data
	// of the user that is added later, still fit into 1 KB.
	rowTarget = 900
)

// A windowForm is the number of bytes for the age of a send. The window of a group is longer than
// 255 seconds.
type windowForm int

const (
	directWindow windowForm = 1
	groupWindow  windowForm = 2
)

func (f windowForm) size() int { return 8 + int(f) + 4 }

// Window reads the idempotency window of a row of a direct conversation. Data that it cannot read
// is a window without sends.
func Window(row dynamo.Item) direct.Window {
	w := direct.Window{
		Offset: row.Int(schema.RowOutOffset), Epoch: row.Int(schema.RowOutEpoch),
		Last: MessageKey(row, schema.RowLastKey, chat.ID{}), Saved: row.Int(schema.RowSaved),
	}
	w.Sends, w.Room = directWindow.read(row, direct.MinRoom, direct.MaxRoom)
	return w
}

// WindowSends returns the attribute of the sends of a window of a direct conversation.
func WindowSends(sends []idempotency.PastSend) dynamo.Value { return directWindow.value(sends) }

// GroupWindow reads the sends of the idempotency window of a row of a group, and for how many the
// row has room.
func GroupWindow(row dynamo.Item) (sends []idempotency.PastSend, room int) {
	return groupWindow.read(row, direct.MinRoom, direct.MaxRoom)
}

// GroupWindowSends returns the attribute of the sends of a window of a group.
func GroupWindowSends(sends []idempotency.PastSend) dynamo.Value { return groupWindow.value(sends) }

func (f windowForm) read(row dynamo.Item, minRoom, maxRoom int) (sends []idempotency.PastSend, room int) {
	data := row.Bytes(schema.RowWindow)
	room = min(maxRoom, max(minRoom, (rowTarget-(row.Size()-len(data)))/f.size()))
	if len(data) < windowHead || (len(data)-windowHead)%f.size() != 0 {
		return nil, room
	}
	newest := int64(binary.BigEndian.Uint32(data))
	for data = data[windowHead:]; len(data) > 0; data = data[f.size():] {
		age := int64(data[8])
		if f == groupWindow {
			age = int64(binary.BigEndian.Uint16(data[8:]))
		}
		sends = append(sends, idempotency.PastSend{
			IdempotencyKey: binary.BigEndian.Uint64(data), Time: newest - age, Seq: binary.BigEndian.Uint32(data[8+int(f):]),
		})
	}
	return sends, room
}

func (f windowForm) value(sends []idempotency.PastSend) dynamo.Value {
	var newest int64
	for _, s := range sends {
		newest = max(newest, s.Time)
	}
	data := make([]byte, windowHead, windowHead+len(sends)*f.size())
	binary.BigEndian.PutUint32(data, uint32(newest)) // seconds fit 32 bits until 2106
	for _, s := range sends {
		data = binary.BigEndian.AppendUint64(data, s.IdempotencyKey)
		if f == groupWindow {
			data = binary.BigEndian.AppendUint16(data, uint16(min(1<<16-1, newest-s.Time)))
		} else {
			data = append(data, byte(min(1<<8-1, newest-s.Time)))
		}
		data = binary.BigEndian.AppendUint32(data, s.Seq)
	}
	return dynamo.Bin(data)
}
