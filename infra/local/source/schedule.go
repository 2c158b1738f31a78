package source

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"parley/infra/local/template"
)

// runSchedule invokes a function at the times of its schedule, until ctx ends.
func (s *Sources) runSchedule(ctx context.Context, job schedule, next func(time.Time) time.Time) {
	for at := next(time.Now()); !at.IsZero() && wait(ctx, time.Until(at)); {
		due := at
		s.running.Go(func() { s.invokeScheduled(ctx, job, due) })
		if now := time.Now(); now.Sub(due) > time.Minute {
			at = next(now) // the machine was asleep: the missed times are skipped
		} else {
			at = next(due)
		}
	}
}

// InvokeScheduled invokes a function now, once for each of its schedules, and returns how many
// schedules it has. Tests use it because they cannot wait for the time of a schedule.
func (s *Sources) InvokeScheduled(ctx context.Context, function string) int {
	n := 0
	for _, job := range s.schedules {
		if job.function == function {
			s.invokeScheduled(ctx, job, time.Now())
			n++
		}
	}
	return n
}

// invokeScheduled invokes a function up to three times until it succeeds, as
// EventBridge does. The pauses are 1 and 2 seconds; on AWS they are minutes.
func (s *Sources) invokeScheduled(ctx context.Context, job schedule, at time.Time) {
	event := []byte(job.Input)
	if len(event) == 0 {
		event, _ = json.Marshal(map[string]any{ // never fails: plain values
			"version": "0", "id": rand.Text(), "detail-type": "Scheduled Event", "source": "aws.events",
			"account": template.Account, "time": at.UTC().Format(time.RFC3339), "region": s.options.Region,
			"resources": []string{"arn:aws:events:" + s.options.Region + ":" + template.Account + ":rule/" + job.Name},
			"detail":    map[string]any{},
		})
	}
	for attempt := range 3 {
		result, err := s.options.Functions.Invoke(context.WithoutCancel(ctx), job.function, event)
		s.report(err)
		if err == nil && result.FunctionError == "" || !wait(ctx, time.Duration(attempt+1)*time.Second) {
			return
		}
	}
}

// parseSchedule parses rate(...) or cron(...). The function it returns computes the
// first time of the schedule after a given time, or the zero time if there is none.
func parseSchedule(expression string) (func(time.Time) time.Time, error) {
	kind, rest, _ := strings.Cut(strings.TrimSpace(expression), "(")
	body, closed := strings.CutSuffix(rest, ")")
	fields := strings.Fields(body)
	switch {
	case kind == "rate" && closed && len(fields) == 2:
		n, err := strconv.Atoi(fields[0])
		unit := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[strings.TrimSuffix(fields[1], "s")]
		if err != nil || n < 1 || unit == 0 {
			break
		}
		return func(t time.Time) time.Time { return t.Add(time.Duration(n) * unit) }, nil
	case kind == "cron" && closed && len(fields) == 6:
		return cron(fields)
	}
	return nil, fmt.Errorf("%q is no schedule; write rate(5 minutes) or cron(0 3 * * ? *)", expression)
}

var (
	months = strings.Fields("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC")
	days   = strings.Fields("SUN MON TUE WED THU FRI SAT")
)

// cron parses the fields minute, hour, day of month, month, day of week and year.
// L, W and # are not supported.
func cron(fields []string) (func(time.Time) time.Time, error) {
	limits := []struct {
		low, high int
		names     []string
	}{{0, 59, nil}, {0, 23, nil}, {1, 31, nil}, {1, 12, months}, {1, 7, days}, {1970, 2199, nil}}
	var sets [6]map[int]bool
	for i, field := range fields {
		set, err := parseCronField(field, limits[i].low, limits[i].high, limits[i].names)
		if err != nil {
			return nil, err
		}
		sets[i] = set
	}
	in := func(i, value int) bool { return sets[i] == nil || sets[i][value] }
	return func(t time.Time) time.Time {
		t = t.UTC().Truncate(time.Minute).Add(time.Minute)
		for end := t.AddDate(5, 0, 0); t.Before(end); {
			switch {
			case !in(5, t.Year()) || !in(3, int(t.Month())):
				t = time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, time.UTC)
			case !in(2, t.Day()) || !in(4, int(t.Weekday())+1):
				t = time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, time.UTC)
			case !in(1, t.Hour()):
				t = t.Truncate(time.Hour).Add(time.Hour)
			case !in(0, t.Minute()):
				t = t.Add(time.Minute)
			default:
				return t
			}
		}
		return time.Time{}
	}, nil
}

// parseCronField returns the values that a field allows. nil means every value.
func parseCronField(field string, low, high int, names []string) (map[int]bool, error) {
	if field == "*" || field == "?" {
		return nil, nil
	}
	value := func(word string) (int, error) {
		for i, name := range names {
			if strings.EqualFold(name, word) {
				return low + i, nil
			}
		}
		n, err := strconv.Atoi(word)
		if err != nil || n < low || n > high {
			return 0, fmt.Errorf("%q in a cron expression is not in %d-%d", word, low, high)
		}
		return n, nil
	}
	set := map[int]bool{}
	for _, piece := range strings.Split(field, ",") {
		body, stepText, hasStep := strings.Cut(piece, "/")
		step := 1
		if hasStep {
			var err error
			if step, err = strconv.Atoi(stepText); err != nil || step < 1 {
				return nil, fmt.Errorf("%q in a cron expression is no step", stepText)
			}
		}
		from, to := low, high
		if body != "*" {
			first, last, isRange := strings.Cut(body, "-")
			var err error
			if from, err = value(first); err != nil {
				return nil, err
			}
			if isRange {
				if to, err = value(last); err != nil {
					return nil, err
				}
			} else if !hasStep {
				to = from
			}
		}
		for n := from; n <= to; n += step {
			set[n] = true
		}
	}
	return set, nil
}
