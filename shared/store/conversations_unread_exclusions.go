package store

import (
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/domain/timeline"
)

// Some unread messages are excluded from the count of unread messages: those that were
// sent with NoUnread, recalled, or deleted. The row remembers them by their offsets in
// `nq`. So a message that is excluded twice counts once, and the read cursor removes
// those that it passes.
//
// A row stays small: if more than maxExclusions messages are excluded, the older ones
// are only counted. `nu` is how many of the messages up to offset `nf` are excluded.
// Until the user has read up to `nf`, all of them are taken as unread and excluded. For
// a message up to `nf` the row cannot tell whether it is among them. The newest ones
// stay offsets, because a repeat or a late message is most likely among the newest.
//
// Example: the messages 1 to 20 are excluded, and the user has read none of them. When
// message 17 is added, `nq` has 17 offsets, and the oldest 9 of them are compacted: `nu`
// = 9, `nf` = 9, `nq` = 10 to 17. After message 20, `nq` is 10 to 20. The user reads up
// to 9: `nu` no longer counts.
const (
	maxExclusions   = 16                // offsets in `nq`
	exactExclusions = maxExclusions / 2 // offsets that are left in `nq` when the older ones are compacted
)

// exclusions are the unread messages of a row that the count of unread leaves out.
type exclusions struct {
	offsets []int64 // `nq`
	older   int64   // `nu`
	olderTo int64   // `nf`
}

// readExclusions reads the exclusions of a row, without those that the user has read.
func readExclusions(row Item) exclusions {
	read := integer(row, "d")
	e := exclusions{offsets: slices.DeleteFunc(readOffsets(row), func(n int64) bool { return n <= read })}
	if upTo := integer(row, "nf"); upTo > read {
		e.older, e.olderTo = integer(row, "nu"), upTo
	}
	return e
}

// add adds a message, unless it has been added before.
func (e *exclusions) add(offset int64) (added bool) {
	if slices.Contains(e.offsets, offset) {
		return false
	}
	e.offsets = append(e.offsets, offset)
	return true
}

// compact replaces the older offsets by their number if there are too many offsets. An
// offset above counted, the last one that the row has counted, stays: the message is not
// among the unread messages yet.
func (e *exclusions) compact(counted int64) {
	if len(e.offsets) <= maxExclusions {
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

// addTo makes an update write the exclusions.
func (e *exclusions) addTo(u *update) {
	u.set += ", nq = :q"
	u.values[":q"] = offsetSet(e.offsets...)
	if e.older > 0 {
		u.set += ", nu = :nu, nf = :nf"
		u.values[":nu"], u.values[":nf"] = num(e.older), num(e.olderTo)
	}
}

// compactAndExclude changes the update that counts an excluded message on a row which has
// no room for its offset.
func compactAndExclude(u *update, row Item, offset int64) {
	e := readExclusions(row)
	e.add(offset)
	e.compact(integer(row, "i"))
	e.addTo(u)
	u.cond = "gi = :g AND i < :n AND " + u.unchanged(row, "nq") + " AND " + u.unchanged(row, "d")
}

// exclude adds messages to the exclusions of a row. A message that the user has read,
// that is of another epoch, or that is excluded already changes nothing.
func exclude(row Item, list []timeline.Message) (e exclusions, changed bool) {
	e = readExclusions(row)
	for _, m := range list {
		if m.Offset > integer(row, "d") && m.Epoch == integer(row, "gi") && e.add(m.Offset) {
			changed = true
		}
	}
	e.compact(integer(row, "i"))
	return e, changed
}

// exclusionsAfter counts the excluded messages after a read cursor. A message that was
// recalled before the row has counted it is not among them yet.
func exclusionsAfter(item Item, read int64) int64 {
	var n int64
	if read < integer(item, "nf") {
		n = integer(item, "nu")
	}
	for _, offset := range readOffsets(item) {
		if offset > read && offset <= integer(item, "i") {
			n++
		}
	}
	return n
}

func offsetSet(list ...int64) types.AttributeValue {
	texts := make([]string, len(list))
	for i, n := range list {
		texts[i] = strconv.FormatInt(n, 10)
	}
	return &types.AttributeValueMemberNS{Value: texts}
}

// readOffsets returns the offsets that a row excludes from unread.
func readOffsets(item Item) []int64 {
	set, ok := item["nq"].(*types.AttributeValueMemberNS)
	if !ok {
		return nil
	}
	list := make([]int64, 0, len(set.Value))
	for _, text := range set.Value {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			list = append(list, n)
		}
	}
	return list
}
