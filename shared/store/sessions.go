package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
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

func lastValue(l sessions.Last) types.AttributeValue {
	list := []types.AttributeValue{num(l.Time), str(l.Reason), str(string(l.Platform))}
	if l.Instance != "" {
		list = append(list, str(l.Instance))
	}
	return &types.AttributeValueMemberL{Value: list}
}

func readLast(v types.AttributeValue) *sessions.Last {
	l, ok := v.(*types.AttributeValueMemberL)
	if !ok || len(l.Value) < 3 {
		return nil
	}
	parts := Item{"t": l.Value[0], "r": l.Value[1], "p": l.Value[2]}
	if len(l.Value) > 3 {
		parts["i"] = l.Value[3]
	}
	return &sessions.Last{
		Time: integer(parts, "t"), Reason: text(parts, "r"), Platform: sessions.Platform(text(parts, "p")),
		Instance: text(parts, "i"),
	}
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
func (s *Store) TakeSlot(ctx context.Context, app int64, user string, t sessions.Take) (sessions.Session, bool, error) {
	u := update{
		table: Live, key: SessionKey(app, user),
		set:   "SET #p = if_not_exists(#s, :none), #s = :link",
		names: map[string]string{"#s": slotNow + t.Slot, "#p": slotPrevious + t.Slot},
		values: Item{
			":link": linkValue(t.Link),
			":none": &types.AttributeValueMemberM{Value: Item{}},
		},
		returning: types.ReturnValueAllOld,
	}
	for i, slot := range t.Empty {
		if i == 0 {
			u.set += " REMOVE "
		} else {
			u.set += ", "
		}
		now, before := fmt.Sprintf("#e%d", i), fmt.Sprintf("#f%d", i)
		u.set += now + ", " + before
		u.names[now], u.names[before] = slotNow+slot, slotPrevious+slot
	}
	var conditions []string
	for i, n := range t.Needs {
		conditions = append(conditions, need(u, fmt.Sprint(i), n, t.Link))
	}
	u.cond = strings.Join(conditions, " AND ")
	old, err := s.update(ctx, u)
	if seen, failed := refused(err); failed {
		return readSession(user, seen), false, nil
	}
	if err != nil {
		return sessions.Session{}, false, err
	}
	return readSession(user, old), true, nil
}

// need writes a need as a condition; n tells its names and values from those of
// other needs.
func need(u update, n string, need sessions.Need, link sessions.Link) string {
	slot := "#n" + n
	u.names[slot] = slotNow + need.Slot
	nothing := "attribute_not_exists(" + slot + ")"
	switch need.Held {
	case sessions.Free:
		u.values[":i"], u.values[":dead"] = str(link.Instance), num(need.Dead)
		return fmt.Sprintf("(%s OR %s.i = :i OR %s.t <= :dead)", nothing, slot, slot)
	case sessions.Peer:
		u.values[":i"] = str(link.Instance)
		var alike []string
		for i, p := range link.Platform.Alike() {
			name := fmt.Sprintf(":f%d", i)
			u.values[name] = str(string(p))
			alike = append(alike, name)
		}
		return fmt.Sprintf("(%s OR (%s.i <> :i AND %s.f IN (%s)))", nothing, slot, slot, strings.Join(alike, ", "))
	default:
		if need.Connection == "" {
			return nothing
		}
		u.values[":c"+n] = str(need.Connection)
		return fmt.Sprintf("%s.c = :c%s", slot, n)
	}
}

// holderTries bounds the search for a slot that a device changes at the same time.
const holderTries = 3

// atHolder runs an update of the slot of a device that holds tells. slot is the
// likely one, or empty; the others are known from the item that the failed update
// saw. It returns the item as it was before, or as it is where no slot is the
// device's.
func (s *Store) atHolder(
	ctx context.Context, app int64, user, slot string, holds func(sessions.Link) bool, run func(slot string) (Item, error),
) (seen Item, found bool, err error) {
	for range holderTries {
		if slot == "" {
			if seen, err = s.get(ctx, Live, SessionKey(app, user), true); err != nil {
				return nil, false, err
			}
		} else {
			old, err := run(slot)
			item, failed := refused(err)
			if !failed {
				return old, err == nil, err
			}
			seen = item
		}
		list := devices(seen)
		at := slices.IndexFunc(list, func(d sessions.Device) bool { return holds(d.Now) })
		if at < 0 {
			return seen, false, nil
		}
		slot = list[at].Slot
	}
	return seen, false, fmt.Errorf("session of %q: %w", user, errConflict)
}

// LeaveSlot implements sessions.Store.
func (s *Store) LeaveSlot(ctx context.Context, app int64, user, slot, connection string, last sessions.Last) (bool, error) {
	holds := func(l sessions.Link) bool { return l.Connection == connection }
	seen, _, err := s.atHolder(ctx, app, user, slot, holds, func(slot string) (Item, error) {
		return s.leave(ctx, app, user, slot, "#s.c = :id", connection, last)
	})
	return readSession(user, seen).Watched(), err
}

// leave empties a slot that holds a connection or an installation, and returns
// the item as it was.
func (s *Store) leave(ctx context.Context, app int64, user, slot, cond, id string, last sessions.Last) (Item, error) {
	return s.update(ctx, update{
		table: Live, key: SessionKey(app, user),
		set: "SET l = :l REMOVE #s, #p", cond: cond,
		names:     map[string]string{"#s": slotNow + slot, "#p": slotPrevious + slot},
		values:    Item{":id": str(id), ":l": lastValue(last)},
		returning: types.ReturnValueAllOld,
	})
}

// SignOut implements sessions.Store.
func (s *Store) SignOut(ctx context.Context, app int64, user, slot, instance string, last sessions.Last) (*sessions.Device, bool, error) {
	holds := func(l sessions.Link) bool {
		if l.Instance != instance {
			return false
		}
		last.Platform = l.Platform
		return true
	}
	var left string
	seen, found, err := s.atHolder(ctx, app, user, slot, holds, func(slot string) (Item, error) {
		left = slot
		return s.leave(ctx, app, user, slot, "#s.i = :id", instance, last)
	})
	before := readSession(user, seen)
	if err != nil {
		return nil, false, err
	}
	if found {
		at := slices.IndexFunc(before.Devices, func(d sessions.Device) bool { return d.Slot == left })
		return &before.Devices[at], before.Watched(), nil
	}
	if was := before.Last; was != nil && was.Instance == instance && was.Reason != last.Reason {
		last.Platform = was.Platform
		_, err = s.update(ctx, update{
			table: Live, key: SessionKey(app, user), set: "SET l = :l", cond: "l[3] = :i",
			values: Item{":l": lastValue(last), ":i": str(instance)},
		})
		if _, failed := refused(err); failed {
			err = nil
		}
	}
	return nil, before.Watched(), err
}

// SetBackground implements sessions.Store.
func (s *Store) SetBackground(ctx context.Context, app int64, user, slot, instance string, background bool) (bool, error) {
	set := "REMOVE #s.b"
	values := Item{":i": str(instance)}
	if background {
		set, values[":b"] = "SET #s.b = :b", &types.AttributeValueMemberBOOL{Value: true}
	}
	holds := func(l sessions.Link) bool { return l.Instance == instance }
	_, found, err := s.atHolder(ctx, app, user, slot, holds, func(slot string) (Item, error) {
		return s.update(ctx, update{
			table: Live, key: SessionKey(app, user), set: set, cond: "#s.i = :i",
			names: map[string]string{"#s": slotNow + slot}, values: values,
		})
	})
	return found, err
}

// ForgetSession implements sessions.Store.
func (s *Store) ForgetSession(ctx context.Context, app int64, user string) error {
	_, err := s.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: s.name(Live), Key: SessionKey(app, user).attributes(),
	})
	if err != nil {
		return fmt.Errorf("forget session: %w", err)
	}
	return nil
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

// Glance implements messages.Store.
func (s *Store) Glance(ctx context.Context, app int64, user string) (sessions.Session, error) {
	item, err := s.get(ctx, Live, SessionKey(app, user), false)
	return readSession(user, item), err
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
