package events

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"parley/functions/catalog"
	"parley/shared/dialect/usersig"
	"parley/shared/op"
)

// TestBodies checks that every sample body belongs to an operation.
func TestBodies(t *testing.T) {
	bodies := Bodies()
	for _, o := range catalog.All() {
		delete(bodies, o.Name)
	}
	for name := range bodies {
		t.Errorf("%s has a body and is not in the catalog", name)
	}
}

// TestDecode checks that the protocol of each operation can read its sample event, that it
// finds the route and the body in it, and that the UserSig is valid.
func TestDecode(t *testing.T) {
	all := catalog.All()
	files, err := Generate(all)
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		o := &all[i]
		t.Run(o.Name, func(t *testing.T) {
			event := files[Path(o)]
			c := &op.Call{Operation: o}
			if err := o.Protocol.Decode(c, event); err != nil {
				t.Fatal(err)
			}
			trigger := o.Triggers[0]
			switch {
			case trigger.Queue != "" || trigger.Stream != "" || trigger.Schedule != "":
				if string(c.Request.Event) != string(event) {
					t.Error("the worker does not get the event as it is")
				}
			case trigger.HTTP != "" && !strings.HasSuffix(trigger.HTTP, "{proxy+}"):
				if got := c.Request.Method + " " + c.Request.Path; got != trigger.HTTP {
					t.Errorf("got %s, want %s", got, trigger.HTTP)
				}
				fallthrough
			case trigger.HTTP != "":
				if got, want := string(c.Request.Body), Bodies()[o.Name]; got != want {
					t.Errorf("body: got %s, want %s", got, want)
				}
			case trigger.Socket != "" && c.Request.Route != trigger.Socket:
				t.Errorf("route: got %s, want %s", c.Request.Route, trigger.Socket)
			}
			if o.Surface() == "tencent" {
				verify(t, c.Request.Query["usersig"], Admin)
			}
			if trigger.HTTP != "" && o.Surface() == "client" {
				words := strings.Fields(c.Request.Header["authorization"])
				if len(words) != 4 {
					t.Fatalf("authorization: got %q", words)
				}
				verify(t, words[3], User)
			}
			if trigger.Authorizer || trigger.Socket == "$connect" {
				_, sig, _ := strings.Cut(c.Request.Header["sec-websocket-protocol"], ", ")
				verify(t, sig, User)
			}
		})
	}
}

// verify checks that a UserSig for a user is still valid in 2073.
func verify(t *testing.T, sig, user string) {
	t.Helper()
	token, err := usersig.Parse(sig)
	if err == nil {
		err = token.Verify([]string{Secret}, App, user, time.Date(2073, 1, 1, 0, 0, 0, 0, time.UTC))
	}
	if err != nil {
		t.Errorf("signature of %s: %v", user, err)
	}
}

// TestDeliveryJob checks that the frame in the sample job of the delivery queue is JSON.
func TestDeliveryJob(t *testing.T) {
	var job struct{ Frame []byte }
	if err := json.Unmarshal([]byte(Bodies()["worker.delivery.delivery"]), &job); err != nil {
		t.Fatal(err)
	}
	if !json.Valid(job.Frame) {
		t.Errorf("the frame is not JSON: %s", job.Frame)
	}
}
