package schema

// Members is who is in which group, and who is muted in it. The rows of the members are in
// the aggregate conversations.
const Members Aggregate = "members"

func members() Descriptor {
	return Descriptor{
		Aggregate: Members, Table: Core,
		Reads: []string{getMany, query, check}, Writes: []string{put, update, remove},
		Kinds: []Kind{
			{In: membersForm(), SK: MemberPrefix + "{user}", Prefix: MemberPrefix, parse: accepts(ParseMemberSK)},
			{In: membersForm(), SK: MemberDetailsPrefix + "{user}", Prefix: MemberDetailsPrefix, parse: accepts(ParseMemberDetailsSK)},
			{In: membersForm(), SK: MutePrefix + "{user}", Prefix: MutePrefix, parse: accepts(ParseMuteSK)},
		},
	}
}

// What the sort keys of a group's members begin with.
const (
	MemberPrefix        = "M#"
	MemberDetailsPrefix = "X#"
	MutePrefix          = "MU#"
)

// Attributes of a member, `M#{user}`. It is small, because a message to a group reads all members
const (
	MemberRole    Attribute = "ro" // number: role; 200 member, 300 admin, 400 owner
	MemberJoined  Attribute = "jt" // number, s: when the user joined
	MemberOption  Attribute = "fl" // number: receive option; absent: deliver and push, 1: deliver, 2: neither, 3: push mentions only
	MemberDetails Attribute = "xd" // number: 1 if the member has details, X#{user}
)

// Attributes of the details of a member, `X#{user}`
const (
	MemberNameCard Attribute = "nc" // text: name in the group, up to 50 bytes

	MemberCustom Family = "c." // text: the custom field {name}
)

// Attributes of a mute, `MU#{user}`. It also expires, unless it is for ever, and outlives the membership
const (
	MuteUntil Attribute = "u" // number, s: end of the mute; 4,294,967,295: it does not end by itself
)

func membersForm() Form { return Form{Kind: "GM", ID: "group"} }

// MembersPK is the partition of the members of a group.
func MembersPK(app int64, group string) string { return membersForm().pk(app, group) }

// MemberKey is a member of a group.
func MemberKey(app int64, group, user string) Key {
	return Key{PK: MembersPK(app, group), SK: MemberPrefix + user}
}

// ParseMemberSK returns the member.
func ParseMemberSK(sk string) (user string, ok bool) { return cutID(sk, MemberPrefix) }

// MemberDetailsKey is the name card and the custom fields of a member.
func MemberDetailsKey(app int64, group, user string) Key {
	return Key{PK: MembersPK(app, group), SK: MemberDetailsPrefix + user}
}

// ParseMemberDetailsSK returns the member.
func ParseMemberDetailsSK(sk string) (user string, ok bool) { return cutID(sk, MemberDetailsPrefix) }

// MuteKey is the mute of a user in a group. The user need not be a member.
func MuteKey(app int64, group, user string) Key {
	return Key{PK: MembersPK(app, group), SK: MutePrefix + user}
}

// ParseMuteSK returns the muted user.
func ParseMuteSK(sk string) (user string, ok bool) { return cutID(sk, MutePrefix) }
