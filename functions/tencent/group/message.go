package group

import (
	"slices"

	"parley/shared/dialect/tencent"
	"parley/shared/domain/groupchat"
	"parley/shared/fault"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store/schema"
	"parley/shared/timeouts"
)

// messageOperations lists the commands of messages.
func messageOperations() []op.Operation {
	s := service()
	common := op.DocumentedErrors(badParameter, 10007, 10010, 10015)
	// An event is delivered to the members here or, if there are many, by a broadcast.
	delivers := []op.Option{op.Reads(schema.Members), op.Delivers(), op.Sends(queue.Broadcast)}
	changes := slices.Concat(delivers, []op.Option{
		common, op.Reads(schema.GroupHeads, schema.Messages), op.Writes(schema.Conversations, schema.GroupHeads, schema.Messages),
	})
	return []op.Operation{
		tencent.Command(s, "send_group_msg", sendGroupMsg, slices.Concat(delivers, []op.Option{
			op.Fails(groupchat.SendFaults()), common, op.DocumentedErrors(10005, 10017, 10019, 10053, 10059, 80002),
			op.Reads(schema.Accounts, schema.Conversations, schema.GroupHeads, schema.IdempotencyKeys, schema.Messages),
			op.Writes(schema.Conversations, schema.GroupHeads, schema.Groups, schema.IdempotencyKeys, schema.Messages), op.Sends(queue.Push),
		})...),
		tencent.Command(s, "send_group_system_notification", sendSystemNotification, slices.Concat(delivers, []op.Option{
			tencent.Named("send_system_notification"), op.Fails(groupchat.GroupFaults(), []fault.Code{fault.BodyTooLarge}), common, op.DocumentedErrors(80002),
			op.Reads(schema.GroupHeads), op.Timeout(timeouts.UsersBatch),
		})...),
		tencent.Command(s, "group_msg_get_simple", groupMsgGetSimple,
			op.Fails(groupchat.GroupFaults()), common, op.Reads(schema.GroupHeads, schema.Messages)),
		tencent.Command(s, "group_msg_recall", groupMsgRecall, slices.Concat(changes, []op.Option{
			op.Fails(groupchat.RecallFaults()), op.DocumentedErrors(10030, 10032), op.Timeout(timeouts.RowsBatch),
		})...),
		tencent.Command(s, "delete_group_msg_by_sender", deleteGroupMsgBySender, slices.Concat(changes, []op.Option{
			op.Fails(groupchat.GroupFaults()), op.Timeout(timeouts.UsersBatch),
		})...),
		tencent.Command(s, "clear_group_msg", clearGroupMsg,
			op.Fails(groupchat.GroupFaults()), common, op.Reads(schema.GroupHeads, schema.Messages), op.Writes(schema.GroupHeads)),
		tencent.Command(s, "import_group_msg", importGroupMsg, op.Fails(groupchat.ImportFaults()), common, op.DocumentedErrors(80002),
			op.Reads(schema.Groups, schema.GroupHeads, schema.Messages), op.Writes(schema.GroupHeads, schema.Messages), op.Timeout(timeouts.RowsBatch)),
		tencent.Command(s, "group_msg_receipt", groupMsgReceipt, op.Fails(groupchat.SendReceiptsFaults()), common, op.DocumentedErrors(10059),
			op.Reads(schema.Conversations, schema.GroupHeads, schema.Messages), op.Writes(schema.Messages), op.Delivers()),
		tencent.Command(s, "get_group_msg_receipt", getGroupMsgReceipt, op.Fails(groupchat.ReceiptFaults()), common, op.DocumentedErrors(10030, 10059, 10062),
			op.Reads(schema.GroupHeads, schema.Members, schema.Messages)),
		tencent.Command(s, "get_group_msg_receipt_detail", getReceiptDetail, tencent.Named("get_receipt_detail"), op.Fails(groupchat.ReceiptFaults()), common,
			op.DocumentedErrors(10030, 10059, 10062), op.Reads(schema.GroupHeads, schema.Members, schema.Messages)),
	}
}
