package inbox

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"parley/shared/domain/direct"
	domain "parley/shared/domain/inbox"
	"parley/shared/dynamo"
	"parley/shared/fault"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// The data that a user has put on a conversation: pin, labels, folders, custom label and
// receive option.
//
// A row with data does not expire. RowMessageExpires is when the messages of the row expire,
// and each send sets it. Expires, when the row expires, is the same if the row has no data. If
// it has data, it also has RowDataExpires, and each send sets Expires to that. When a row gets
// its first data or loses its last data, the same transaction counts it in the head.

// neverExpires is the value of RowDataExpires, a time in 2096. DynamoDB stores it in two
// bytes.
const neverExpires = 4_000_000_000

// draftSeconds is how long a draft is stored, in seconds. A row without messages that
// has got a draft, or that has lost its last data, is stored as long, so that the user's
// devices learn of it by their next sync.
const draftSeconds = int64(domain.DraftLife / time.Second)

func data(item dynamo.Item) domain.Data {
	return domain.Data{
		PinnedMs: item.Int(schema.RowPinned), Labels: set(item, schema.RowLabels), CustomLabel: item.Text(schema.RowCustomLabel),
		FolderNumbers: set(item, schema.RowFolders), Option: direct.Option(item.Int(schema.RowOption)),
	}
}

// dataAttribute is one attribute of a row's data.
type dataAttribute struct {
	name  dynamo.Attribute
	value dynamo.Value // nil if the row does not have it
}

// dataAttributes returns the attributes of a row's data, always in the same order.
func dataAttributes(d domain.Data) []dataAttribute {
	return []dataAttribute{
		{schema.RowCustomLabel, dynamo.StrIfAny(d.CustomLabel)}, {schema.RowOption, dynamo.NumIfAny(int64(d.Option))},
		{schema.RowFolders, bits(d.FolderNumbers)}, {schema.RowLabels, bits(d.Labels)}, {schema.RowPinned, dynamo.NumIfAny(d.PinnedMs)},
	}
}

// bits returns a set of numbers as bits, number 1 first, in as few bytes as possible.
// It is nil for the empty set.
func bits(s domain.NumberSet) dynamo.Value {
	if s == 0 {
		return nil
	}
	b := binary.LittleEndian.AppendUint64(nil, uint64(s))
	for b[len(b)-1] == 0 {
		b = b[:len(b)-1]
	}
	return dynamo.Bin(b)
}

func set(item dynamo.Item, a dynamo.Attribute) domain.NumberSet {
	var b [8]byte
	copy(b[:], item.Bytes(a))
	return domain.NumberSet(binary.LittleEndian.Uint64(b[:]))
}

// WriteConversations implements inbox.HeadStore. It is a single update if only one row or only
// the head changes, else a transaction.
func (s *Store) WriteConversations(ctx context.Context, app int64, user string, t domain.Transaction) (bool, error) {
	var withData, pinned int // how many rows more have data, and are pinned
	for _, m := range t.Rows {
		withData += oneIf(m.Data != domain.Data{}) - oneIf(m.SeenRow.Data != domain.Data{})
		pinned += oneIf(m.Data.PinnedMs != 0) - oneIf(m.SeenRow.PinnedMs != 0)
	}
	head := headWrite(app, user, t, withData, pinned)
	var writes []dynamo.Write
	if head != nil {
		writes = append(writes, *head)
	}
	for _, m := range t.Rows {
		writes = append(writes, rowUpdate(app, user, m, t).Write())
		if m.Draft != nil {
			writes = append(writes, draftWrite(app, user, m, t.NowMs))
		}
	}
	if len(writes) == 1 && writes[0].AsUpdate() != nil {
		_, ok, err := s.core.Update(ctx, writes[0].AsUpdate())
		return ok, err
	}
	err := s.core.TransactOnce(ctx, writes...)
	reasons := dynamo.CancellationReasons(err)
	if head != nil && reasons.ConditionFailedAt(0) {
		switch found := readHead(reasons.ItemAt(0)); {
		case pinned > 0 && found.Pinned+pinned > domain.MaxPinned:
			return false, fault.New(fault.PinLimit, "a user pins at most %d conversations", domain.MaxPinned)
		case withData > 0 && found.RowsWithData+withData > domain.MaxRowsWithData:
			return false, fault.New(fault.DataLimit, "a user has data on at most %d conversations", domain.MaxRowsWithData)
		}
	}
	if reasons.ChangedByOther() {
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

// rowUpdate returns the update of a row. Its condition is that the row's data is as it
// was read. If the mutation hides messages, the condition is also that no message was
// sent or has arrived since. Example: ann's phone deletes the conversation at the moment
// at which a message of bob arrives. The update fails, the caller reads the row again,
// and the message is among those that are deleted.
func rowUpdate(app int64, user string, m domain.Mutation, t domain.Transaction) *dynamo.Update {
	now, draftExpires := dynamo.Num(t.NowMs), dynamo.Num(t.NowMs/1000+draftSeconds)
	u := dynamo.NewUpdate(schema.RowKey(app, user, m.SeenRow.Chat)).Set(schema.RowChanged, now)
	after := dataAttributes(m.Data)
	for i, before := range dataAttributes(m.SeenRow.Data) {
		u.If(dynamo.EqualsOrAbsent(before.name, before.value))
		if !dynamo.Equal(before.value, after[i].value) {
			u.SetOrRemove(before.name, after[i].value)
		}
	}
	hadData, hasData := m.SeenRow.Data != (domain.Data{}), m.Data != (domain.Data{})
	switch {
	case hasData && !hadData:
		u.Set(schema.RowDataExpires, dynamo.Num(neverExpires)).Set(schema.Expires, dynamo.Num(neverExpires))
	case hadData && !hasData:
		// A send that comes in between may set a later time. Then Expires would be too early.
		u.If(dynamo.EqualsOrAbsent(schema.RowMessageExpires, dynamo.NumIfAny(m.SeenRow.Expires)))
		u.Remove(schema.RowDataExpires).Set(schema.Expires, dynamo.Num(max(m.SeenRow.Expires, t.NowMs/1000+draftSeconds)))
	}
	if m.SeenRow.Member != nil {
		hideInGroup(u.If(dynamo.Exists(schema.RowRole)), m, t.NowMs)
		m.Hide, m.ClearLast, m.HiddenUpTo = false, false, nil
	}
	if m.Hide || m.ClearLast || m.HiddenUpTo != nil {
		u.If(dynamo.EqualsOrAbsent(schema.RowInOffset, dynamo.NumIfAny(m.SeenRow.InOffset)), dynamo.EqualsOrAbsent(schema.RowOutOffset, dynamo.NumIfAny(m.SeenRow.OutOffset)))
	}
	if m.Hide || m.ClearLast {
		u.Remove(schema.RowLastKey, schema.RowPreview, schema.RowExcluded, schema.RowExcludedOlder, schema.RowExcludedUpTo)
		if m.SeenRow.InOffset > 0 {
			u.Copy(schema.RowRead, schema.RowInOffset).Set(schema.RowReadTime, now)
		}
	}
	if m.Hide {
		u.Remove(schema.RowTime)
	}
	if m.HiddenUpTo != nil {
		u.Set(schema.RowHiddenUpTo, dynamo.Str(schema.MessageSK(m.SeenRow.Chat, *m.HiddenUpTo)))
	}
	if m.Draft != nil && *m.Draft != "" {
		u.Set(schema.RowDraftTime, now)
		if hadData == hasData {
			u.SetFrom(schema.Expires, schema.Expires, draftExpires)
		}
	} else if m.Draft != nil {
		u.Remove(schema.RowDraftTime)
	}
	items.IndexRow(u, t.Indexed)
	return u
}

// draftWrite returns the part of a transaction that stores a draft, or removes it if the
// text is empty.
func draftWrite(app int64, user string, m domain.Mutation, nowMs int64) dynamo.Write {
	key := schema.DraftKey(app, user, m.SeenRow.Chat)
	if *m.Draft == "" {
		return dynamo.Delete(key)
	}
	item := dynamo.NewItem(key)
	item.Set(schema.DraftText, dynamo.Str(*m.Draft))
	item.Set(schema.Expires, dynamo.Num(nowMs/1000+draftSeconds))
	return dynamo.Put(item)
}
