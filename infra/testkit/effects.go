package testkit

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Effects returns the posts, jobs and object calls since the last Effects, one line
// each: the posts by connection, and then the jobs queue by queue.
func (w *World) Effects() []string {
	var lines []string
	for _, p := range w.Posts.Take() {
		if p.Closed {
			lines = append(lines, "close "+p.Connection)
		} else {
			lines = append(lines, "post "+p.Connection+" "+p.Frame)
		}
	}
	slices.SortStableFunc(lines, func(a, b string) int { return strings.Compare(postOrder(a), postOrder(b)) })
	for _, j := range w.Deliveries.Take() {
		var to []string
		for _, t := range j.Job.Targets {
			to = append(to, t.Connection)
		}
		what := "to"
		for _, c := range j.Job.Close {
			what, to = "close", append(to, strings.TrimSpace(c.Connection+map[bool]string{true: " (told)"}[c.FrameSent]))
		}
		for _, t := range j.Job.Ended {
			what, to = "ended", append(to, t.Connection)
		}
		lines = append(lines, fmt.Sprintf("job delivery attempt %d after %s %s %s", j.Job.Attempt, j.Delay, what, strings.Join(to, " ")))
	}
	for _, j := range w.Broadcasts.Take() {
		b := j.Job
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("job broadcast %s of %s from %q after %s %s", b.Audience, b.User, b.After, j.Delay, b.Frame)))
	}
	for _, j := range w.RemovalJobs.Take() {
		what := map[bool]string{false: "removal", true: "second removal"}[j.Job.Again]
		lines = append(lines, fmt.Sprintf("job %s of %s, deleted at %d, after %s", what, j.Job.User, j.Job.Deleted, j.Delay))
	}
	for _, j := range w.GroupJobs.Take() {
		verb := map[bool]string{false: "destroyed", true: "reclaimed"}[j.Job.Reclaimed]
		lines = append(lines, fmt.Sprintf("job removal of group %s, %s at %d by %q, after %s", j.Job.Group, verb, j.Job.Destroyed, j.Job.By, j.Delay))
	}
	for _, j := range w.ReclaimJobs.Take() {
		if j.Job.App != w.ID {
			continue // of the world of another test: all are in the list of applications
		}
		lines = append(lines, fmt.Sprintf("job reclaim of groups from %d, after %s", j.Job.After, j.Delay))
	}
	for _, j := range w.IndexJobs.Take() {
		i := j.Job
		lines = append(lines, fmt.Sprintf("job index of %s from %q, begun %t, again %t, after %s", i.User, i.After, i.Begun, i.Again, j.Delay))
	}
	for _, j := range w.PushJobs.Take() {
		text, err := json.Marshal(j.Job)
		if err != nil {
			panic(err)
		}
		lines = append(lines, "job push "+strings.ReplaceAll(string(text), fmt.Sprint(w.ID), "{app}"))
	}
	return append(lines, w.Objects.Take()...)
}

// postOrder is what the lines of posts are sorted by: the connection, and its frames
// before its closing.
func postOrder(line string) string {
	kind, rest, _ := strings.Cut(line, " ")
	connection, _, _ := strings.Cut(rest, " ")
	return connection + " " + map[string]string{"post": "1", "close": "2"}[kind]
}
