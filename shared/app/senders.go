package app

import (
	"context"

	"parley/shared/domain/chat"
	"parley/shared/domain/timeline"
)

// senderChecks decides who may write to a conversation, by its kind.
type senderChecks struct{ direct, group timeline.SenderCheck }

// Admit implements timeline.SenderCheck.
func (c senderChecks) Admit(ctx context.Context, by timeline.Actor, from string, id chat.ID) (born int64, blockedSilently bool, err error) {
	if id.Kind() == chat.Group {
		return c.group.Admit(ctx, by, from, id)
	}
	return c.direct.Admit(ctx, by, from, id)
}
