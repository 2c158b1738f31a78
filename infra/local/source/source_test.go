package source

import (
	"errors"
	"testing"
	"time"

	"parley/infra/local/lambda"
)

func TestScheduleReturnsTheNextTime(t *testing.T) {
	at := func(text string) time.Time {
		v, err := time.Parse("2006-01-02 15:04", text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct{ expression, from, want string }{
		{"rate(1 minute)", "2026-01-31 23:59", "2026-02-01 00:00"},
		{"rate(2 hours)", "2026-01-01 00:00", "2026-01-01 02:00"},
		{"rate(7 days)", "2026-01-01 00:00", "2026-01-08 00:00"},
		{"cron(0 3 * * ? *)", "2026-01-01 03:00", "2026-01-02 03:00"},
		{"cron(0/15 * * * ? *)", "2026-01-01 03:16", "2026-01-01 03:30"},
		{"cron(30 8 ? * MON-FRI *)", "2026-11-27 09:00", "2026-11-30 08:30"}, // Friday
		{"cron(0 0 1 JAN,JUL ? *)", "2026-01-01 00:00", "2026-07-01 00:00"},
		{"cron(0 0 29 2 ? *)", "2026-01-01 00:00", "2028-02-29 00:00"},
		{"cron(5 */6 ? * 1 2027)", "2026-01-01 00:00", "2027-01-03 00:05"}, // Sunday is 1
	} {
		next, err := parseSchedule(c.expression)
		if err != nil {
			t.Errorf("%s: %v", c.expression, err)
		} else if got, want := next(at(c.from)), at(c.want); !got.Equal(want) {
			t.Errorf("%s after %s: got %s, want %s", c.expression, c.from, got, want)
		}
	}
	for _, bad := range []string{"", "rate(0 minutes)", "rate(1 week)", "cron(* * * * *)", "cron(61 * * * ? *)", "cron(0 0 L * ? *)", "every day"} {
		if _, err := parseSchedule(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
	if next, _ := parseSchedule("cron(0 0 1 1 ? 2001)"); !next(at("2026-01-01 00:00")).IsZero() {
		t.Error("a schedule whose last time has passed has a next time")
	}
}

func TestFailedItemsFollowsReportBatchItemFailures(t *testing.T) {
	for _, c := range []struct {
		name, payload, failure string
		err                    error
		partial                bool
		all                    bool
		ids                    int
	}{
		{name: "success without partial failures", payload: `"done"`},
		{name: "failures without ReportBatchItemFailures are ignored", payload: `{"batchItemFailures":[{"itemIdentifier":"a"}]}`},
		{name: "one item failed", payload: `{"batchItemFailures":[{"itemIdentifier":"a"}]}`, partial: true, ids: 1},
		{name: "no item failed", payload: `{"batchItemFailures":[]}`, partial: true},
		{name: "null", payload: `null`, partial: true},
		{name: "empty", payload: ``, partial: true},
		{name: "null list", payload: `{"batchItemFailures":null}`, partial: true},
		{name: "no identifier", payload: `{"batchItemFailures":[{}]}`, partial: true, all: true},
		{name: "empty identifier", payload: `{"batchItemFailures":[{"itemIdentifier":""}]}`, partial: true, all: true},
		{name: "unknown identifier", payload: `{"batchItemFailures":[{"itemIdentifier":"z"}]}`, partial: true, all: true},
		{name: "not an object", payload: `"done"`, partial: true, all: true},
		{name: "function error", payload: `{}`, failure: "Unhandled", partial: true, all: true},
		{name: "the function could not be invoked", err: errors.New("no"), all: true},
	} {
		ids, all := failedItems(lambda.Result{Payload: []byte(c.payload), FunctionError: c.failure}, c.err, c.partial, []string{"a", "b"})
		if all != c.all || len(ids) != c.ids {
			t.Errorf("%s: got %v, all %v, want %d, all %v", c.name, ids, all, c.ids, c.all)
		}
	}
}

func TestCheckpointsAreReadAgain(t *testing.T) {
	file := t.TempDir() + "/streams.json"
	c, err := openCheckpoints(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.set("f t s", "17"); err != nil {
		t.Fatal(err)
	}
	again, err := openCheckpoints(file)
	if err != nil || again.get("f t s") != "17" {
		t.Errorf("got %v, %v, want 17", again, err)
	}
}
