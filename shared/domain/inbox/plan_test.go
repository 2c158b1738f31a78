package inbox

import (
	"testing"

	"parley/shared/domain/chat"
	"parley/shared/domain/timeline"
	"parley/shared/fault"
)

// read returns what a unit of work has read: alice's rows for bob, who is an account, and for
// carol, who is not.
func read() rowsRead {
	bob, carol := chat.Between("alice", "bob"), chat.Between("alice", "carol")
	return rowsRead{
		begun: Transaction{NowMs: 1000, Rows: []Mutation{
			{SeenRow: Row{User: "alice", Chat: bob, TimeMs: 900, DraftMs: 800}}, {SeenRow: Row{User: "alice", Chat: carol}},
		}},
		unknown: map[chat.ID]error{carol: fault.New(fault.AccountUnknown, "carol is not an account")},
	}
}

func TestPlanData(t *testing.T) {
	pin := func(_ Head, r Row) (Data, error) { r.PinnedMs = 1000; return r.Data, nil }
	p, err := planData(read(), pin)
	if err != nil || len(p.Rows) != 1 || len(p.changed) != 1 || p.changed[0].PinnedMs != 1000 || p.errs[0] != nil || !fault.Is(p.errs[1], fault.AccountUnknown) {
		t.Errorf("%d rows are written, %v, errors %v, want the row for bob, and an error for carol", len(p.Rows), err, p.errs)
	}
	same := func(_ Head, r Row) (Data, error) { return r.Data, nil }
	if p, err := planData(read(), same); err != nil || !p.Empty() {
		t.Errorf("%d rows are written, %v, want none: nothing changes", len(p.Rows), err)
	}
}

func TestPlanHide(t *testing.T) {
	begun := read().begun
	begun.Rows = begun.Rows[:1]
	last := timeline.Key{Time: 5}
	p := planHide(hideRead{begun, &last}, true)
	if p.Empty() || !p.Rows[0].Hide || p.Rows[0].Draft == nil || p.Rows[0].HiddenUpTo != &last {
		t.Errorf("%+v, want a row that is hidden, without its draft", p.Rows)
	}
	begun.Rows[0] = Mutation{SeenRow: Row{HiddenUpTo: &last}}
	if p := planHide(hideRead{begun, &last}, true); !p.Empty() {
		t.Errorf("%+v, want none: the row and its messages are hidden already", p.Rows)
	}
}

func TestPlanFreeNumbers(t *testing.T) {
	if p, _ := planFreeNumbers(Head{Version: 3}); !p.Empty() {
		t.Errorf("%+v, want none: no number is stale", p)
	}
	if p, _ := planFreeNumbers(Head{Version: 3, Stale: NumberSet(0).With(2)}); p.Empty() || p.after.Version != 4 || p.after.Stale != 0 {
		t.Errorf("%+v, want version 4 without stale numbers", p)
	}
}
