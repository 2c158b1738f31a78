package catalog

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/infra/gen/events"
	"parley/infra/testkit"
	"parley/shared/op"
)

// A refusedCaller is a user whose calls are refused.
type refusedCaller struct {
	name       string
	code       int    // the error number of the answer
	authorizer string // what the answer of the authorizer has
}

// refusedCallers returns a user who was kicked after the signature was made, a banned user
// and a deleted user. The first two are admins, so that they may call every surface. An
// account of an admin cannot be deleted.
func refusedCallers() []refusedCaller {
	return []refusedCaller{
		{"kicked", 70052, "Unauthorized"},
		{"banned", 70051, `"Effect":"Deny"`},
		{"gone", 70107, `"Effect":"Deny"`},
	}
}

const refusedCallersSeed = `account bob
account carol
admin kicked
admin banned
deleted-account gone
revoke-signatures kicked
ban banned ever
friends bob kicked banned
message bob kicked 1
message bob banned 1
`

// hasCaller reports whether a caller invokes an operation. $disconnect has none: API
// Gateway reports what has happened.
func hasCaller(o *op.Operation) bool {
	trigger := o.Triggers[0]
	return (o.Surface() == "client" || o.Surface() == "tencent") && !strings.HasPrefix(trigger.HTTP, "ANY ") &&
		trigger.Socket != "$default" && trigger.Socket != "$disconnect"
}

// TestRefusedCallers calls every operation that has a caller, through each of its triggers,
// as a user whose signature was made before a kick, as a banned user and as a deleted
// user. Each call is refused for this reason, nothing is written or sent, and the answer
// has no data.
func TestRefusedCallers(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	if err := w.Seed(t.Context(), refusedCallersSeed); err != nil {
		t.Fatal(err)
	}
	w.Effects()
	bodies := sampleBodies(t)
	for _, o := range All() {
		if !hasCaller(&o) {
			continue
		}
		body := strings.ReplaceAll(bodies[o.Name], fmt.Sprint(events.App), fmt.Sprint(w.ID))
		if body == "" {
			body = "{}"
		}
		triggers := []string{""}
		if len(o.Triggers) == 2 {
			triggers = append(triggers, "trigger socket\n")
		}
		for _, trigger := range triggers {
			for _, c := range refusedCallers() {
				answer, meter, err := w.Call(t, &o, trigger+"as "+c.name+"\nsig old\n"+body)
				got := read(t, &o, answer, err)
				if n := notAdmin(o.Triggers[0].HTTP); c.name == "gone" && o.Surface() == "tencent" && n != 0 {
					c.code = n
				}
				what := fmt.Sprintf("%s %sof a %s user", o.Name, strings.TrimSpace(trigger)+" ", c.name)
				switch {
				case o.Triggers[0].Authorizer:
					if !strings.Contains(got.text, c.authorizer) || strings.Contains(got.text, "Allow") {
						t.Errorf("%s: %+v, want %s", what, got, c.authorizer)
					}
				case o.Triggers[0].Socket == "$connect":
					want := 403
					if c.code == 70052 {
						want = 401 // the signature is refused, the account exists
					}
					if got.status != want {
						t.Errorf("%s: %+v, want status %d", what, got, want)
					}
				case got.code != c.code:
					t.Errorf("%s: %+v, want code %d", what, got, c.code)
				case o.Surface() == "client" && got.status != 401:
					t.Errorf("%s: status %d, want 401", what, got.status)
				case strings.Contains(got.text, "MsgBody") || strings.Contains(got.text, `"body"`):
					t.Errorf("%s: the refusal has a body: %s", what, got.text)
				}
				if effects := w.Effects(); len(effects) > 0 || meter.Units().W > 0 {
					t.Errorf("%s has effects: %g W, %q", what, meter.Units().W, effects)
				}
				for _, access := range meter.Touched() {
					allowed := []string{"open", "read apps", "read secrets", "read accounts"}
					if o.ChecksCaller { // Run reads these together with the account
						allowed = append(allowed, "read relations", "read conversations", "read sessions")
					}
					if !slices.Contains(allowed, access) {
						t.Errorf("%s: %s", what, access)
					}
				}
			}
		}
	}
}

// TestCallerWithoutAccount checks that a user who was never imported is refused like a
// deleted user. An admin may call the server API without an account.
func TestCallerWithoutAccount(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	if err := w.Seed(t.Context(), "account alice\naccount bob\n"); err != nil {
		t.Fatal(err)
	}
	bodies := sampleBodies(t)
	for _, o := range All() {
		if !hasCaller(&o) || o.Triggers[0].HTTP == "" {
			continue
		}
		body := strings.ReplaceAll(bodies[o.Name], fmt.Sprint(events.App), fmt.Sprint(w.ID))
		if body == "" {
			body = "{}"
		}
		as, wantRefused := "as nemo\n", true
		if o.Surface() == "tencent" {
			as, wantRefused = "as "+testkit.Admin+"\n", false
		}
		answer, _, err := w.Call(t, &o, as+body)
		got := read(t, &o, answer, err)
		if isRefused := got.code == 70107; isRefused != wantRefused && (wantRefused || slices.Contains(identityCodes, got.code)) {
			t.Errorf("%s for a caller without an account: %+v, want refused %t", o.Name, got, wantRefused)
		}
	}
}
