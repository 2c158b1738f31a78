package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
)

// The places of the platforms under each policy: platforms of one place exclude
// each other (docs/client-protocol.md §2).
var places = map[string]map[string]string{
	"single": {"Android": "x", "iPhone": "x", "iPad": "x", "Windows": "x", "Mac": "x", "Linux": "x", "Web": "x", "MiniProgram": "x"},
	"dual":   {"Android": "n", "iPhone": "n", "iPad": "n", "Windows": "n", "Mac": "n", "Linux": "n", "Web": "w", "MiniProgram": "w"},
	"triple": {"Android": "m", "iPhone": "m", "iPad": "m", "Windows": "d", "Mac": "d", "Linux": "d", "Web": "w", "MiniProgram": "w"},
	"multi":  {"Android": "a", "iPhone": "p", "iPad": "t", "Windows": "d", "Mac": "m", "Linux": "l", "Web": "w", "MiniProgram": "w"},
}

// isWeb: the two count as one platform.
func isWeb(platform string) bool { return platform == "Web" || platform == "MiniProgram" }

// stay says which of the devices that connected in this order are online after
// the last of them, written from the rule and not from the code: of each place
// only the last platform, and of that only the newest ones.
func stay(policy string, native, web int, platforms []string) []bool {
	out := make([]bool, len(platforms))
	for i, p := range platforms {
		newer, replaced := 0, false
		for _, later := range platforms[i+1:] {
			if places[policy][later] != places[policy][p] {
				continue
			}
			if later != p && (!isWeb(later) || !isWeb(p)) {
				replaced = true
			}
			newer++
		}
		limit := native
		if isWeb(p) {
			limit = web
		}
		out[i] = !replaced && newer < limit
	}
	return out
}

// TestPolicies is the matrix of the four login policies, all platforms and the
// number of devices of one platform: each user's devices connect in some order,
// one after the other. Who is kicked and who stays follows from the rule; those
// who stay are told what is sent to their user, those who go are not; and no
// device is ever sent an event of another user.
func TestPolicies(t *testing.T) {
	shared.sound(t)
	pairs := func() (list [][]string) { // every platform after every other
		all := []string{"Android", "iPhone", "iPad", "Windows", "Mac", "Linux", "Web", "MiniProgram"}
		for i, first := range all {
			for _, second := range all[i:] {
				list = append(list, []string{first, second})
			}
		}
		return list
	}()
	words := func(list ...string) (out [][]string) {
		for _, s := range list {
			out = append(out, strings.Fields(s))
		}
		return out
	}
	several := words(
		"iPhone iPhone iPhone iPhone",
		"Android Android Android iPad Web",
		"Web Web MiniProgram Web iPhone Web",
		"Mac Windows Mac Mac Linux iPad iPad Web",
		"Web Mac iPhone Web Mac iPhone Web Mac iPhone Web Mac iPhone",
	)
	many := words("Web MiniProgram Web Web Web Web Web Web Web Web Web Web", "iPad iPad iPad Web Web Web Web Mac Web Web")
	var group sync.WaitGroup
	busy := make(chan struct{}, 12) // users at a time
	for _, c := range []struct {
		policy      string
		native, web int
		scripts     [][]string
	}{
		{"single", 1, 1, pairs}, {"dual", 1, 1, pairs}, {"triple", 1, 1, pairs}, {"multi", 1, 1, pairs},
		{"single", 3, 10, append(many, several...)}, {"dual", 3, 10, several}, {"triple", 2, 2, several}, {"multi", 3, 10, append(many, several...)},
	} {
		users := make([]string, len(c.scripts))
		for i := range users {
			users[i] = fmt.Sprintf("u%d", i)
		}
		a := newApp(t, shared.place(), fields{
			"LoginPolicy": c.policy, "Edition": "premium", "NativeInstances": c.native, "WebInstances": c.web,
		}, append(users, "sender")...)
		for i, script := range c.scripts {
			group.Go(func() {
				busy <- struct{}{}
				defer func() { <-busy }()
				name := fmt.Sprintf("%s, %d and %d: %s", c.policy, c.native, c.web, strings.Join(script, " "))
				policyCase(t, a, name, users[i], script, stay(c.policy, c.native, c.web, script))
			})
		}
	}
	group.Wait()
}

// policyCase connects one user's devices and checks who stays.
func policyCase(t *testing.T, a *app, name, user string, script []string, want []bool) {
	var list []*device
	defer func() {
		for _, d := range list {
			d.drop()
		}
	}()
	for i, platform := range script {
		d := a.newDevice(user, platform, fmt.Sprintf("i%d", i))
		if err := d.connect(deadline(t)); err != nil {
			t.Errorf("%s: connect %s: %v", name, d, err)
			return
		}
		list = append(list, d)
	}
	hello := fields{"To_Account": user, "MsgRandom": 1, "MsgSeq": 1, "MsgBody": text("for " + user)}
	if err := a.call(deadline(t), "sender", "", "message.send", hello, nil); err != nil {
		t.Errorf("%s: send: %v", name, err)
		return
	}
	for i, d := range list {
		if !want[i] {
			if err := await(deadline(t), patience, func() bool { return !d.connected() }); err != nil {
				t.Errorf("%s: device %d stays", name, i)
				continue
			}
			d.mu.Lock()
			code := websocket.CloseStatus(d.why)
			d.mu.Unlock()
			if kicks := d.events("session.kick"); len(kicks) != 1 || code != websocket.StatusNormalClosure {
				t.Errorf("%s: device %d was told %d kicks and closed with %d", name, i, len(kicks), code)
			}
			continue
		}
		if err := await(deadline(t), patience, func() bool { return len(d.events("message.new")) > 0 }); err != nil {
			t.Errorf("%s: device %d, connected %t, is not told the message", name, i, d.connected())
		}
	}
	// What the server says of the devices is what is the case.
	var reply struct {
		Devices []struct {
			Platform, Instance string
			Online             bool
		}
	}
	if err := a.call(deadline(t), user, "", "session.devices", fields{}, &reply); err != nil {
		t.Errorf("%s: session.devices: %v", name, err)
	}
	var online, wanted []string
	for _, d := range reply.Devices {
		if d.Online {
			online = append(online, d.Instance+" "+d.Platform)
		}
	}
	for i, d := range list {
		if want[i] {
			wanted = append(wanted, d.instance+" "+d.platform)
		}
	}
	slices.Sort(online)
	slices.Sort(wanted)
	if !slices.Equal(online, wanted) {
		t.Errorf("%s: online are %q, want %q", name, online, wanted)
	}
	for i, d := range list {
		if n := len(d.events("session.kick")); want[i] && (n > 0 || !d.connected()) {
			t.Errorf("%s: device %d was told %d kicks, connected %t", name, i, n, d.connected())
		}
		for _, f := range d.all() {
			if !ownEvent(f, user, script[i]) || (!want[i] && f.Event != "session.kick") {
				t.Errorf("%s: device %d was sent %s", name, i, f.raw)
			}
		}
	}
}

// ownEvent reports whether a frame is the user's message or a kick of the
// device's platform.
func ownEvent(f frame, user, platform string) bool {
	var body struct {
		From             string `json:"From_Account"`
		To               string `json:"To_Account"`
		MsgBody          []struct{ MsgContent struct{ Text string } }
		Platform, Reason string
	}
	if json.Unmarshal(f.Body, &body) != nil {
		return false
	}
	switch f.Event {
	case "message.new":
		return body.From == "sender" && body.To == user && body.MsgBody[0].MsgContent.Text == "for "+user
	case "session.kick":
		return body.Reason == "replaced" && body.Platform == platform
	}
	return false
}
