// Package tencent lists the groups of the server API of Tencent Cloud Chat (docs/spec/tencent).
package tencent

import (
	"slices"
	"sync"

	"parley/functions/tencent/account"
	"parley/functions/tencent/config"
	"parley/functions/tencent/extension"
	"parley/functions/tencent/follow"
	"parley/functions/tencent/gateway"
	"parley/functions/tencent/group"
	"parley/functions/tencent/history"
	"parley/functions/tencent/message"
	"parley/functions/tencent/profile"
	"parley/functions/tencent/recent"
	"parley/functions/tencent/sns"
	"parley/functions/tencent/status"
	"parley/shared/op"
)

// Groups returns the groups in the order of docs/reference.
func Groups() op.Catalog {
	commands := op.Catalog{
		{Name: "tencent.account", Operations: account.Operations},
		{Name: "tencent.message", Operations: message.Operations},
		{Name: "tencent.extension", Operations: extension.Operations},
		{Name: "tencent.status", Operations: status.Operations},
		{Name: "tencent.profile", Operations: profile.Operations},
		{Name: "tencent.sns", Operations: sns.Operations},
		{Name: "tencent.follow", Operations: follow.Operations},
		{Name: "tencent.group", Operations: group.Operations},
		{Name: "tencent.recent", Operations: recent.Operations},
		{Name: "tencent.config", Operations: config.Operations},
		{Name: "tencent.history", Operations: history.Operations},
	}
	unknown := func() []op.Operation { return gateway.Operations(knownPath(commands)) }
	return append(slices.Clip(commands), op.Group{Name: "tencent.gateway", Operations: unknown})
}

// knownPath returns a function that reports whether a path is a command. It makes the list
// of all paths at its first call.
func knownPath(commands op.Catalog) func(string) bool {
	routes := sync.OnceValue(func() map[string]bool {
		routes := make(map[string]bool)
		for _, o := range commands.All() {
			for _, trigger := range o.Triggers {
				routes[trigger.HTTP] = true
			}
		}
		return routes
	})
	return func(path string) bool { return routes()["POST "+path] }
}
