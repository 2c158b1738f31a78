// Package group creates, reads and changes groups and their members for a signed-in user, with the
// rights of the user's role (docs/client-protocol.md §4, §7; docs/reference/group-types.md).
package group

import (
	"parley/shared/dialect/client"
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/groups"
	"parley/shared/domain/inbox"
	"parley/shared/domain/membership"
	"parley/shared/fault"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store/schema"
	"parley/shared/timeouts"
)

// Operations lists the group operations of clients.
func Operations() []op.Operation {
	n := v4.Groups()
	reads := func(fails []fault.Code, errors ...int) []op.Option {
		return []op.Option{
			op.Reads(schema.Groups, schema.Members), op.Fails(fails), op.DocumentedErrors(badParameter, 10007, 10010, 10015), op.DocumentedErrors(errors...),
		}
	}
	notifies := func(fails []fault.Code, errors ...int) []op.Option {
		return append(reads(fails, errors...), op.NotifiesMembers(), op.Timeout(timeouts.UsersBatch))
	}
	// changes is the access of operations that change members, and updates that of those that change
	// how many members there are, or the owner.
	changes := func(fails []fault.Code, errors ...int) []op.Option {
		return append(notifies(fails, errors...), op.Writes(schema.Members, schema.Conversations))
	}
	updates := func(fails []fault.Code, errors ...int) []op.Option {
		return append(changes(fails, errors...), op.Writes(schema.Groups))
	}
	return append([]op.Operation{
		client.Action("group.create", n, create, op.NotifiesMembers(), op.Timeout(timeouts.UsersBatch), op.Reads(schema.Accounts, schema.Conversations),
			op.Writes(schema.Groups, schema.GroupList, schema.Members, schema.Conversations), op.Fails(groups.CreateFaults()),
			op.DocumentedErrors(badParameter, 10006, 10019, 10021, 10025, 10037, 10038, 10058)),
		client.Action("group.get", n, get, op.Reads(schema.Groups, schema.Conversations), op.Fails(membership.ViewFaults()),
			op.DocumentedErrors(badParameter, 10007, 10010, 10015)),
		client.Action("group.list", n, list, op.Reads(schema.Groups, schema.Conversations), op.DocumentedErrors(badParameter)),
		client.Action("group.update", n, update, append(notifies(groups.UpdateFaults(), 10038), op.Writes(schema.Groups))...),
		client.Action("group.destroy", n, destroy,
			append(reads(groups.DestroyFaults()), op.Writes(schema.Groups, schema.GroupHeads, schema.GroupList), op.Sends(queue.Background))...),
		client.Action("group.transfer", n, transfer, updates(membership.UpdateFaults())...),
		client.Action("group.join", n, join, append(updates(membership.ApplyFaults(), 10013, 10014, 10037), op.Reads(schema.Accounts), op.Writes(schema.GroupRequests))...),
		client.Action("group.invite", n, invite,
			append(updates(membership.InviteFaults(), 10005, 10014, 10019, 10037), op.Reads(schema.Accounts), op.Writes(schema.GroupRequests))...),
		client.Action("group.requests", n, requests, op.Reads(schema.GroupRequests, schema.Groups), op.DocumentedErrors(badParameter)),
		client.Action("group.approve", n, approve, append(updates(membership.AnswerFaults(), 10014, 10024, 10037),
			op.Reads(schema.Accounts, schema.GroupRequests), op.Writes(schema.GroupRequests))...),
		client.Action("group.reject", n, reject, append(reads(membership.AnswerFaults(), 10024),
			op.Reads(schema.GroupRequests), op.Writes(schema.GroupRequests), op.Delivers())...),
		client.Action("group.quit", n, quit, updates(membership.LeaveFaults(), 10009)...),
		client.Action("group.members", n, members, reads(membership.ViewFaults())...),
		client.Action("group.member-get", n, memberGet, reads(membership.ViewFaults())...),
		client.Action("group.member-set", n, memberSet, append(reads(membership.UpdateFaults()), op.Writes(schema.Members, schema.Conversations))...),
		client.Action("group.remove", n, remove, updates(membership.RemoveFaults())...),
		client.Action("group.set-role", n, setRole, changes(membership.UpdateFaults())...),
		client.Action("group.mute", n, mute, append(changes(membership.RemoveFaults()), op.Reads(schema.Accounts))...),
		client.Action("group.mute-all", n, muteAll,
			append(reads(groups.UpdateFaults()), op.Writes(schema.Groups, schema.GroupHeads), op.Delivers(), op.Sends(queue.Broadcast))...),
		client.Action("group.option", n, option, append(reads(inbox.OptionFaults()),
			op.Reads(schema.GroupHeads, schema.Conversations), op.Writes(schema.Members, schema.Conversations), op.Delivers())...),
	}, attributeOperations()...)
}
