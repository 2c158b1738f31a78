// Package config mutes accounts in the whole application: the vendor's service
// openconfigsvr (docs/spec/tencent §10).
package config

import (
	"parley/shared/dialect/tencent"
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/accounts"
	"parley/shared/op"
	"parley/shared/store/schema"
)

// Operations lists the commands in the order of the reference.
func Operations() []op.Operation {
	s := tencent.Service{Path: "openconfigsvr", Group: "config", Codes: v4.Config()}
	return []op.Operation{
		tencent.Command(s, "setnospeaking", setNoSpeaking, op.Fails(accounts.GetFaults()), op.Writes(schema.Accounts),
			op.DocumentedErrors(60010, 130001, 130004, 130005, 130006, 130007, 130008)),
		tencent.Command(s, "getnospeaking", getNoSpeaking, op.Fails(accounts.GetFaults()), op.Reads(schema.Accounts),
			op.DocumentedErrors(60010, 130001, 130002, 130003)),
	}
}
