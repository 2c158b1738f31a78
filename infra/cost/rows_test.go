package cost

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/functions/catalog"
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/conversations"
	"parley/shared/telemetry"
	"parley/shared/testkit"
)

// TestManyConversations: what a call of an indexed account costs does not depend
// on how many conversations there are. COST_ROWS=100000 measures one size more.
func TestManyConversations(t *testing.T) {
	sizes := []int{1000, 20_000}
	if n, err := strconv.Atoi(os.Getenv("COST_ROWS")); err == nil {
		sizes = append(sizes, n)
	}
	calls := []struct {
		name, operation, body string
		most                  telemetry.Units
	}{
		{"sync, nothing changed", "client.session.sync", `{"Since":1700000001000}`, telemetry.Units{R: 2.5, L: 1}},
		{"sync, 20 changed", "client.session.sync", `{"Since":1699999980500}`, telemetry.Units{R: 25, L: 1}},
		{"list of 100", "client.conversation.list", `{}`, telemetry.Units{R: 60, L: 1}},
		{"list, the next 100", "client.conversation.list", `{"Cursor":"{next}"}`, telemetry.Units{R: 60, L: 1}},
		{"unread", "client.conversation.unread", `{}`, telemetry.Units{R: 60, L: 1}},
		{"search, 20 conversations", "client.message.search", `{"Keywords":["wolf"]}`, telemetry.Units{R: 46, L: 1}},
		{"a message to the account", "client.message.send", "as bob\n" + `{"To_Account":"alice","MsgRandom":2,` + text + `}`, telemetry.Units{W: 5, R: 3.5, L: 1}},
		{"a message of the account", "client.message.send", `{"To_Account":"bob","MsgRandom":3,` + text + `}`, telemetry.Units{W: 5, R: 3.5, L: 1}},
		{"read one", "client.message.read", `{"To_Account":"p000013"}`, telemetry.Units{W: 4, R: 2.5, L: 1}},
		{"read all, 100", "client.conversation.read-all", `{}`, telemetry.Units{W: 310, R: 210, L: 1}},
	}
	first := map[string]telemetry.Units{}
	for _, n := range sizes {
		w := testkit.NewWorld(t, server, testkit.Options{})
		if err := w.Seed(t.Context(), fmt.Sprintf("account alice\naccount bob\nrows alice %d indexed\nmessage bob alice 1\nmessage alice bob 1\n", n)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.Call(t, catalog.Find("client.conversation.list"), "as bob\n{}"); err != nil {
			t.Fatal(err)
		}
		next := ""
		for _, c := range calls {
			if c.most.W > 0 {
				w.Clock.Move(time.Second)
			}
			body := c.body
			if c.name == "list, the next 100" {
				p, err := w.Tenant(t).Conversations.List(t.Context(), "alice", conversations.Filter{}, conversations.Cut{Limit: 100})
				if err != nil {
					t.Fatal(err)
				}
				next = v4.FormatCursor(p.Next)
			}
			began := time.Now()
			_, meter, err := w.Call(t, catalog.Find(c.operation), strings.ReplaceAll(body, "{next}", next))
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			got := meter.Units()
			t.Logf("%7d rows, %-26s W %-5g R %-5g %s", n, c.name, got.W, got.R, time.Since(began).Round(time.Millisecond))
			if over := (Budget{W: c.most.W, R: c.most.R, L: float64(c.most.L)}).Over(telemetry.Units{W: got.W, R: got.R, L: got.L}); over != "" {
				t.Errorf("%d rows, %s: %s", n, c.name, over)
			}
			if f, there := first[c.name]; !there {
				first[c.name] = got
			} else if got.W != f.W || got.R > f.R+1 { // keys of one length more or less round up
				t.Errorf("%d rows, %s: %+v, with %d rows %+v", n, c.name, got, sizes[0], f)
			}
		}
	}
}
