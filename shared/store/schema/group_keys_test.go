package schema_test

import (
	"parley/shared/domain/chat"
	"parley/shared/domain/timeline"
	"parley/shared/store/schema"
)

// groupKeys makes a key of each kind that belongs to groups.
func groupKeys(app int64, a, b string, m timeline.Key) []constructed {
	of := func(kind string) schema.Partition { return schema.Partition{App: app, Kind: kind, ID: a} }
	id, in := chat.OfGroup(a), schema.Partition{App: app, Kind: "G", Chat: chat.OfGroup(a)}
	return []constructed{
		{"message of a group", schema.Msg, schema.MessageKey(app, id, m), schema.Messages, in},
		{"log of a group", schema.Msg, schema.LogKey(app, id, timeline.LogEntry{AtMs: m.Time, Key: m}), schema.Messages, in},
		{"extension counters of a group", schema.Msg, schema.ExtensionCountersKey(app, id, m), schema.Messages, in},
		{"extension of a group", schema.Msg, schema.ExtensionKey(app, id, m, "k"), schema.Messages, in},
		{"receipt", schema.Msg, schema.ReceiptKey(app, id, m, b), schema.Messages, in},
		{"group attributes", schema.Core, schema.GroupAttributesKey(app, a), schema.GroupAttributes, of("GA")},
		{"group counters", schema.Core, schema.GroupCountersKey(app, a), schema.GroupAttributes, of("GA")},
		{"group head", schema.Core, schema.GroupHeadKey(app, a), schema.GroupHeads, of("GH")},
		{"row of a group", schema.Core, schema.RowKey(app, a, chat.OfGroup(b)), schema.Conversations, of("U")},
		{"member", schema.Core, schema.MemberKey(app, a, b), schema.Members, of("GM")},
		{"member details", schema.Core, schema.MemberDetailsKey(app, a, b), schema.Members, of("GM")},
		{"mute", schema.Core, schema.MuteKey(app, a, b), schema.Members, of("GM")},
		{"group request", schema.Core, schema.GroupRequestKey(app, a, b), schema.GroupRequests, of("GJ")},
		{"pending group request", schema.Core, schema.PendingRequestKey(app, a, b, a), schema.GroupRequests, of("GQ")},
	}
}

// checkGroupKeys checks that the parsers of the keys of groups return what the constructors were given.
func checkGroupKeys(app int64, a, b string, m timeline.Key, same func(name string, got, want any, ok bool)) {
	key, ok := schema.ParseMessageSK(chat.OfGroup(a), schema.MessageSK(chat.OfGroup(a), m))
	same("message of a group", key, timeline.Key{Seq: m.Seq}, ok)
	key, reader, ok := schema.ParseReceiptSK(chat.OfGroup(a), schema.ReceiptKey(app, chat.OfGroup(a), m, b).SK)
	same("message of a receipt", key, timeline.Key{Seq: m.Seq}, ok)
	same("reader", reader, b, ok)
	user, ok := schema.ParseMemberSK(schema.MemberKey(app, a, b).SK)
	same("member", user, b, ok)
	user, ok = schema.ParseMemberDetailsSK(schema.MemberDetailsKey(app, a, b).SK)
	same("member details", user, b, ok)
	user, ok = schema.ParseMuteSK(schema.MuteKey(app, a, b).SK)
	same("mute", user, b, ok)
	user, ok = schema.ParseGroupRequestSK(schema.GroupRequestKey(app, a, b).SK)
	same("group request", user, b, ok)
	pending, ok := schema.ParsePendingRequestSK(schema.PendingRequestKey(app, a, b, a).SK)
	same("pending group request", pending, schema.PendingRequest{Group: b, User: a}, ok)
}

// checkGroupSortKeys checks that the parsers of the sort keys of groups accept only what the constructors make.
func checkGroupSortKeys(sk string, check func(name, constructed string, ok bool)) {
	m, reader, ok := schema.ParseReceiptSK(chat.OfGroup("g"), sk)
	check("ParseReceiptSK", schema.ReceiptKey(1, chat.OfGroup("g"), m, reader).SK, ok)
	member, ok := schema.ParseMemberSK(sk)
	check("ParseMemberSK", schema.MemberKey(1, "g", member).SK, ok)
	member, ok = schema.ParseMemberDetailsSK(sk)
	check("ParseMemberDetailsSK", schema.MemberDetailsKey(1, "g", member).SK, ok)
	member, ok = schema.ParseMuteSK(sk)
	check("ParseMuteSK", schema.MuteKey(1, "g", member).SK, ok)
	member, ok = schema.ParseGroupRequestSK(sk)
	check("ParseGroupRequestSK", schema.GroupRequestKey(1, "g", member).SK, ok)
	request, ok := schema.ParsePendingRequestSK(sk)
	check("ParsePendingRequestSK", schema.PendingRequestKey(1, "a", request.Group, request.User).SK, ok)
}
