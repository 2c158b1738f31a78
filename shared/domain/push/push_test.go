package push_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"parley/shared/domain/push"
	"parley/shared/domain/sessions"
)

type queue struct {
	jobs []push.Job
	err  error
}

func (q *queue) Send(_ context.Context, job push.Job, _ time.Duration) error {
	q.jobs = append(q.jobs, job)
	return q.err
}

var now = time.UnixMilli(1_700_000_000_000)

func service(q *queue) push.Service {
	return push.Service{App: 1, Queue: q, Now: func() time.Time { return now }}
}

// What a push says (seed 003, APNs format and OfflinePushInfo).
func TestPush(t *testing.T) {
	device := []push.Device{{User: "bob", Platform: "iPhone", Instance: "p"}}
	note := push.Note{Key: "1_2_3", From: "alice", Nick: "Al", Text: "hi", Ext: "e", Sound: "s"}
	plain, quiet, mute := note, note, note
	plain.Nick, quiet.NoUnread, mute.Text = "", true, ""
	for _, c := range []struct {
		name    string
		note    push.Note
		info    *push.Info
		devices []push.Device
		want    string // empty: nothing is queued
	}{
		{"a nickname", note, nil, device, `"title":"Al","text":"Al: hi","ext":"e","sound":"s","badge":true`},
		{"no nickname", plain, nil, device, `"title":"alice","text":"hi","ext":"e","sound":"s","badge":true`},
		{"not counted as unread", quiet, nil, device, `"title":"Al","text":"Al: hi","ext":"e","sound":"s","badge":false`},
		{"an empty info", note, &push.Info{}, device, `"title":"Al","text":"Al: hi","badge":true`},
		{"a title", note, &push.Info{Title: "T"}, device, `"title":"T","text":"Al: hi","badge":true`},
		{"a text", note, &push.Info{Text: "D", Ext: "E"}, device, `"title":"Al","text":"D","ext":"E","badge":true`},
		{"not counted by the badge", note, &push.Info{Uncounted: true}, device, `"title":"Al","text":"Al: hi","badge":false`},
		{"fields of providers", note, &push.Info{Android: json.RawMessage(`{"a":1}`), Apple: json.RawMessage(`{"b":2}`)}, device,
			`"title":"Al","text":"Al: hi","badge":true,"android":{"a":1},"apple":{"b":2}`},
		{"nothing to say", mute, nil, device, ""},
		{"nothing to say but a title", mute, &push.Info{Title: "T"}, device, ""},
		{"a text where the elements have none", mute, &push.Info{Text: "D"}, device, `"title":"Al","text":"D","badge":true`},
		{"no push wanted", note, &push.Info{Off: true, Text: "D"}, device, ""},
		{"nobody", note, nil, nil, ""},
	} {
		q := &queue{}
		if err := service(q).Push(t.Context(), c.note, c.info, c.devices); err != nil {
			t.Fatal(err)
		}
		got := ""
		if len(q.jobs) > 0 {
			text, err := json.Marshal(q.jobs[0])
			if err != nil {
				t.Fatal(err)
			}
			got = string(text)
		}
		want := c.want
		if want != "" {
			want = `{"app":1,"from":"alice","key":"1_2_3",` + want + `,"devices":[{"u":"bob","f":"iPhone","i":"p"}]}`
		}
		if got != want || len(q.jobs) > 1 {
			t.Errorf("%s:\ngot  %s\nwant %s", c.name, got, want)
		}
	}
	broken := &queue{err: errors.New("no queue")}
	if err := service(broken).Push(t.Context(), note, nil, device); !errors.Is(err, broken.err) {
		t.Errorf("the queue fails: %v", err)
	}
}

func device(slot string, platform sessions.Platform, background bool, age time.Duration) sessions.Device {
	return sessions.Device{Slot: slot, Now: sessions.Link{
		Connection: "c" + slot, Instance: "i" + slot, Platform: platform, Background: background, Since: now.Add(-age).UnixMilli(),
	}}
}

// Which devices a push goes to (docs/data-model.md §4, PushOnline, and §5).
func TestDevices(t *testing.T) {
	last := func(ago time.Duration, reason string, platform sessions.Platform, instance string) *sessions.Last {
		return &sessions.Last{Time: now.Add(-ago).UnixMilli(), Reason: reason, Platform: platform, Instance: instance}
	}
	const week = 7 * 24 * time.Hour
	for _, c := range []struct {
		name string
		s    sessions.Session
		gone []string
		want string
	}{
		{"never there", sessions.Session{}, nil, ""},
		{"in front", sessions.Session{Devices: []sessions.Device{device("m", "iPhone", false, 0)}}, nil, ""},
		{"in the background", sessions.Session{Devices: []sessions.Device{device("m", "iPhone", true, 0)}}, nil, "iPhone im"},
		{"one in front, one in the background", sessions.Session{Devices: []sessions.Device{device("m", "iPhone", true, 0), device("w", "Web", false, 0)}}, nil, ""},
		{"a browser in the background", sessions.Session{Devices: []sessions.Device{device("w", "Web", true, 0)}}, nil, ""},
		{"a desktop in the background, a phone before", sessions.Session{
			Devices: []sessions.Device{device("d", "Mac", true, 0)}, Last: last(time.Hour, "closed", "iPad", "p"),
		}, nil, "iPad p"},
		{"in front and found gone", sessions.Session{Devices: []sessions.Device{device("m", "iPhone", false, time.Hour)}}, []string{"cm"}, "iPhone im"},
		{"a browser found gone", sessions.Session{Devices: []sessions.Device{device("w", "Web", false, time.Hour)}}, []string{"cw"}, ""},
		{"too old to be connected", sessions.Session{Devices: []sessions.Device{device("m", "Android", false, sessions.Life)}}, nil, "Android im"},
		{"closed a moment short of a week ago", sessions.Session{Last: last(week-time.Millisecond, "closed", "iPhone", "p")}, nil, "iPhone p"},
		{"closed a week ago", sessions.Session{Last: last(week, "closed", "iPhone", "p")}, nil, ""},
		{"signed out", sessions.Session{Last: last(0, "logout", "iPhone", "p")}, nil, ""},
		{"replaced", sessions.Session{Last: last(0, "replaced", "iPhone", "p")}, nil, ""},
		{"kicked", sessions.Session{Last: last(0, "kicked", "iPhone", "p")}, nil, ""},
		{"a browser that was closed", sessions.Session{Last: last(0, "closed", "Web", "p")}, nil, ""},
		{"back in the background", sessions.Session{
			Devices: []sessions.Device{device("m", "iPhone", true, 0)}, Last: last(time.Hour, "closed", "iPhone", "im"),
		}, nil, "iPhone im"},
		{"in the background, another phone before", sessions.Session{
			Devices: []sessions.Device{device("m", "iPhone", true, 0)}, Last: last(time.Hour, "closed", "iPhone", "p"),
		}, nil, "iPhone im, iPhone p"},
		{"two phones, then a browser", sessions.Session{
			Ends: []sessions.End{{Platform: "iPhone", Instance: "p", Time: now.UnixMilli() - 2}, {Platform: "Android", Instance: "q", Time: now.UnixMilli() - 1}},
			Last: last(0, "closed", "Web", "w"),
		}, nil, "Android q, iPhone p"},
		{"a phone away, a browser in front", sessions.Session{
			Devices: []sessions.Device{device("w", "Web", false, 0)}, Ends: []sessions.End{{Platform: "iPhone", Instance: "p", Time: now.UnixMilli()}},
		}, nil, ""},
		{"a phone away, a browser in the background", sessions.Session{
			Devices: []sessions.Device{device("w", "Web", true, 0)}, Ends: []sessions.End{{Platform: "iPhone", Instance: "p", Time: now.UnixMilli()}},
		}, nil, "iPhone p"},
		{"in the background, an end of nobody knows whom", sessions.Session{
			Devices: []sessions.Device{device("m", "iPhone", true, 0)}, Last: last(time.Hour, "gone", "iPhone", ""),
		}, nil, "iPhone im"},
	} {
		c.s.User = "bob"
		got := ""
		for i, d := range service(nil).Devices(c.s, c.gone) {
			if i > 0 {
				got += ", "
			}
			if got += fmt.Sprintf("%s %s", d.Platform, d.Instance); d.User != "bob" {
				t.Errorf("%s: a device of %s", c.name, d.User)
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
