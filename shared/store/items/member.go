package items

import (
	"parley/shared/domain/chat"
	"parley/shared/domain/membership"
	"parley/shared/dynamo"
	"parley/shared/fault"
	"parley/shared/store/schema"
)

// MemberRowExpires is when the row of a member expires, a time in 2096. With it, what package inbox
// does when a row gets data or a draft, or loses its data, never makes the row expire.
const MemberRowExpires = 4_000_000_000

// A JoinWrite is one of the writes by which a user becomes a member of a group.
type JoinWrite struct {
	dynamo.Write
	// Refusal is the fault of the user if the condition of the write fails; nil: what was read has
	// changed.
	Refusal error
}

// JoinWrites returns the writes by which a user becomes a member, three or four: the member, its
// name card and custom fields, the row, and the head of the user's list. The profile of the group,
// with the number of members, is for the caller to write in the same transaction.
func JoinWrites(app int64, t membership.Transaction, j membership.Join) []JoinWrite {
	item := dynamo.NewItem(schema.MemberKey(app, t.Group, j.User))
	item.Set(schema.MemberRole, dynamo.Num(j.Role))
	item.Set(schema.MemberJoined, dynamo.Num(j.Joined))
	item.SetInt(schema.MemberOption, int64(j.Option))
	var list []JoinWrite
	if j.NameCard != "" || len(j.Fields) > 0 {
		item.Set(schema.MemberDetails, dynamo.Num(1))
		details := dynamo.NewItem(schema.MemberDetailsKey(app, t.Group, j.User))
		details.SetText(schema.MemberNameCard, j.NameCard)
		for name, value := range j.Fields {
			details.SetText(schema.MemberCustom.Of(name), value)
		}
		list = append(list, JoinWrite{Write: dynamo.Put(details)})
	}
	row := dynamo.NewUpdate(schema.RowKey(app, j.User, chat.OfGroup(t.Group))).If(dynamo.Absent(schema.RowRole)).
		Set(schema.RowRole, dynamo.Num(j.Role)).Set(schema.RowJoined, dynamo.Num(j.Joined)).
		SetOrRemove(schema.RowJoinNumber, dynamo.NumIfAny(j.Number)).
		SetOrRemove(schema.RowReadNumber, dynamo.NumIfAny(j.Read)).SetOrRemove(schema.RowReadCounted, dynamo.NumIfAny(j.Counted)).
		SetOrRemove(schema.RowGroupOption, dynamo.NumIfAny(int64(j.Option))).SetOrRemove(schema.RowNameCard, dynamo.StrIfAny(j.NameCard)).
		Set(schema.RowMessageExpires, dynamo.Num(MemberRowExpires)).Set(schema.Expires, dynamo.Num(MemberRowExpires)).
		Set(schema.RowChanged, dynamo.Num(t.NowMs))
	IndexRow(row, j.Indexed)
	head := dynamo.NewUpdate(schema.HeadKey(app, j.User)).Add(schema.HeadJoined, dynamo.Num(1)).Add(schema.HeadJoinedVersion, dynamo.Num(1)).
		If(dynamo.AbsentOr(dynamo.AtMost(schema.HeadJoined, dynamo.Num(t.MaxJoined-1))))
	already := fault.At(fault.AlreadyMember, fault.Members, "%.40q is a member already", j.User)
	limit := fault.At(fault.JoinedLimit, fault.Members, "%.40q is a member of %d groups, as many as a user may be", j.User, t.MaxJoined)
	return append(list, JoinWrite{dynamo.Put(item, dynamo.ItemAbsent()), already}, JoinWrite{Write: row.Write()}, JoinWrite{head.Write(), limit})
}
