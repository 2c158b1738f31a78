// Package store composes the stores of all aggregates, which read and write everything that
// Parley keeps in DynamoDB.
//
//   - schema says what the tables hold: aggregates, keys, indexes and attributes.
//   - Each other package below this one has one struct Store, which implements the interfaces
//     of the domain package of the same name. Its comment says which aggregates it writes.
//   - items has the conversions that several of them need.
//
// This package counts what each call consumes and touches (meter.go). shared/dynamo makes the
// calls.
package store

import (
	"parley/shared/clock"
	"parley/shared/dynamo"
	"parley/shared/store/accounts"
	"parley/shared/store/apps"
	"parley/shared/store/archive"
	"parley/shared/store/delivery"
	"parley/shared/store/direct"
	"parley/shared/store/follows"
	"parley/shared/store/groupchat"
	"parley/shared/store/groupdata"
	"parley/shared/store/groups"
	"parley/shared/store/inbox"
	"parley/shared/store/membership"
	"parley/shared/store/merged"
	"parley/shared/store/presence"
	"parley/shared/store/profiles"
	"parley/shared/store/relations"
	"parley/shared/store/schema"
	"parley/shared/store/sessions"
	"parley/shared/store/timeline"
)

// Store has the stores of all aggregates.
type Store struct {
	Apps      *apps.Store
	Accounts  *accounts.Store
	Profiles  *profiles.Store
	Relations *relations.Store
	Follows   *follows.Store
	Groups    *groups.Store
	Members   *membership.Store
	GroupChat *groupchat.Store
	GroupData *groupdata.Store
	Presence  *presence.Store
	Sessions  *sessions.Store
	Delivery  *delivery.Store
	Inbox     *inbox.Store
	Timeline  *timeline.Store
	Direct    *direct.Store
	Merged    *merged.Store
	Archive   *archive.Store
}

// New returns a Store over the tables with these names. The layers are around every call.
func New(call dynamo.Call, names map[schema.Table]string, layers ...dynamo.Layer) *Store {
	db := dynamo.New(call, clock.System{}, append([]dynamo.Layer{meter(names)}, layers...)...)
	core, msg, live, ops := db.Table(names[schema.Core]), db.Table(names[schema.Msg]), db.Table(names[schema.Live]), db.Table(names[schema.Ops])
	s := &Store{
		Apps: apps.New(core), Accounts: accounts.New(core), Profiles: profiles.New(core), Relations: relations.New(core), Follows: follows.New(core), Groups: groups.New(core, msg),
		Members: membership.New(core), GroupData: groupdata.New(core),
		Presence: presence.New(live), Sessions: sessions.New(core, live), Inbox: inbox.New(core, msg), Timeline: timeline.New(core, msg),
		GroupChat: groupchat.New(core, msg, live), Direct: direct.New(core, live), Merged: merged.New(msg), Archive: archive.New(ops),
	}
	s.Delivery = delivery.New(s.Relations, s.Presence, s.GroupChat)
	return s
}
