// Package fanout delivers events to the members of groups.
package fanout

import (
	"context"
	"slices"

	"parley/shared/domain/delivery"
	"parley/shared/domain/groups"
	"parley/shared/domain/sessions"
	"parley/shared/parallel"
)

// MaxInline is how many members a group has at most if an event is delivered to them in the call
// that causes it. A larger group is delivered to by a broadcast.
const MaxInline = 100

const (
	membersPerRead  = 1000 // members of a large group that one request reads: 60 KB
	sessionsPerRead = 100
	sessionReads    = 8 // requests for sessions at the same time
)

// A Member is a member of a group as delivery sees it.
type Member struct {
	User   string
	Option groups.ReceiveOption
}

// A Store reads members.
type Store interface {
	// Members reads up to limit members of a group in the order of their ids, after one, and
	// returns whether more follow.
	Members(ctx context.Context, app int64, group, after string, limit int) (list []Member, more bool, err error)
	// MembersOf returns those of the users who are members.
	MembersOf(ctx context.Context, app int64, group string, users []string) ([]Member, error)
}

// An Audience is the members to whom an event is delivered.
type Audience struct {
	Group   string
	Members []Member
	// Large: the group has more members than MaxInline. Members is empty then.
	Large bool
}

// Service delivers to the members of the groups of an application.
type Service struct {
	app      int64
	store    Store
	delivery delivery.Service
	parallel parallel.Runner
}

// New returns the Service of an application.
func New(app int64, store Store, d delivery.Service, r parallel.Runner) Service {
	return Service{app: app, store: store, delivery: d, parallel: r}
}

// Audience reads to whom an event in a group is delivered: all members, or if only is not nil
// those of these users who are members.
func (s Service) Audience(ctx context.Context, group string, only []string) (Audience, error) {
	r := Audience{Group: group}
	var err error
	if only != nil {
		r.Members, err = s.store.MembersOf(ctx, s.app, group, only)
		return r, err
	}
	list, more, err := s.store.Members(ctx, s.app, group, "", MaxInline)
	if r.Large = more; !more {
		r.Members = list
	}
	return r, err
}

// Deliver delivers an event to the devices of an audience, except its origin. It returns the
// sessions that it has read, and the connections that were found gone. Members who want no messages
// receive nothing. To a large group it queues a broadcast, and returns no sessions.
func (s Service) Deliver(ctx context.Context, r Audience, origin delivery.Origin, event delivery.Event) (list []sessions.Session, gone []string, err error) {
	if r.Large {
		return nil, nil, s.delivery.BroadcastFrom(ctx, r.Group, delivery.Members, origin, event)
	}
	return s.delivery.DeliverToMany(ctx, r.users(), origin, event)
}

// QueueDelivery queues the delivery of the messages of a large group that are not delivered
// (groupchat.Delivery).
func (s Service) QueueDelivery(ctx context.Context, group string) error {
	return s.delivery.QueueMembers(ctx, group)
}

// A MemberSession is a member who wants messages, with the session of that user.
type MemberSession struct {
	Member
	Session sessions.Session
}

// DeliverTogether delivers events, in their order and in as few frames as possible, to the devices of
// all members of a large group who want messages. It returns these members, and the connections that
// it found gone.
func (s Service) DeliverTogether(ctx context.Context, group string, events []delivery.Event) (list []MemberSession, gone []string, err error) {
	var users []string
	for after := ""; ; {
		members, more, err := s.store.Members(ctx, s.app, group, after, membersPerRead)
		if err != nil {
			return nil, nil, err
		}
		for _, m := range members {
			if m.Option != groups.Discard {
				users, list = append(users, m.User), append(list, MemberSession{Member: m})
			}
		}
		if !more {
			break
		}
		after = members[len(members)-1].User
	}
	read, err := s.sessions(ctx, users)
	if err != nil {
		return nil, nil, err
	}
	for i := range list {
		list[i].Session = read[i]
	}
	gone, err = s.delivery.DeliverTogether(ctx, read, events)
	return list, gone, err
}

// sessions reads the sessions of many users, in some requests at a time.
func (s Service) sessions(ctx context.Context, users []string) ([]sessions.Session, error) {
	list := make([]sessions.Session, len(users))
	for from := 0; from < len(users); from += sessionReads * sessionsPerRead {
		var reads []func(context.Context) error
		for first := from; first < min(len(users), from+sessionReads*sessionsPerRead); first += sessionsPerRead {
			end := min(len(users), first+sessionsPerRead)
			reads = append(reads, func(ctx context.Context) error {
				part, err := s.delivery.SessionsEventually(ctx, users[first:end])
				copy(list[first:end], part)
				return err
			})
		}
		if err := s.parallel.Run(ctx, reads...); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Anyway returns an audience of the same members, who receive the event even if they want no
// messages. That of a large group is as it was.
func (r Audience) Anyway() Audience {
	r.Members = slices.Clone(r.Members)
	for i := range r.Members {
		r.Members[i].Option = groups.Notify
	}
	return r
}

// users returns the users who want messages.
func (r Audience) users() []string {
	var users []string
	for _, m := range r.Members {
		if m.Option != groups.Discard {
			users = append(users, m.User)
		}
	}
	return users
}

// Of returns the member with an id; false if the user is not among the members.
func (r Audience) Of(user string) (Member, bool) {
	i := slices.IndexFunc(r.Members, func(m Member) bool { return m.User == user })
	if i < 0 {
		return Member{}, false
	}
	return r.Members[i], true
}

// DeliverAfterCommit implements timeline.MemberNotifier.
func (s Service) DeliverAfterCommit(ctx context.Context, group string, only []string, origin delivery.Origin, event delivery.Event) {
	r, err := s.Audience(ctx, group, only)
	if err == nil {
		_, _, err = s.Deliver(ctx, r, origin, event)
	}
	s.delivery.LogFailure(ctx, event.EventName(), err)
}
