// Package secrets shows that no log line and no answer has a secret.
package secrets

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"parley/functions/catalog"
	"parley/infra/testkit"
	"parley/infra/testkit/table"
	"parley/shared/op"
)

var server *testkit.Server

func TestMain(m *testing.M) { testkit.Main(m, &server) }

// marker is put into the fields that hold what users write. JSON does not escape any
// of its letters, so a search finds it in the log, in whatever form it is logged.
const marker = "Xq7Zv9"

// longID is the id of the frame in some cases. It is the number that the client gives
// to its call, and may be logged, although it looks like a secret.
var longID = strings.Repeat("0123456789", 6) + "0123"

var (
	userText = regexp.MustCompile(`"(Text|Data|Desc|Ext|Sound|Title|CloudCustomData|Url|Nick|FaceUrl)"\s*:\s*"([^"\\]*)"`)
	// Seed lines that would change all later cases of the same world, or take long.
	lastingSeed = regexp.MustCompile(`(?m)^(edition|disable-app|expire-secret|ban|fail-posts|revoke-signatures|deleted-account|sleep|accounts|messages|senders)\b.*\n?`)
	signature   = regexp.MustCompile(`eJ[A-Za-z0-9*_-]{40,}`)
	hexSecret   = regexp.MustCompile(`\b[0-9a-f]{64}\b`)
)

// TestNothingSecretIsLogged plays the requests of all cases of all operations, in one
// world for each operation, with a marker in everything that users write. Each call
// writes one log line, and no message, signature or secret is in it.
func TestNothingSecretIsLogged(t *testing.T) {
	calls, markers := 0, 0
	for _, o := range catalog.All() {
		t.Run(o.Name, func(t *testing.T) {
			var log bytes.Buffer
			w := testkit.NewWorld(t, server, testkit.Options{Log: &log})
			for _, f := range cases(t, &o) {
				switch f.Name {
				case "seed":
					// A case expects an empty world. Here the world has what earlier cases
					// left, so a seed may fail.
					_ = w.Seed(t.Context(), lastingSeed.ReplaceAllString(string(f.Data), ""))
				case "request":
					text := userText.ReplaceAllString(string(f.Data), `"$1":"`+marker+`$2"`)
					markers += strings.Count(text, marker)
					calls++
					log.Reset()
					answer, _, _ := w.Call(t, &o, text)
					got := log.String()
					if n := strings.Count(got, "\n"); n != 1 {
						t.Fatalf("one call has %d log lines, want 1:\n%s", n, got)
					}
					for what, found := range map[string]string{
						"what a user wrote":             find(got, marker),
						"a signature":                   signature.FindString(got),
						"a secret":                      hexSecret.FindString(strings.ReplaceAll(got, longID, "")),
						"the secret of the application": find(got, w.Secret),
						"the caller's signature":        find(got, w.Sign("alice")),
					} {
						if found != "" {
							t.Errorf("%s is logged: %s\nin %s\nof %s", what, found, got, text)
						}
					}
					if o.Surface() != "operator" && bytes.Contains(answer, []byte(w.Secret)) {
						t.Errorf("the secret is answered: %s", answer)
					}
				}
			}
		})
	}
	if calls < 100 || markers < 50 {
		t.Errorf("played %d calls with %d markers, want at least 100 and 50", calls, markers)
	}
}

// find returns part if text contains it, else "".
func find(text, part string) string {
	if strings.Contains(text, part) {
		return part
	}
	return ""
}

// cases reads the seeds and the requests of an operation's case table.
func cases(t *testing.T, o *op.Operation) []txtar.File {
	t.Helper()
	tab, err := table.Read("../..", o.Name)
	if err != nil {
		t.Fatal(err)
	}
	var list []txtar.File
	for _, c := range tab.Cases {
		if c.IsCost {
			continue // its request is like one of another case, but larger
		}
		for _, f := range c.Sections {
			if f.Name == "seed" || f.Name == "request" {
				list = append(list, f)
			}
		}
	}
	return list
}
