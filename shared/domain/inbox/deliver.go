package inbox

import (
	"context"
	"slices"

	"parley/shared/domain/delivery"
)

// Changed tells the user's other devices which rows have changed.
type Changed struct{ Rows []Row }

// rowsPerEvent is the maximum number of rows in one event. It keeps a frame under
// 32 KB, even if the texts of the rows are as long as they can be.
const rowsPerEvent = 10

// deliverRows delivers changed rows to the user's other devices. The rows are already
// written, so an error is logged and does not fail the call (docs/adr/0022).
func (s Service) deliverRows(ctx context.Context, user string, origin delivery.Origin, rows []Row) {
	if len(rows) == 0 {
		return
	}
	sessions, err := s.Delivery.Sessions(ctx, []string{user})
	if err != nil {
		s.Delivery.LogFailure(ctx, "sessions", err)
		return
	}
	now := s.Now()
	for part := range slices.Chunk(rows, rowsPerEvent) {
		shown := make([]Row, len(part))
		for i, r := range part {
			shown[i] = r.asOf(now)
		}
		s.Delivery.LogFailure(ctx, "rows", s.Delivery.DeliverTo(ctx, sessions, origin, Changed{Rows: shown}))
	}
}
