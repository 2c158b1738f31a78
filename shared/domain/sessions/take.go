package sessions

import (
	"cmp"
	"hash/crc32"
	"slices"
	"time"
)

// A Take is an attempt to put a link into a slot, all or nothing.
type Take struct {
	Slot  string
	Link  Link
	Empty []string // other slots that are emptied with it; Needs says that they are held
	Needs []Need   // what makes the attempt fail
	Held  bool     // the link holds the slot since before
}

// A Need is what a slot has to hold for a Take to succeed.
type Need struct {
	Slot string
	Held Held
	// Connection is what a slot of Exactly has to hold; empty: nothing.
	Connection string
	// Dead is the time, in ms, at which a connection of a Free slot was opened at
	// the latest if it cannot be alive.
	Dead int64
}

// Held says what a slot holds.
type Held int

// What slots hold.
const (
	Exactly Held = iota // one connection, or nothing
	Free                // nothing, the installation itself, or a dead connection
	Peer                // nothing, or another installation of the same platform
)

// limit is how many devices of a platform may be online.
func (s Service) limit(p Platform) int {
	if p.alike("Web") {
		return min(max(s.Web, 1), MaxWeb)
	}
	return min(max(s.Native, 1), MaxNative)
}

// likely is the slot where an installation is to be expected: always the same
// one, so that most connects need not know what the others hold.
func (s Service) likely(link Link) string {
	i := int(crc32.ChecksumIEEE([]byte(link.Instance)) % uint32(s.limit(link.Platform))) //nolint:gosec // 1 to 10
	return slots(s.Policy.Place(link.Platform))[i]
}

// guess is the first attempt, which is made without knowing the session. A place
// of one device is taken whoever holds it, if its other slots are empty: only a
// higher limit of before can have filled them.
func (s Service) guess(link Link) Take {
	t := Take{Slot: s.likely(link), Link: link}
	limit := s.limit(link.Platform)
	for i, slot := range slots(s.Policy.Place(link.Platform)) {
		switch {
		case limit == 1 && slot == t.Slot:
		case limit == 1:
			t.Needs = append(t.Needs, Need{Slot: slot})
		case slot == t.Slot:
			t.Needs = append(t.Needs, Need{Slot: slot, Held: Free, Dead: link.Since - Life.Milliseconds()})
		case i < limit:
			t.Needs = append(t.Needs, Need{Slot: slot, Held: Peer})
		default:
			t.Needs = append(t.Needs, Need{Slot: slot})
		}
	}
	return t
}

// choose is the attempt for a session that is known; it fails if the place is no
// longer as it was. The installation has its own slot again; else a free one; if
// there are too many devices, the oldest go.
func (s Service) choose(link Link, devices []Device) Take {
	place, now := s.Policy.Place(link.Platform), time.UnixMilli(link.Since)
	t := Take{Link: link}
	held := make(map[string]string)
	var peers []Device
	for _, d := range devices {
		if placeOf(d.Slot) != place {
			continue
		}
		held[d.Slot] = d.Now.Connection
		switch {
		case d.Now.Instance == link.Instance && t.Slot == "":
			t.Slot = d.Slot
		case d.Now.Instance != link.Instance && d.Alive(now) && d.Now.Platform.alike(link.Platform):
			peers = append(peers, d)
		default:
			t.Empty = append(t.Empty, d.Slot)
		}
	}
	slices.SortStableFunc(peers, func(a, b Device) int { return cmp.Compare(a.Now.Since, b.Now.Since) })
	for len(peers) >= s.limit(link.Platform) {
		t.Empty, peers = append(t.Empty, peers[0].Slot), peers[1:]
	}
	stays := func(slot string) bool {
		return slices.ContainsFunc(peers, func(d Device) bool { return d.Slot == slot })
	}
	for _, slot := range append([]string{s.likely(link)}, slots(place)...) {
		if t.Slot == "" && !stays(slot) {
			t.Slot = slot
		}
	}
	t.Empty = slices.DeleteFunc(t.Empty, func(slot string) bool { return slot == t.Slot })
	for _, slot := range slots(place) {
		t.Needs = append(t.Needs, Need{Slot: slot, Connection: held[slot]})
	}
	return t
}
