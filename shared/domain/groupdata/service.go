package groupdata

import (
	"context"

	"parley/shared/clock"
	"parley/shared/domain/delivery"
	"parley/shared/domain/fanout"
	"parley/shared/domain/groups"
	"parley/shared/fault"
)

// Service reads and changes the attributes and the counters of the groups of one application. The
// application may do everything. A user may read and change the data of a group as a member.
//
// What changes is delivered to the devices of all members that are online, except the device that
// changed it.
type Service struct {
	app      int64
	settings groups.Settings
	store    Store
	fanout   fanout.Service
	clock    clock.Clock
}

// New returns the Service of an application.
func New(app int64, s groups.Settings, store Store, f fanout.Service, c clock.Clock) Service {
	return Service{app: app, settings: s, store: store, fanout: f, clock: c}
}

// query returns the query of a call.
func query(by groups.Actor, group string) Query {
	q := Query{Group: group}
	if !by.Application {
		q.User = by.User
	}
	return q
}

// find reads a group and what else a query asks for. A refusal is confirmed by a strong read: the
// group, or the membership, may have been written a moment ago.
func (s Service) find(ctx context.Context, by groups.Actor, q Query, strong bool) (Snapshot, error) {
	if err := groups.CheckID(q.Group); err != nil {
		return Snapshot{}, err
	}
	found, err := s.store.Read(ctx, s.app, q, strong)
	if err == nil && !strong && found.check(by, q) != nil {
		found, err = s.store.Read(ctx, s.app, q, true)
	}
	if err == nil {
		err = found.check(by, q)
	}
	return found, err
}

// check refuses a call to a group that does not exist, whose type has no such data, or by a user
// who may not see the data.
func (f Snapshot) check(by groups.Actor, q Query) error {
	if err := f.Group.Exists(q.Group); err != nil {
		return err
	}
	switch {
	case !groups.CapabilitiesOfTypes().Attributes.For(f.Group.Type):
		return fault.New(fault.NotPermitted, "a group of this type has no attributes and counters")
	case by.Application:
		return nil
	case f.Role < groups.Member:
		return fault.At(fault.MemberUnknown, fault.Group, "the user is not a member of the group")
	case !f.Group.ActiveFor(f.Role):
		return fault.At(fault.NotPermitted, fault.Group, "the group is not active until its owner has sent a message")
	}
	return nil
}

// deliver notifies the members of a group of a change. Members do not see a group that is hidden
// until its first message, and receive nothing.
func (s Service) deliver(ctx context.Context, g groups.Group, origin delivery.Origin, event delivery.Event) {
	if g.Active {
		s.fanout.DeliverAfterCommit(ctx, g.ID, nil, origin, event)
	}
}
