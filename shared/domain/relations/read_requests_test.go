package relations_test

import (
	"context"
	"testing"
	"time"

	"parley/infra/testkit"
	"parley/shared/domain/delivery"
	"parley/shared/domain/relations"
	"parley/shared/domain/sessions"
)

// busyStore holds the counters of one user. A request to the user arrives just before the first
// write.
type busyStore struct {
	relations.Store
	clock    *testkit.Clock
	counters relations.Counters
	arrived  int64 // when the request arrived, ms
}

func (s *busyStore) ReadRelations(context.Context, int64, []string, []relations.EntryRef) (relations.Snapshot, error) {
	return relations.Snapshot{Counters: map[string]relations.Counters{"bob": s.counters}}, nil
}

func (s *busyStore) WriteRelations(_ context.Context, _ int64, t relations.Transaction, _ int64) (bool, error) {
	if s.arrived == 0 {
		s.clock.Move(10 * time.Millisecond)
		s.arrived = s.clock.Now().UnixMilli()
		s.counters.Rev++
		s.counters.Requests++
		s.counters.Unread++
		s.clock.Move(10 * time.Millisecond)
		return false, nil
	}
	s.counters = t.Counters["bob"]
	return true, nil
}

// TestRequestThatArrivesDuringReadRequests: a request that the counters count is not newer than
// the time up to which all requests are read.
func TestRequestThatArrivesDuringReadRequests(t *testing.T) {
	clock := testkit.NewClock(time.UnixMilli(1_700_000_000_000))
	store := &busyStore{clock: clock, counters: relations.Counters{User: "bob", Rev: 1, Requests: 1, Unread: 1}}
	nobody := delivery.New(1, noSessions{}, delivery.NoPoster{}, nil, nil, nil, nil, clock)
	s := relations.New(1, relations.Settings{}, store, nil, nil, nil, nobody, clock)
	if err := s.MarkRequestsRead(t.Context(), "bob", delivery.Origin{}); err != nil {
		t.Fatal(err)
	}
	if c := store.counters; c.Unread != 0 || c.RequestsRead < store.arrived {
		t.Errorf("%d unread, all are read until %d, want none and not before %d", c.Unread, c.RequestsRead, store.arrived)
	}
}

// noSessions has no session: nobody is online.
type noSessions struct{ delivery.Store }

func (noSessions) Sessions(_ context.Context, _ int64, users []string) ([]sessions.Session, error) {
	return make([]sessions.Session, len(users)), nil
}
