package cost

import (
	"fmt"
	"maps"
	"os"
	"slices"
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

// rowsTable has what calls of accounts with many conversations cost.
const rowsTable = "../../docs/reference/cost-rows.tsv"

// plain is the size of the accounts that are not indexed: their calls read all rows.
const plain = 100

// TestCostOfRows: what a call of an indexed account costs does not depend on how
// many conversations there are. COST_ROWS=100000 measures one size more; the table
// keeps what was measured of it before.
func TestCostOfRows(t *testing.T) {
	sizes := []int{plain, 1000, 20_000}
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
	first, lines := map[string]telemetry.Units{}, map[int][]string{}
	for _, n := range sizes {
		indexed := "indexed"
		if n == plain {
			indexed = ""
		}
		w := testkit.NewWorld(t, server, testkit.Options{})
		if err := w.Seed(t.Context(), fmt.Sprintf("account alice\naccount bob\nrows alice %d %s\nmessage bob alice 1\nmessage alice bob 1\n", n, indexed)); err != nil {
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
				if p.Next == nil {
					continue // the list ends
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
			lines[n] = append(lines[n], fmt.Sprintf("%d\t%s\t%s\t%s\t%s", n, c.operation, c.name, short(got.W), short(got.R)))
			if n == plain {
				continue
			}
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
	checkRows(t, lines)
}

// checkRows holds the sizes that were measured against the table, or writes them.
func checkRows(t *testing.T, lines map[int][]string) {
	t.Helper()
	const header = "rows\toperation\tcase\tW\tR"
	text, err := os.ReadFile(rowsTable)
	if err != nil && !testkit.Updating() {
		t.Fatalf("%v: make cost writes it", err)
	}
	had := map[int][]string{}
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		size, _, _ := strings.Cut(line, "\t")
		if n, err := strconv.Atoi(size); err == nil {
			had[n] = append(had[n], line)
		}
	}
	for n, measured := range lines {
		if !testkit.Updating() && !slices.Equal(measured, had[n]) {
			t.Errorf("%s is stale for %d rows: make cost rewrites it\ngot:\n%s", rowsTable, n, strings.Join(measured, "\n"))
		}
		had[n] = measured
	}
	if !testkit.Updating() {
		return
	}
	out := []string{header}
	for _, n := range slices.Sorted(maps.Keys(had)) {
		out = append(out, had[n]...)
	}
	if err := os.WriteFile(rowsTable, []byte(strings.Join(out, "\n")+"\n"), 0o644); err != nil { //nolint:gosec // a document
		t.Fatal(err)
	}
}
