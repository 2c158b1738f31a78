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

// exclusionGroups says for each policy which platforms exclude each other: those with
// the same letter (docs/client-protocol.md §2).
var exclusionGroups = map[string]map[string]string{
	"single": {"Android": "x", "iPhone": "x", "iPad": "x", "Windows": "x", "Mac": "x", "Linux": "x", "Web": "x", "MiniProgram": "x"},
	"dual":   {"Android": "n", "iPhone": "n", "iPad": "n", "Windows": "n", "Mac": "n", "Linux": "n", "Web": "w", "MiniProgram": "w"},
	"triple": {"Android": "m", "iPhone": "m", "iPad": "m", "Windows": "d", "Mac": "d", "Linux": "d", "Web": "w", "MiniProgram": "w"},
	"multi":  {"Android": "a", "iPhone": "p", "iPad": "t", "Windows": "d", "Mac": "m", "Linux": "l", "Web": "w", "MiniProgram": "w"},
}

// isWeb reports whether a platform is Web or MiniProgram, which count as one platform.
func isWeb(platform string) bool { return platform == "Web" || platform == "MiniProgram" }

// remaining says which devices are online after devices of these platforms have
// connected in this order. It is written from the rule and not from the code: of each
// group only the devices of the last platform stay, and of these only the newest ones.
func remaining(policy string, native, web int, platforms []string) []bool {
	out := make([]bool, len(platforms))
	for i, p := range platforms {
		newer, replaced := 0, false
		for _, later := range platforms[i+1:] {
			if exclusionGroups[policy][later] != exclusionGroups[policy][p] {
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

// TestPolicies checks the four login policies with all platforms and several numbers of
// devices for one platform. The devices of each user connect in some order, one after the
// other. The rule says which of them are kicked. Only the others receive a message to
// their user, and no device ever receives an event of another user.
func TestPolicies(t *testing.T) {
	shared.failOnFault(t)
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
	slots := make(chan struct{}, 12) // the number of users who are tested at once
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
		a := newApp(t, shared.endpoints(), fields{
			"LoginPolicy": c.policy, "Edition": "premium", "NativeInstances": c.native, "WebInstances": c.web,
		}, append(users, "sender")...)
		for i, script := range c.scripts {
			group.Go(func() {
				slots <- struct{}{}
				defer func() { <-slots }()
				name := fmt.Sprintf("%s, %d and %d: %s", c.policy, c.native, c.web, strings.Join(script, " "))
				checkPolicy(t, a, name, users[i], script, remaining(c.policy, c.native, c.web, script))
			})
		}
	}
	group.Wait()
}

// checkPolicy connects the devices of one user and checks which of them stay connected.
func checkPolicy(t *testing.T, a *app, name, user string, script []string, want []bool) {
	var list []*device
	defer func() {
		for _, d := range list {
			d.cutConnection()
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
			if err := await(deadline(t), maxWait, func() bool { return !d.connected() }); err != nil {
				t.Errorf("%s: device %d is not kicked", name, i)
				continue
			}
			d.mu.Lock()
			code := websocket.CloseStatus(d.endErr)
			d.mu.Unlock()
			if kicks := d.events("session.kick"); len(kicks) != 1 || code != websocket.StatusNormalClosure {
				t.Errorf("%s: device %d received %d kicks and was closed with %d", name, i, len(kicks), code)
			}
			continue
		}
		if err := await(deadline(t), maxWait, func() bool { return len(d.events("message.new")) > 0 }); err != nil {
			t.Errorf("%s: device %d, connected %t, does not receive the message", name, i, d.connected())
		}
	}
	// session.devices has exactly the devices that stayed.
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
		t.Errorf("%s: session.devices has online %q, want %q", name, online, wanted)
	}
	for i, d := range list {
		if n := len(d.events("session.kick")); want[i] && (n > 0 || !d.connected()) {
			t.Errorf("%s: device %d received %d kicks, connected %t", name, i, n, d.connected())
		}
		for _, f := range d.allFrames() {
			if !ownEvent(f, user, script[i]) || (!want[i] && f.Event != "session.kick") {
				t.Errorf("%s: device %d received %s", name, i, f.raw)
			}
		}
	}
}

// ownEvent reports whether a frame is the message to the user, or a kick of a device of
// the platform.
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
