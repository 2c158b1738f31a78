package catalog

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/infra/gen/events"
	"parley/shared/op"
	"parley/shared/testkit"
)

// A refused caller is answered with a code, and by the authorizer of connections
// with a text.
type refused struct {
	name       string
	code       int
	authorizer string
}

// notServed are callers that no operation serves any more. The first two
// are admins as well, so that they may call every surface; an admin's account cannot
// be deleted.
func notServed() []refused {
	return []refused{
		{"kicked", 70052, "Unauthorized"},
		{"banned", 70051, `"Effect":"Deny"`},
		{"gone", 70107, `"Effect":"Deny"`},
	}
}

const notServedSeed = `account bob
account carol
admin kicked
admin banned
deleted gone
revoke kicked
ban banned ever
friends bob kicked banned
message bob kicked 1
message bob banned 1
`

// hasCaller reports whether an operation is called by somebody. A $disconnect is
// not: the gateway says what has happened.
func hasCaller(o *op.Operation) bool {
	d := o.Doors[0]
	return (o.Surface() == "client" || o.Surface() == "tencent") && !strings.HasPrefix(d.HTTP, "ANY ") &&
		d.Socket != "$default" && d.Socket != "$disconnect"
}

// TestNotServed plays every operation that has a caller, through each of its
// doors, for a user whose signature was made before a kick, one who is banned and
// one who is deleted: each is refused for that, and nothing is written, sent or
// read out.
func TestNotServed(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	if err := w.Seed(t.Context(), notServedSeed); err != nil {
		t.Fatal(err)
	}
	w.Effects()
	bodies := events.Bodies()
	for _, o := range All() {
		if !hasCaller(&o) {
			continue
		}
		body := strings.ReplaceAll(bodies[o.Name], fmt.Sprint(events.App), fmt.Sprint(w.ID))
		if body == "" {
			body = "{}"
		}
		doors := []string{""}
		if len(o.Doors) == 2 {
			doors = append(doors, "door socket\n")
		}
		for _, door := range doors {
			for _, c := range notServed() {
				answer, meter, err := w.Call(t, &o, door+"as "+c.name+"\nsig old\n"+body)
				got := read(t, answer, err)
				if n := notAdmin(o.Doors[0].HTTP); c.name == "gone" && o.Surface() == "tencent" && n != 0 {
					c.code = n
				}
				what := fmt.Sprintf("%s %sof a %s user", o.Name, strings.TrimSpace(door)+" ", c.name)
				switch {
				case o.Doors[0].Authorizer:
					if !strings.Contains(got.text, c.authorizer) || strings.Contains(got.text, "Allow") {
						t.Errorf("%s: %+v, want %s", what, got, c.authorizer)
					}
				case o.Doors[0].Socket == "$connect":
					want := 403
					if c.code == 70052 {
						want = 401 // the signature is void, the account is not
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
					allowed := []string{"open", "read apps", "read accounts"}
					if o.ChecksCaller { // reads them with the account
						allowed = append(allowed, "read relations", "read sessions")
					}
					if !slices.Contains(allowed, access) {
						t.Errorf("%s: %s", what, access)
					}
				}
			}
		}
	}
}

// TestNoAccount: a user who was never imported is refused like one who is deleted.
// An admin may call a server's commands without an account.
func TestNoAccount(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	if err := w.Seed(t.Context(), "account alice\naccount bob\n"); err != nil {
		t.Fatal(err)
	}
	bodies := events.Bodies()
	for _, o := range All() {
		if !hasCaller(&o) || o.Doors[0].HTTP == "" {
			continue
		}
		body := strings.ReplaceAll(bodies[o.Name], fmt.Sprint(events.App), fmt.Sprint(w.ID))
		if body == "" {
			body = "{}"
		}
		as, wants := "as nemo\n", true
		if o.Surface() == "tencent" {
			as, wants = "as "+testkit.Admin+"\n", false
		}
		answer, _, err := w.Call(t, &o, as+body)
		got := read(t, answer, err)
		if is := got.code == 70107; is != wants && (wants || slices.Contains(identityCodes, got.code)) {
			t.Errorf("%s for a caller without an account: %+v, refused is to be %t", o.Name, got, wants)
		}
	}
}
