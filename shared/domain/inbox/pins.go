package inbox

import (
	"context"

	"parley/shared/domain/chat"
	"parley/shared/domain/delivery"
)

// Pin pins a conversation, which puts it before the others in the user's list, or
// unpins it. It returns the time of the pin in ms, 0 if it is not pinned. A repeat
// keeps the time of the first call. It fails with PinLimit and DataLimit.
func (s Service) Pin(ctx context.Context, user string, id chat.ID, pinned bool, origin delivery.Origin) (int64, error) {
	var at int64
	errs, err := s.changeData(ctx, user, []chat.ID{id}, false, origin, func(_ Head, r Row) (Data, error) {
		switch {
		case !pinned:
			r.PinnedMs = 0
		case r.PinnedMs == 0:
			r.PinnedMs = s.clock.Now().UnixMilli()
		}
		at = r.PinnedMs
		return r.Data, nil
	})
	if err != nil {
		return at, err
	}
	return at, errs[0]
}
