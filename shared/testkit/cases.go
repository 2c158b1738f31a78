package testkit

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"parley/shared/op"
	"parley/shared/telemetry"
)

// A table of cases is testdata/<operation>.txt, a txtar archive. A case begins
// with a section "case: title", whose text says which rule it shows and cites
// its source. Then come, in any number and order:
//
//	seed      what is there before: one line each, see seed.go
//	request   directives, one a line, then the body
//	response  what is answered
//	effects   units consumed, posts and jobs
//
// A request is answered by the response and the effects that follow it.

// Cases runs the tables of a package's operations, and holds what they touched
// against what they declare. Flag -update rewrites responses and effects.
func Cases(t *testing.T, s *Server, operations []op.Operation) {
	for i := range operations {
		o := &operations[i]
		t.Run(o.Name, func(t *testing.T) {
			path := filepath.Join("testdata", o.Name[strings.LastIndexByte(o.Name, '.')+1:]+".txt")
			touched := runTable(t, s, o, path)
			if t.Failed() {
				return
			}
			if !slices.Equal(touched, o.Needs) {
				t.Errorf("%s touched\n\t%s\nbut declares\n\t%s", o.Name, strings.Join(touched, ", "), strings.Join(o.Needs, ", "))
			}
		})
	}
}

// Updating reports whether the tests were called with -update, to rewrite what
// they compare with.
func Updating() bool {
	f := flag.Lookup("update")
	return f != nil && f.Value.String() == "true"
}

func runTable(t *testing.T, s *Server, o *op.Operation, path string) []string {
	t.Helper()
	raw, err := os.ReadFile(path) //nolint:gosec // a test's own file
	if err != nil {
		t.Fatalf("%v: an operation has a table of cases", err)
	}
	archive := txtar.Parse(raw)
	touched := make(map[string]bool)
	var out []txtar.File
	for start := 0; start < len(archive.Files); {
		title, ok := strings.CutPrefix(archive.Files[start].Name, "case: ")
		if !ok {
			t.Fatalf("%s: section %q stands before the first case", path, archive.Files[start].Name)
		}
		end := start + 1
		for end < len(archive.Files) && !strings.HasPrefix(archive.Files[end].Name, "case: ") {
			end++
		}
		files := archive.Files[start:end]
		if len(bytes.TrimSpace(files[0].Data)) == 0 {
			t.Errorf("%s: case %q cites no rule", path, title)
		}
		if err := whole(files[1:], Updating()); err != nil {
			t.Errorf("%s: case %q: %v", path, title, err)
		}
		var after []txtar.File
		t.Run(title, func(t *testing.T) {
			after = runCase(t, s, o, files[1:], touched)
		})
		out = append(append(out, files[0]), after...)
		start = end
	}
	if Updating() {
		text := txtar.Format(&txtar.Archive{Comment: archive.Comment, Files: out})
		if err := os.WriteFile(path, text, 0o644); err != nil { //nolint:gosec // a test's own file
			t.Fatal(err)
		}
	}
	var list []string
	for access := range touched {
		list = append(list, access)
	}
	slices.Sort(list)
	return list
}

// whole refuses a case that would pass without showing anything: one without a
// request, or with a request that no response and no effects follow. With
// -update the answers are still to be written.
func whole(files []txtar.File, updating bool) error {
	requests := 0
	var answers []string
	check := func() error {
		if requests > 0 && !updating && !slices.Equal(answers, []string{"response", "effects"}) {
			return fmt.Errorf("request %d is followed by %q, want one response and then its effects; -update writes them", requests, answers)
		}
		return nil
	}
	for _, f := range files {
		switch f.Name {
		case "request":
			if err := check(); err != nil {
				return err
			}
			requests, answers = requests+1, nil
		case "response", "effects":
			if requests == 0 {
				return fmt.Errorf("a section %s stands before the first request", f.Name)
			}
			answers = append(answers, f.Name)
		}
	}
	if requests == 0 {
		return errors.New("it has no request")
	}
	return check()
}

// runCase plays a case, and for an operation of two doors plays it again through
// the socket: the answers must be the same.
func runCase(t *testing.T, s *Server, o *op.Operation, files []txtar.File, touched map[string]bool) []txtar.File {
	out := play(t, s, o, files, touched, "")
	if len(o.Doors) == 2 && o.Doors[0].HTTP != "" && o.Doors[1].Socket != "" && !onlyHTTP(files) && !Updating() {
		t.Run("socket", func(t *testing.T) { play(t, s, o, files, touched, o.Doors[1].Socket) })
	}
	return out
}

// onlyHTTP reports whether a case is about the identity that an HTTP call brings
// or about what only one door knows.
func onlyHTTP(files []txtar.File) bool {
	for _, f := range files {
		if f.Name == "request" {
			d, _ := directives(string(f.Data))
			if d["sig"] != "" || d["app"] != "" || d["header"] != "" || d["as"] == "nobody" || d["door"] != "" {
				return true
			}
		}
	}
	return false
}

func play(t *testing.T, s *Server, o *op.Operation, files []txtar.File, touched map[string]bool, door string) []txtar.File {
	w := NewWorld(t, s, Options{})
	if err := w.Seed(t.Context(), callers(o, files)); err != nil {
		t.Fatalf("seed the callers: %v", err)
	}
	w.Effects() // of the seed
	var out []txtar.File
	var got, effects string
	pending := false
	flush := func() { // -update writes what a case lacks
		if pending && Updating() {
			out = append(out, txtar.File{Name: "response", Data: []byte(got)}, txtar.File{Name: "effects", Data: []byte(effects)})
		}
		pending = false
	}
	for _, f := range files {
		switch f.Name {
		case "seed":
			flush()
			if err := w.Seed(t.Context(), string(f.Data)); err != nil {
				t.Fatalf("seed: %v", err)
			}
			w.Effects() // of the seed
		case "request":
			flush()
			got, effects = call(t, w, o, string(f.Data), touched, door)
			pending = true
		case "response":
			if Updating() {
				continue
			}
			want := string(f.Data)
			if rest, ok := strings.CutPrefix(want, "status "); ok && door != "" {
				_, want, _ = strings.Cut(rest, "\n") // a frame has no status
			}
			if got != want {
				t.Errorf("response\ngot:\n%swant:\n%s", got, want)
			}
		case "effects":
			if Updating() {
				continue
			}
			if want := string(f.Data); effects != want && door == "" {
				t.Errorf("effects\ngot:\n%swant:\n%s", effects, want)
			} else if door != "" && sameButOrigin(effects) != sameButOrigin(want) {
				t.Errorf("effects through the socket\ngot:\n%swant:\n%s", effects, want)
			}
		default:
			t.Fatalf("section %q is none of seed, request, response, effects", f.Name)
		}
		if f.Name == "seed" || f.Name == "request" {
			out = append(out, f)
		}
	}
	flush()
	return out
}

// nobodies are callers that a case's world does not know: one without a name, and two
// who are no accounts unless a seed makes them so.
func nobodies() []string { return []string{"nobody", "nemo", "ghost"} }

// callers are the seed that makes the users accounts who call in a case.
func callers(o *op.Operation, files []txtar.File) string {
	if o.Surface() != "client" {
		return ""
	}
	seed, known := "", nobodies()
	for _, f := range files {
		if f.Name != "request" {
			continue
		}
		d, _ := directives(string(f.Data))
		user := d["as"]
		if user == "" {
			user = "alice"
		}
		if !slices.Contains(known, user) {
			known = append(known, user)
			seed += "account " + user + "\n"
		}
	}
	return seed
}

// sameButOrigin leaves out the first line, the units, since the caller over a socket
// is known without reading anything. It also leaves out that the caller's connection
// is closed: a case seeds no slot for it.
func sameButOrigin(effects string) string {
	_, rest, _ := strings.Cut(effects, "\n")
	return callerCloses.ReplaceAllString(rest, "")
}

var (
	callerCloses = regexp.MustCompile(`(?m)^job delivery attempt 0 after 1s close \S+\n`)
	secretShape  = regexp.MustCompile(`"Secret":"[0-9a-f]{64}"`)
	linkShape    = regexp.MustCompile(`"URL":"[^"]*"`)
	md5Shape     = regexp.MustCompile(`"(FileMD5|GzipMD5)":"[0-9a-f]{32}"`)
	sizeShape    = regexp.MustCompile(`"GzipSize":[1-9][0-9]*`)
	newApp       = regexp.MustCompile(`"SdkAppId":1[45]\d{8}`)
)

// Call makes a call as a case's request section writes it, and returns the
// answer and what the call consumed and touched.
func (w *World) Call(tb testing.TB, o *op.Operation, request string) ([]byte, *telemetry.Meter, error) {
	tb.Helper()
	return w.through(tb, o, request, "")
}

func (w *World) through(tb testing.TB, o *op.Operation, request, door string) ([]byte, *telemetry.Meter, error) {
	tb.Helper()
	d, body := directives(request)
	body = strings.NewReplacer("{app}", fmt.Sprint(w.ID), "{before}", fmt.Sprint(w.ID-1)).Replace(body)
	event, err := w.event(o, d, body, door)
	if err != nil {
		tb.Fatalf("request: %v", err)
	}
	return w.Invoke(tb.Context(), o, event)
}

func call(t *testing.T, w *World, o *op.Operation, text string, touched map[string]bool, door string) (response, effects string) {
	t.Helper()
	answer, meter, err := w.through(t, o, text, door)
	for _, access := range meter.Touched() {
		touched[access] = true
	}
	u := meter.Units()
	lines := []string{fmt.Sprintf("units W%g R%g S%d L%d P%d", u.W, u.R, u.S, u.L, u.P)}
	lines = append(lines, w.Effects()...)
	response = readable(o, answer, err, door)
	response = secretShape.ReplaceAllString(response, `"Secret":"{secret}"`)
	// A file has the application's id in it.
	response = linkShape.ReplaceAllString(response, `"URL":"{url}"`)
	response = md5Shape.ReplaceAllString(response, `"$1":"{md5}"`)
	response = sizeShape.ReplaceAllString(response, `"GzipSize":{n}`)
	response = strings.ReplaceAll(response, fmt.Sprint(w.ID), "{app}")
	response = newApp.ReplaceAllString(response, `"SdkAppId":{new}`)
	return response, strings.Join(lines, "\n") + "\n"
}

// readable writes an answer as a case shows it: the body, after its HTTP status
// and headers where they are not the usual ones.
func readable(o *op.Operation, answer []byte, err error, door string) string {
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	var a struct {
		Status int               `json:"statusCode"`
		Header map[string]string `json:"headers"`
		Body   string            `json:"body"`
	}
	if json.Unmarshal(answer, &a) != nil || a.Status == 0 {
		return indent(string(answer))
	}
	if door != "" {
		a.Body = strings.Replace(a.Body, `"id":"7",`, "", 1)
	}
	out := ""
	if a.Status != 200 && door == "" {
		out = fmt.Sprintf("status %d\n", a.Status)
	}
	if p := a.Header["Sec-WebSocket-Protocol"]; p != "" {
		out += "sub-protocol " + p + "\n"
	}
	return out + indent(a.Body)
}

// indent prints JSON with a line for each field of the outermost object, and a
// line for each item of a list in it that is long.
func indent(text string) string {
	const long = 100
	var top any
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	if text == "" || dec.Decode(&top) != nil {
		return text
	}
	if len(text) <= long {
		return text + "\n"
	}
	var out strings.Builder
	depth, inText, escaped := 0, false, false
	for _, c := range text {
		switch {
		case escaped:
			escaped = false
		case c == '\\':
			escaped = true
		case c == '"':
			inText = !inText
		case inText:
		case c == '{' || c == '[':
			depth++
			if depth == 1 || (depth == 2 && c == '[') {
				out.WriteRune(c)
				out.WriteString("\n" + strings.Repeat("  ", depth))
				continue
			}
		case c == '}' || c == ']':
			depth--
			if depth == 0 || (depth == 1 && c == ']') {
				out.WriteString("\n" + strings.Repeat("  ", depth))
			}
		case c == ',' && depth <= 2:
			out.WriteRune(c)
			out.WriteString("\n" + strings.Repeat("  ", depth))
			continue
		}
		out.WriteRune(c)
	}
	return out.String() + "\n"
}

// directives splits a request into its leading lines "word value" and its body,
// which begins at the first line that is no directive.
func directives(text string) (map[string]string, string) {
	known := []string{"as", "sig", "app", "method", "path", "header", "instance", "connection", "platform", "protocols", "door", "raw", "repeat", "fresh"}
	d := make(map[string]string)
	for {
		line, rest, _ := strings.Cut(text, "\n")
		word, value, _ := strings.Cut(line, " ")
		if !slices.Contains(known, word) {
			return d, strings.TrimSuffix(text, "\n")
		}
		d[word] = value
		text = rest
	}
}
