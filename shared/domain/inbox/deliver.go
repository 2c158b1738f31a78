package inbox

import (
	"context"
	"slices"

	"parley/shared/domain/delivery"
)

// RowsChanged tells the user's other devices which rows have changed.
type RowsChanged struct{ Rows []Row }

// rowsPerEvent is the maximum number of rows in one event. It keeps a frame under
// 32 KB, even if the texts of the rows are as long as they can be.
const rowsPerEvent = 10

// deliverRows delivers changed rows to the user's other devices. The rows are already
// written, so an error is logged and does not fail the call (docs/adr/0022).
func (s Service) deliverRows(ctx context.Context, user string, origin delivery.Origin, rows []Row) {
	if len(rows) == 0 {
		return
	}
	sessions, err := s.delivery.Sessions(ctx, []string{user})
	if err != nil {
		s.delivery.LogFailure(ctx, "sessions", err)
		return
	}
	now := s.clock.Now()
	for part := range slices.Chunk(rows, rowsPerEvent) {
		shown := make([]Row, len(part))
		for i, r := range part {
			shown[i] = r.asOf(now)
		}
		s.delivery.LogFailure(ctx, "rows", s.delivery.DeliverTo(ctx, sessions, origin, RowsChanged{Rows: shown}))
	}
}
