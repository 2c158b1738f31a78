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
	"parley/infra/testkit"
	"parley/infra/testkit/table"
	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/inbox"
	"parley/shared/telemetry"
)

// rowsTable holds what calls cost by the number of conversations of the account.
const rowsTable = "../../docs/reference/cost-rows.tsv"

var server *testkit.Server

func TestMain(m *testing.M) { testkit.Main(m, &server) }

const msgBody = `"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hello, how are you?"}}]`

// notIndexed is the number of conversations of the account that has no index. Its
// calls read all rows.
const notIndexed = 100

// TestCostOfRows checks that the cost of a call of an indexed account does not depend
// on how many conversations the account has (docs/adr/0026). It is no cost case of an
// operation, because one world with so many rows serves all calls. COST_ROWS=100000
// measures that size too; without it, its lines in the table stay as they are.
func TestCostOfRows(t *testing.T) {
	sizes := []int{notIndexed, 1000, 20_000}
	if n, err := strconv.Atoi(os.Getenv("COST_ROWS")); err == nil {
		sizes = append(sizes, n)
	}
	calls := []struct {
		name, operation, body string
		limit                 telemetry.Units
	}{
		{"sync, nothing changed", "client.session.sync", `{"Since":1700000001000}`, telemetry.Units{R: 3, L: 1}},
		{"sync, 20 changed", "client.session.sync", `{"Since":1699999980500}`, telemetry.Units{R: 25, L: 1}},
		{"list of 100", "client.conversation.list", `{}`, telemetry.Units{R: 60, L: 1}},
		{"list, the next 100", "client.conversation.list", `{"Cursor":"{next}"}`, telemetry.Units{R: 60, L: 1}},
		{"unread", "client.conversation.unread", `{}`, telemetry.Units{R: 60, L: 1}},
		{"search, 20 conversations", "client.message.search", `{"Keywords":["wolf"]}`, telemetry.Units{R: 46, L: 1}},
		{"a message to the account", "client.message.send", "as bob\n" + `{"To_Account":"alice","MsgRandom":2,` + msgBody + `}`, telemetry.Units{W: 5, R: 4, L: 1}},
		{"a message of the account", "client.message.send", `{"To_Account":"bob","MsgRandom":3,` + msgBody + `}`, telemetry.Units{W: 5, R: 4, L: 1}},
		{"read one", "client.message.read", `{"To_Account":"p000013"}`, telemetry.Units{W: 4, R: 2.5, L: 1}},
		{"read all, 100", "client.conversation.read-all", `{}`, telemetry.Units{W: 310, R: 210, L: 1}},
	}
	first, lines := map[string]telemetry.Units{}, map[int][]string{}
	for _, n := range sizes {
		indexed := "indexed"
		if n == notIndexed {
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
			if c.limit.W > 0 {
				w.Clock.Move(time.Second)
			}
			body := c.body
			if c.name == "list, the next 100" {
				p, err := w.Tenant(t).Inbox.List(t.Context(), "alice", inbox.Filter{}, inbox.PageRequest{Limit: 100})
				if err != nil {
					t.Fatal(err)
				}
				if p.Next == nil {
					continue // there is no next page
				}
				next = v4.FormatCursor("alice", p.Next)
			}
			began := time.Now()
			_, meter, err := w.Call(t, catalog.Find(c.operation), strings.ReplaceAll(body, "{next}", next))
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			got := meter.Units()
			t.Logf("%7d rows, %-26s W %-5g R %-5g %s", n, c.name, got.W, got.R, time.Since(began).Round(time.Millisecond))
			lines[n] = append(lines[n], fmt.Sprintf("%d\t%s\t%s\t%s\t%s", n, c.operation, c.name, short(got.W), short(got.R)))
			if n == notIndexed {
				continue
			}
			if over := (table.Budget{W: c.limit.W, R: c.limit.R, L: float64(c.limit.L)}).Over(telemetry.Units{W: got.W, R: got.R, L: got.L}); over != "" {
				t.Errorf("%d rows, %s: %s", n, c.name, over)
			}
			if f, known := first[c.name]; !known {
				first[c.name] = got
			} else if got.W != f.W || got.R > f.R+1 { // a longer key may round up to one unit more
				t.Errorf("%d rows, %s: %+v, with %d rows %+v", n, c.name, got, sizes[0], f)
			}
		}
	}
	checkRows(t, lines)
}

// checkRows compares the lines of each measured size with the table, or writes them to
// it.
func checkRows(t *testing.T, lines map[int][]string) {
	t.Helper()
	const header = "rows\toperation\tcase\tW\tR"
	content, err := os.ReadFile(rowsTable)
	if err != nil && !testkit.Updating() {
		t.Fatalf("%v: make cost writes it", err)
	}
	stored := map[int][]string{}
	for _, line := range strings.Split(strings.TrimSpace(string(content)), "\n") {
		size, _, _ := strings.Cut(line, "\t")
		if n, err := strconv.Atoi(size); err == nil {
			stored[n] = append(stored[n], line)
		}
	}
	for n, measured := range lines {
		if !testkit.Updating() && !slices.Equal(measured, stored[n]) {
			t.Errorf("%s is stale for %d rows: make cost rewrites it\ngot:\n%s", rowsTable, n, strings.Join(measured, "\n"))
		}
		stored[n] = measured
	}
	if !testkit.Updating() {
		return
	}
	out := []string{header}
	for _, n := range slices.Sorted(maps.Keys(stored)) {
		out = append(out, stored[n]...)
	}
	if err := os.WriteFile(rowsTable, []byte(strings.Join(out, "\n")+"\n"), 0o644); err != nil { // a document
		t.Fatal(err)
	}
}
