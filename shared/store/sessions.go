package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/domain/sessions"
	"parley/shared/retry"
)

// Prefixes of the attributes of a session.
const (
	slotCurrent  = "s." // s.{slot}: the connection that holds the slot
	slotPrevious = "p." // p.{slot}: the connection that held the slot before
	endPrefix    = "e." // e.{platform}.{instance}: when the connection of a mobile device ended, ms
	kickPrefix   = "k." // k.{instance}: when the user kicked the device, ms
)

func endName(platform sessions.Platform, instance string) string {
	return endPrefix + string(platform) + "." + instance
}

func connectionValue(c sessions.Connection) types.AttributeValue {
	value := Item{"c": str(c.ID), "i": str(c.Instance), "f": str(string(c.Platform)), "t": num(c.OpenedAt)}
	if c.Background {
		value["b"] = &types.AttributeValueMemberBOOL{Value: true}
	}
	return &types.AttributeValueMemberM{Value: value}
}

func lastValue(l sessions.LastEnd) types.AttributeValue {
	list := []types.AttributeValue{num(l.Time), str(l.Reason), str(string(l.Platform))}
	if l.Instance != "" {
		list = append(list, str(l.Instance))
	}
	return &types.AttributeValueMemberL{Value: list}
}

func readLast(v types.AttributeValue) *sessions.LastEnd {
	l, ok := v.(*types.AttributeValueMemberL)
	if !ok || len(l.Value) < 3 {
		return nil
	}
	parts := Item{"t": l.Value[0], "r": l.Value[1], "p": l.Value[2]}
	if len(l.Value) > 3 {
		parts["i"] = l.Value[3]
	}
	return &sessions.LastEnd{
		Time: integer(parts, "t"), Reason: text(parts, "r"), Platform: sessions.Platform(text(parts, "p")),
		Instance: text(parts, "i"),
	}
}

func readConnection(v types.AttributeValue) *sessions.Connection {
	m, ok := v.(*types.AttributeValueMemberM)
	if !ok {
		return nil
	}
	c := sessions.Connection{
		ID: text(m.Value, "c"), Instance: text(m.Value, "i"),
		Platform: sessions.Platform(text(m.Value, "f")), OpenedAt: integer(m.Value, "t"),
		Background: has(m.Value, "b"),
	}
	if c.ID == "" {
		return nil
	}
	return &c
}

// ClaimSlot implements sessions.Store. It is one write, however many devices the user
// has. The device that held the claimed slot, and those that held the slots which are
// emptied, are moved from s.{slot} to p.{slot} by the same write, so that they can be
// found and closed.
//
// Of two connections of one installation, the one that was opened later keeps the
// slot. Example: connection c1 is opened at 1,000 ms and c2 at 2,000 ms, and the call
// for c2 runs first. The claim of c1 fails, because the slot has a later connection of
// the same installation.
func (s *Store) ClaimSlot(ctx context.Context, app int64, user string, claim sessions.SlotClaim) (sessions.Session, bool, error) {
	u := update{
		table: Live, key: SessionKey(app, user),
		set: "SET #p = if_not_exists(#s, :none), #s = :link",
		names: map[string]string{
			"#s": slotCurrent + claim.Slot, "#p": slotPrevious + claim.Slot, "#k": kickPrefix + claim.Connection.Instance,
		},
		values: Item{
			":link": connectionValue(claim.Connection), ":me": str(claim.Connection.ID), ":mine": str(claim.Connection.Instance), ":since": num(claim.Connection.OpenedAt),
			":none": &types.AttributeValueMemberM{Value: Item{}},
		},
		returning: types.ReturnValueAllOld,
	}
	remove := " REMOVE l, #k"
	if claim.Connection.Platform.Mobile() {
		u.names["#end"] = endName(claim.Connection.Platform, claim.Connection.Instance)
		remove += ", #end"
	}
	for i, slot := range claim.Empty {
		current, previous := fmt.Sprintf("#e%d", i), fmt.Sprintf("#f%d", i)
		u.set += ", " + previous + " = " + current
		remove += ", " + current
		u.names[current], u.names[previous] = slotCurrent+slot, slotPrevious+slot
	}
	u.set += remove
	conditions := []string{"NOT #s.c = :me", "NOT (#s.i = :mine AND #s.t > :since)"}
	for i, c := range claim.Conditions {
		conditions = append(conditions, slotCondition(u, fmt.Sprint(i), c, claim.Connection))
	}
	u.cond = strings.Join(conditions, " AND ")
	old, err := s.update(ctx, u)
	if found, failed := failedCondition(err); failed {
		return readSession(user, found), false, nil
	}
	if err != nil {
		return sessions.Session{}, false, err
	}
	return readSession(user, old), true, nil
}

// slotCondition returns the condition expression of a SlotCondition, and adds its names
// and values to the update. n makes them different from those of other conditions.
func slotCondition(u update, n string, c sessions.SlotCondition, connection sessions.Connection) string {
	slot := "#n" + n
	u.names[slot] = slotCurrent + c.Slot
	empty := "attribute_not_exists(" + slot + ")"
	switch c.State {
	case sessions.HoldsNothing:
		u.values[":i"], u.values[":dead"] = str(connection.Instance), num(c.Dead)
		return fmt.Sprintf("(%s OR %s.i = :i OR %s.t <= :dead)", empty, slot, slot)
	case sessions.HoldsSamePlatform:
		u.values[":i"] = str(connection.Instance)
		var alike []string
		for i, p := range connection.Platform.Alike() {
			name := fmt.Sprintf(":f%d", i)
			u.values[name] = str(string(p))
			alike = append(alike, name)
		}
		return fmt.Sprintf("(%s OR (%s.i <> :i AND %s.f IN (%s)))", empty, slot, slot, strings.Join(alike, ", "))
	default:
		if c.Connection == "" {
			return empty
		}
		u.values[":c"+n] = str(c.Connection)
		return fmt.Sprintf("%s.c = :c%s", slot, n)
	}
}

// updateSession changes a session if the condition holds. It is no error if another
// call has changed the session first.
func (s *Store) updateSession(ctx context.Context, app int64, user, set, cond string, names map[string]string, values Item) error {
	_, err := s.update(ctx, update{table: Live, key: SessionKey(app, user), set: set, cond: cond, names: names, values: values})
	if _, failed := failedCondition(err); failed {
		return nil
	}
	return err
}

// updateSlotOf runs an update of the slot that the device holds which matches returns
// true for. slot is where the device probably is, or empty. If the update fails because
// the device is not there, the failed condition has returned the session: updateSlotOf
// looks for the device in it and tries again. It returns the session as it was before
// the update, or, if no slot has the device, as it is.
func (s *Store) updateSlotOf(
	ctx context.Context, app int64, user, slot string, matches func(sessions.Connection) bool, run func(slot string) (Item, error),
) (session Item, found bool, err error) {
	done, err := retry.Do(ctx, s.db.clock, retry.Contended(), func(int) (bool, error) {
		if slot == "" {
			if session, err = s.get(ctx, Live, SessionKey(app, user), true); err != nil {
				return false, err
			}
		} else {
			old, err := run(slot)
			item, failed := failedCondition(err)
			if !failed {
				session, found = old, err == nil
				return true, err
			}
			session = item
		}
		list := readDevices(session)
		i := slices.IndexFunc(list, func(d sessions.Device) bool { return matches(d.Current) })
		if i < 0 {
			return true, nil
		}
		slot = list[i].Slot
		return false, nil
	})
	return session, found, unlessDone(done, err, "slot", SessionKey(app, user))
}

// ReleaseSlot implements sessions.Store.
func (s *Store) ReleaseSlot(ctx context.Context, app int64, user, slot, connection string, last sessions.LastEnd) (bool, error) {
	matches := func(c sessions.Connection) bool { return c.ID == connection }
	before, _, err := s.updateSlotOf(ctx, app, user, slot, matches, func(slot string) (Item, error) {
		return s.emptySlot(ctx, app, user, slot, "#s.c = :id", connection, last)
	})
	return readSession(user, before).Watched(), err
}

// emptySlot empties a slot if the condition holds, which says that it has a certain
// connection or installation, and returns the session as it was before. It notes the
// end of a mobile device that has not signed out, because push still reaches it.
func (s *Store) emptySlot(ctx context.Context, app int64, user, slot, cond, id string, last sessions.LastEnd) (Item, error) {
	u := update{
		table: Live, key: SessionKey(app, user),
		set: "SET l = :l", cond: cond,
		names:     map[string]string{"#s": slotCurrent + slot, "#p": slotPrevious + slot},
		values:    Item{":id": str(id), ":l": lastValue(last)},
		returning: types.ReturnValueAllOld,
	}
	remove := " REMOVE #s, #p"
	if last.Platform.Mobile() && last.Instance != "" {
		u.names["#end"] = endName(last.Platform, last.Instance)
		if last.SignedOut() {
			remove += ", #end"
		} else {
			u.set, u.values[":end"] = u.set+", #end = :end", num(last.Time)
		}
	}
	u.set += remove
	return s.update(ctx, u)
}

// SignOut implements sessions.Store.
func (s *Store) SignOut(ctx context.Context, app int64, user, slot, instance string, last sessions.LastEnd) (bool, error) {
	matches := func(c sessions.Connection) bool {
		if c.Instance != instance {
			return false
		}
		last.Platform = c.Platform
		return true
	}
	session, found, err := s.updateSlotOf(ctx, app, user, slot, matches, func(slot string) (Item, error) {
		return s.emptySlot(ctx, app, user, slot, "#s.i = :id", instance, last)
	})
	before := readSession(user, session)
	if err != nil || found {
		return before.Watched(), err
	}
	// The installation is not connected. What the session says of its last connection is
	// changed, so that push no longer reaches it.
	var e sessions.KickRequest
	for _, end := range before.Ends {
		if end.Instance == instance {
			e.Ends = append(e.Ends, end)
		}
	}
	if was := before.Last; was != nil && was.Instance == instance && was.Reason != last.Reason {
		last.Platform = was.Platform
		e.Last = &last
	}
	if len(e.Ends) > 0 || e.Last != nil {
		_, err = s.Expel(ctx, app, user, e)
	}
	return before.Watched(), err
}

// Expel implements sessions.Store.
func (s *Store) Expel(ctx context.Context, app int64, user string, e sessions.KickRequest) (bool, error) {
	u := update{table: Live, key: SessionKey(app, user), names: map[string]string{}, values: Item{}}
	var sets, conditions, removes []string
	if e.Last != nil {
		sets, u.values[":l"] = append(sets, "l = :l"), lastValue(*e.Last)
	}
	for i, d := range e.Devices {
		current, previous, id := fmt.Sprintf("#s%d", i), fmt.Sprintf("#p%d", i), fmt.Sprintf(":c%d", i)
		u.names[current], u.names[previous], u.values[id] = slotCurrent+d.Slot, slotPrevious+d.Slot, str(d.Current.ID)
		sets, removes = append(sets, previous+" = "+current), append(removes, current)
		conditions = append(conditions, current+".c = "+id)
	}
	for i, end := range e.Ends {
		name := fmt.Sprintf("#e%d", i)
		u.names[name] = endName(end.Platform, end.Instance)
		removes = append(removes, name)
	}
	if e.Kicked != nil {
		u.names["#k"], u.values[":k"] = kickPrefix+e.Kicked.Instance, num(e.Kicked.Time)
		sets = append(sets, "#k = :k")
	}
	if len(e.Devices) == 0 {
		conditions = append(conditions, "attribute_exists(pk)")
	}
	if len(sets) > 0 {
		u.set = "SET " + strings.Join(sets, ", ") + " "
	}
	if len(removes) > 0 {
		u.set += "REMOVE " + strings.Join(removes, ", ")
	}
	u.cond = strings.Join(conditions, " AND ")
	_, err := s.update(ctx, u)
	if _, failed := failedCondition(err); failed {
		return false, nil
	}
	return err == nil, err
}

// CleanUp implements sessions.Store.
func (s *Store) CleanUp(ctx context.Context, app int64, user string, cleanup sessions.Cleanup) error {
	names, values := map[string]string{}, Item{}
	var removes, conditions []string
	for i, d := range cleanup.Leaving {
		name, id := fmt.Sprintf("#p%d", i), fmt.Sprintf(":c%d", i)
		names[name], values[id] = slotPrevious+d.Slot, str(d.Current.ID)
		removes, conditions = append(removes, name), append(conditions, name+".c = "+id)
	}
	for i, list := range [][]sessions.End{cleanup.Ends, cleanup.Kicks} {
		for j, e := range list {
			name, value := fmt.Sprintf("#e%d%d", i, j), fmt.Sprintf(":e%d%d", i, j)
			names[name] = endName(e.Platform, e.Instance)
			if i == 1 {
				names[name] = kickPrefix + e.Instance
			}
			values[value] = num(e.Time)
			removes, conditions = append(removes, name), append(conditions, name+" = "+value)
		}
	}
	return s.updateSession(ctx, app, user, "REMOVE "+strings.Join(removes, ", "), strings.Join(conditions, " AND "), names, values)
}

// SetBackground implements sessions.Store.
func (s *Store) SetBackground(ctx context.Context, app int64, user, slot, instance string, background bool) (bool, error) {
	set := "REMOVE #s.b"
	values := Item{":i": str(instance)}
	if background {
		set, values[":b"] = "SET #s.b = :b", &types.AttributeValueMemberBOOL{Value: true}
	}
	matches := func(c sessions.Connection) bool { return c.Instance == instance }
	_, found, err := s.updateSlotOf(ctx, app, user, slot, matches, func(slot string) (Item, error) {
		return s.update(ctx, update{
			table: Live, key: SessionKey(app, user), set: set, cond: "#s.i = :i",
			names: map[string]string{"#s": slotCurrent + slot}, values: values,
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

// SessionEventually implements direct.Store.
func (s *Store) SessionEventually(ctx context.Context, app int64, user string) (sessions.Session, error) {
	item, err := s.get(ctx, Live, SessionKey(app, user), false)
	return readSession(user, item), err
}

func readSession(user string, item Item) sessions.Session {
	out := sessions.Session{
		User: user, Devices: readDevices(item), Last: readLast(item["l"]), Status: text(item, "st"),
		Watches: integer(item, "w"), Unwatched: integer(item, "wn"), NotifiedState: text(item, "an"),
	}
	for name := range item {
		if slot, ok := strings.CutPrefix(name, slotPrevious); ok {
			// A device of p.{slot} that no longer holds the slot may still be connected.
			previous, current := readConnection(item[name]), readConnection(item[slotCurrent+slot])
			if previous != nil && (current == nil || previous.Instance != current.Instance) {
				out.Leaving = append(out.Leaving, sessions.Device{Slot: slot, Current: *previous})
			}
		}
		if rest, ok := strings.CutPrefix(name, endPrefix); ok {
			platform, instance, _ := strings.Cut(rest, ".")
			out.Ends = append(out.Ends, sessions.End{
				Platform: sessions.Platform(platform), Instance: instance, Time: integer(item, name),
			})
		}
		if instance, ok := strings.CutPrefix(name, kickPrefix); ok {
			out.Kicks = append(out.Kicks, sessions.End{Instance: instance, Time: integer(item, name)})
		}
	}
	slices.SortFunc(out.Leaving, func(a, b sessions.Device) int { return strings.Compare(a.Slot, b.Slot) })
	slices.SortFunc(out.Ends, func(a, b sessions.End) int { return strings.Compare(a.Instance, b.Instance) })
	return out
}

// readDevices returns the devices that hold slots, in the order of the slots.
func readDevices(item Item) []sessions.Device {
	var list []sessions.Device
	for name, v := range item {
		slot, ok := strings.CutPrefix(name, slotCurrent)
		if !ok {
			continue
		}
		if current := readConnection(v); current != nil {
			list = append(list, sessions.Device{Slot: slot, Current: *current, Previous: readConnection(item[slotPrevious+slot])})
		}
	}
	slices.SortFunc(list, func(a, b sessions.Device) int { return strings.Compare(a.Slot, b.Slot) })
	return list
}
