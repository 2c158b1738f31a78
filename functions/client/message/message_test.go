package message

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/shared/op"
	"parley/shared/testkit"
)

var server *testkit.Server

func TestMain(m *testing.M) { testkit.Main(m, &server) }

func TestOperations(t *testing.T) { testkit.Cases(t, server, Operations()) }

// An answer has at most 100 KB, whatever was asked for, since it goes over a
// WebSocket; the next calls have the rest.
func TestLargeAnswers(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	seed := "account alice\naccount bob\n"
	var keys []string
	for n := 1; n <= 20; n++ {
		key := fmt.Sprintf("%d_%d_1700000000", n, n)
		keys = append(keys, key)
		seed += fmt.Sprintf("message alice bob %d %s\nreact bob alice %s +1\n", n, strings.Repeat("x", 11_900), key)
	}
	if err := w.Seed(t.Context(), seed); err != nil {
		t.Fatal(err)
	}
	for name, next := range map[string]func(reply) string{
		"history": func(r reply) string { return `,"Limit":100,"To":"` + r.Next + `"` },
		"get":     func(r reply) string { return `,"MsgKeyList":["` + strings.Join(r.Left, `","`) + `"]` },
		"changes": func(r reply) string { return `,"Cursor":"` + r.Cursor + `"` },
	} {
		at := slices.IndexFunc(Operations(), func(o op.Operation) bool { return o.Name == "client.message."+name })
		o := Operations()[at]
		var got []string
		last := reply{Left: keys}
		for call := 0; call < 5 && (call == 0 || last.Next+last.Cursor != "" || last.Left != nil); call++ {
			answer, _, err := w.Call(t, &o, `{"To_Account":"bob"`+next(last)+`}`)
			if err != nil {
				t.Fatal(err)
			}
			if len(answer) > 150<<10 { // the body is escaped in it
				t.Errorf("%s: an answer of %d bytes", name, len(answer))
			}
			last = parse(t, answer)
			for _, m := range last.List {
				got = append(got, m.Key)
			}
		}
		slices.Sort(got)
		if want := slices.Sorted(slices.Values(keys)); !slices.Equal(got, want) {
			t.Errorf("%s: %d messages %v, want %v", name, len(got), got, want)
		}
	}
}

type reply struct {
	List []struct {
		Key string `json:"MsgKey"`
	} `json:"MsgList"`
	Next, Cursor string
	Left         []string
}

func parse(t *testing.T, answer []byte) reply {
	t.Helper()
	var a struct {
		Body string `json:"body"`
	}
	var b struct {
		Body reply `json:"body"`
	}
	if err := errors.Join(json.Unmarshal(answer, &a), json.Unmarshal([]byte(a.Body), &b)); err != nil {
		t.Fatalf("%s: %v", answer, err)
	}
	return b.Body
}
