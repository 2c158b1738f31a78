package items_test

import (
	"context"
	"maps"
	"testing"

	"parley/infra/testkit"
	"parley/shared/clock"
	"parley/shared/dynamo"
	"parley/shared/dynamo/calls"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// TestExclusionsOfARepeat: if a call that excluded many messages is repeated, none of them is
// excluded a second time, whether the row has its offset or only counts it.
func TestExclusionsOfARepeat(t *testing.T) {
	row := dynamo.Item{}
	row.Set(schema.RowInOffset, dynamo.Num(60))
	// The table does nothing but write what an update sets into the row.
	table := dynamo.New(func(_ context.Context, in any) (any, error) {
		maps.Copy(row, testkit.SetBy(in.(*calls.UpdateItemInput)))
		return &calls.UpdateItemOutput{}, nil
	}, clock.System{}).Table("t")
	exclude := func() {
		e := items.ReadExclusions(row)
		for offset := int64(1); offset <= 30; offset++ {
			e.Add(offset)
			e.Compact(60)
		}
		u := dynamo.NewUpdate(dynamo.Key{PK: "p", SK: "s"})
		e.SetIn(u)
		if _, _, err := table.Update(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	for _, what := range []string{"the call", "its repeat"} {
		exclude()
		if got := items.ExclusionsAfter(row, 0); got != 30 {
			t.Errorf("%s: %d messages are excluded, want 30", what, got)
		}
	}
}
