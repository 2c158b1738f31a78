// Package sns changes and reads friends, friend lists and blocklists: the vendor's
// service sns (docs/spec/tencent §8).
package sns

import (
	"slices"
	"time"

	"parley/shared/dialect/tencent"
	v4 "parley/shared/dialect/v4"
	"parley/shared/op"
	"parley/shared/store"
)

func service() tencent.Service {
	return tencent.Service{Path: "sns", Group: "sns", Codes: v4.Relations(), Display: true}
}

// Operations lists the commands in the order of the reference.
func Operations() []op.Operation {
	s := service()
	reads := []op.Option{op.Reads(store.Accounts, store.Relations), op.DocumentedErrors(30001, 30003, 30004)}
	changes := func(errors ...int) []op.Option {
		return slices.Concat(reads, []op.Option{op.Writes(store.Relations), op.Delivers(), op.Resources(1024, batchTimeout), op.DocumentedErrors(errors...)})
	}
	return []op.Operation{
		tencent.Command(s, "friend_add", friendAdd,
			changes(30009, 30010, 30011, 30012, 30014, 30515, 30516, 30525, 30539)...),
		tencent.Command(s, "friend_import", friendImport, changes(30010, 30011)...),
		tencent.Command(s, "friend_update", friendUpdate, changes(30011)...),
		tencent.Command(s, "friend_delete", friendDelete, changes(31704)...),
		tencent.Command(s, "friend_delete_all", friendDeleteAll, changes()...),
		tencent.Command(s, "friend_check", friendCheck, reads...),
		tencent.Command(s, "friend_get", friendGet, reads...),
		tencent.Command(s, "friend_get_list", friendGetList, append(slices.Clip(reads), op.Reads(store.Profiles))...),
		tencent.Command(s, "black_list_add", blackListAdd, changes(30013)...),
		tencent.Command(s, "black_list_delete", blackListDelete, changes()...),
		tencent.Command(s, "black_list_get", blackListGet, reads...),
		tencent.Command(s, "black_list_check", blackListCheck, reads...),
		tencent.Command(s, "group_add", groupAdd, changes(30011, 32216)...),
		tencent.Command(s, "group_delete", groupDelete, changes()...),
		tencent.Command(s, "group_get", groupGet, reads...),
	}
}

// batchTimeout is the timeout of a command with up to 1000 users.
const batchTimeout = 25 * time.Second
