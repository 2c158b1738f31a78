package schema

// Groups is the profiles of groups.
const Groups Aggregate = "groups"

func groups() Descriptor {
	return Descriptor{
		Aggregate: Groups, Table: Core,
		Reads: []string{get, getMany, check}, Writes: []string{put, update, remove},
		Kinds: []Kind{{In: groupForm(), SK: skGroup, Prefix: skGroup}},
	}
}

const skGroup = "INF"

// Attributes of the profile of a group, `INF`
const (
	GroupType         Attribute = "ty"  // text: type, "work", "public" or "meeting"
	GroupName         Attribute = "n"   // text: name
	GroupIntroduction Attribute = "in"  // text: introduction
	GroupNotice       Attribute = "no"  // text: announcement to the members
	GroupFace         Attribute = "fa"  // text: address of a picture
	GroupOwner        Attribute = "ow"  // text: owner; absent: nobody
	GroupCreated      Attribute = "ct"  // number, s: when the group was created
	GroupVersion      Attribute = "v"   // number: version of the profile
	GroupChanged      Attribute = "ut"  // number, s: when the profile was last changed
	GroupMembers      Attribute = "mn"  // number: members
	GroupMaxMembers   Attribute = "mx"  // number: how many members the group may have; absent: the limit of the edition
	GroupJoin         Attribute = "jo"  // text: what happens to a user who asks to join, "free", "confirm" or "deny"
	GroupInvite       Attribute = "io"  // text: what happens to a user who is invited, the same words
	GroupMuteAll      Attribute = "ma"  // boolean: only the owner, admins and the application may send; absent: false
	GroupHistory      Attribute = "hb"  // boolean: members see what was sent before they joined; absent: what the type says
	GroupInactive     Attribute = "na"  // boolean: a Work group in which nobody has sent a message; absent: false
	GroupDestroyed    Attribute = "del" // number, s: when the group was destroyed
	GroupRemovalUntil Attribute = "so"  // number, ms: when the claim of a worker ends that removes the data

	GroupCustom Family = "c." // text: the custom field {name}
)

func groupForm() Form { return Form{Kind: "GP", ID: "group"} }

// GroupKey is the profile of a group (INF). It is in a partition of its own, because who may
// send a message must not change a group.
func GroupKey(app int64, group string) Key {
	return Key{PK: groupForm().pk(app, group), SK: skGroup}
}
