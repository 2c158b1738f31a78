package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/domain/accounts"
	"parley/shared/domain/sessions"
	"parley/shared/retry"
)

const (
	slotNow      = "s." // s.{slot}: the connection that holds it
	slotPrevious = "p." // p.{slot}: the one before
	endOf        = "e." // e.{platform}.{instance}: when a mobile device's connection ended, ms
	kickOf       = "k." // k.{instance}: when the user kicked it, ms
)

func endName(platform sessions.Platform, instance string) string {
	return endOf + string(platform) + "." + instance
}

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

// TakeSlot implements sessions.Store: one write, however many devices. A slot that
// is emptied leaves its device behind in p.{slot}, as the slot that is taken does.
func (s *Store) TakeSlot(ctx context.Context, app int64, user string, t sessions.Take) (sessions.Session, bool, error) {
	u := update{
		table: Live, key: SessionKey(app, user),
		set: "SET #p = if_not_exists(#s, :none), #s = :link",
		names: map[string]string{
			"#s": slotNow + t.Slot, "#p": slotPrevious + t.Slot, "#k": kickOf + t.Link.Instance,
		},
		values: Item{
			":link": linkValue(t.Link), ":me": str(t.Link.Connection), ":mine": str(t.Link.Instance), ":since": num(t.Link.Since),
			":none": &types.AttributeValueMemberM{Value: Item{}},
		},
		returning: types.ReturnValueAllOld,
	}
	remove := " REMOVE l, #k"
	if t.Link.Platform.Mobile() {
		u.names["#end"] = endName(t.Link.Platform, t.Link.Instance)
		remove += ", #end"
	}
	for i, slot := range t.Empty {
		now, before := fmt.Sprintf("#e%d", i), fmt.Sprintf("#f%d", i)
		u.set += ", " + before + " = " + now
		remove += ", " + now
		u.names[now], u.names[before] = slotNow+slot, slotPrevious+slot
	}
	u.set += remove
	conditions := []string{"NOT #s.c = :me", "NOT (#s.i = :mine AND #s.t > :since)"}
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

// atHolder runs an update of the slot of a device that holds tells. slot is the
// likely one, or empty; the others are known from the item that the failed update
// saw. It returns the item as it was before, or as it is where no slot is the
// device's.
func (s *Store) atHolder(
	ctx context.Context, app int64, user, slot string, holds func(sessions.Link) bool, run func(slot string) (Item, error),
) (seen Item, found bool, err error) {
	done, err := s.db.again.Do(ctx, retry.Contended(), func(int) (bool, error) {
		if slot == "" {
			if seen, err = s.get(ctx, Live, SessionKey(app, user), true); err != nil {
				return false, err
			}
		} else {
			old, err := run(slot)
			item, failed := refused(err)
			if !failed {
				seen, found = old, err == nil
				return true, err
			}
			seen = item
		}
		list := devices(seen)
		at := slices.IndexFunc(list, func(d sessions.Device) bool { return holds(d.Now) })
		if at < 0 {
			return true, nil
		}
		slot = list[at].Slot
		return false, nil
	})
	return seen, found, overtaken(done, err, "slot", SessionKey(app, user))
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
// the item as it was. A mobile device that has not signed out is remembered.
func (s *Store) leave(ctx context.Context, app int64, user, slot, cond, id string, last sessions.Last) (Item, error) {
	u := update{
		table: Live, key: SessionKey(app, user),
		set: "SET l = :l", cond: cond,
		names:     map[string]string{"#s": slotNow + slot, "#p": slotPrevious + slot},
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
func (s *Store) SignOut(ctx context.Context, app int64, user, slot, instance string, last sessions.Last) (bool, error) {
	holds := func(l sessions.Link) bool {
		if l.Instance != instance {
			return false
		}
		last.Platform = l.Platform
		return true
	}
	seen, found, err := s.atHolder(ctx, app, user, slot, holds, func(slot string) (Item, error) {
		return s.leave(ctx, app, user, slot, "#s.i = :id", instance, last)
	})
	before := readSession(user, seen)
	if err != nil || found {
		return before.Watched(), err
	}
	// It is not connected: what is remembered of it goes.
	var e sessions.Expulsion
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
func (s *Store) Expel(ctx context.Context, app int64, user string, e sessions.Expulsion) (bool, error) {
	u := update{table: Live, key: SessionKey(app, user), names: map[string]string{}, values: Item{}}
	var sets, conditions, removes []string
	if e.Last != nil {
		sets, u.values[":l"] = append(sets, "l = :l"), lastValue(*e.Last)
	}
	for i, d := range e.Devices {
		now, before, c := fmt.Sprintf("#s%d", i), fmt.Sprintf("#p%d", i), fmt.Sprintf(":c%d", i)
		u.names[now], u.names[before], u.values[c] = slotNow+d.Slot, slotPrevious+d.Slot, str(d.Now.Connection)
		sets, removes = append(sets, before+" = "+now), append(removes, now)
		conditions = append(conditions, now+".c = "+c)
	}
	for i, end := range e.Ends {
		name := fmt.Sprintf("#e%d", i)
		u.names[name] = endName(end.Platform, end.Instance)
		removes = append(removes, name)
	}
	if e.Kicked != nil {
		u.names["#k"], u.values[":k"] = kickOf+e.Kicked.Instance, num(e.Kicked.Time)
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
	if _, failed := refused(err); failed {
		return false, nil
	}
	return err == nil, err
}

// Tidy implements sessions.Store.
func (s *Store) Tidy(ctx context.Context, app int64, user string, t sessions.Tidying) error {
	names, values := map[string]string{}, Item{}
	var removes, conditions []string
	for i, d := range t.Leaving {
		name, c := fmt.Sprintf("#p%d", i), fmt.Sprintf(":c%d", i)
		names[name], values[c] = slotPrevious+d.Slot, str(d.Now.Connection)
		removes, conditions = append(removes, name), append(conditions, name+".c = "+c)
	}
	for i, list := range [][]sessions.End{t.Ends, t.Kicks} {
		for j, e := range list {
			name, value := fmt.Sprintf("#e%d%d", i, j), fmt.Sprintf(":e%d%d", i, j)
			names[name] = endName(e.Platform, e.Instance)
			if i == 1 {
				names[name] = kickOf + e.Instance
			}
			values[value] = num(e.Time)
			removes, conditions = append(removes, name), append(conditions, name+" = "+value)
		}
	}
	return s.mark(ctx, app, user, "REMOVE "+strings.Join(removes, ", "), strings.Join(conditions, " AND "), names, values)
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

// AccountNow implements sessions.Store.
func (s *Store) AccountNow(ctx context.Context, app int64, user string) (*accounts.Account, error) {
	item, err := s.get(ctx, Core, AccountKey(app, user), true)
	if err != nil {
		return nil, err
	}
	return readAccount(user, item), nil
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
	out := sessions.Session{
		User: user, Devices: devices(item), Last: readLast(item["l"]), Status: text(item, "st"),
		Watches: integer(item, "w"), Unwatched: integer(item, "wn"), Told: text(item, "an"),
	}
	for name := range item {
		if slot, ok := strings.CutPrefix(name, slotPrevious); ok {
			was, now := readLink(item[name]), readLink(item[slotNow+slot])
			if was != nil && (now == nil || was.Instance != now.Instance) {
				out.Leaving = append(out.Leaving, sessions.Device{Slot: slot, Now: *was})
			}
		}
		if rest, ok := strings.CutPrefix(name, endOf); ok {
			platform, instance, _ := strings.Cut(rest, ".")
			out.Ends = append(out.Ends, sessions.End{
				Platform: sessions.Platform(platform), Instance: instance, Time: integer(item, name),
			})
		}
		if instance, ok := strings.CutPrefix(name, kickOf); ok {
			out.Kicks = append(out.Kicks, sessions.End{Instance: instance, Time: integer(item, name)})
		}
	}
	slices.SortFunc(out.Leaving, func(a, b sessions.Device) int { return strings.Compare(a.Slot, b.Slot) })
	slices.SortFunc(out.Ends, func(a, b sessions.End) int { return strings.Compare(a.Instance, b.Instance) })
	return out
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
