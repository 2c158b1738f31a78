package arch

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"parley/functions/catalog"
	"parley/shared/op"
	"parley/shared/testkit"
)

var server *testkit.Server

func TestMain(m *testing.M) { testkit.Main(m, &server) }

// A mark stands in the fields that hold what users write. A JSON string keeps it
// as it is, so that a search finds it in whatever form it was logged.
const mark = "Xq7Zv9"

// longID is the id that some cases give their frame. It is the client's own
// number of the call and is logged.
var longID = strings.Repeat("0123456789", 6) + "0123"

var (
	written = regexp.MustCompile(`"(Text|Data|Desc|Ext|Sound|Title|CloudCustomData|Url|Nick|FaceUrl)"\s*:\s*"([^"\\]*)"`)
	// What changes the world for all the cases after it, or fills it.
	lasting = regexp.MustCompile(`(?m)^(edition|disable|keyless|ban|posts|revoke|deleted|sleep|accounts|messages|fan)\b.*\n?`)
	signed  = regexp.MustCompile(`eJ[A-Za-z0-9*_-]{40,}`)
	secret  = regexp.MustCompile(`\b[0-9a-f]{64}\b`)
)

// TestNothingSecretIsLogged plays the requests of all cases of all operations, in
// one world for each operation, with a mark in all that users write, and searches
// the log: no message, signature or secret is in it, and each call has one line.
func TestNothingSecretIsLogged(t *testing.T) {
	calls, marked := 0, 0
	for _, o := range catalog.All() {
		t.Run(o.Name, func(t *testing.T) {
			var log bytes.Buffer
			w := testkit.NewWorld(t, server, testkit.Options{Log: &log})
			for _, f := range cases(t, &o) {
				switch f.Name {
				case "seed":
					// A case seeds an empty world; here, what is there stays.
					_ = w.Seed(t.Context(), lasting.ReplaceAllString(string(f.Data), ""))
				case "request":
					text := written.ReplaceAllString(string(f.Data), `"$1":"`+mark+`$2"`)
					marked += strings.Count(text, mark)
					calls++
					log.Reset()
					answer, _, _ := w.Call(t, &o, text)
					got := log.String()
					if n := strings.Count(got, "\n"); n != 1 {
						t.Fatalf("%d lines for one call, want 1:\n%s", n, got)
					}
					for what, found := range map[string]string{
						"what a user wrote":             find(got, mark),
						"a signature":                   signed.FindString(got),
						"a secret":                      secret.FindString(strings.ReplaceAll(got, longID, "")),
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
	if calls < 100 || marked < 50 {
		t.Errorf("played %d calls with %d marks only", calls, marked)
	}
}

func find(text, part string) string {
	if strings.Contains(text, part) {
		return part
	}
	return ""
}

// cases reads an operation's table of cases.
func cases(t *testing.T, o *op.Operation) []txtar.File {
	t.Helper()
	parts := strings.SplitN(o.Name, ".", 3)
	path := filepath.Join(root, "functions", parts[0], parts[1], "testdata", parts[2]+".txt")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var list []txtar.File
	for _, f := range txtar.Parse(raw).Files {
		if f.Name == "seed" || f.Name == "request" {
			list = append(list, f)
		}
	}
	if len(list) == 0 {
		t.Fatal(fmt.Sprint(path, " has no request"))
	}
	return list
}
