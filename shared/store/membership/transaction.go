package membership

import (
	"context"
	"fmt"
	"time"

	"parley/shared/domain/groups"
	"parley/shared/domain/inbox"
	domain "parley/shared/domain/membership"
	"parley/shared/dynamo"
	"parley/shared/fault"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

const (
	// leftSeconds is how long the row of a user who has left is stored, so that the user's devices
	// learn of it by their next sync.
	leftSeconds = int64(inbox.DraftLife / time.Second)
	// tries is how often a transaction is made again because the data of a row was not as expected.
	tries = 3
)

// part is a write of a transaction, and what it means if its condition fails.
type part struct {
	write dynamo.Write
	// user is whom the write concerns, with the fault of a user who is refused; nil: what was read
	// has changed.
	user    string
	refusal error
	// row says that the condition is about the data of the row of a user who leaves.
	row bool
	// request says that the condition is about the request that is accepted.
	request bool
}

// WriteMembers implements membership.Store. It does not know whether the rows of those who leave
// have data of the user, which the head of the user's list counts, and takes them to have none. The
// row of a user who has data makes the condition fail, which returns the row.
func (s *Store) WriteMembers(ctx context.Context, app int64, t domain.Transaction) (domain.WriteResult, error) {
	rows := make(map[string]dynamo.Item) // of users who leave, if they have data
	for range tries {
		parts := transactionParts(app, t, rows)
		writes := make([]dynamo.Write, len(parts))
		for i, p := range parts {
			writes[i] = p.write
		}
		err := s.core.TransactOnce(ctx, writes...)
		if err == nil {
			return domain.WriteResult{Written: true}, nil
		}
		reasons := dynamo.CancellationReasons(err)
		if !reasons.ChangedByOther() {
			return domain.WriteResult{}, fmt.Errorf("members of a group: %w", err)
		}
		if dynamo.ShouldRepeat(err) {
			return domain.WriteResult{}, nil
		}
		out, onlyRows, err := outcome(t, parts, reasons, rows)
		if err != nil || !onlyRows {
			return out, err
		}
	}
	return domain.WriteResult{}, nil
}

// outcome reads why a transaction was cancelled. onlyRows says that it may be made again with the
// rows that were found.
func outcome(t domain.Transaction, parts []part, reasons dynamo.Reasons, rows map[string]dynamo.Item) (out domain.WriteResult, onlyRows bool, err error) {
	onlyRows = true
	out.Refused = make(map[string]error)
	for i, p := range parts {
		switch {
		case !reasons.ConditionFailedAt(i):
		case p.request:
			onlyRows = false
			err = fault.New(fault.RequestHandled, "somebody has answered the request already")
		case p.user == "":
			onlyRows = false
			err = refusedByGroup(t, reasons.ItemAt(i))
		case p.row:
			rows[p.user] = reasons.ItemAt(i)
		default:
			if onlyRows = false; p.refusal != nil && out.Refused[p.user] == nil {
				out.Refused[p.user] = p.refusal
			}
		}
	}
	return out, onlyRows, err
}

// refusedByGroup returns why the profile of a group, as it is, does not allow a transaction; nil
// if only its owner is another one.
func refusedByGroup(t domain.Transaction, item dynamo.Item) error {
	g := items.Group(t.Group, item)
	switch err := g.Exists(t.Group); {
	case err != nil:
		return err
	case len(t.Joins) > 0 && g.Members+len(t.Joins) > t.MaxMembers:
		return fault.New(fault.GroupFull, "the group has at most %d members", t.MaxMembers)
	}
	return nil
}

// transactionParts returns the writes of a transaction. rows are the rows of those who leave and
// whose rows have data.
func transactionParts(app int64, t domain.Transaction, rows map[string]dynamo.Item) []part {
	var list []part
	if !t.Removing {
		list = append(list, part{write: groupWrite(app, t)})
	}
	for _, j := range t.Joins {
		for _, w := range items.JoinWrites(app, t, j) {
			list = append(list, part{write: w.Write, user: j.User, refusal: w.Refusal})
		}
	}
	if t.Accepted != nil {
		list = append(list, part{write: answerWrite(app, t.Accepted.Request, domain.Accepted, t.Accepted.DecidedBy).Write(), request: true})
	}
	for _, m := range t.Leaves {
		list = append(list, leaveParts(app, t, m, rows[m.User])...)
	}
	for _, c := range t.Changes {
		list = append(list, changeParts(app, t, c)...)
	}
	return list
}

// groupWrite is what a transaction does to the profile of the group.
func groupWrite(app int64, t domain.Transaction) dynamo.Write {
	u := dynamo.NewUpdate(schema.GroupKey(app, t.Group)).If(items.IfGroupExists())
	if n := len(t.Joins) - len(t.Leaves); n != 0 {
		u.Add(schema.GroupMembers, dynamo.Num(n))
	}
	if len(t.Joins) > 0 {
		u.If(dynamo.AtMost(schema.GroupMembers, dynamo.Num(t.MaxMembers-len(t.Joins))))
	}
	if t.Owner != nil {
		u.If(dynamo.EqualsOrAbsent(schema.GroupOwner, dynamo.StrIfAny(t.Owner.From))).SetOrRemove(schema.GroupOwner, dynamo.StrIfAny(t.Owner.To))
		u.Add(schema.GroupVersion, dynamo.Num(1)).Set(schema.GroupChanged, dynamo.Num(t.NowMs/1000))
	}
	if u.IsEmpty() {
		return dynamo.Check(u.Key(), items.IfGroupExists())
	}
	return u.Write()
}

// asRead is the condition that a member is as it was read.
func asRead(m domain.Member) dynamo.Condition {
	info := dynamo.Absent(schema.MemberDetails)
	if m.HasInfo {
		info = dynamo.Exists(schema.MemberDetails)
	}
	return dynamo.All(dynamo.Equals(schema.MemberRole, dynamo.Num(m.Role)), info)
}

// leaveParts are the writes by which a member leaves. row is the row of the user if it has data.
func leaveParts(app int64, t domain.Transaction, m domain.Member, row dynamo.Item) []part {
	list := []part{{write: dynamo.Delete(schema.MemberKey(app, t.Group, m.User), asRead(m)), user: m.User}}
	if m.HasInfo {
		list = append(list, part{write: dynamo.Delete(schema.MemberDetailsKey(app, t.Group, m.User)), user: m.User})
	}
	key := rowKey(app, m.User, t.Group)
	if t.Erasing {
		return append(list, part{write: dynamo.Delete(key), user: m.User})
	}
	unchanged := dynamo.All(dynamo.EqualsOrAbsent(schema.RowDataExpires, row.Value(schema.RowDataExpires)),
		dynamo.EqualsOrAbsent(schema.RowPinned, row.Value(schema.RowPinned)), dynamo.EqualsOrAbsent(schema.RowMutedUntil, row.Value(schema.RowMutedUntil)))
	head := dynamo.NewUpdate(schema.HeadKey(app, m.User)).Add(schema.HeadJoined, dynamo.Num(-1)).Add(schema.HeadJoinedVersion, dynamo.Num(1))
	if row.Has(schema.RowDataExpires) {
		head.Add(schema.HeadRowsWithData, dynamo.Num(-1))
	}
	if row.Has(schema.RowPinned) {
		head.Add(schema.HeadPinned, dynamo.Num(-1))
	}
	return append(list, part{write: leftRow(key, t, row).If(unchanged).Write(), user: m.User, row: true}, part{write: head.Write(), user: m.User})
}

// leftRow makes the row of a member one of a user who has left. The end of a mute stays: the mute
// outlives the membership, and so must the row.
func leftRow(key dynamo.Key, t domain.Transaction, row dynamo.Item) *dynamo.Update {
	now := t.NowMs / 1000
	u := dynamo.NewUpdate(key).Set(schema.RowChanged, dynamo.Num(t.NowMs)).Remove(
		schema.RowRole, schema.RowJoined, schema.RowJoinNumber, schema.RowReadNumber, schema.RowReadCounted, schema.RowSentCounted, schema.RowSentAtRead,
		schema.RowLastSent, schema.RowMentions, schema.RowNameCard, schema.RowGroupOption, schema.RowWindow, schema.RowSaved, schema.RowMessageExpires, schema.RowDataExpires,
		schema.RowPinned, schema.RowLabels, schema.RowFolders, schema.RowCustomLabel, schema.RowOption, schema.RowDraftTime, schema.RowTime,
	)
	expires := now + leftSeconds
	if t.Removing {
		u.Remove(schema.RowMutedUntil)
	} else {
		expires = max(expires, rowEndOfMute(row.Int(schema.RowMutedUntil)))
	}
	return u.Set(schema.Expires, dynamo.Num(expires))
}

// rowEndOfMute is when the row of a user who is not a member expires because of a mute.
func rowEndOfMute(until int64) int64 { return min(until, items.MemberRowExpires) }

// changeParts are the writes that change a member, or mute a user who is none.
func changeParts(app int64, t domain.Transaction, c domain.Change) []part {
	var list []part
	user, isMember := c.Seen.User, c.Seen.Role != groups.NotMember
	item := dynamo.NewUpdate(schema.MemberKey(app, t.Group, user))
	row := dynamo.NewUpdate(rowKey(app, user, t.Group)).Set(schema.RowChanged, dynamo.Num(t.NowMs))
	if c.Role != nil {
		item.Set(schema.MemberRole, dynamo.Num(*c.Role))
		row.Set(schema.RowRole, dynamo.Num(*c.Role))
	}
	if c.Option != nil {
		option := dynamo.NumIfAny(int64(*c.Option))
		item.SetOrRemove(schema.MemberOption, option)
		row.SetOrRemove(schema.RowGroupOption, option)
	}
	if c.NameCard != nil {
		row.SetOrRemove(schema.RowNameCard, dynamo.StrIfAny(*c.NameCard))
	}
	if c.NameCard != nil || len(c.Fields) > 0 {
		details := detailsUpdate(app, t.Group, c)
		if !c.Seen.HasInfo {
			item.Set(schema.MemberDetails, dynamo.Num(1))
		}
		list = append(list, part{write: details.Write(), user: user})
	}
	if c.MutedUntil != nil {
		list = append(list, part{write: muteWrite(app, t, user, *c.MutedUntil), user: user})
		row.SetOrRemove(schema.RowMutedUntil, dynamo.NumIfAny(*c.MutedUntil))
	}
	if !isMember {
		row.If(dynamo.Absent(schema.RowRole)).Set(schema.Expires, dynamo.Num(max(t.NowMs/1000+leftSeconds, rowEndOfMute(*c.MutedUntil))))
		return append(list, part{write: row.Write(), user: user})
	}
	w := dynamo.Check(item.Key(), asRead(c.Seen))
	if !item.IsEmpty() {
		w = item.If(asRead(c.Seen)).Write()
	}
	list = append(list, part{write: w, user: user})
	if c.Role != nil || c.Option != nil || c.MutedUntil != nil || c.NameCard != nil {
		list = append(list, part{write: row.If(dynamo.Exists(schema.RowRole)).Write(), user: user})
	}
	return list
}

// detailsUpdate changes the name card and the custom fields of a member.
func detailsUpdate(app int64, group string, c domain.Change) *dynamo.Update {
	u := dynamo.NewUpdate(schema.MemberDetailsKey(app, group, c.Seen.User))
	if c.NameCard != nil {
		u.SetOrRemove(schema.MemberNameCard, dynamo.StrIfAny(*c.NameCard))
	}
	for name, value := range c.Fields {
		u.SetOrRemove(schema.MemberCustom.Of(name), dynamo.StrIfAny(value))
	}
	return u
}

// muteWrite stores a mute until a time, or removes it if that is 0.
func muteWrite(app int64, t domain.Transaction, user string, until int64) dynamo.Write {
	key := schema.MuteKey(app, t.Group, user)
	if until == 0 {
		return dynamo.Delete(key)
	}
	item := dynamo.NewItem(key)
	item.Set(schema.MuteUntil, dynamo.Num(until))
	if until < domain.Forever {
		item.Set(schema.Expires, dynamo.Num(until))
	}
	return dynamo.Put(item)
}
