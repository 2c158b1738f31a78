package store

import (
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/domain/messages"
)

// Messages that do not count as unread are remembered by ordinal in `nq`, so that
// a repeat counts once and a read position takes away those before it. Where more
// than maxQuiet of them are unread, the older ones become a number, `nu`, of
// messages up to an ordinal, `nf`, which keeps the row small: until that ordinal
// is read, all of them are taken as unread ones that do not count.
//
// Of a message up to `nf` the row cannot say whether it is among them. The newest
// stay ordinals because it is they that may still come late, or again.

const (
	maxQuiet  = 16
	keptQuiet = maxQuiet / 2
)

// quiet are the unread messages of a row that do not count.
type quiet struct {
	ordinals      []int64
	folded, until int64
}

// quietOf reads them from a row, and leaves out what is read.
func quietOf(row Item) quiet {
	read := integer(row, "d")
	q := quiet{ordinals: slices.DeleteFunc(ordinalsOf(row, "nq"), func(n int64) bool { return n <= read })}
	if until := integer(row, "nf"); until > read {
		q.folded, q.until = integer(row, "nu"), until
	}
	return q
}

// add adds a message, once.
func (q *quiet) add(ordinal int64) (added bool) {
	if slices.Contains(q.ordinals, ordinal) {
		return false
	}
	q.ordinals = append(q.ordinals, ordinal)
	return true
}

// fold makes room where there are too many. One that has not arrived yet is not
// among the unread, so it stays an ordinal.
func (q *quiet) fold(arrived int64) {
	if len(q.ordinals) <= maxQuiet {
		return
	}
	slices.Sort(q.ordinals)
	old := len(q.ordinals) - keptQuiet
	for old > 0 && q.ordinals[old-1] > arrived {
		old--
	}
	if old == 0 {
		return
	}
	q.folded, q.until = q.folded+int64(old), max(q.until, q.ordinals[old-1])
	q.ordinals = q.ordinals[old:]
}

// set has an update write them.
func (q *quiet) set(u *update) {
	u.set += ", nq = :q"
	u.values[":q"] = ordinals(q.ordinals...)
	if q.folded > 0 {
		u.set += ", nu = :nu, nf = :nf"
		u.values[":nu"], u.values[":nf"] = num(q.folded), num(q.until)
	}
}

// arriveQuiet is an arrival that finds no room for its ordinal.
func arriveQuiet(u *update, row Item, ordinal int64) {
	q := quietOf(row)
	q.add(ordinal)
	q.fold(integer(row, "i"))
	q.set(u)
	u.cond = "gi = :g AND i < :n AND " + u.same(row, "nq") + " AND " + u.same(row, "d")
}

// uncount adds messages to those of a row that do not count as unread. Those
// that are read, or counted out already, change nothing.
func uncount(row Item, list []messages.Message) (q quiet, changed bool) {
	q = quietOf(row)
	for _, m := range list {
		if m.Ordinal > integer(row, "d") && m.Generation == integer(row, "gi") && q.add(m.Ordinal) {
			changed = true
		}
	}
	q.fold(integer(row, "i"))
	return q, changed
}

// quietAfter is how many messages after a read position do not count. One that is
// recalled before it has arrived is among them when it arrives.
func quietAfter(item Item, read int64) int64 {
	var n int64
	if read < integer(item, "nf") {
		n = integer(item, "nu")
	}
	for _, q := range ordinalsOf(item, "nq") {
		if q > read && q <= integer(item, "i") {
			n++
		}
	}
	return n
}

func ordinals(list ...int64) types.AttributeValue {
	texts := make([]string, len(list))
	for i, n := range list {
		texts[i] = strconv.FormatInt(n, 10)
	}
	return &types.AttributeValueMemberNS{Value: texts}
}

func ordinalsOf(item Item, name string) []int64 {
	set, ok := item[name].(*types.AttributeValueMemberNS)
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
