package sessions

import (
	"cmp"
	"context"
	"hash/crc32"
	"slices"
	"time"

	"parley/shared/fault"
	"parley/shared/retry"
)

// A SlotClaim is one conditional write that puts a connection into a slot. Either all
// of its conditions hold and all of it is written, or nothing is.
type SlotClaim struct {
	Slot        string
	Connection  Connection
	Empty       []string        // other slots that the write empties; Conditions say what they hold
	Conditions  []SlotCondition // if one of them does not hold, the claim fails
	AlreadyHeld bool            // the connection had the slot before this call
}

// A SlotCondition is what a slot must hold for a SlotClaim to succeed.
type SlotCondition struct {
	Slot  string
	State SlotState
	// Connection is the connection that the slot must hold under HoldsConnection. If it
	// is empty, the slot must hold nothing.
	Connection string
	// Dead is for HoldsNothing: a connection that was opened at this time (ms) or before
	// cannot be alive any more, so its slot counts as empty.
	Dead int64
}

// SlotState says what a slot must hold.
type SlotState int

// The states of a slot.
const (
	HoldsConnection   SlotState = iota // one given connection, or nothing
	HoldsNothing                       // nothing, a dead connection, or one of the same installation
	HoldsSamePlatform                  // nothing, or another installation of the same platform
)

// limit returns how many devices of a platform may be online.
func (s Service) limit(p Platform) int {
	if p.alike("Web") {
		return min(max(s.settings.Web, 1), MaxWeb)
	}
	return min(max(s.settings.Native, 1), MaxNative)
}

// preferredSlot returns the slot that an installation tries first. It is the same slot
// each time, so most connects succeed without knowing what the other slots hold.
func (s Service) preferredSlot(conn Connection) string {
	i := int(crc32.ChecksumIEEE([]byte(conn.Instance)) % uint32(s.limit(conn.Platform))) // 1 to 10
	return slots(s.settings.Policy.SlotGroup(conn.Platform))[i]
}

// firstClaim returns the claim that is tried first, without knowing the session. If
// the limit is one device, the claim takes the slot whoever holds it, on the condition
// that the other slots of the place are empty: only an earlier, higher limit can have
// filled them.
func (s Service) firstClaim(conn Connection) SlotClaim {
	claim := SlotClaim{Slot: s.preferredSlot(conn), Connection: conn}
	limit := s.limit(conn.Platform)
	for i, slot := range slots(s.settings.Policy.SlotGroup(conn.Platform)) {
		switch {
		case limit == 1 && slot == claim.Slot:
		case limit == 1:
			claim.Conditions = append(claim.Conditions, SlotCondition{Slot: slot})
		case slot == claim.Slot:
			claim.Conditions = append(claim.Conditions, SlotCondition{Slot: slot, State: HoldsNothing, Dead: conn.OpenedAt - Life.Milliseconds()})
		case i < limit:
			claim.Conditions = append(claim.Conditions, SlotCondition{Slot: slot, State: HoldsSamePlatform})
		default:
			claim.Conditions = append(claim.Conditions, SlotCondition{Slot: slot})
		}
	}
	return claim
}

// nextClaim returns the claim for a known session. It fails if a slot of the place has
// changed since. The installation gets the slot that it holds, or else a free one. If
// there are too many devices, the oldest lose their slots. Example: the limit is 2,
// and two phones are connected since 10:00 and 10:05. A third one connects: it gets
// the slot of the phone of 10:00.
func (s Service) nextClaim(conn Connection, devices []Device) SlotClaim {
	place, now := s.settings.Policy.SlotGroup(conn.Platform), time.UnixMilli(conn.OpenedAt)
	claim := SlotClaim{Connection: conn}
	held := make(map[string]string)
	var peers []Device // other live installations of the same platform, which may stay
	for _, d := range devices {
		if placeOf(d.Slot) != place {
			continue
		}
		held[d.Slot] = d.Current.ID
		switch {
		case d.Current.Instance == conn.Instance && claim.Slot == "":
			claim.Slot = d.Slot
		case d.Current.Instance != conn.Instance && d.Alive(now) && d.Current.Platform.alike(conn.Platform):
			peers = append(peers, d)
		default:
			claim.Empty = append(claim.Empty, d.Slot)
		}
	}
	slices.SortStableFunc(peers, func(a, b Device) int { return cmp.Compare(a.Current.OpenedAt, b.Current.OpenedAt) })
	for len(peers) >= s.limit(conn.Platform) {
		claim.Empty, peers = append(claim.Empty, peers[0].Slot), peers[1:]
	}
	stays := func(slot string) bool {
		return slices.ContainsFunc(peers, func(d Device) bool { return d.Slot == slot })
	}
	for _, slot := range append([]string{s.preferredSlot(conn)}, slots(place)...) {
		if claim.Slot == "" && !stays(slot) {
			claim.Slot = slot
		}
	}
	claim.Empty = slices.DeleteFunc(claim.Empty, func(slot string) bool { return slot == claim.Slot })
	for _, slot := range slots(place) {
		claim.Conditions = append(claim.Conditions, SlotCondition{Slot: slot, Connection: held[slot]})
	}
	return claim
}

// claimSlot puts a connection into a slot, and returns the claim that succeeded and the
// session before it. If the connection holds a slot already, the claim has AlreadyHeld
// set and empties no slots.
func (s Service) claimSlot(ctx context.Context, user string, conn Connection) (SlotClaim, Session, error) {
	claim := s.firstClaim(conn)
	var before Session
	// A try fails if another device of the user connects or disconnects at the same
	// moment.
	done, err := retry.Do(ctx, s.clock, retry.Contended(), func(int) (bool, error) {
		var ok bool
		var err error
		if before, ok, err = s.store.ClaimSlot(ctx, s.app, user, claim); err != nil || ok {
			return ok, err
		}
		for _, d := range before.Devices {
			switch {
			case d.Current.ID == conn.ID:
				claim = SlotClaim{Slot: d.Slot, Connection: conn, AlreadyHeld: true}
				return true, nil
			case d.Current.Instance == conn.Instance && d.Current.OpenedAt > conn.OpenedAt && placeOf(d.Slot) == s.settings.Policy.SlotGroup(conn.Platform):
				return false, fault.New(fault.Conflict, "the installation has connected again since")
			}
		}
		claim = s.nextClaim(conn, before.Devices)
		return false, nil
	})
	if err == nil && !done {
		err = fault.New(fault.Unavailable, "too many devices of %s connect at once", user)
	}
	return claim, before, err
}
