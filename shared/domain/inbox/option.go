package inbox

import (
	"context"

	"parley/shared/domain/chat"
	"parley/shared/domain/delivery"
	"parley/shared/domain/direct"
	"parley/shared/fault"
)

// SetOption sets the receive option of some conversations: whether the messages of the
// peer are delivered and pushed to the user. It returns an error for each conversation.
// It fails with DataLimit.
func (s Service) SetOption(ctx context.Context, user string, ids []chat.ID, o direct.Option, origin delivery.Origin) ([]error, error) {
	if o < direct.OptionNotify || o > direct.OptionDiscard {
		return nil, fault.New(fault.Invalid, "the receive option of a one-to-one conversation is 0, 1 or 2")
	}
	return s.changeData(ctx, user, ids, false, origin, func(_ Head, r Row) (Data, error) {
		r.Option = o
		return r.Data, nil
	})
}
