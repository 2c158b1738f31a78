package push_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"parley/infra/testkit"
	"parley/shared/domain/content"
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
	return push.New(1, q, testkit.NewClock(now))
}

// The vendor's pages "Push Format" and "OfflinePushInfo" say what a push shows.
func TestPushQueuesWhatTheDeviceShows(t *testing.T) {
	device := []push.Device{{User: "bob", Platform: "iPhone", Instance: "p"}}
	notice := push.Content{Key: "1_2_3", From: "alice", Nick: "Al", Text: "hi", Ext: "e", Sound: "s"}
	withoutNick, noUnread, withoutText := notice, notice, notice
	withoutNick.Nick, noUnread.ExcludedFromUnread, withoutText.Text = "", true, ""
	for _, c := range []struct {
		name    string
		notice  push.Content
		info    *content.Push
		devices []push.Device
		want    string // empty: nothing is queued
	}{
		{"the title is the nickname, and the text begins with it", notice, nil, device, `"title":"Al","text":"Al: hi","ext":"e","sound":"s","badge":true`},
		{"the title is the user id if there is no nickname", withoutNick, nil, device, `"title":"alice","text":"hi","ext":"e","sound":"s","badge":true`},
		{"the badge does not count a message that is excluded from unread", noUnread, nil, device, `"title":"Al","text":"Al: hi","ext":"e","sound":"s","badge":false`},
		{"an Info without fields removes Ext and Sound of the message", notice, &content.Push{}, device, `"title":"Al","text":"Al: hi","badge":true`},
		{"the title of the Info is used", notice, &content.Push{Title: "T"}, device, `"title":"T","text":"Al: hi","badge":true`},
		{"the text and the Ext of the Info are used", notice, &content.Push{Text: "D", Ext: "E"}, device, `"title":"Al","text":"D","ext":"E","badge":true`},
		{"the badge does not count a message whose Info has NoBadge", notice, &content.Push{NoBadge: true}, device, `"title":"Al","text":"Al: hi","badge":false`},
		{"the fields for platforms are copied as they are", notice, &content.Push{
			Android: &content.AndroidPush{Channels: map[string]string{"oppo": "c"}}, Apple: &content.ApplePush{Mutable: true, Original: &content.Original{Dialect: "d", Rest: json.RawMessage("[1]")}},
		}, device, `"title":"Al","text":"Al: hi","badge":true,"android":{"channels":{"oppo":"c"}},"apple":{"mutable":true,"original":{"d":"d","r":[1]}}`},
		{"a message without text is not pushed", withoutText, nil, device, ""},
		{"a message without text is not pushed, also if the Info has a title", withoutText, &content.Push{Title: "T"}, device, ""},
		{"a message without text is pushed if the Info has a text", withoutText, &content.Push{Text: "D"}, device, `"title":"Al","text":"D","badge":true`},
		{"nothing is pushed if the Info is Off", notice, &content.Push{Disabled: true, Text: "D"}, device, ""},
		{"nothing is queued without a device", notice, nil, nil, ""},
	} {
		q := &queue{}
		if err := service(q).Push(t.Context(), c.notice, c.info, c.devices); err != nil {
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
	failing := &queue{err: errors.New("no queue")}
	if err := service(failing).Push(t.Context(), notice, nil, device); !errors.Is(err, failing.err) {
		t.Errorf("the queue fails: %v", err)
	}
}

// TestPushOfManyDevices queues jobs of at most 500 devices, since SQS accepts 256 KB.
func TestPushOfManyDevices(t *testing.T) {
	devices := make([]push.Device, 1001)
	for i := range devices {
		devices[i] = push.Device{User: fmt.Sprint("u", i), Platform: "iPhone"}
	}
	q := &queue{}
	if err := service(q).Push(t.Context(), push.Content{Text: "hi"}, nil, devices); err != nil {
		t.Fatal(err)
	}
	var sizes []int
	var all []push.Device
	for _, job := range q.jobs {
		sizes, all = append(sizes, len(job.Devices)), append(all, job.Devices...)
	}
	if !slices.Equal(sizes, []int{500, 500, 1}) || !slices.Equal(all, devices) {
		t.Errorf("got jobs of %d devices, want 500, 500 and 1, together all", sizes)
	}
}

func device(slot string, platform sessions.Platform, background bool, age time.Duration) sessions.Device {
	return sessions.Device{Slot: slot, Current: sessions.Connection{
		ID: "c" + slot, Instance: "i" + slot, Platform: platform, Background: background, OpenedAt: now.Add(-age).UnixMilli(),
	}}
}

// docs/data-model.md §4 (PushOnline) and §5 say to which devices a push is sent.
func TestDevicesReturnsBackgroundAndAwayDevices(t *testing.T) {
	last := func(ago time.Duration, reason string, platform sessions.Platform, instance string) *sessions.LastEnd {
		return &sessions.LastEnd{Time: now.Add(-ago).UnixMilli(), Reason: reason, Platform: platform, Instance: instance}
	}
	const week = 7 * 24 * time.Hour
	for _, c := range []struct {
		name string
		s    sessions.Session
		gone []string
		want string
	}{
		{"a user who never connected has none", sessions.Session{}, nil, ""},
		{"none while the app is in the foreground", sessions.Session{Devices: []sessions.Device{device("m", "iPhone", false, 0)}}, nil, ""},
		{"a phone in the background", sessions.Session{Devices: []sessions.Device{device("m", "iPhone", true, 0)}}, nil, "iPhone im"},
		{"none while one device is in the foreground and one in the background", sessions.Session{Devices: []sessions.Device{device("m", "iPhone", true, 0), device("w", "Web", false, 0)}}, nil, ""},
		{"not a browser in the background", sessions.Session{Devices: []sessions.Device{device("w", "Web", true, 0)}}, nil, ""},
		{"a tablet that is away while a desktop is in the background", sessions.Session{
			Devices: []sessions.Device{device("d", "Mac", true, 0)}, Last: last(time.Hour, "closed", "iPad", "p"),
		}, nil, "iPad p"},
		{"a phone in the foreground whose connection was found gone", sessions.Session{Devices: []sessions.Device{device("m", "iPhone", false, time.Hour)}}, []string{"cm"}, "iPhone im"},
		{"not a browser whose connection was found gone", sessions.Session{Devices: []sessions.Device{device("w", "Web", false, time.Hour)}}, []string{"cw"}, ""},
		{"a phone whose connection is too old to be alive", sessions.Session{Devices: []sessions.Device{device("m", "Android", false, sessions.Life)}}, nil, "Android im"},
		{"a phone that disconnected just under a week ago", sessions.Session{Last: last(week-time.Millisecond, "closed", "iPhone", "p")}, nil, "iPhone p"},
		{"not a phone that disconnected a week ago", sessions.Session{Last: last(week, "closed", "iPhone", "p")}, nil, ""},
		{"not a phone that signed out", sessions.Session{Last: last(0, "logout", "iPhone", "p")}, nil, ""},
		{"not a phone that was replaced", sessions.Session{Last: last(0, "replaced", "iPhone", "p")}, nil, ""},
		{"not a phone that was kicked", sessions.Session{Last: last(0, "kicked", "iPhone", "p")}, nil, ""},
		{"not a browser that disconnected", sessions.Session{Last: last(0, "closed", "Web", "p")}, nil, ""},
		{"a phone once, if it disconnected and is connected again in the background", sessions.Session{
			Devices: []sessions.Device{device("m", "iPhone", true, 0)}, Last: last(time.Hour, "closed", "iPhone", "im"),
		}, nil, "iPhone im"},
		{"a phone in the background and another one that is away", sessions.Session{
			Devices: []sessions.Device{device("m", "iPhone", true, 0)}, Last: last(time.Hour, "closed", "iPhone", "p"),
		}, nil, "iPhone im, iPhone p"},
		{"two phones that are away, the latest first, also if a browser disconnected after them", sessions.Session{
			Ends: []sessions.End{{Platform: "iPhone", Instance: "p", Time: now.UnixMilli() - 2}, {Platform: "Android", Instance: "q", Time: now.UnixMilli() - 1}},
			Last: last(0, "closed", "Web", "w"),
		}, nil, "Android q, iPhone p"},
		{"none while a phone is away and a browser is in the foreground", sessions.Session{
			Devices: []sessions.Device{device("w", "Web", false, 0)}, Ends: []sessions.End{{Platform: "iPhone", Instance: "p", Time: now.UnixMilli()}},
		}, nil, ""},
		{"a phone that is away while a browser is in the background", sessions.Session{
			Devices: []sessions.Device{device("w", "Web", true, 0)}, Ends: []sessions.End{{Platform: "iPhone", Instance: "p", Time: now.UnixMilli()}},
		}, nil, "iPhone p"},
		{"a phone in the background, if an end without an instance is recorded for its platform", sessions.Session{
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
