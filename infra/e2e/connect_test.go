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

// TestConnect checks which connections are accepted, and which are refused with an HTTP
// status before the upgrade.
func TestConnect(t *testing.T) {
	shared.failOnFault(t)
	a := newApp(t, shared.endpoints(), nil, "alice", "bob", "gone")
	other := newApp(t, shared.endpoints(), nil, "alice")
	disabled := newApp(t, shared.endpoints(), nil)
	if err := shared.endpoints().operator("app.update", fields{"SdkAppId": disabled.id, "Disabled": true}, &struct{}{}); err != nil {
		t.Fatal(err)
	}
	if err := a.v4("im_open_login_svc/account_delete", fields{"DeleteItem": []fields{{"UserID": "gone"}}}, nil); err != nil {
		t.Fatal(err)
	}
	expired := a.signAt("alice", time.Now().Add(-2*time.Hour))
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
		status    int // 0: the connection opens
	}{
		{"accepts a signature in the query", good(nil), nil, 0},
		{"accepts a signature in the query, with the sub-protocol im.v1", good(nil), []string{"im.v1"}, 0},
		{"accepts a signature as a sub-protocol", good(change{"usersig": ""}), []string{"im.v1", a.sign("alice")}, 0},
		{"checks the signature in the sub-protocol, if both are there", good(nil), []string{"im.v1", expired}, 401},
		{"accepts an instance of 64 bytes", good(change{"instance": strings.Repeat("i", 64)}), nil, 0},
		{"refuses a call without a signature", good(change{"usersig": ""}), nil, 401},
		{"refuses the sub-protocol im.v1 without a signature", good(change{"usersig": ""}), []string{"im.v1"}, 401},
		{"refuses a signature before im.v1", good(change{"usersig": ""}), []string{a.sign("alice"), "im.v1"}, 401},
		{"refuses an expired signature", good(change{"usersig": expired}), nil, 401},
		{"refuses the signature of another user", good(change{"usersig": a.sign("bob")}), nil, 401},
		{"refuses the signature of another application", good(change{"usersig": other.sign("alice")}), nil, 401},
		{"refuses a truncated signature", good(change{"usersig": a.sign("alice")[:40]}), nil, 401},
		{"refuses a malformed signature", good(change{"usersig": "<script>"}), nil, 401},
		{"refuses a signature of 8 KB", good(change{"usersig": strings.Repeat("a", 8<<10)}), nil, 401},
		{"refuses a call without a user", good(change{"identifier": ""}), nil, 401},
		{"refuses an unknown application", good(change{"sdkappid": "1"}), nil, 403},
		{"refuses a malformed SdkAppId", good(change{"sdkappid": "1e9"}), nil, 403},
		{"refuses a call without an SdkAppId", good(change{"sdkappid": ""}), nil, 403},
		{"refuses a disabled application", good(change{"sdkappid": fmt.Sprint(disabled.id), "usersig": disabled.sign("alice")}), nil, 403},
		{"refuses an unknown account", good(change{"identifier": "nobody", "usersig": a.sign("nobody")}), nil, 403},
		{"refuses a deleted account", good(change{"identifier": "gone", "usersig": a.sign("gone")}), nil, 403},
		{"refuses a call without a platform", good(change{"platform": ""}), nil, 403},
		{"refuses an unknown platform", good(change{"platform": "web"}), nil, 403},
		{"refuses a call without an instance", good(change{"instance": ""}), nil, 403},
		{"refuses an instance of 65 bytes", good(change{"instance": strings.Repeat("i", 65)}), nil, 403},
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
			d.useConn(conn)
			if err := d.call(deadline(t), "session.sync", fields{}, nil); err != nil {
				t.Errorf("%s: sync: %v", c.name, err)
			}
			d.cutConnection()
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

// TestKick checks for each of the four policies which platforms exclude each other, and
// what a device receives when it is kicked.
func TestKick(t *testing.T) {
	shared.failOnFault(t)
	for _, c := range []struct {
		policy, first, second string
		kicked                bool
	}{
		{"dual", "Android", "Windows", true}, {"dual", "Android", "Web", false}, {"dual", "Web", "MiniProgram", true},
		{"single", "Web", "iPhone", true}, {"triple", "iPhone", "Mac", false}, {"triple", "Linux", "Mac", true},
		{"multi", "iPhone", "iPad", false}, {"multi", "Web", "Web", true},
	} {
		a := newApp(t, shared.endpoints(), fields{"LoginPolicy": c.policy}, "alice", "bob")
		one := a.device(t, "alice", c.first, "one")
		two := a.device(t, "alice", c.second, "two")
		name := fmt.Sprintf("%s: %s, then %s", c.policy, c.first, c.second)
		if !c.kicked {
			if err := a.call(deadline(t), "bob", "", "message.send", fields{"To_Account": "alice", "MsgRandom": 1, "MsgBody": text("both")}, nil); err != nil {
				t.Fatal(err)
			}
			for _, d := range []*device{one, two} {
				eventually(t, name+": both devices get the message", func() bool { return len(d.inbox.texts("bob")) == 1 })
				if n := len(d.events("session.kick")); n != 0 {
					t.Errorf("%s: %s was kicked", name, d)
				}
			}
			continue
		}
		// First the frame arrives, then the connection is closed.
		if got := one.waitForEnd(t); got != websocket.StatusNormalClosure {
			t.Errorf("%s: closed with %d, want %d", name, got, websocket.StatusNormalClosure)
		}
		kicks := one.events("session.kick")
		var kick struct {
			Reason, Platform string
			Time             int64
		}
		if len(kicks) != 1 || json.Unmarshal(kicks[0].Body, &kick) != nil || kick.Reason != "replaced" || kick.Platform != c.first || time.Since(time.Unix(kick.Time, 0)) > time.Hour {
			t.Errorf("%s: got kicks %+v", name, kicks)
		}
		if err := two.call(deadline(t), "session.sync", fields{}, nil); err != nil || len(two.allFrames()) != 1 {
			t.Errorf("%s: the second device: got %v and %d frames, want only an answer", name, err, len(two.allFrames()))
		}
	}
}

// TestRenewal connects a device again. It is not kicked, frames are posted to both
// connections for a while, and the end of the old one does not affect the new one.
func TestRenewal(t *testing.T) {
	shared.failOnFault(t)
	a := newApp(t, shared.endpoints(), nil, "alice", "bob")
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
		t.Errorf("got %d repeats of %v, want 1 repeat of one message", n, d.inbox.keys("bob"))
	}
	if err := old.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
	<-oldEnd
	eventually(t, "the old connection's $disconnect", func() bool { return len(a.disconnects(t, shared)) == 1 })
	say(2)
	eventually(t, "the frame on the new connection", func() bool { return len(d.events("message.new")) == 3 })
	if n := len(d.events("session.kick")); n != 0 {
		t.Errorf("got %d kicks, want none", n)
	}
	d.inbox.checkConsistent(t)
}

// disconnects lists the users of the finished invocations of $disconnect.
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

// TestFrames checks the answers to frames that are not a valid call.
func TestFrames(t *testing.T) {
	shared.failOnFault(t)
	a := newApp(t, shared.endpoints(), nil, "alice", "bob")
	d := a.device(t, "alice", "Web", "one")
	long := strings.Repeat("i", 64)
	for _, c := range []struct {
		name, send string
		id         string
		code       int
	}{
		{"refuses an unknown action", `{"action":"message.shout","id":"1","body":{}}`, "1", 60009},
		{"refuses text that is not JSON", `hello`, "", 60003},
		{"refuses a list", `[1]`, "", 60003},
		{"refuses an empty frame", ``, "", 60003},
		{"refuses a frame without an action", `{"id":"2","body":{}}`, "2", 60003},
		{"refuses an action that is not a string", `{"action":{"a":1},"id":"3"}`, "3", 60003},
		{"refuses a route of API Gateway itself", `{"action":"$connect","id":"4"}`, "4", 60009},
		{"refuses a call without the body that it needs", `{"action":"message.send","id":"5"}`, "5", 90005},
		{"treats a body of null as no body", `{"action":"message.send","id":"6","body":null}`, "6", 90005},
		{"refuses a body that is a list", `{"action":"message.send","id":"7","body":[]}`, "7", 90001},
		{"refuses a body that is a string", `{"action":"session.sync","id":"8","body":"x"}`, "8", 60003},
		{"accepts a call that needs no body", `{"action":"session.sync","id":"9"}`, "9", 0},
		{"answers a call without an id", `{"action":"session.sync","body":{}}`, "", 0},
		{"accepts an id of 64 bytes", `{"action":"session.sync","id":"` + long + `"}`, long, 0},
		{"refuses an id of 65 bytes", `{"action":"session.sync","id":"` + long + `i"}`, "", 60003},
		{"refuses an id that is a number", `{"action":"session.sync","id":7}`, "", 60003},
		{"accepts an id that is not ASCII", `{"action":"session.sync","id":"ид 1"}`, "ид 1", 0},
	} {
		before := len(d.allFrames())
		if err := d.write(deadline(t), c.send); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		eventually(t, c.name+": an answer", func() bool { return len(d.allFrames()) > before })
		f := d.allFrames()[before]
		if f.Code == nil || *f.Code != c.code || f.ID != c.id || (f.Error == "") != (c.code == 0) || f.Event != "" {
			t.Errorf("%s: got %s, want code %d and id %q", c.name, f.raw, c.code, c.id)
		}
	}
	// p has no answer: the next frames are the pong and the answer to the call after it.
	before := len(d.allFrames())
	for _, frame := range []string{`{"action":"p"}`, `{"action":"p"}`, `{"action":"pp"}`} {
		if err := d.write(deadline(t), frame); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.call(deadline(t), "session.sync", fields{}, nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the pong", func() bool { return len(d.events("pong")) == 1 })
	if got := d.allFrames()[before:]; len(got) != 2 || d.events("pong")[0].raw != `{"event":"pong"}` {
		t.Errorf("after p, p and pp: got %+v, want a pong and the answer", got)
	}
}

// TestDeletedAccount deletes an account. Its devices are kicked, all its connections
// end, and its calls are refused.
func TestDeletedAccount(t *testing.T) {
	shared.failOnFault(t)
	a := newApp(t, shared.endpoints(), nil, "alice", "bob")
	phone := a.device(t, "alice", "iPhone", "phone")
	web := a.device(t, "alice", "Web", "web")
	bob := a.device(t, "bob", "Web", "web")
	// The browser is in the middle of a renewal: it has two connections.
	left := a.newDevice("alice", "Web", "web")
	web.mu.Lock()
	left.conn, left.ended = web.conn, web.ended
	web.mu.Unlock()
	if err := web.connect(deadline(t)); err != nil {
		t.Fatal(err)
	}
	send := func(call callFunc) error {
		return call(deadline(t), "message.send", fields{"To_Account": "bob", "MsgSeq": 1, "MsgRandom": 1, "MsgBody": text("hi")}, nil)
	}
	if err := send(a.overHTTP(phone)); err != nil {
		t.Fatal(err)
	}
	sig := a.sign("alice")
	if err := a.v4("im_open_login_svc/account_delete", fields{"DeleteItem": []fields{{"UserID": "alice"}}}, nil); err != nil {
		t.Fatal(err)
	}
	for _, d := range []*device{phone, web} {
		d.waitForEnd(t)
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
		t.Errorf("message.read with the old signature: got code %d, want a refusal", got)
	}
	if _, err := dial(deadline(t), web.url(), "im.v1", a.sign("alice")); err == nil {
		t.Error("a deleted account can connect")
	}
	// The peer still has the messages, and cannot send any more.
	if _, err := bob.inbox.sync(deadline(t), bob.call); err != nil || len(bob.inbox.keys("alice")) != 1 {
		t.Errorf("bob's history: got %v, %v, want one message", bob.inbox.keys("alice"), err)
	}
	if got := codeOf(bob.call(deadline(t), "message.send", fields{"To_Account": "alice", "MsgRandom": 1, "MsgBody": text("?")}, nil)); got != 90012 {
		t.Errorf("a message to a deleted account: got code %d, want 90012", got)
	}
}

// TestSignatureIsAToken checks that a UserSig has only letters that a sub-protocol may
// have.
func TestSignatureIsAToken(t *testing.T) {
	a := newApp(t, shared.endpoints(), nil)
	for i := range 200 {
		sig := a.signAt("alice", time.Now().Add(time.Duration(i)*time.Second))
		if strings.ContainsAny(sig, `()<>@,;:\"/[]?={} `) {
			t.Fatalf("the signature %s has a letter that a header token must not have", sig)
		}
		if _, err := base64.StdEncoding.DecodeString(strings.NewReplacer("*", "+", "-", "/", "_", "=").Replace(sig)); err != nil {
			t.Fatalf("the signature %s: %v", sig, err)
		}
	}
}
