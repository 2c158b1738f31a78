package cost

import "strings"

// conversationSituations are calls that read conversations, or change what users put
// on them (docs/spec/tencent §9).
func conversationSituations() []situation {
	const oneMessage = "account alice\naccount bob\nmessage bob alice 1\nsleep 1s\n"
	const oneDevice = "connect alice iPhone i1\n"
	hundredConversations := "account alice\naccounts 100\nsenders alice 100\n"
	allUsers := strings.ReplaceAll(batch(" u%d", 100), ",", "")
	ofAlice := func(rest string) string { return `{"From_Account":"alice",` + rest + `}` }
	const bob, ofNobody = `{"Type":1,"To_Account":"bob"}`, `{"From_Account":"x"}`
	hundredItems := batch(`{"Type":1,"To_Account":"u%d"}`, 100)
	return []situation{
		{"tencent.recent.get_list", "page of 100", hundredConversations, ofNobody, ofAlice(`"AssistFlags":7`), nil, 25, 0},
		{"tencent.recent.delete", "1, with history, 1 device", oneMessage + oneDevice, ofNobody, ofAlice(`"Type":1,"To_Account":"bob","ClearRamble":1`), nil, 35, 0},
		{"tencent.recent.create_contact_group", "1 conversation", oneMessage, ofNobody, ofAlice(`"GroupContactItem":[{"GroupName":"work","ContactItem":[` + bob + `]}]`), nil, 50, 0},
		{"tencent.recent.create_contact_group", "100 conversations", hundredConversations, ofNobody, ofAlice(`"GroupContactItem":[{"GroupName":"work","ContactItem":[` + hundredItems + `]}]`), nil, 150, 0},
		{"tencent.recent.update_contact_group", "1 conversation more", oneMessage + "folder alice work\n", ofNobody, ofAlice(`"UpdateType":1,"UpdateGroup":{"UpdateGroupType":2,"OldGroupName":"work","ContactUpdateItem":[{"ContactOptType":1,"ContactItem":` + bob + `}]}`), nil, 40, 0},
		{"tencent.recent.del_contact_group", "1 conversation of 100", hundredConversations + "folder alice work u1\n", ofNobody, ofAlice(`"GroupName":["work"]`), nil, 80, 0},
		{"tencent.recent.mark_contact", "1, the first mark", oneMessage, ofNobody, ofAlice(`"MarkItem":[{"OptType":1,"ContactItem":` + bob + `,"SetMark":[1]}]`), nil, 30, 0},
		{"tencent.recent.mark_contact", "100, the first marks", hundredConversations, ofNobody, ofAlice(`"MarkItem":[` + batch(`{"OptType":1,"ContactItem":{"Type":1,"To_Account":"u%d"},"SetMark":[1]}`, 100) + `]`), nil, 120, 0},
		{"tencent.recent.get_contact_group", "100 of 100 conversations", hundredConversations + "folder alice work" + allUsers + "\n", ofNobody, ofAlice(`"StartIndex":0`), nil, 25, 0},
		{"tencent.recent.search_contact_group", "100", hundredConversations + "folder alice work u1\n", ofNobody, ofAlice(`"ContactItem":[` + hundredItems + `]`), nil, 25, 0},
		{"client.message.clear", "1 device", oneMessage + oneDevice, "{}", `{"To_Account":"bob"}`, nil, 35, 0},
		{"client.conversation.get", "1, with a draft", oneMessage + "draft alice bob hello\n", "{}", `{"To_Account":["bob"]}`, nil, 12, 0},
		{"client.conversation.delete", "1 device", oneMessage + oneDevice, "{}", `{"To_Account":"bob"}`, nil, 30, 0},
		{"client.conversation.pin", "1 device", oneMessage + oneDevice, "{}", `{"To_Account":"bob","Pinned":true}`, nil, 30, 0},
		{"client.conversation.mark", "1, the first mark, 1 device", oneMessage + oneDevice, "{}", `{"To_Account":["bob"],"SetMark":[1]}`, nil, 30, 0},
		{"client.conversation.mark", "1, another mark, 1 device", oneMessage + oneDevice + "label alice bob 1\n", "{}", `{"To_Account":["bob"],"SetMark":[2]}`, nil, 25, 0},
		{"client.conversation.draft", "1 device", oneMessage + oneDevice, "{}", `{"To_Account":"bob","Draft":"hello"}`, nil, 30, 0},
		{"client.conversation.option", "1, the first data, 1 device", oneMessage + oneDevice, "{}", `{"To_Account":["bob"],"ReceiveOption":1}`, nil, 30, 0},
		{"client.conversation.unread", "all of 100", hundredConversations, `{"To_Account":["x"]}`, `{}`, nil, 20, 0},
		{"client.conversation.read-all", "100, nobody online", hundredConversations, "as bob\n{}", `{}`, nil, 250, 0},
		{"client.conversation.group-create", "1 conversation", oneMessage, "{}", `{"GroupName":"work","To_Account":["bob"]}`, nil, 50, 0},
		{"client.conversation.group-update", "a name", oneMessage + "folder alice work\n", "{}", `{"GroupName":"work","NewName":"home"}`, nil, 30, 0},
		{"client.conversation.group-update", "1 conversation more", oneMessage + "folder alice work\n", "{}", `{"GroupName":"work","Add":["bob"]}`, nil, 40, 0},
		{"client.conversation.group-delete", "1 conversation of 100", hundredConversations + "folder alice work u1\n", "{}", `{"GroupName":"work"}`, nil, 80, 0},
		{"client.conversation.groups", "100 of 100 conversations", hundredConversations + "folder alice work" + allUsers + "\n", `{"Limit":0}`, `{}`, nil, 25, 0},
	}
}
