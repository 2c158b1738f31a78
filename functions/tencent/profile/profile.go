// Package profile reads and writes the profiles of users: the vendor's service profile
// (docs/spec/tencent §7).
package profile

import (
	"parley/shared/dialect/tencent"
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/profiles"
	"parley/shared/op"
	"parley/shared/queue"
	"parley/shared/store/schema"
)

func service() tencent.Service {
	return tencent.Service{Path: "profile", Group: "profile", Codes: v4.Profile(), Display: true}
}

// Operations lists the commands in the order of the reference.
func Operations() []op.Operation {
	s := service()
	return []op.Operation{
		tencent.Command(s, "portrait_get", portraitGet, op.Fails(profiles.ReadFaults()), op.Reads(schema.Accounts, schema.Profiles),
			op.DocumentedErrors(40001, 40002, 40003, 40004, 40009)),
		tencent.Command(s, "portrait_set", portraitSet, op.Fails(profiles.SetFaults()), op.Reads(schema.Accounts), op.Writes(schema.Accounts, schema.Profiles), op.Delivers(),
			op.Sends(queue.Broadcast), op.DocumentedErrors(40001, 40003, 40004, 40009, 40601, 40605, 40610)),
	}
}
