package events

// Bodies returns a sample body for each operation whose events have one.
func Bodies() map[string]string {
	const text = `[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hello"}}]`
	return map[string]string{
		"tencent.account.account_import":         `{"UserID":"alice","Nick":"Alice","FaceUrl":"https://example.com/alice.png"}`,
		"tencent.account.multiaccount_import":    `{"AccountList":[{"UserID":"bob","Nick":"Bob"},{"UserID":"carol"}]}`,
		"tencent.account.account_delete":         `{"DeleteItem":[{"UserID":"carol"}]}`,
		"tencent.account.account_check":          `{"CheckItem":[{"UserID":"alice"},{"UserID":"nobody"}]}`,
		"tencent.message.sendmsg":                `{"SyncOtherMachine":1,"From_Account":"alice","To_Account":"bob","MsgSeq":93847636,"MsgRandom":1287657,"MsgBody":` + text + `,"CloudCustomData":"{\"k\":1}"}`,
		"tencent.message.batchsendmsg":           `{"SyncOtherMachine":2,"From_Account":"alice","To_Account":["bob","carol"],"MsgSeq":28460,"MsgRandom":19901224,"MsgBody":` + text + `}`,
		"tencent.message.admin_getroammsg":       `{"Operator_Account":"bob","Peer_Account":"alice","MaxCnt":20,"MinTime":1700000000,"MaxTime":4102444800}`,
		"tencent.message.admin_set_msg_read":     `{"Report_Account":"bob","Peer_Account":"alice"}`,
		"tencent.message.get_c2c_unread_msg_num": `{"To_Account":"bob","Peer_Account":["alice"]}`,
		"tencent.gateway.unknown":                `{}`,

		"client.session.default":    `{"action":"no.such.thing","id":"1","body":{}}`,
		"client.session.sync":       `{"Since":1700000000000}`,
		"client.session.logout":     `{}`,
		"client.session.background": `{}`,
		"client.session.foreground": `{}`,
		"client.session.devices":    `{}`,
		"client.session.kick":       `{"Instance":"i2"}`,
		"client.message.send":       `{"To_Account":"bob","MsgSeq":1,"MsgRandom":3571,"MsgBody":` + text + `}`,
		"client.message.history":    `{"To_Account":"bob","Limit":20}`,
		"client.message.read":       `{"To_Account":"bob"}`,
		"client.conversation.list":  `{"Limit":100}`,

		"operator.app.create":       `{"Name":"sample","Edition":"developer","LoginPolicy":"dual","Admins":["administrator"]}`,
		"operator.app.get":          `{"SdkAppId":1400000001}`,
		"operator.app.list":         `{"After":0,"Limit":100}`,
		"operator.app.update":       `{"SdkAppId":1400000001,"Name":"renamed","LoginPolicy":"multi"}`,
		"operator.app.rotate-key":   `{"SdkAppId":1400000001,"KeepSeconds":86400}`,
		"operator.app.add-admin":    `{"SdkAppId":1400000001,"UserID":"bob"}`,
		"operator.app.remove-admin": `{"SdkAppId":1400000001,"UserID":"bob"}`,

		// frame is the base64 of {"event":"message.read","body":{...}}.
		"worker.delivery.delivery": `{"app":1400000001,"frame":"eyJldmVudCI6Im1lc3NhZ2UucmVhZCIsImJvZHkiOnsiRnJvbV9BY2NvdW50IjoiYm9iIiwiVG9fQWNjb3VudCI6ImFsaWNlIiwiUmVhZE9yZGluYWwiOjEsIlRpbWVNcyI6MTcwMDAwMDAwMDAwMH19",` +
			`"targets":[{"u":"alice","s":"x","c":"` + connection + `","t":1700000000000,"f":"iPhone"}],"attempt":1}`,
	}
}
