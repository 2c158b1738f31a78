// Package catalog lists every operation. An operation that it does not list is not
// deployed.
package catalog

import (
	"parley/functions/client/block"
	"parley/functions/client/conversation"
	"parley/functions/client/friend"
	clientmessage "parley/functions/client/message"
	"parley/functions/client/presence"
	clientprofile "parley/functions/client/profile"
	"parley/functions/client/session"
	operatoraccount "parley/functions/operator/account"
	"parley/functions/operator/app"
	operatorhistory "parley/functions/operator/history"
	"parley/functions/tencent/account"
	"parley/functions/tencent/config"
	"parley/functions/tencent/extension"
	"parley/functions/tencent/follow"
	"parley/functions/tencent/gateway"
	"parley/functions/tencent/history"
	"parley/functions/tencent/message"
	"parley/functions/tencent/profile"
	"parley/functions/tencent/recent"
	"parley/functions/tencent/sns"
	"parley/functions/tencent/status"
	"parley/functions/worker/announce"
	"parley/functions/worker/archive"
	"parley/functions/worker/delivery"
	"parley/functions/worker/index"
	"parley/functions/worker/sweep"
	"parley/shared/op"
)

// All returns the operations in the order of docs/reference.
func All() []op.Operation {
	var all []op.Operation
	for _, list := range [][]op.Operation{
		account.Operations(), message.Operations(), extension.Operations(), status.Operations(), profile.Operations(),
		sns.Operations(), follow.Operations(), recent.Operations(), config.Operations(), history.Operations(),
		session.Operations(), presence.Operations(), clientprofile.Operations(), clientmessage.Operations(), conversation.Operations(),
		friend.Operations(), block.Operations(),
		app.Operations(), operatoraccount.Operations(), operatorhistory.Operations(),
		delivery.Operations(), announce.Operations(), sweep.Operations(), index.Operations(), archive.Operations(),
	} {
		all = append(all, list...)
	}
	return append(all, gateway.Operations(knownPath(all))...)
}

// Find returns the operation with a name; nil if there is none.
func Find(name string) *op.Operation {
	all := All()
	for i := range all {
		if all[i].Name == name {
			return &all[i]
		}
	}
	return nil
}

// knownPath returns a function that reports whether an operation has the route of a POST
// to a path.
func knownPath(all []op.Operation) func(string) bool {
	routes := make(map[string]bool)
	for _, o := range all {
		for _, trigger := range o.Triggers {
			routes[trigger.HTTP] = true
		}
	}
	return func(path string) bool { return routes["POST "+path] }
}
