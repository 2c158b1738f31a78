package items

import (
	"context"
	"slices"
	"strings"

	"parley/shared/domain/sessions"
	"parley/shared/dynamo"
	"parley/shared/store/schema"
)

// GetSessions reads the sessions of users, in their order.
func GetSessions(ctx context.Context, live dynamo.Table, app int64, users []string, strong bool) ([]sessions.Session, error) {
	keys := make([]dynamo.Key, len(users))
	for i, u := range users {
		keys[i] = schema.SessionKey(app, u)
	}
	found, err := live.GetAll(ctx, keys, strong)
	if err != nil {
		return nil, err
	}
	list := make([]sessions.Session, len(users))
	for i, item := range found {
		list[i] = Session(users[i], item)
	}
	return list, nil
}

// Session reads the session of a user from its item. A user without an item has an empty
// session.
func Session(user string, item dynamo.Item) sessions.Session {
	out := sessions.Session{
		User: user, Devices: Devices(item), Last: lastEnd(item.List(schema.SessionLast)), Status: item.Text(schema.SessionStatus),
		Watches: item.Int(schema.SessionWatches), Unwatched: item.Int(schema.SessionUnwatched), NotifiedState: item.Text(schema.SessionNotified),
	}
	for name := range item {
		if slot, ok := schema.SessionPrevious.Cut(name); ok {
			// A device of SessionPrevious that no longer holds the slot may still be connected.
			previous, current := connection(item.Map(schema.SessionPrevious.Of(slot))), connection(item.Map(schema.SessionSlot.Of(slot)))
			if previous != nil && (current == nil || previous.Instance != current.Instance) {
				out.Leaving = append(out.Leaving, sessions.Device{Slot: slot, Current: *previous})
			}
		}
		if rest, ok := schema.SessionEnd.Cut(name); ok {
			platform, instance, _ := strings.Cut(rest, ".")
			out.Ends = append(out.Ends, sessions.End{
				Platform: sessions.Platform(platform), Instance: instance, Time: item.Int(schema.SessionEnd.Of(rest)),
			})
		}
		if instance, ok := schema.SessionKick.Cut(name); ok {
			out.Kicks = append(out.Kicks, sessions.End{Instance: instance, Time: item.Int(schema.SessionKick.Of(instance))})
		}
	}
	slices.SortFunc(out.Leaving, func(a, b sessions.Device) int { return strings.Compare(a.Slot, b.Slot) })
	slices.SortFunc(out.Ends, func(a, b sessions.End) int { return strings.Compare(a.Instance, b.Instance) })
	return out
}

// Devices returns the devices that hold slots, in the order of the slots.
func Devices(item dynamo.Item) []sessions.Device {
	var list []sessions.Device
	for name := range item {
		slot, ok := schema.SessionSlot.Cut(name)
		if !ok {
			continue
		}
		if current := connection(item.Map(schema.SessionSlot.Of(slot))); current != nil {
			list = append(list, sessions.Device{Slot: slot, Current: *current, Previous: connection(item.Map(schema.SessionPrevious.Of(slot)))})
		}
	}
	slices.SortFunc(list, func(a, b sessions.Device) int { return strings.Compare(a.Slot, b.Slot) })
	return list
}

// ConnectionValue returns a connection as the value of a slot.
func ConnectionValue(c sessions.Connection) dynamo.Value {
	members := dynamo.Item{}
	members.Set(schema.ConnectionID, dynamo.Str(c.ID))
	members.Set(schema.ConnectionInstance, dynamo.Str(c.Instance))
	members.Set(schema.ConnectionPlatform, dynamo.Str(string(c.Platform)))
	members.Set(schema.ConnectionOpened, dynamo.Num(c.OpenedAt))
	if c.Background {
		members.Set(schema.ConnectionBackground, dynamo.True())
	}
	return dynamo.Map(members)
}

// connection reads the value of a slot. It returns nil if there is no connection.
func connection(members dynamo.Item) *sessions.Connection {
	if members.Text(schema.ConnectionID) == "" {
		return nil
	}
	return &sessions.Connection{
		ID: members.Text(schema.ConnectionID), Instance: members.Text(schema.ConnectionInstance),
		Platform: sessions.Platform(members.Text(schema.ConnectionPlatform)), OpenedAt: members.Int(schema.ConnectionOpened),
		Background: members.Has(schema.ConnectionBackground),
	}
}

// LastEndValue returns the last end of a connection as it is stored: a list of the time, the
// reason, the platform and, if it is known, the instance.
func LastEndValue(l sessions.LastEnd) dynamo.Value {
	list := []dynamo.Value{dynamo.Num(l.Time), dynamo.Str(l.Reason), dynamo.Str(string(l.Platform))}
	if l.Instance != "" {
		list = append(list, dynamo.Str(l.Instance))
	}
	return dynamo.List(list)
}

func lastEnd(list []dynamo.Value) *sessions.LastEnd {
	if len(list) < 3 {
		return nil
	}
	last := &sessions.LastEnd{
		Time: dynamo.IntOf(list[0]), Reason: dynamo.TextOf(list[1]), Platform: sessions.Platform(dynamo.TextOf(list[2])),
	}
	if len(list) > 3 {
		last.Instance = dynamo.TextOf(list[3])
	}
	return last
}
