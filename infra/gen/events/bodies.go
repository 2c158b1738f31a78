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
		"tencent.account.kick":                   `{"UserID":"carol"}`,
		"tencent.config.setnospeaking":           `{"Set_Account":"carol","C2CmsgNospeakingTime":60,"GroupmsgNospeakingTime":0}`,
		"tencent.config.getnospeaking":           `{"Get_Account":"carol"}`,
		"tencent.status.query_online_status":     `{"To_Account":["alice","bob","nobody"],"IsNeedDetail":1}`,
		"tencent.status.querystate":              `{"To_Account":["alice","bob"]}`,
		"tencent.profile.portrait_get":           `{"To_Account":["alice","bob"],"TagList":["Tag_Profile_IM_Nick","Tag_Profile_IM_Image"]}`,
		"tencent.profile.portrait_set":           `{"From_Account":"alice","ProfileItem":[{"Tag":"Tag_Profile_IM_Nick","Value":"Ann"},{"Tag":"Tag_Profile_IM_Level","Value":3}]}`,
		"tencent.sns.friend_add":                 `{"From_Account":"alice","AddFriendItem":[{"To_Account":"bob","AddSource":"AddSource_Type_Web","Remark":"Bobby","GroupName":"work","AddWording":"hello"}],"AddType":"Add_Type_Both","ForceAddFlags":1}`,
		"tencent.sns.friend_import":              `{"From_Account":"alice","AddFriendItem":[{"To_Account":"carol","AddSource":"AddSource_Type_Web","AddTime":1700000000}]}`,
		"tencent.sns.friend_update":              `{"From_Account":"alice","UpdateItem":[{"To_Account":"bob","SnsItem":[{"Tag":"Tag_SNS_IM_Remark","Value":"Bob"}]}]}`,
		"tencent.sns.friend_delete":              `{"From_Account":"alice","To_Account":["bob"],"DeleteType":"Delete_Type_Both"}`,
		"tencent.sns.friend_delete_all":          `{"From_Account":"alice","DeleteType":"Delete_Type_Single"}`,
		"tencent.sns.friend_check":               `{"From_Account":"alice","To_Account":["bob","carol"],"CheckType":"CheckResult_Type_Both"}`,
		"tencent.sns.friend_get":                 `{"From_Account":"alice","StartIndex":0}`,
		"tencent.sns.friend_get_list":            `{"From_Account":"alice","To_Account":["bob"],"TagList":["Tag_SNS_IM_Remark","Tag_SNS_IM_Group"]}`,
		"tencent.sns.black_list_add":             `{"From_Account":"alice","To_Account":["carol"]}`,
		"tencent.sns.black_list_delete":          `{"From_Account":"alice","To_Account":["carol"]}`,
		"tencent.sns.black_list_get":             `{"From_Account":"alice","StartIndex":0,"MaxLimited":100,"LastSequence":0}`,
		"tencent.sns.black_list_check":           `{"From_Account":"alice","To_Account":["bob"],"CheckType":"BlackCheckResult_Type_Both"}`,
		"tencent.sns.group_add":                  `{"From_Account":"alice","GroupName":["work"]}`,
		"tencent.sns.group_delete":               `{"From_Account":"alice","GroupName":["work"]}`,
		"tencent.sns.group_get":                  `{"From_Account":"alice","NeedFriend":"Need_Friend_Type_Yes"}`,
		"tencent.gateway.unknown":                `{}`,

		"client.session.default":   `{"action":"no.such.thing","id":"1","body":{}}`,
		"client.session.sync":      `{"Since":1700000000000}`,
		"client.message.send":      `{"To_Account":"bob","MsgSeq":1,"MsgRandom":3571,"MsgBody":` + text + `}`,
		"client.message.history":   `{"To_Account":"bob","Limit":20}`,
		"client.message.read":      `{"To_Account":"bob"}`,
		"client.conversation.list": `{"Limit":100}`,
		"client.profile.get":       `{"To_Account":["bob"],"TagList":["Tag_Profile_IM_Nick","Tag_Profile_IM_Gender"]}`,
		"client.profile.set":       `{"ProfileItem":[{"Tag":"Tag_Profile_IM_SelfSignature","Value":"hello"}]}`,

		"operator.app.create":       `{"Name":"sample","Edition":"developer","LoginPolicy":"dual","Admins":["administrator"]}`,
		"operator.app.get":          `{"SdkAppId":1400000001}`,
		"operator.app.list":         `{"After":0,"Limit":100}`,
		"operator.app.update":       `{"SdkAppId":1400000001,"Name":"renamed","LoginPolicy":"multi"}`,
		"operator.app.rotate-key":   `{"SdkAppId":1400000001,"KeepSeconds":86400}`,
		"operator.app.add-admin":    `{"SdkAppId":1400000001,"UserID":"bob"}`,
		"operator.app.remove-admin": `{"SdkAppId":1400000001,"UserID":"bob"}`,
		"operator.account.get":      `{"SdkAppId":1400000001,"UserID":"bob"}`,
		"operator.account.ban":      `{"SdkAppId":1400000001,"UserID":"bob","Seconds":86400}`,
		"operator.account.unban":    `{"SdkAppId":1400000001,"UserID":"bob"}`,

		"worker.announce.announce": `{"app":1400000001,"user":"alice","crowd":"friends","frame":"eyJldmVudCI6InByb2ZpbGUuY2hhbmdlZCIsImJvZHkiOnsiRnJvbV9BY2NvdW50IjoiYWxpY2UiLCJUYWdMaXN0IjpbIlRhZ19Qcm9maWxlX0lNX05pY2siXX19"}`,
		// frame is the base64 of {"event":"message.read","body":{...}}.
		"worker.delivery.delivery": `{"app":1400000001,"frame":"eyJldmVudCI6Im1lc3NhZ2UucmVhZCIsImJvZHkiOnsiRnJvbV9BY2NvdW50IjoiYm9iIiwiVG9fQWNjb3VudCI6ImFsaWNlIiwiUmVhZE9yZGluYWwiOjEsIlRpbWVNcyI6MTcwMDAwMDAwMDAwMH19",` +
			`"targets":[{"u":"alice","s":"x","c":"` + connection + `","t":1700000000000,"f":"iPhone"}],"attempt":1}`,
		"worker.sweep.sweep": `{"app":1400000001,"user":"carol","deleted":1700000000}`,
	}
}
