package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/domain/direct"
	"parley/shared/domain/inbox"
	"parley/shared/fault"
)

// The data that a user has put on a conversation: pin (`pn`), labels (`mk`), folders
// (`gl`), custom label (`cd`) and receive option (`fl`).
//
// A row with data does not expire. `e` is when the messages of the row expire, and each
// send sets it. `x`, when the row expires, is the same as `e` if the row has no data. If
// it has data, it also has `kx`, and each send sets `x` to `kx`. When a row gets its
// first data or loses its last data, the same transaction counts it in the head (KG):
// `n` is the number of rows with `kx`, `np` the number of pinned rows.

// neverExpires is the value of `kx`, a time in 2096. DynamoDB stores it in two bytes.
const neverExpires = 4_000_000_000

func readData(item Item) inbox.Data {
	return inbox.Data{
		PinnedMs: integer(item, "pn"), Labels: readSet(item, "mk"), CustomLabel: text(item, "cd"), Folders: readSet(item, "gl"),
		Option: direct.Option(integer(item, "fl")),
	}
}

// dataAttributes returns the attributes of a row's data. An attribute that the row does
// not have is nil.
func dataAttributes(d inbox.Data) map[string]types.AttributeValue {
	out := map[string]types.AttributeValue{"pn": nil, "mk": setBits(d.Labels), "gl": setBits(d.Folders), "cd": nil, "fl": nil}
	if d.PinnedMs != 0 {
		out["pn"] = num(d.PinnedMs)
	}
	if d.CustomLabel != "" {
		out["cd"] = str(d.CustomLabel)
	}
	if d.Option != 0 {
		out["fl"] = num(d.Option)
	}
	return out
}

// setBits returns a set of numbers as bits, number 1 first, in as few bytes as possible.
// It is nil for the empty set.
func setBits(s inbox.Set) types.AttributeValue {
	if s == 0 {
		return nil
	}
	b := binary.LittleEndian.AppendUint64(nil, uint64(s))
	for b[len(b)-1] == 0 {
		b = b[:len(b)-1]
	}
	return bin(b)
}

func readSet(item Item, name string) inbox.Set {
	var b [8]byte
	copy(b[:], bytesOf(item, name))
	return inbox.Set(binary.LittleEndian.Uint64(b[:]))
}

// WriteConversations implements inbox.HeadStore. It is a single update if only one row changes,
// else a transaction.
func (s *Store) WriteConversations(ctx context.Context, app int64, user string, t inbox.Transaction) (bool, error) {
	var withData, pinned int // how many rows more have data, and are pinned
	var items []types.TransactWriteItem
	for _, m := range t.Rows {
		withData += oneIf(m.Data != inbox.Data{}) - oneIf(m.Seen.Data != inbox.Data{})
		pinned += oneIf(m.Data.PinnedMs != 0) - oneIf(m.Seen.PinnedMs != 0)
	}
	head := s.headWrite(app, user, t, withData, pinned)
	if head != nil {
		items = append(items, *head)
	}
	for _, m := range t.Rows {
		items = append(items, types.TransactWriteItem{Update: s.rowWrite(app, user, m, t)})
		if m.Draft != nil {
			items = append(items, s.draftWrite(app, user, m, t.NowMs))
		}
	}
	if len(items) == 1 && items[0].Update != nil {
		return s.updateOne(ctx, items[0].Update)
	}
	err := s.db.TransactOnce(ctx, items)
	reasons := cancellationReasons(err)
	if head != nil && conditionFailedAt(reasons, 0) {
		switch found := readHead(reasons[0].Item); {
		case pinned > 0 && found.Pinned+pinned > inbox.MaxPinned:
			return false, fault.New(fault.PinLimit, "a user pins at most %d conversations", inbox.MaxPinned)
		case withData > 0 && found.RowsWithData+withData > inbox.MaxRowsWithData:
			return false, fault.New(fault.DataLimit, "a user has data on at most %d conversations", inbox.MaxRowsWithData)
		}
	}
	if otherCallWasFirst(reasons) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("change conversations: %w", err)
	}
	return true, nil
}

func oneIf(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (s *Store) updateOne(ctx context.Context, u *types.Update) (bool, error) {
	_, err := s.db.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: u.TableName, Key: u.Key, UpdateExpression: u.UpdateExpression, ConditionExpression: u.ConditionExpression,
		ExpressionAttributeValues: u.ExpressionAttributeValues, ExpressionAttributeNames: u.ExpressionAttributeNames,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if _, failed := failedCondition(err); failed {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("change conversation: %w", err)
	}
	return true, nil
}

// rowWrite returns the update of a row. Its condition is that the row's data is as it
// was read. If the mutation hides messages, the condition is also that no message was
// sent or has arrived since. Example: ann's phone deletes the conversation at the moment
// at which a message of bob arrives. The update fails, the caller reads the row again,
// and the message is among those that are deleted.
func (s *Store) rowWrite(app int64, user string, m inbox.Mutation, t inbox.Transaction) *types.Update {
	var conds, removes []string
	nowMs, key := t.NowMs, RowKey(app, user, m.Seen.Chat)
	sets, values := []string{"ut = :now"}, Item{":now": num(nowMs)}
	unchanged := func(name string, v types.AttributeValue) {
		if v == nil {
			conds = append(conds, "attribute_not_exists("+name+")")
			return
		}
		conds = append(conds, name+" = :o"+name)
		values[":o"+name] = v
	}
	setOrRemove := func(name string, v types.AttributeValue) {
		if v == nil {
			removes = append(removes, name)
			return
		}
		sets = append(sets, name+" = :"+name)
		values[":"+name] = v
	}
	before, after := dataAttributes(m.Seen.Data), dataAttributes(m.Data)
	for _, name := range slices.Sorted(maps.Keys(before)) {
		unchanged(name, before[name])
		if !equal(before[name], after[name]) {
			setOrRemove(name, after[name])
		}
	}
	hadData, hasData := m.Seen.Data != (inbox.Data{}), m.Data != (inbox.Data{})
	switch {
	case hasData && !hadData:
		setOrRemove("kx", num(neverExpires))
		setOrRemove("x", num(neverExpires))
	case hadData && !hasData:
		// A send that comes in between may set a later `e`. Then `x` would be too early.
		setOrRemove("kx", nil)
		unchanged("e", numOrNil(m.Seen.Expires))
		setOrRemove("x", num(max(m.Seen.Expires, nowMs/1000+draftSeconds)))
	}
	if m.Hide || m.ClearLast || m.HiddenUpTo != nil {
		unchanged("i", numOrNil(m.Seen.InOffset))
		unchanged("o", numOrNil(m.Seen.OutOffset))
	}
	if m.Hide || m.ClearLast {
		removes = append(removes, "k", "pv", "nq", "nu", "nf")
		if m.Seen.InOffset > 0 {
			sets = append(sets, "d = i", "rt = :now")
		}
	}
	if m.Hide {
		removes = append(removes, "t")
	}
	if m.HiddenUpTo != nil {
		setOrRemove("cl", str(MessageSK(*m.HiddenUpTo)))
	}
	if m.Draft != nil && *m.Draft != "" {
		sets = append(sets, "dt = :now")
		if hadData == hasData {
			sets = append(sets, "x = if_not_exists(x, :later)")
			values[":later"] = num(nowMs/1000 + draftSeconds)
		}
	} else if m.Draft != nil {
		removes = append(removes, "dt")
	}
	expression := "SET " + strings.Join(sets, ", ")
	indexRow(&expression, values, key, t.Indexed)
	if len(removes) > 0 {
		expression += " REMOVE " + strings.Join(removes, ", ")
	}
	return &types.Update{
		TableName: s.name(Core), Key: key.attributes(), UpdateExpression: &expression,
		ConditionExpression: aws.String(strings.Join(conds, " AND ")), ExpressionAttributeValues: values,
	}
}

// equal compares two attributes of a row's data.
func equal(a, b types.AttributeValue) bool {
	switch a := a.(type) {
	case *types.AttributeValueMemberN:
		b, ok := b.(*types.AttributeValueMemberN)
		return ok && a.Value == b.Value
	case *types.AttributeValueMemberS:
		b, ok := b.(*types.AttributeValueMemberS)
		return ok && a.Value == b.Value
	case *types.AttributeValueMemberB:
		b, ok := b.(*types.AttributeValueMemberB)
		return ok && slices.Equal(a.Value, b.Value)
	}
	return a == nil && b == nil
}
