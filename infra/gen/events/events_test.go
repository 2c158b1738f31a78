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

func TestBodies(t *testing.T) {
	bodies := Bodies()
	for _, o := range catalog.All() {
		delete(bodies, o.Name)
	}
	for name := range bodies {
		t.Errorf("%s has a body and is not in the catalog", name)
	}
}

// Each event is one that its operation's own protocol reads, and means what the
// table says.
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
			door := o.Doors[0]
			switch {
			case door.Queue != "" || door.Stream != "" || door.Schedule != "":
				if string(c.Request.Event) != string(event) {
					t.Error("the worker has not got the event")
				}
			case door.HTTP != "" && !strings.HasSuffix(door.HTTP, "{proxy+}"):
				if got := c.Request.Method + " " + c.Request.Path; got != door.HTTP {
					t.Errorf("got %s, want %s", got, door.HTTP)
				}
				fallthrough
			case door.HTTP != "":
				if got, want := string(c.Request.Body), Bodies()[o.Name]; got != want {
					t.Errorf("body: got %s, want %s", got, want)
				}
			case door.Socket != "" && c.Request.Route != door.Socket:
				t.Errorf("route: got %s, want %s", c.Request.Route, door.Socket)
			}
			if o.Surface() == "tencent" {
				verify(t, c.Request.Query["usersig"], Admin)
			}
			if door.HTTP != "" && o.Surface() == "client" {
				words := strings.Fields(c.Request.Header["authorization"])
				if len(words) != 4 {
					t.Fatalf("authorization: got %q", words)
				}
				verify(t, words[3], User)
			}
			if door.Authorizer || door.Socket == "$connect" {
				_, sig, _ := strings.Cut(c.Request.Header["sec-websocket-protocol"], ", ")
				verify(t, sig, User)
			}
		})
	}
}

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

func TestJob(t *testing.T) {
	var job struct{ Frame []byte }
	if err := json.Unmarshal([]byte(Bodies()["worker.delivery.delivery"]), &job); err != nil {
		t.Fatal(err)
	}
	if !json.Valid(job.Frame) {
		t.Errorf("the frame is not JSON: %s", job.Frame)
	}
}
