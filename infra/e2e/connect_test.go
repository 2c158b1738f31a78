package e2e

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// Who may open a connection, and who is refused before the upgrade.
func TestConnect(t *testing.T) {
	shared.sound(t)
	a := newApp(t, shared.place(), nil, "alice", "bob", "gone")
	other := newApp(t, shared.place(), nil, "alice")
	disabled := newApp(t, shared.place(), nil)
	if err := shared.place().operator("app.update", fields{"SdkAppId": disabled.id, "Disabled": true}, &struct{}{}); err != nil {
		t.Fatal(err)
	}
	if err := a.v4("im_open_login_svc/account_delete", fields{"DeleteItem": []fields{{"UserID": "gone"}}}, nil); err != nil {
		t.Fatal(err)
	}
	expired := a.signed("alice", time.Now().Add(-2*time.Hour))
	good := func(change map[string]string) url.Values {
		q := url.Values{"sdkappid": {fmt.Sprint(a.id)}, "identifier": {"alice"}, "platform": {"Web"}, "instance": {"one"}, "usersig": {a.sign("alice")}}
		for name, value := range change {
			if q.Set(name, value); value == "" {
				q.Del(name)
			}
		}
		return q
	}
	type change = map[string]string
	for _, c := range []struct {
		name      string
		query     url.Values
		protocols []string
		status    int // 0: opened
	}{
		{"signature in the query", good(nil), nil, 0},
		{"signature in the query, sub-protocol offered", good(nil), []string{"im.v1"}, 0},
		{"signature as sub-protocol", good(change{"usersig": ""}), []string{"im.v1", a.sign("alice")}, 0},
		{"the sub-protocol's is the one that counts", good(nil), []string{"im.v1", expired}, 401},
		{"instance of 64 bytes", good(change{"instance": strings.Repeat("i", 64)}), nil, 0},
		{"no signature", good(change{"usersig": ""}), nil, 401},
		{"no signature, sub-protocol offered", good(change{"usersig": ""}), []string{"im.v1"}, 401},
		{"signature in the wrong place", good(change{"usersig": ""}), []string{a.sign("alice"), "im.v1"}, 401},
		{"expired", good(change{"usersig": expired}), nil, 401},
		{"of another user", good(change{"usersig": a.sign("bob")}), nil, 401},
		{"of another app", good(change{"usersig": other.sign("alice")}), nil, 401},
		{"cut off", good(change{"usersig": a.sign("alice")[:40]}), nil, 401},
		{"garbage", good(change{"usersig": "<script>"}), nil, 401},
		{"8 KB of signature", good(change{"usersig": strings.Repeat("a", 8<<10)}), nil, 401},
		{"nobody", good(change{"identifier": ""}), nil, 401},
		{"an app that is not there", good(change{"sdkappid": "1"}), nil, 403},
		{"an app id that is none", good(change{"sdkappid": "1e9"}), nil, 403},
		{"no app", good(change{"sdkappid": ""}), nil, 403},
		{"an app that is switched off", good(change{"sdkappid": fmt.Sprint(disabled.id), "usersig": disabled.sign("alice")}), nil, 403},
		{"an account that is not there", good(change{"identifier": "nobody", "usersig": a.sign("nobody")}), nil, 403},
		{"an account that was deleted", good(change{"identifier": "gone", "usersig": a.sign("gone")}), nil, 403},
		{"no platform", good(change{"platform": ""}), nil, 403},
		{"a platform that is not known", good(change{"platform": "web"}), nil, 403},
		{"no instance", good(change{"instance": ""}), nil, 403},
		{"instance of 65 bytes", good(change{"instance": strings.Repeat("i", 65)}), nil, 403},
	} {
		conn, err := dial(deadline(t), a.socket+"?"+c.query.Encode(), c.protocols...)
		if c.status == 0 {
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			want := ""
			if len(c.protocols) > 0 {
				want = "im.v1"
			}
			if got := conn.Subprotocol(); got != want {
				t.Errorf("%s: got sub-protocol %q, want %q", c.name, got, want)
			}
			d := a.newDevice("alice", "Web", "one")
			d.take(conn)
			if err := d.call(deadline(t), "session.sync", fields{}, nil); err != nil {
				t.Errorf("%s: sync: %v", c.name, err)
			}
			d.drop()
			continue
		}
		var refused errStatus
		if !errors.As(err, &refused) || refused.status != c.status {
			t.Errorf("%s: got %v, want status %d", c.name, err, c.status)
		}
		if conn != nil {
			conn.CloseNow()
		}
	}
}

// The four policies: which platforms share a place, and what the device is told
// that has to go.
func TestKick(t *testing.T) {
	shared.sound(t)
	for _, c := range []struct {
		policy, first, second string
		kicked                bool
	}{
		{"dual", "Android", "Windows", true}, {"dual", "Android", "Web", false}, {"dual", "Web", "MiniProgram", true},
		{"single", "Web", "iPhone", true}, {"triple", "iPhone", "Mac", false}, {"triple", "Linux", "Mac", true},
		{"multi", "iPhone", "iPad", false}, {"multi", "Web", "Web", true},
	} {
		a := newApp(t, shared.place(), fields{"LoginPolicy": c.policy}, "alice", "bob")
		one := a.device(t, "alice", c.first, "one")
		two := a.device(t, "alice", c.second, "two")
		name := fmt.Sprintf("%s: %s, then %s", c.policy, c.first, c.second)
		if !c.kicked {
			if err := a.call(deadline(t), "bob", "", "message.send", fields{"To_Account": "alice", "MsgRandom": 1, "MsgBody": text("both")}, nil); err != nil {
				t.Fatal(err)
			}
			for _, d := range []*device{one, two} {
				eventually(t, name+": both are told", func() bool { return len(d.inbox.texts("bob")) == 1 })
				if n := len(d.events("session.kick")); n != 0 {
					t.Errorf("%s: %s was kicked", name, d)
				}
			}
			continue
		}
		// The frame comes, then the close.
		if got := one.end(t); got != websocket.StatusNormalClosure {
			t.Errorf("%s: closed with %d, want %d", name, got, websocket.StatusNormalClosure)
		}
		kicks := one.events("session.kick")
		var why struct {
			Reason, Platform string
			Time             int64
		}
		if len(kicks) != 1 || json.Unmarshal(kicks[0].Body, &why) != nil || why.Reason != "replaced" || why.Platform != c.first || time.Since(time.Unix(why.Time, 0)) > time.Hour {
			t.Errorf("%s: got kicks %+v", name, kicks)
		}
		if err := two.call(deadline(t), "session.sync", fields{}, nil); err != nil || len(two.all()) != 1 {
			t.Errorf("%s: the second: got %v and %d frames, want an answer alone", name, err, len(two.all()))
		}
	}
}

// An installation that connects again replaces its connection: no kick, frames
// to both for a while, and the end of the old one leaves the new one in place.
func TestRenewal(t *testing.T) {
	shared.sound(t)
	a := newApp(t, shared.place(), nil, "alice", "bob")
	d := a.device(t, "alice", "Web", "one")
	d.mu.Lock()
	old, oldEnd := d.conn, d.ended
	d.mu.Unlock()
	if err := d.connect(deadline(t)); err != nil {
		t.Fatal(err)
	}
	say := func(n int) {
		t.Helper()
		if err := a.call(deadline(t), "bob", "", "message.send", fields{"To_Account": "alice", "MsgSeq": n, "MsgRandom": n, "MsgBody": text(fmt.Sprint(n))}, nil); err != nil {
			t.Fatal(err)
		}
	}
	say(1)
	eventually(t, "the frame on both connections", func() bool { return len(d.events("message.new")) == 2 })
	if n := d.inbox.repeated(); n != 1 || len(d.inbox.keys("bob")) != 1 {
		t.Errorf("got %d repeats of %v, want 1 of one message", n, d.inbox.keys("bob"))
	}
	if err := old.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
	<-oldEnd
	eventually(t, "the old connection's $disconnect", func() bool { return len(a.disconnects(t, shared)) == 1 })
	say(2)
	eventually(t, "the frame on the new one", func() bool { return len(d.events("message.new")) == 3 })
	if n := len(d.events("session.kick")); n != 0 {
		t.Errorf("got %d kicks, want none", n)
	}
	d.inbox.check(t)
}

// disconnects lists the users whose $disconnect the cloud has finished.
func (a *app) disconnects(t *testing.T, c *cloud) []string {
	t.Helper()
	var users []string
	for _, r := range c.invocations("client.session.disconnect") {
		var event struct {
			Context struct {
				Authorizer struct{ App, User string }
			} `json:"requestContext"`
		}
		if err := json.Unmarshal(r.Event, &event); err != nil {
			t.Fatal(err)
		}
		if event.Context.Authorizer.App == fmt.Sprint(a.id) {
			users = append(users, event.Context.Authorizer.User)
		}
	}
	return users
}

// What a connection answers to frames that are no operation.
func TestFrames(t *testing.T) {
	shared.sound(t)
	a := newApp(t, shared.place(), nil, "alice", "bob")
	d := a.device(t, "alice", "Web", "one")
	long := strings.Repeat("i", 64)
	for _, c := range []struct {
		name, send string
		id         string
		code       int
	}{
		{"unknown action", `{"action":"message.shout","id":"1","body":{}}`, "1", 60009},
		{"not JSON", `hello`, "", 60003},
		{"a list", `[1]`, "", 60003},
		{"empty", ``, "", 60003},
		{"no action", `{"id":"2","body":{}}`, "2", 60003},
		{"an action that is no text", `{"action":{"a":1},"id":"3"}`, "3", 60003},
		{"a route of the service itself", `{"action":"$connect","id":"4"}`, "4", 60009},
		{"no body", `{"action":"message.send","id":"5"}`, "5", 90003},
		{"a body of null", `{"action":"message.send","id":"6","body":null}`, "6", 90003},
		{"a body that is a list", `{"action":"message.send","id":"7","body":[]}`, "7", 90001},
		{"a body that is text", `{"action":"session.sync","id":"8","body":"x"}`, "8", 60003},
		{"no body where none is needed", `{"action":"session.sync","id":"9"}`, "9", 0},
		{"no id", `{"action":"session.sync","body":{}}`, "", 0},
		{"the longest id", `{"action":"session.sync","id":"` + long + `"}`, long, 0},
		{"an id that is too long", `{"action":"session.sync","id":"` + long + `i"}`, "", 60003},
		{"an id that is a number", `{"action":"session.sync","id":7}`, "", 60003},
		{"an id in other letters", `{"action":"session.sync","id":"ид 1"}`, "ид 1", 0},
	} {
		before := len(d.all())
		if err := d.write(deadline(t), c.send); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		eventually(t, c.name+": an answer", func() bool { return len(d.all()) > before })
		f := d.all()[before]
		if f.Code == nil || *f.Code != c.code || f.ID != c.id || (f.Error == "") != (c.code == 0) || f.Event != "" {
			t.Errorf("%s: got %s, want code %d and id %q", c.name, f.raw, c.code, c.id)
		}
	}
	// p is answered by nothing: what comes first is the answer to what follows.
	before := len(d.all())
	for _, frame := range []string{`{"action":"p"}`, `{"action":"p"}`, `{"action":"pp"}`} {
		if err := d.write(deadline(t), frame); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.call(deadline(t), "session.sync", fields{}, nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the pong", func() bool { return len(d.events("pong")) == 1 })
	if got := d.all()[before:]; len(got) != 2 || d.events("pong")[0].raw != `{"event":"pong"}` {
		t.Errorf("after p, p and pp: got %+v, want a pong and the answer", got)
	}
}

// A deleted account: its devices are kicked, and what a connection that was left
// over still sends is refused.
func TestDeletedAccount(t *testing.T) {
	shared.sound(t)
	a := newApp(t, shared.place(), nil, "alice", "bob")
	phone := a.device(t, "alice", "iPhone", "phone")
	web := a.device(t, "alice", "Web", "web")
	bob := a.device(t, "bob", "Web", "web")
	// The web page is in the middle of a renewal: it has two connections.
	left := a.newDevice("alice", "Web", "web")
	web.mu.Lock()
	left.conn, left.ended = web.conn, web.ended
	web.mu.Unlock()
	if err := web.connect(deadline(t)); err != nil {
		t.Fatal(err)
	}
	send := func(call caller) error {
		return call(deadline(t), "message.send", fields{"To_Account": "bob", "MsgSeq": 1, "MsgRandom": 1, "MsgBody": text("hi")}, nil)
	}
	if err := send(a.door(phone)); err != nil {
		t.Fatal(err)
	}
	sig := a.sign("alice")
	if err := a.v4("im_open_login_svc/account_delete", fields{"DeleteItem": []fields{{"UserID": "alice"}}}, nil); err != nil {
		t.Fatal(err)
	}
	for _, d := range []*device{phone, web} {
		d.end(t)
		kicks := d.events("session.kick")
		if len(kicks) == 0 || !strings.Contains(string(kicks[0].Body), `"Reason":"deleted"`) {
			t.Errorf("%s: got kicks %+v", d, kicks)
		}
	}
	eventually(t, "the end of the connection before the renewal", func() bool { return !left.connected() })
	as := func(ctx context.Context, action string, in, out any) error {
		return a.callAs(ctx, fmt.Sprintf("UserSig %d alice %s", a.id, sig), "", action, in, out)
	}
	if got := codeOf(send(as)); got != 70107 && got != 70052 {
		t.Errorf("a send with the old signature: got code %d, want a refusal", got)
	}
	if got := codeOf(as(deadline(t), "message.read", fields{"To_Account": "bob"}, nil)); got != 70107 && got != 70052 {
		t.Errorf("a mark with the old signature: got code %d, want a refusal", got)
	}
	if _, err := dial(deadline(t), web.url(), "im.v1", a.sign("alice")); err == nil {
		t.Error("a deleted account has connected")
	}
	// What was written stays for the other, who cannot answer.
	if _, err := bob.inbox.sync(deadline(t), bob.call); err != nil || len(bob.inbox.keys("alice")) != 1 {
		t.Errorf("bob's history: got %v, %v, want one message", bob.inbox.keys("alice"), err)
	}
	if got := codeOf(bob.call(deadline(t), "message.send", fields{"To_Account": "alice", "MsgRandom": 1, "MsgBody": text("?")}, nil)); got != 90012 {
		t.Errorf("a message to a deleted account: got code %d, want 90012", got)
	}
}

// A UserSig travels as a sub-protocol because all of its letters may.
func TestSignatureIsAToken(t *testing.T) {
	a := newApp(t, shared.place(), nil)
	for i := range 200 {
		sig := a.signed("alice", time.Now().Add(time.Duration(i)*time.Second))
		if strings.ContainsAny(sig, `()<>@,;:\"/[]?={} `) {
			t.Fatalf("the signature %s has a letter that no header token has", sig)
		}
		if _, err := base64.StdEncoding.DecodeString(strings.NewReplacer("*", "+", "-", "/", "_", "=").Replace(sig)); err != nil {
			t.Fatalf("the signature %s: %v", sig, err)
		}
	}
}
