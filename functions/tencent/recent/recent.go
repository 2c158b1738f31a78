// Package recent reads and deletes a user's conversations, and changes their groups and
// marks: the vendor's service recentcontact (docs/spec/tencent §9).
package recent

import (
	"slices"

	"parley/shared/dialect/tencent"
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/inbox"
	"parley/shared/fault"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store/schema"
	"parley/shared/timeouts"
)

// service returns the service with or without ErrorDisplay in its envelope. Three
// commands have none (docs/spec/tencent §1.2).
func service(display bool) tencent.Service {
	return tencent.Service{Path: "recentcontact", Group: "recent", Codes: v4.Contacts(), Display: display}
}

// Operations lists the commands in the order of the reference.
func Operations() []op.Operation {
	withDisplay, withoutDisplay := service(true), service(false)
	reads := func(fails []fault.Code, errors ...int) []op.Option {
		return []op.Option{
			op.Reads(schema.Conversations, schema.Accounts, schema.GroupHeads), op.DocumentedErrors(50001, 50002, 50003), op.DocumentedErrors(errors...),
			op.Fails(fails),
		}
	}
	changes := func(fails []fault.Code, errors ...int) []op.Option {
		return slices.Concat(reads(fails, errors...), []op.Option{op.Writes(schema.Conversations), op.Delivers(), op.Timeout(timeouts.RowsBatch)})
	}
	return []op.Operation{
		tencent.Command(withDisplay, "get_list", getList, append(reads(inbox.AccountFaults()), op.Sends(queue.Background))...),
		tencent.Command(withDisplay, "delete", deleteConversation, append(changes(inbox.DataFaults()), op.Reads(schema.Messages))...),
		tencent.Command(withDisplay, "create_contact_group", createContactGroup, changes(inbox.CreateFolderFaults(), 51006, 51007, 51008, 51010, 51011, 51013)...),
		tencent.Command(withoutDisplay, "update_contact_group", updateContactGroup, changes(inbox.RenameFolderFaults(), 51006, 51007, 51008, 51009, 51011, 51013)...),
		tencent.Command(withoutDisplay, "del_contact_group", delContactGroup, changes(inbox.FolderFaults(), 51009, 51013)...),
		tencent.Command(withDisplay, "mark_contact", markContact, changes(inbox.LabelFaults(), 51006, 51007, 51008, 51013)...),
		tencent.Command(withoutDisplay, "get_contact_group", getContactGroup, reads(inbox.AccountFaults())...),
		tencent.Command(withDisplay, "search_contact_group", searchContactGroup, reads(inbox.AccountFaults(), 51006)...),
	}
}
