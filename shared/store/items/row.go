package items

import (
	"slices"

	"parley/shared/domain/chat"
	"parley/shared/domain/timeline"
	"parley/shared/dynamo"
	"parley/shared/store/schema"
)

// MessageKey reads the key of a message of a conversation that an attribute has as the sort key
// of the message. It returns nil if the item has none.
func MessageKey(item dynamo.Item, a dynamo.Attribute, id chat.ID) *timeline.Key {
	k, ok := schema.ParseMessageSK(id, item.Text(a))
	if !ok {
		return nil
	}
	return new(k)
}

// IndexRow makes an update of a row put the row into the indexes, if the account is indexed.
//
// The rows of an account with more than 500 rows are in three indexes of the table
// (docs/adr/0026). Such a row has RowIndexed, its partition key, which puts it into the
// indexes.
func IndexRow(u *dynamo.Update, indexed bool) {
	if indexed {
		u.Set(schema.RowIndexed, dynamo.Str(u.Key().PK))
	}
}

// SetRowExpires makes an update set when the messages of a row expire. The row itself expires
// then, too, unless it has data of its user.
func SetRowExpires(u *dynamo.Update, expires int64) {
	at := dynamo.Num(expires)
	u.Set(schema.RowMessageExpires, at).SetFrom(schema.Expires, schema.RowDataExpires, at)
}

// Some unread messages are excluded from the count of unread messages: those that were
// sent with NoUnread, recalled, or deleted. The row remembers them by their offsets in
// RowExcluded. So a message that is excluded twice counts once, and the read cursor removes
// those that it passes.
//
// A row stays small: if more than MaxExclusions messages are excluded, the older ones
// are only counted. RowExcludedOlder is how many of the messages up to the offset
// RowExcludedUpTo are excluded. Until the user has read up to that offset, all of them are
// taken as unread and excluded. For a message up to it the row cannot tell whether it is
// among them. The newest ones stay offsets, because a repeat or a late message is most
// likely among the newest.
//
// Example: the messages 1 to 20 are excluded, and the user has read none of them. When
// message 17 is added, there are 17 offsets, and the oldest 9 of them are compacted: older
// = 9, up to = 9, offsets = 10 to 17. After message 20, the offsets are 10 to 20. The user
// reads up to 9: the older ones no longer count.
const (
	MaxExclusions   = 16                // offsets in RowExcluded
	exactExclusions = MaxExclusions / 2 // offsets that are left when the older ones are compacted
)

// Exclusions are the unread messages of a row that the count of unread leaves out.
type Exclusions struct {
	offsets []int64
	older   int64
	olderTo int64
}

// ReadExclusions reads the exclusions of a row, without those that the user has read.
func ReadExclusions(row dynamo.Item) Exclusions {
	read := row.Int(schema.RowRead)
	e := Exclusions{offsets: slices.DeleteFunc(row.IntSet(schema.RowExcluded), func(n int64) bool { return n <= read })}
	if upTo := row.Int(schema.RowExcludedUpTo); upTo > read {
		e.older, e.olderTo = row.Int(schema.RowExcludedOlder), upTo
	}
	return e
}

// Add adds a message, unless it has been added before. Of the older messages, which are only
// counted, the row cannot tell whether this one is among them: it is taken as added.
func (e *Exclusions) Add(offset int64) (added bool) {
	if offset <= e.olderTo || slices.Contains(e.offsets, offset) {
		return false
	}
	e.offsets = append(e.offsets, offset)
	return true
}

// Compact replaces the older offsets by their number if there are too many offsets. An
// offset above counted, the last one that the row has counted, stays: the message is not
// among the unread messages yet.
func (e *Exclusions) Compact(counted int64) {
	if len(e.offsets) <= MaxExclusions {
		return
	}
	slices.Sort(e.offsets)
	n := len(e.offsets) - exactExclusions
	for n > 0 && e.offsets[n-1] > counted {
		n--
	}
	if n == 0 {
		return
	}
	e.older, e.olderTo = e.older+int64(n), max(e.olderTo, e.offsets[n-1])
	e.offsets = e.offsets[n:]
}

// SetIn makes an update write the exclusions.
func (e *Exclusions) SetIn(u *dynamo.Update) {
	u.Set(schema.RowExcluded, dynamo.IntSet(e.offsets...))
	if e.older > 0 {
		u.Set(schema.RowExcludedOlder, dynamo.Num(e.older)).Set(schema.RowExcludedUpTo, dynamo.Num(e.olderTo))
	}
}

// ExclusionsAfter counts the excluded messages after a read cursor. A message that was
// recalled before the row has counted it is not among them yet.
func ExclusionsAfter(row dynamo.Item, read int64) int64 {
	var n int64
	if read < row.Int(schema.RowExcludedUpTo) {
		n = row.Int(schema.RowExcludedOlder)
	}
	for _, offset := range row.IntSet(schema.RowExcluded) {
		if offset > read && offset <= row.Int(schema.RowInOffset) {
			n++
		}
	}
	return n
}
