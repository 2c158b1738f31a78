package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"parley/infra/gen/events"
	"parley/infra/testkit"
	"parley/shared/fault"
	"parley/shared/op"
)

var server *testkit.Server

func TestMain(m *testing.M) { testkit.Main(m, &server) }

// An identity is what a call says about its caller.
type identity struct {
	name, directives string
	// code is the error number of a call with this identity, on every surface that wants
	// a UserSig (docs/spec/tencent §1.5, §2.4); 0 if the signature is good.
	code int
}

func identities() []identity {
	return []identity{
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

// notAdmin returns the error number of a service for a caller who is not an admin; 0 if
// users may call the service (docs/spec/tencent §1.4).
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
	case "group_open_http_svc", "group_open_attr_http_svc":
		return 10007
	case "openim_msg_ext_http_svc":
		return 0
	default:
		return 60010
	}
}

// identityCodes are the error numbers that say nothing but that the caller is refused.
var identityCodes = []int{60004, 60005, 60006, 60010, 60012, 60016, 70001, 70002, 70003, 70005, 70009, 70013, 70014, 70016, 70051, 70052}

// An outcome is the answer of an operation, decoded.
type outcome struct {
	status, code int
	text         string
}

// read decodes an answer of an operation. The code is -1 if the function failed.
func read(t *testing.T, o *op.Operation, answer []byte, err error) outcome {
	t.Helper()
	if err != nil {
		return outcome{code: -1, text: err.Error()}
	}
	var a struct {
		Status int    `json:"statusCode"`
		Body   string `json:"body"`
	}
	if json.Unmarshal(answer, &a) != nil || a.Status == 0 {
		return outcome{text: string(answer)}
	}
	got := outcome{status: a.Status, text: a.Body}
	if a.Body == "" {
		return got
	}
	got.code = numberIn(t, o, a.Body)
	return got
}

// numberIn returns the number of a refusal in the body of an answer. If the dialect answers with a
// word, it is that of the first fault that is answered with this word.
func numberIn(t *testing.T, o *op.Operation, body string) int {
	t.Helper()
	switch code := codeOf(t, o, body).(type) {
	case float64:
		return int(code)
	case string:
		for _, f := range slices.Sorted(maps.Keys(fault.Codes())) {
			if codeOf(t, o, refusal(t, o, f)) == code {
				return int(f)
			}
		}
	}
	return 0
}

// codeOf returns the number or the word of a refusal in a body. It is nil if the surface has none in
// an answer that succeeds.
func codeOf(t *testing.T, o *op.Operation, body string) any {
	t.Helper()
	d, ok := o.Protocol.(op.Describer)
	if !ok {
		t.Fatalf("%s answers with a body, and its protocol does not say what is in it: %s", o.Name, body)
	}
	said := d.Describe()
	var code any
	if err := json.Unmarshal([]byte(body), &code); err != nil {
		t.Fatalf("%s: %v: %s", o.Name, err, body)
	}
	path := strings.Split(said.Code, ".")
	for _, name := range path {
		object, _ := code.(map[string]any)
		code = object[name]
	}
	always := slices.ContainsFunc(said.Envelopes[0].Fields, func(f op.EnvelopeField) bool { return f.Name == path[0] && !f.Optional })
	if code == nil && always {
		t.Fatalf("%s: the answer has no %s: %s", o.Name, said.Code, body)
	}
	return code
}

// refusal returns the body with which an operation answers a fault.
func refusal(t *testing.T, o *op.Operation, code fault.Code) string {
	t.Helper()
	answer, err := o.Protocol.Encode(&op.Call{Operation: o}, nil, fault.New(code, ""))
	var a struct {
		Body string `json:"body"`
	}
	if err = errors.Join(err, json.Unmarshal(answer, &a)); err != nil {
		t.Fatal(err)
	}
	return a.Body
}

// signs reports whether the callers of an operation are signed by its own dialect (op.Signer),
// and not with a UserSig.
func signs(o *op.Operation) bool {
	_, ok := o.Protocol.(op.Signer)
	return ok
}

// TestIdentity calls every operation that callers can call, with every identity. Each call
// is either refused with the error number of its surface, or accepted. An accepted call
// may still be refused because of its body, but never because of its caller.
func TestIdentity(t *testing.T) {
	bodies := sampleBodies(t)
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
			for _, who := range identities() {
				if trigger := o.Triggers[0]; trigger.HTTP == "" && trigger.Socket != "$default" && !trigger.Authorizer {
					break // $connect or $disconnect: the authorizer has checked the caller before
				}
				answer, _, err := w.Call(t, &o, who.directives+body)
				got := read(t, &o, answer, err)
				switch {
				case got.status == 500:
					t.Errorf("%s: %s: status 500", who.name, got.text)
				case o.Triggers[0].Authorizer:
					checkAuthorizer(t, who, got)
				case strings.HasPrefix(o.Triggers[0].HTTP, "ANY "), o.Triggers[0].Socket == "$default":
					if got.code != 60009 { // an unknown operation is refused before the caller is checked
						t.Errorf("%s: %+v, want 60009", who.name, got)
					}
				case signs(&o):
					checkSigner(t, &o, who, got)
				case o.Surface() == "operator":
					if !o.Triggers[0].IAM {
						t.Errorf("the operator's route does not want an IAM signature: %+v", o.Triggers[0])
					}
					if slices.Contains(identityCodes, got.code) {
						t.Errorf("%s: %+v, but API Gateway has checked the caller", who.name, got)
					}
				default:
					checkSigned(t, &o, who, got)
				}
			}
			checkSocket(t, w, &o, body)
		})
	}
}

// checkSigned checks an answer of the server API or of the client protocol. The server API
// wants an admin, and refuses with status 200. The client protocol serves any user, and
// refuses with status 401.
func checkSigned(t *testing.T, o *op.Operation, who identity, got outcome) {
	t.Helper()
	if o.Triggers[0].IAM {
		t.Errorf("the route wants an IAM signature: %+v", o.Triggers[0])
	}
	want, status := who.code, 200
	server := o.Surface() == "tencent"
	if server && who.name == "a user" {
		want = notAdmin(o.Triggers[0].HTTP)
	}
	if !server && want != 0 {
		status = 401
	}
	if got.status != status || (want != 0 && got.code != want) {
		t.Errorf("%s: %+v, want status %d and code %d", who.name, got, status, want)
	}
	if want == 0 && got.code != 0 && (slices.Contains(identityCodes, got.code) || got.code == notAdmin(o.Triggers[0].HTTP)) {
		t.Errorf("%s is refused: %+v", who.name, got)
	}
}

// checkSigner checks an answer of a surface whose dialect signs its calls itself: a call
// without a signature is refused, and a signed one is not refused because of its caller,
// except that a user may not be an admin. The suite of infra/dialecttest plays the signatures that
// are wrong.
func checkSigner(t *testing.T, o *op.Operation, who identity, got outcome) {
	t.Helper()
	refused := false
	for code := range fault.Codes() {
		switch code.Class() {
		case fault.ClassIdentity, fault.ClassNotServed:
			user := who.name == "a user" && code == fault.NotAdmin
			refused = refused || (got.code != 0 && got.code == numberIn(t, o, refusal(t, o, code)) && !user)
		case fault.ClassCaller, fault.ClassConflict, fault.ClassQuota, fault.ClassOurs:
		}
	}
	if unsigned := who.name == "nobody"; refused != unsigned && (unsigned || who.code == 0) {
		t.Errorf("%s: %+v, want refused %t", who.name, got, unsigned)
	}
}

// checkAuthorizer checks the answer of the authorizer: "Unauthorized" (401) if the
// signature does not prove the caller, and a policy that denies (403) if the application
// is missing or unknown.
func checkAuthorizer(t *testing.T, who identity, got outcome) {
	t.Helper()
	want := "Unauthorized"
	switch who.code {
	case 0:
		want = `"Effect":"Allow"`
	case 60012, 60006:
		want = `"Effect":"Deny"`
	}
	if !strings.Contains(got.text, want) {
		t.Errorf("%s: %+v, want %s", who.name, got, want)
	}
}

// checkSocket checks that a frame is served in the name of the user whom the authorizer
// has named, and that a frame without such a user fails before anything is touched.
func checkSocket(t *testing.T, w *testkit.World, o *op.Operation, body string) {
	t.Helper()
	i := slices.IndexFunc(o.Triggers, func(trigger op.Trigger) bool { return trigger.Socket != "" })
	if i < 0 || o.Triggers[i].Socket == "$default" {
		return
	}
	answer, _, err := w.Call(t, o, "trigger socket\nas alice\n"+body)
	if got := read(t, o, answer, err); got.status != 200 || slices.Contains(identityCodes, got.code) {
		t.Errorf("a frame of a user: %+v", got)
	}
	answer, meter, err := w.Call(t, o, "trigger socket\nas nobody\n"+body)
	if got := read(t, o, answer, err); got.status != 500 || len(meter.Touched()) != 0 {
		t.Errorf("a frame without a user: %+v, touched %q, want status 500 and nothing touched", got, meter.Touched())
	}
}
