// Package follow changes and reads who follows whom: the vendor's service follow
// (docs/spec/tencent §8.16).
package follow

import (
	"parley/shared/dialect/tencent"
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/follows"
	"parley/shared/op"
	"parley/shared/store/schema"
)

func service() tencent.Service {
	return tencent.Service{Path: "follow", Group: "follow", Codes: v4.Relations(), Display: true}
}

// Operations lists the commands in the order of the reference.
func Operations() []op.Operation {
	s := service()
	reads := op.Reads(schema.Accounts, schema.Follows)
	return []op.Operation{
		tencent.Command(s, "follow_add", followAdd, reads, op.Fails(follows.FollowFaults()), op.Writes(schema.Follows), op.DocumentedErrors(30001, 30003, 30004, 32100)),
		tencent.Command(s, "follow_delete", followDelete, reads, op.Fails(follows.UnfollowFaults()), op.Writes(schema.Follows), op.DocumentedErrors(30001, 30003, 30004)),
		tencent.Command(s, "follow_check", followCheck, reads, op.Fails(follows.ReadFaults()), op.DocumentedErrors(30001, 30003, 30004)),
		tencent.Command(s, "follow_get", followGet, reads, op.Fails(follows.ReadFaults()), op.DocumentedErrors(30001, 30003, 30004)),
		tencent.Command(s, "follow_get_info", followGetInfo, reads, op.Fails(follows.ReadFaults()), op.DocumentedErrors(30001, 30003, 30004)),
	}
}
