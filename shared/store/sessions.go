package store

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/domain/sessions"
)

const (
	slotNow      = "s." // s.{slot}: the connection that holds it
	slotPrevious = "p." // p.{slot}: the one before
)

func linkValue(l sessions.Link) types.AttributeValue {
	value := Item{"c": str(l.Connection), "i": str(l.Instance), "f": str(string(l.Platform)), "t": num(l.Since)}
	if l.Background {
		value["b"] = &types.AttributeValueMemberBOOL{Value: true}
	}
	return &types.AttributeValueMemberM{Value: value}
}

func readLast(v types.AttributeValue) *sessions.Last {
	l, ok := v.(*types.AttributeValueMemberL)
	if !ok || len(l.Value) != 3 {
		return nil
	}
	parts := Item{"t": l.Value[0], "r": l.Value[1], "p": l.Value[2]}
	return &sessions.Last{Time: integer(parts, "t"), Reason: text(parts, "r"), Platform: sessions.Platform(text(parts, "p"))}
}

func readLink(v types.AttributeValue) *sessions.Link {
	m, ok := v.(*types.AttributeValueMemberM)
	if !ok {
		return nil
	}
	l := sessions.Link{
		Connection: text(m.Value, "c"), Instance: text(m.Value, "i"),
		Platform: sessions.Platform(text(m.Value, "f")), Since: integer(m.Value, "t"),
		Background: has(m.Value, "b"),
	}
	if l.Connection == "" {
		return nil
	}
	return &l
}

// TakeSlot implements sessions.Store: one write, however many devices.
func (s *Store) TakeSlot(ctx context.Context, app int64, user, slot string, link sessions.Link) (*sessions.Link, bool, error) {
	old, err := s.update(ctx, update{
		table: Live, key: SessionKey(app, user),
		set:   "SET #p = if_not_exists(#s, :none), #s = :link",
		names: map[string]string{"#s": slotNow + slot, "#p": slotPrevious + slot},
		values: Item{
			":link": linkValue(link),
			":none": &types.AttributeValueMemberM{Value: Item{}},
		},
		returning: types.ReturnValueAllOld,
	})
	if err != nil {
		return nil, false, err
	}
	return readLink(old[slotNow+slot]), readSession(user, old).Watched(), nil
}

// LeaveSlot implements sessions.Store.
func (s *Store) LeaveSlot(ctx context.Context, app int64, user, slot, connection string, last sessions.Last) (bool, error) {
	old, err := s.update(ctx, update{
		table: Live, key: SessionKey(app, user),
		set: "SET l = :l REMOVE #s, #p", cond: "#s.c = :c",
		names: map[string]string{"#s": slotNow + slot, "#p": slotPrevious + slot},
		values: Item{":c": str(connection), ":l": &types.AttributeValueMemberL{Value: []types.AttributeValue{
			num(last.Time), str(last.Reason), str(string(last.Platform)),
		}}},
		returning: types.ReturnValueAllOld,
	})
	if seen, failed := refused(err); failed {
		old, err = seen, nil
	}
	return readSession(user, old).Watched(), err
}

// Sessions implements sessions.Store.
func (s *Store) Sessions(ctx context.Context, app int64, users []string) ([]sessions.Session, error) {
	keys := make([]Key, len(users))
	for i, u := range users {
		keys[i] = SessionKey(app, u)
	}
	items, err := s.getAll(ctx, Live, keys, true)
	if err != nil {
		return nil, err
	}
	list := make([]sessions.Session, len(users))
	for i, item := range items {
		list[i] = readSession(users[i], item)
	}
	return list, nil
}

func readSession(user string, item Item) sessions.Session {
	return sessions.Session{
		User: user, Devices: devices(item), Last: readLast(item["l"]), Status: text(item, "st"),
		Watches: integer(item, "w"), Unwatched: integer(item, "wn"), Told: text(item, "an"),
	}
}

func devices(item Item) []sessions.Device {
	var list []sessions.Device
	for name, v := range item {
		slot, ok := strings.CutPrefix(name, slotNow)
		if !ok {
			continue
		}
		if link := readLink(v); link != nil {
			list = append(list, sessions.Device{Slot: slot, Now: *link, Previous: readLink(item[slotPrevious+slot])})
		}
	}
	slices.SortFunc(list, func(a, b sessions.Device) int { return strings.Compare(a.Slot, b.Slot) })
	return list
}
