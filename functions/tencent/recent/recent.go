// Package recent is the service recentcontact: a user's conversations, their
// groups and marks (core spec §9).
package recent

import (
	"slices"
	"time"

	"parley/shared/dialect/tencent"
	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store"
)

// batch is the time a command with a hundred conversations may take.
const batch = 15 * time.Second

// service has an ErrorDisplay in its envelope but for three commands (core spec
// §1.2).
func service(display bool) tencent.Service {
	return tencent.Service{Path: "recentcontact", Group: "recent", Numbers: v4.Contacts(), Display: display}
}

// Operations lists the commands in the order of the reference.
func Operations() []op.Operation {
	shown, plain := service(true), service(false)
	reads := func(errors ...int) []op.Option {
		return []op.Option{
			op.Reads(store.Conversations, store.Accounts), op.Answers(50001, 50002, 50003), op.Answers(errors...),
		}
	}
	changes := func(errors ...int) []op.Option {
		return slices.Concat(reads(errors...), []op.Option{op.Writes(store.Conversations), op.Posts(), op.Takes(512, batch)})
	}
	return []op.Operation{
		tencent.Command(shown, "get_list", getList, append(reads(), op.Sends(queue.Index))...),
		tencent.Command(shown, "delete", remove, append(changes(), op.Reads(store.Messages))...),
		tencent.Command(shown, "create_contact_group", createContactGroup, changes(51006, 51007, 51008, 51010, 51011, 51013)...),
		tencent.Command(plain, "update_contact_group", updateContactGroup, changes(51006, 51007, 51008, 51009, 51011, 51013)...),
		tencent.Command(plain, "del_contact_group", delContactGroup, changes(51009, 51013)...),
		tencent.Command(shown, "mark_contact", markContact, changes(51006, 51007, 51008, 51013)...),
		tencent.Command(plain, "get_contact_group", getContactGroup, reads()...),
		tencent.Command(shown, "search_contact_group", searchContactGroup, reads(51006)...),
	}
}
