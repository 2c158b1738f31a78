// Package push decides what a device shows of a message while the app is not in the
// foreground, and puts that into a queue. A worker sends it to the push providers
// (docs/data-model.md §5, step 6, docs/adr/0016, docs/spec/tencent §3).
package push

import (
	"context"
	"slices"
	"time"

	"parley/shared/clock"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/sessions"
	"parley/shared/domain/timeline"
)

// MaxText is the maximum size in bytes of the text that comes from a message's
// elements. A provider accepts 4 KB in total, and a device shows a few lines.
const MaxText = 1000

// devicesPerJob keeps a job below the 256 KB that SQS accepts: a device has up to 260 bytes, and what
// the push says is part of the 12 KB of a message.
const devicesPerJob = 500

// A Content is what a push needs to know of a message.
type Content struct {
	Key                string // of the message
	Group              string // the group of the message; empty: it is one of two users
	From, Nick         string
	Text               string // the texts of the elements
	Ext, Sound         string // from the custom element; not used if there is an Info
	ExcludedFromUnread bool
}

// ContentOf returns what a push needs to know of a message.
func ContentOf(m timeline.Message) Content {
	c := Content{Key: m.Text(m.Chat), From: m.From, Nick: m.Nick, Text: m.Summary(MaxText), ExcludedFromUnread: m.ExcludedFromUnread}
	if m.Chat.Kind() == chat.Group {
		c.Group, _ = m.Chat.Names()
	}
	c.Ext, c.Sound = m.PushFields()
	return c
}

// A Device is a device to which a push is sent.
type Device struct {
	User     string            `json:"u"`
	Platform sessions.Platform `json:"f"`
	Instance string            `json:"i,omitempty"` // empty: not known
}

// A Job is the push of one message to some devices. From, Key and Group identify the message:
// if SQS delivers a job twice, or a send is repeated, the provider can show one push
// only.
type Job struct {
	App     int64                `json:"app"`
	From    string               `json:"from"`
	Key     string               `json:"key"`
	Group   string               `json:"group,omitempty"`
	Title   string               `json:"title"`
	Text    string               `json:"text"`
	Ext     string               `json:"ext,omitempty"`
	Sound   string               `json:"sound,omitempty"`
	Badge   bool                 `json:"badge"` // the badge counts the message
	Android *content.AndroidPush `json:"android,omitempty"`
	Apple   *content.ApplePush   `json:"apple,omitempty"`
	Devices []Device             `json:"devices"`
}

// A Queue holds jobs for the worker.
type Queue interface {
	Send(ctx context.Context, job Job, delay time.Duration) error
}

// Service queues the pushes of an application.
type Service struct {
	app   int64
	queue Queue
	clock clock.Clock
}

// New returns the Service of an application.
func New(app int64, q Queue, c clock.Clock) Service { return Service{app: app, queue: q, clock: c} }

// Push queues one job for all devices. It queues nothing if there are no devices, if
// the sender wants no push, or if there is no text to show. Example: a custom message
// without a description is not pushed, unless the sender gives a text (docs/spec/tencent §3).
func (s Service) Push(ctx context.Context, notice Content, info *content.Push, devices []Device) error {
	job := Job{
		App: s.app, From: notice.From, Key: notice.Key, Group: notice.Group, Title: notice.Nick, Text: notice.Text, Ext: notice.Ext, Sound: notice.Sound,
		Badge: !notice.ExcludedFromUnread,
	}
	if job.Title == "" {
		job.Title = notice.From
	}
	if notice.Nick != "" && notice.Text != "" {
		job.Text = notice.Nick + ": " + notice.Text
	}
	if info != nil {
		if info.Disabled {
			return nil
		}
		if info.Title != "" {
			job.Title = info.Title
		}
		if info.Text != "" {
			job.Text = info.Text
		}
		job.Ext, job.Sound, job.Android, job.Apple = info.Ext, "", info.Android, info.Apple
		job.Badge = job.Badge && !info.NoBadge
	}
	if job.Text == "" {
		return nil
	}
	for part := range slices.Chunk(devices, devicesPerJob) {
		job.Devices = part
		if err := s.queue.Send(ctx, job, 0); err != nil {
			return err
		}
	}
	return nil
}

// Devices returns the devices of a user to which a push is to be sent: mobile devices
// whose app is in the background, and mobile devices that are not connected and have
// not signed out. It returns none if any device has the app in the foreground. gone are
// the connections that API Gateway has just reported as gone. Example: Bob's phone is
// in the background and Bob's browser is in the foreground: no push.
func (s Service) Devices(user sessions.Session, gone []string) []Device {
	now := s.clock.Now()
	var list []Device
	for _, d := range user.Devices {
		foundGone := slices.Contains(gone, d.Current.ID)
		if !d.Alive(now) {
			continue
		}
		if !d.Current.Background && !foundGone {
			return nil
		}
		if d.Current.Platform.Mobile() {
			list = append(list, Device{User: user.User, Platform: d.Current.Platform, Instance: d.Current.Instance})
		}
	}
	for _, end := range user.PushTargets(now) {
		list = append(list, Device{User: user.User, Platform: end.Platform, Instance: end.Instance})
	}
	return list
}
