package catalog

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/infra/gen/events"
	"parley/shared/op"
	"parley/shared/testkit"
)

var server *testkit.Server

func TestMain(m *testing.M) { testkit.Main(m, &server) }

// A visitor is an identity that a caller may show.
type visitor struct {
	name, directives string
	// code is the number that refuses it, on every surface that asks for a
	// UserSig (core spec §1.1, §2.4); 0 for a good signature.
	code int
}

func visitors() []visitor {
	return []visitor{
		{"nobody", "as nobody\n", 60004},
		{"no signature", "sig none\n", 70002},
		{"a signature cut off", "sig cut\n", 70003},
		{"a forged signature", "sig other-key\n", 70009},
		{"an expired signature", "sig expired\n", 70001},
		{"a signature for another application", "sig other-app\n", 70014},
		{"a signature for another user", "sig other-user\n", 70013},
		{"no application", "app none\n", 60012},
		{"an unknown application", "app unknown\n", 60006},
		{"a user", "as alice\n", 0},
		{"the admin", "as " + testkit.Admin + "\n", 0},
	}
}

// notAdmin is what a service answers to a user, 0 where users may call it (core
// spec §1.4).
func notAdmin(path string) int {
	switch service := strings.Split(strings.TrimPrefix(path, "POST /v4/"), "/")[0]; service {
	case "im_open_login_svc":
		return 70403
	case "openim":
		return 90009
	case "profile":
		return 40004
	case "sns", "follow":
		return 30004
	case "open_msg_svc":
		return 1002
	case "recentcontact":
		return 50003
	case "openim_msg_ext_http_svc":
		return 0
	default:
		return 60010
	}
}

// identityCodes are the numbers that only an identity is refused with.
var identityCodes = []int{60004, 60005, 60006, 60010, 60012, 60016, 70001, 70002, 70003, 70005, 70009, 70013, 70014, 70016, 70051, 70052}

// outcome is what an operation answered.
type outcome struct {
	status, code int
	text         string
}

func read(t *testing.T, answer []byte, err error) outcome {
	t.Helper()
	if err != nil {
		return outcome{code: -1, text: err.Error()}
	}
	var a struct {
		Status int    `json:"statusCode"`
		Body   string `json:"body"`
	}
	var b struct {
		ErrorCode *int
		Code      *int `json:"code"`
	}
	if json.Unmarshal(answer, &a) != nil || a.Status == 0 {
		return outcome{text: string(answer)}
	}
	o := outcome{status: a.Status, text: a.Body}
	if a.Body == "" {
		return o
	}
	if err := json.Unmarshal([]byte(a.Body), &b); err != nil || (b.ErrorCode == nil) == (b.Code == nil) {
		t.Fatalf("an answer with no code or two: %s", a.Body)
	}
	if b.ErrorCode != nil {
		o.code = *b.ErrorCode
	} else {
		o.code = *b.Code
	}
	return o
}

// TestAccess calls every operation that has a door for callers, as everybody who
// may come: each is refused with the number of the surface, or let in. What is let
// in may still be refused for what it asks, never for who asks.
func TestAccess(t *testing.T) {
	bodies := events.Bodies()
	for _, o := range All() {
		if o.Surface() == "worker" {
			continue
		}
		t.Run(o.Name, func(t *testing.T) {
			w := testkit.NewWorld(t, server, testkit.Options{})
			if err := w.Seed(t.Context(), "account alice\naccount bob\naccount carol\naccount "+testkit.Admin+"\n"); err != nil {
				t.Fatal(err)
			}
			body := strings.ReplaceAll(bodies[o.Name], fmt.Sprint(events.App), "{app}")
			for _, v := range visitors() {
				if d := o.Doors[0]; d.HTTP == "" && d.Socket != "$default" && !d.Authorizer {
					break // a route of the life of a connection: the authorizer was asked before
				}
				answer, _, err := w.Call(t, &o, v.directives+body)
				got := read(t, answer, err)
				switch {
				case got.status == 500:
					t.Errorf("%s: %s: a fault", v.name, got.text)
				case o.Doors[0].Authorizer:
					checkAuthorizer(t, v, got)
				case strings.HasPrefix(o.Doors[0].HTTP, "ANY "), o.Doors[0].Socket == "$default":
					if got.code != 60009 { // nobody is asked for where there is nothing
						t.Errorf("%s: %+v, want 60009", v.name, got)
					}
				case o.Surface() == "operator":
					if !o.Doors[0].IAM {
						t.Errorf("the door of an operator is open: %+v", o.Doors[0])
					}
					if slices.Contains(identityCodes, got.code) {
						t.Errorf("%s: %+v, but the gateway has checked the caller", v.name, got)
					}
				default:
					checkSigned(t, &o, v, got)
				}
			}
			checkSocket(t, w, &o, body)
		})
	}
}

// checkSigned: a server's call needs the admin, a client's any user; identity is
// refused with status 200 there, and 401 here.
func checkSigned(t *testing.T, o *op.Operation, v visitor, got outcome) {
	t.Helper()
	if o.Doors[0].IAM {
		t.Errorf("the door asks for a signature of the account: %+v", o.Doors[0])
	}
	want, status := v.code, 200
	server := o.Surface() == "tencent"
	if server && v.name == "a user" {
		want = notAdmin(o.Doors[0].HTTP)
	}
	if !server && want != 0 {
		status = 401
	}
	if got.status != status || (want != 0 && got.code != want) {
		t.Errorf("%s: %+v, want status %d and code %d", v.name, got, status, want)
	}
	if want == 0 && got.code != 0 && (slices.Contains(identityCodes, got.code) || got.code == notAdmin(o.Doors[0].HTTP)) {
		t.Errorf("%s is refused for who it is: %+v", v.name, got)
	}
}

// checkAuthorizer: what cannot be certain is not authorized, an unknown application
// is denied.
func checkAuthorizer(t *testing.T, v visitor, got outcome) {
	t.Helper()
	want := "Unauthorized"
	switch v.code {
	case 0:
		want = `"Effect":"Allow"`
	case 60012, 60006:
		want = `"Effect":"Deny"`
	}
	if !strings.Contains(got.text, want) {
		t.Errorf("%s: %+v, want %s", v.name, got, want)
	}
}

// checkSocket: a frame serves whom the authorizer named, and nobody where it named
// nobody.
func checkSocket(t *testing.T, w *testkit.World, o *op.Operation, body string) {
	t.Helper()
	at := slices.IndexFunc(o.Doors, func(d op.Door) bool { return d.Socket != "" })
	if at < 0 || o.Doors[at].Socket == "$default" {
		return
	}
	answer, _, err := w.Call(t, o, "door socket\nas alice\n"+body)
	if got := read(t, answer, err); got.status != 200 || slices.Contains(identityCodes, got.code) {
		t.Errorf("a frame of a user: %+v", got)
	}
	answer, meter, err := w.Call(t, o, "door socket\nas nobody\n"+body)
	if got := read(t, answer, err); got.status != 500 || len(meter.Touched()) != 0 {
		t.Errorf("a frame of nobody: %+v, touched %q, want a fault and nothing touched", got, meter.Touched())
	}
}
