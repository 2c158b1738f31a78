package items

import (
	"parley/shared/domain/groups"
	"parley/shared/dynamo"
	"parley/shared/store/schema"
)

// GroupItem returns the item of the profile of a group.
func GroupItem(app int64, g groups.Group) dynamo.Item {
	item := dynamo.NewItem(schema.GroupKey(app, g.ID))
	item.SetText(schema.GroupType, string(g.Type))
	item.SetText(schema.GroupName, g.Name)
	item.SetText(schema.GroupIntroduction, g.Introduction)
	item.SetText(schema.GroupNotice, g.Notice)
	item.SetText(schema.GroupFace, g.Face)
	item.SetText(schema.GroupOwner, g.Owner)
	item.SetInt(schema.GroupCreated, g.Created)
	item.SetInt(schema.GroupVersion, g.Version)
	item.SetInt(schema.GroupChanged, g.ChangedAt)
	item.Set(schema.GroupMembers, dynamo.Num(g.Members)) // 0 is stored: conditions compare it
	item.SetInt(schema.GroupMaxMembers, int64(g.MaxMembers))
	item.SetText(schema.GroupJoin, string(g.Join))
	item.SetText(schema.GroupInvite, string(g.Invite))
	setTrue(item, schema.GroupMuteAll, g.MuteAll)
	setTrue(item, schema.GroupInactive, !g.Active)
	if g.HistoryBeforeJoin != nil {
		item.Set(schema.GroupHistory, dynamo.Bool(*g.HistoryBeforeJoin))
	}
	item.SetInt(schema.GroupDestroyed, g.Destroyed)
	for name, value := range g.Fields {
		item.SetText(schema.GroupCustom.Of(name), value)
	}
	return item
}

// setTrue sets an attribute if yes is true.
func setTrue(item dynamo.Item, a dynamo.Attribute, yes bool) {
	if yes {
		item.Set(a, dynamo.True())
	}
}

// Group reads the profile of a group. It returns nil if there is no item.
func Group(id string, item dynamo.Item) *groups.Group {
	if item == nil {
		return nil
	}
	g := &groups.Group{
		ID: id, Type: groups.Type(item.Text(schema.GroupType)), Name: item.Text(schema.GroupName), Introduction: item.Text(schema.GroupIntroduction),
		Notice: item.Text(schema.GroupNotice), Face: item.Text(schema.GroupFace), Owner: item.Text(schema.GroupOwner),
		Created: item.Int(schema.GroupCreated), Version: item.Int(schema.GroupVersion), ChangedAt: item.Int(schema.GroupChanged),
		Members: int(item.Int(schema.GroupMembers)), MaxMembers: int(item.Int(schema.GroupMaxMembers)),
		Join: groups.JoinOption(item.Text(schema.GroupJoin)), Invite: groups.InviteOption(item.Text(schema.GroupInvite)),
		MuteAll: item.True(schema.GroupMuteAll), Active: !item.True(schema.GroupInactive), Destroyed: item.Int(schema.GroupDestroyed),
	}
	if item.Has(schema.GroupHistory) {
		history := item.True(schema.GroupHistory)
		g.HistoryBeforeJoin = &history
	}
	for stored := range item {
		if name, ok := schema.GroupCustom.Cut(stored); ok {
			if g.Fields == nil {
				g.Fields = make(map[string]string)
			}
			g.Fields[name] = item.Text(schema.GroupCustom.Of(name))
		}
	}
	return g
}

// IfGroupExists is the condition of every write that changes a group or its members.
func IfGroupExists() dynamo.Condition {
	return dynamo.All(dynamo.ItemExists(), dynamo.Absent(schema.GroupDestroyed))
}
