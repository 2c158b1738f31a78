package sessions

import (
	"testing"
	"time"
)

// TestPlanKick: an iPhone is connected, and an Android phone that push still reaches is not.
func TestPlanKick(t *testing.T) {
	now := time.UnixMilli(1_700_000_000_000)
	session := Session{
		Devices: []Device{{Slot: "x", Current: Connection{ID: "c1", Instance: "iphone", Platform: "iPhone"}}},
		Ends:    []End{{Instance: "android", Platform: "Android", Time: now.UnixMilli() - 1000}},
		Last:    &LastEnd{Instance: "android", Reason: "closed", Time: now.UnixMilli() - 1000},
	}
	for _, c := range []struct {
		instance       string
		devices, ends  int
		kicked, signed bool // the kick is remembered; the last end gets the reason
	}{
		{"iphone", 1, 0, true, true},
		{"android", 0, 1, false, true},
		{"web", 0, 0, false, false},
	} {
		p := planKick(session, c.instance, "kicked", now)
		if len(p.request.Devices) != c.devices || len(p.request.Ends) != c.ends || (p.request.Kicked != nil) != c.kicked || (p.request.Last != nil) != c.signed {
			t.Errorf("%s: %+v, want %d devices, %d ends, kicked: %t, signed out: %t", c.instance, p.request, c.devices, c.ends, c.kicked, c.signed)
		}
		if want := c.devices+c.ends == 0; p.Empty() != want {
			t.Errorf("%s: empty: %t, want %t", c.instance, p.Empty(), want)
		}
	}
}
