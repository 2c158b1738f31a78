// Package group creates, reads and changes groups, their members and their messages: the vendor's
// service group_open_http_svc (docs/spec/tencent §16, §17, §18, §20).
package group

import (
	"slices"

	"parley/shared/dialect/tencent"
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/membership"
	"parley/shared/fault"
	"parley/shared/op"
	"parley/shared/store/schema"
	"parley/shared/timeouts"
)

func service() tencent.Service {
	return tencent.Service{Path: "group_open_http_svc", Group: "group", Codes: v4.Groups()}
}

// Operations lists the commands in the order of the reference.
func Operations() []op.Operation {
	return slices.Concat(profileOperations(), memberOperations(), messageOperations(), attributeOperations())
}

// memberOperations lists the commands of members.
func memberOperations() []op.Operation {
	s := service()
	reads := func(fails []fault.Code, errors ...int) []op.Option {
		return []op.Option{
			op.Reads(schema.Groups, schema.Members), op.Fails(fails), op.DocumentedErrors(10004, 10007, 10010, 10015), op.DocumentedErrors(errors...),
		}
	}
	imports := func(fails []fault.Code, errors ...int) []op.Option {
		return slices.Concat(reads(fails, errors...), []op.Option{op.Writes(schema.Conversations, schema.Members), op.Timeout(timeouts.UsersBatch)})
	}
	updates := func(fails []fault.Code, errors ...int) []op.Option {
		return append(imports(fails, errors...), op.NotifiesMembers())
	}
	changes := func(fails []fault.Code, errors ...int) []op.Option {
		return append(updates(fails, errors...), op.Writes(schema.Groups))
	}
	return []op.Operation{
		tencent.Command(s, "add_group_member", addGroupMember,
			append(changes(membership.AddFaults(), 10005, 10014, 10019, 10037), op.Writes(schema.GroupRequests))...),
		tencent.Command(s, "delete_group_member", deleteGroupMember, changes(membership.RemoveFaults())...),
		tencent.Command(s, "modify_group_member_info", modifyGroupMemberInfo, updates(membership.UpdateFaults())...),
		tencent.Command(s, "get_group_member_info", getGroupMemberInfo, append(reads(membership.ReadFaults()), op.Reads(schema.Conversations))...),
		tencent.Command(s, "get_specified_group_member_info", getSpecifiedMembers,
			append(reads(membership.ReadFaults()), op.Reads(schema.Conversations), tencent.Named("get_specified_members"))...),
		tencent.Command(s, "get_role_in_group", getRoleInGroup, reads(membership.ReadFaults())...),
		tencent.Command(s, "get_joined_group_list", getJoinedGroupList, op.Reads(schema.Conversations, schema.GroupHeads, schema.Groups),
			op.Fails(membership.JoinedFaults()), op.DocumentedErrors(10004, 10019)),
		tencent.Command(s, "import_group_member", importGroupMember,
			append(imports(membership.AddFaults(), 10005, 10014, 10019, 10037), op.Reads(schema.GroupHeads), op.Writes(schema.GroupHeads, schema.Groups))...),
		tencent.Command(s, "change_group_owner", changeGroupOwner, changes(membership.UpdateFaults())...),
		tencent.Command(s, "set_unread_msg_num", setUnreadMsgNum,
			append(reads(membership.SetUnreadFaults()), op.Reads(schema.GroupHeads), op.Writes(schema.Conversations))...),
		tencent.Command(s, "forbid_send_msg", forbidSendMsg, updates(membership.RemoveFaults())...),
		tencent.Command(s, "get_group_muted_account", getGroupMutedAccount, reads(membership.ReadFaults())...),
		tencent.Command(s, "get_group_shutted_uin", getGroupShuttedUin, reads(membership.ReadFaults())...),
	}
}
