// Package sns changes and reads friends, friend lists and blocklists: the vendor's
// service sns (docs/spec/tencent §8).
package sns

import (
	"slices"

	"parley/shared/dialect/tencent"
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/profiles"
	"parley/shared/domain/relations"
	"parley/shared/fault"
	"parley/shared/op"
	"parley/shared/store/schema"
	"parley/shared/timeouts"
)

func service() tencent.Service {
	return tencent.Service{Path: "sns", Group: "sns", Codes: v4.Relations(), Display: true}
}

// Operations lists the commands in the order of the reference.
func Operations() []op.Operation {
	s := service()
	reads := func(fails ...[]fault.Code) []op.Option {
		return []op.Option{op.Reads(schema.Accounts, schema.Relations), op.DocumentedErrors(30001, 30003, 30004), op.Fails(fails...)}
	}
	changes := func(fails []fault.Code, errors ...int) []op.Option {
		return slices.Concat(reads(fails), []op.Option{op.Writes(schema.Relations), op.Delivers(), op.Timeout(timeouts.UsersBatch), op.DocumentedErrors(errors...)})
	}
	return []op.Operation{
		tencent.Command(s, "friend_add", friendAdd,
			changes(relations.AddFaults(), 30009, 30010, 30011, 30012, 30014, 30515, 30516, 30525, 30539)...),
		tencent.Command(s, "friend_import", friendImport, changes(relations.ImportFaults(), 30010, 30011)...),
		tencent.Command(s, "friend_update", friendUpdate, changes(relations.UpdateFaults(), 30011)...),
		tencent.Command(s, "friend_delete", friendDelete, changes(relations.DeleteFaults(), 31704)...),
		tencent.Command(s, "friend_delete_all", friendDeleteAll, changes(relations.DeleteFaults())...),
		tencent.Command(s, "friend_check", friendCheck, reads(relations.AccountFaults())...),
		tencent.Command(s, "friend_get", friendGet, reads(relations.AccountFaults())...),
		tencent.Command(s, "friend_get_list", friendGetList, append(reads(relations.AccountFaults(), profiles.ReadFaults()), op.Reads(schema.Profiles))...),
		tencent.Command(s, "black_list_add", blackListAdd, changes(relations.BlockFaults(), 30013)...),
		tencent.Command(s, "black_list_delete", blackListDelete, changes(relations.UnblockFaults())...),
		tencent.Command(s, "black_list_get", blackListGet, reads(relations.AccountFaults())...),
		tencent.Command(s, "black_list_check", blackListCheck, reads(relations.AccountFaults())...),
		tencent.Command(s, "group_add", groupAdd, changes(relations.CreateListsFaults(), 30011, 32216)...),
		tencent.Command(s, "group_delete", groupDelete, changes(relations.ListFaults())...),
		tencent.Command(s, "group_get", groupGet, reads(relations.AccountFaults())...),
	}
}
