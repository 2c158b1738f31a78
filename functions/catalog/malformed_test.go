package catalog

import (
	"strings"
	"testing"

	"parley/infra/testkit"
	"parley/shared/fault"
	"parley/shared/op"
)

// malformed returns the error number for a body that is not a JSON object. The server API
// has one for each service (docs/spec/tencent §12), and the client protocol uses the
// numbers of the service that its group is like. A dialect that signs has the number of its
// own table.
func malformed(t *testing.T, o *op.Operation) int {
	t.Helper()
	if signs(o) {
		return numberIn(t, o, refusal(t, o, fault.Malformed))
	}
	if o.Surface() == "operator" {
		return 11
	}
	if o.Surface() == "client" {
		switch o.Group() {
		case "message":
			return 90001
		case "profile":
			return 40001
		case "friend", "block":
			return 30001
		case "group":
			return 10004
		case "conversation":
			if o.Name == "client.conversation.list" {
				return 90001
			}
			return 50002
		default:
			return 60003
		}
	}
	switch service := strings.Split(strings.TrimPrefix(o.Triggers[0].HTTP, "POST /v4/"), "/")[0]; service {
	case "im_open_login_svc":
		return 70402
	case "openim":
		return 90001
	case "profile":
		return 40001
	case "sns", "follow":
		return 30001
	case "open_msg_svc":
		return 1001
	case "recentcontact":
		return 50002
	case "openim_msg_ext_http_svc", "group_open_http_svc", "group_open_attr_http_svc":
		return 10004
	case "openconfigsvr":
		return 130001
	}
	return 0
}

// TestMalformedBodies calls every operation with bodies that are not a JSON object. Each
// call is refused with the number of its service, and nothing is written or sent.
func TestMalformedBodies(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	if err := w.Seed(t.Context(), "account alice\naccount "+testkit.Admin+"\n"); err != nil {
		t.Fatal(err)
	}
	w.Effects()
	calls := 0
	for _, o := range All() {
		if trigger := o.Triggers[0]; !strings.HasPrefix(trigger.HTTP, "POST ") {
			continue // a worker, a connection, or a path that is not known
		}
		want := malformed(t, &o)
		for _, body := range []string{"x=1", "[]", `"hi"`, "{", `{} {}`, `{"a":1,"a":2}`} {
			calls++
			answer, meter, err := w.Call(t, &o, body)
			if got := read(t, &o, answer, err); got.code != want {
				t.Errorf("%s: body %q: %+v, want code %d", o.Name, body, got, want)
			}
			if effects := w.Effects(); len(effects) > 0 || meter.Units().W > 0 {
				t.Errorf("%s: body %q has effects: %g W, %q", o.Name, body, meter.Units().W, effects)
			}
		}
	}
	if calls < 600 {
		t.Errorf("made %d calls, want at least 600", calls)
	}
}
