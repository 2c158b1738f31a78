package events

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/functions/catalog"
	"parley/infra/testkit/table"
	"parley/shared/dialect/usersig"
	"parley/shared/op"
)

// root is the folder of the repository.
const root = "../../.."

// bodies returns the sample bodies of all operations.
func bodies(t *testing.T) map[string]string {
	t.Helper()
	out, err := Bodies(root, catalog.All())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestBodyIn reads the sample body of several tables.
func TestBodyIn(t *testing.T) {
	const cases = "-- case: a --\nx\n-- seed --\naccount alice\n-- request --\nas bob\nheader {}\n{\"n\":1,\n\"app\":{app}}\n-- response --\n{}\n-- request --\n{\"n\":2}\n"
	for text, want := range map[string]string{
		cases: "{\"n\":1,\n\"app\":1400000001}", // the first request, without its directives
		"About the table.\n\n-- sample --\n{\"n\":3}\n" + cases: "{\"n\":3}",
		"-- case: a --\n-- request --\nINSERT alice bob\n":      "INSERT alice bob", // no JSON, so the table needs a sample
		"-- case: a --\n-- seed --\n{}\n":                       "",
	} {
		tab, err := table.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := bodyIn(tab); got != want {
			t.Errorf("got %q, want %q, in the table:\n%s", got, want, text)
		}
	}
}

// TestMissingBody checks that the error for a table without a sample names the file.
func TestMissingBody(t *testing.T) {
	dir := t.TempDir()
	o := catalog.All()[0]
	path := table.Path(dir, o.Name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("-- case: a --\n-- request --\n{\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Bodies(dir, []op.Operation{o}); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got the error %v, want one with %s", err, path)
	}
}

// TestDecode checks that the protocol of each operation can read its sample event, that it
// finds the route and the body in it, and that the UserSig is valid.
func TestDecode(t *testing.T) {
	all, bodies := catalog.All(), bodies(t)
	files, err := Generate(all, bodies)
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
				if got, want := string(c.Request.Body), bodies[o.Name]; got != want {
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
	if err := json.Unmarshal([]byte(bodies(t)["worker.delivery.delivery"]), &job); err != nil {
		t.Fatal(err)
	}
	if !json.Valid(job.Frame) {
		t.Errorf("the frame is not JSON: %s", job.Frame)
	}
}
