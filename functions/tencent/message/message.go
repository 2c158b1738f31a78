// Package message sends, imports, reads and changes one-to-one messages, and changes messages of
// groups, for the application's backend: commands of the vendor's service openim
// (docs/spec/tencent §6, §18.13).
package message

import (
	"parley/shared/dialect/tencent"
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/direct"
	"parley/shared/domain/groupchat"
	"parley/shared/domain/inbox"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store/schema"
	"parley/shared/timeouts"
)

func service() tencent.Service {
	return tencent.Service{Path: "openim", Group: "message", Codes: v4.OpenIM()}
}

// Operations lists the commands in the order of the reference.
func Operations() []op.Operation {
	s := service()
	sendOptions := []op.Option{
		op.Reads(schema.Accounts, schema.Conversations, schema.IdempotencyKeys), op.Writes(schema.Messages, schema.Conversations, schema.IdempotencyKeys), op.Delivers(),
		op.Sends(queue.Push),
	}
	changeOptions := []op.Option{
		op.Reads(schema.Messages, schema.Conversations), op.Writes(schema.Messages, schema.Conversations), op.Delivers(),
	}
	return []op.Operation{
		tencent.Command(s, "sendmsg", sendMsg, append(sendOptions, op.Fails(direct.SendFaults()), op.Reads(schema.Relations),
			op.DocumentedErrors(20003, 90001, 90002, 90003, 90005, 90007, 90009, 90010, 90012, 90026, 90031, 90043, 90044, 93000))...),
		tencent.Command(s, "batchsendmsg", batchSendMsg, append(sendOptions, op.Fails(direct.BatchFaults()), op.Timeout(timeouts.UsersBatch),
			op.DocumentedErrors(70107, 90001, 90002, 90004, 90007, 90008, 90009, 90010, 90011, 90012, 90026, 93000))...),
		tencent.Command(s, "importmsg", importMsg, append(sendOptions, op.Fails(direct.ImportFaults()), op.Reads(schema.Messages),
			op.DocumentedErrors(90001, 90002, 90003, 90005, 90006, 90007, 90008, 90009, 90010, 90012, 90030, 93000))...),
		tencent.Command(s, "admin_getroammsg", adminGetRoamMsg, op.Fails(timeline.KeyFaults()), op.Reads(schema.Messages, schema.Conversations, schema.Accounts),
			op.DocumentedErrors(90001, 90003, 90008, 90009)),
		tencent.Command(s, "admin_msgwithdraw", adminMsgWithdraw, append(changeOptions, op.Fails(timeline.KeyFaults(), timeline.RecallFaults()),
			op.DocumentedErrors(20022, 20023, 90001, 90003, 90008, 90009, 90054))...),
		tencent.Command(s, "admin_set_msg_read", adminSetMsgRead, op.Fails(inbox.MarkReadFaults()),
			op.Reads(schema.Accounts, schema.Conversations, schema.Messages), op.Writes(schema.Conversations), op.Delivers()),
		tencent.Command(s, "get_c2c_unread_msg_num", getC2CUnreadMsgNum, op.Reads(schema.Accounts, schema.Conversations, schema.GroupHeads),
			op.DocumentedErrors(90001, 90003, 90009)),
		tencent.Command(s, "modify_c2c_msg", modifyC2CMsg, append(changeOptions, op.Fails(timeline.KeyFaults(), timeline.EditFaults(), direct.PermissionFaults()), op.Reads(schema.Accounts, schema.Relations),
			op.DocumentedErrors(20003, 20022, 20023, 90001, 90002, 90003, 90007, 90009, 90010, 90012, 90054, 93000))...),
		tencent.Command(s, "modify_group_msg", modifyGroupMsg, op.Fails(groupchat.GroupFaults(), timeline.EditFaults(), []fault.Code{fault.NotRecallable}),
			op.Reads(schema.GroupHeads, schema.Members, schema.Messages), op.Writes(schema.GroupHeads, schema.Messages), op.Delivers(), op.Sends(queue.Broadcast),
			op.DocumentedErrors(10010, 10015, 10032, 20022, 20023, 90001, 90002, 90003, 90007, 90009, 90010, 93000)),
		tencent.Command(s, "delete_c2c_msg_ramble", deleteC2CMsgRamble, append(changeOptions, op.Fails(timeline.KeyFaults()), op.Reads(schema.Accounts),
			op.DocumentedErrors(90001, 90003, 90008, 90009, 90054))...),
		tencent.Command(s, "c2c_msg_read_receipt", c2cMsgReadReceipt, append(changeOptions, op.Fails(timeline.KeyFaults()), op.Reads(schema.Accounts),
			op.DocumentedErrors(90001, 90003, 90008, 90009, 90054))...),
	}
}
