// Package push says what a device shows of a message while the app is not in
// front, and hands that to the queue from which providers are served (seed 003,
// Offline Push and OfflinePushInfo; docs/data-model.md §5, step 6).
package push

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"parley/shared/domain/sessions"
)

// MaxText bounds what a message's elements say in a push, in bytes. A provider
// takes 4 KB in all, and a device shows a few lines.
const MaxText = 1000

// An Info is what a sender says of the push of a message.
type Info struct {
	Off              bool // no push at all
	Title, Text, Ext string
	Uncounted        bool // the badge does not count the message
	// Android and Apple are the fields of their providers as the sender wrote
	// them: the worker that knows a provider takes its own.
	Android, Apple json.RawMessage
	Size           int // bytes of the JSON it came in
}

// A Note is a message as far as a push tells of it.
type Note struct {
	Key        string // of the message
	From, Nick string
	Text       string // what the elements say
	Ext, Sound string // of its custom element; an Info takes their place
	NoUnread   bool
}

// A Device is where a push goes.
type Device struct {
	User     string            `json:"u"`
	Platform sessions.Platform `json:"f"`
	Instance string            `json:"i,omitempty"` // empty where it is not known
}

// A Job is one message for devices. From and Key say which message it is: a job
// that comes again is the same push, which a provider collapses by them.
type Job struct {
	App     int64           `json:"app"`
	From    string          `json:"from"`
	Key     string          `json:"key"`
	Title   string          `json:"title"`
	Text    string          `json:"text"`
	Ext     string          `json:"ext,omitempty"`
	Sound   string          `json:"sound,omitempty"`
	Badge   bool            `json:"badge"` // the badge counts it
	Android json.RawMessage `json:"android,omitempty"`
	Apple   json.RawMessage `json:"apple,omitempty"`
	Devices []Device        `json:"devices"`
}

// A Queue holds jobs for the worker.
type Queue interface {
	Send(ctx context.Context, job Job, delay time.Duration) error
}

// Service hands over the pushes of an application.
type Service struct {
	App   int64
	Queue Queue
	Now   func() time.Time
}

// Push queues one job for all the devices. Nothing is queued where there are
// none, where the sender wants no push, and where there is nothing to show: a
// custom message without a description is not pushed (seed 003, TIMCustomElem).
func (s Service) Push(ctx context.Context, n Note, info *Info, devices []Device) error {
	j := Job{
		App: s.App, From: n.From, Key: n.Key, Title: n.Nick, Text: n.Text, Ext: n.Ext, Sound: n.Sound,
		Badge: !n.NoUnread, Devices: devices,
	}
	if j.Title == "" {
		j.Title = n.From
	}
	if n.Nick != "" && n.Text != "" {
		j.Text = n.Nick + ": " + n.Text
	}
	if info != nil {
		if info.Off {
			return nil
		}
		if info.Title != "" {
			j.Title = info.Title
		}
		if info.Text != "" {
			j.Text = info.Text
		}
		j.Ext, j.Sound, j.Android, j.Apple = info.Ext, "", info.Android, info.Apple
		j.Badge = j.Badge && !info.Uncounted
	}
	if len(devices) == 0 || j.Text == "" {
		return nil
	}
	return s.Queue.Send(ctx, j, 0)
}

// Devices lists the devices of a user that push reaches: mobile ones whose app is
// in the background, and those that are not connected and have not signed out.
// There are none while the app is in front on any device. gone are connections
// that have just been found gone.
func (s Service) Devices(user sessions.Session, gone []string) []Device {
	now := s.Now()
	var list []Device
	for _, d := range user.Devices {
		lost := slices.Contains(gone, d.Now.Connection)
		if !d.Alive(now) {
			continue
		}
		if !d.Now.Background && !lost {
			return nil
		}
		if d.Now.Platform.Mobile() {
			list = append(list, Device{User: user.User, Platform: d.Now.Platform, Instance: d.Now.Instance})
		}
	}
	for _, e := range user.Away(now) {
		list = append(list, Device{User: user.User, Platform: e.Platform, Instance: e.Instance})
	}
	return list
}
