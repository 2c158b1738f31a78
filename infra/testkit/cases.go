package testkit

import (
	"bytes"
	"errors"
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

// The case table of an operation is testdata/<operation>.txt, a txtar archive. A case
// begins with a section "case: title", whose text says which rule the case shows and
// cites the source of the rule. Then follow sections of these names, in any number:
//
//	seed      the state of the world before the request: the lines of Seed
//	request   directives, one on a line, then the body
//	response  the expected answer
//	effects   the expected units, posts, jobs and object calls
//
// Before the first case there may be a section "sample": the body of the operation's sample
// event, if the body of the first request does not fit (package infra/gen/events). It is no
// case.
//
// Each request is followed by one response and then its effects. The directives are
//
//	as USER             the caller; "nobody" is a call without a user
//	sig KIND            the UserSig: see World.signature
//	app ID              the SdkAppId; or "none", or "unknown"
//	method, path        of the HTTP request
//	header TEXT         the header Authorization
//	instance, platform  of the caller's device
//	connection ID       the caller's connection
//	protocols TEXT      the header Sec-WebSocket-Protocol
//	trigger socket      call through the WebSocket API
//	raw                 the body is the whole frame
//	fresh               the query parameter of that name

// Cases runs the case tables of a package's operations, and compares the access that
// the calls used with the access that the operations declare. The flag -update
// rewrites responses and effects.
func Cases(t *testing.T, s *Server, operations []op.Operation) {
	for i := range operations {
		o := &operations[i]
		t.Run(o.Name, func(t *testing.T) {
			path := filepath.Join("testdata", o.Name[strings.LastIndexByte(o.Name, '.')+1:]+".txt")
			used := runTable(t, s, o, path)
			if t.Failed() {
				return
			}
			if !slices.Equal(used, o.Access) {
				t.Errorf("%s used\n\t%s\nbut declares\n\t%s", o.Name, strings.Join(used, ", "), strings.Join(o.Access, ", "))
			}
		})
	}
}

// runTable runs the cases of a table and returns the access that their calls used,
// sorted.
func runTable(t *testing.T, s *Server, o *op.Operation, path string) []string {
	t.Helper()
	raw, err := os.ReadFile(path) // a test's own file
	if err != nil {
		t.Fatalf("%v: an operation has a case table", err)
	}
	archive := txtar.Parse(raw)
	used := make(map[string]bool)
	var updated []txtar.File
	start := 0
	if len(archive.Files) > 0 && archive.Files[0].Name == "sample" {
		updated, start = archive.Files[:1:1], 1
	}
	for start < len(archive.Files) {
		title, ok := strings.CutPrefix(archive.Files[start].Name, "case: ")
		if !ok {
			t.Fatalf("%s: section %q is before the first case", path, archive.Files[start].Name)
		}
		end := start + 1
		for end < len(archive.Files) && !strings.HasPrefix(archive.Files[end].Name, "case: ") {
			end++
		}
		files := archive.Files[start:end]
		if len(bytes.TrimSpace(files[0].Data)) == 0 {
			t.Errorf("%s: case %q cites no rule", path, title)
		}
		if err := checkSections(files[1:], Updating()); err != nil {
			t.Errorf("%s: case %q: %v", path, title, err)
		}
		var sections []txtar.File
		t.Run(title, func(t *testing.T) {
			sections = runCase(t, s, o, files[1:], used)
		})
		updated = append(append(updated, files[0]), sections...)
		start = end
	}
	if Updating() {
		text := txtar.Format(&txtar.Archive{Comment: archive.Comment, Files: updated})
		if err := os.WriteFile(path, text, 0o644); err != nil { // a test's own file
			t.Fatal(err)
		}
	}
	var list []string
	for access := range used {
		list = append(list, access)
	}
	slices.Sort(list)
	return list
}

// checkSections returns an error for a case that would pass without a check: one
// without a request, or with a request that is not followed by one response and its
// effects. With -update these need not be there, since the update writes them.
func checkSections(files []txtar.File, updating bool) error {
	requests := 0
	var answers []string // the sections that follow the last request
	checkAnswers := func() error {
		if requests > 0 && !updating && !slices.Equal(answers, []string{"response", "effects"}) {
			return fmt.Errorf("request %d is followed by %q, want one response and then its effects; -update writes them", requests, answers)
		}
		return nil
	}
	for _, f := range files {
		switch f.Name {
		case "request":
			if err := checkAnswers(); err != nil {
				return err
			}
			requests, answers = requests+1, nil
		case "response", "effects":
			if requests == 0 {
				return fmt.Errorf("a section %s is before the first request", f.Name)
			}
			answers = append(answers, f.Name)
		}
	}
	if requests == 0 {
		return errors.New("it has no request")
	}
	return checkAnswers()
}

// runCase runs a case. If the operation has an HTTP trigger and a WebSocket trigger,
// the case runs a second time through the WebSocket API: the answers must be the same.
func runCase(t *testing.T, s *Server, o *op.Operation, files []txtar.File, used map[string]bool) []txtar.File {
	sections := runSections(t, s, o, files, used, "")
	if len(o.Triggers) == 2 && o.Triggers[0].HTTP != "" && o.Triggers[1].Socket != "" && !onlyHTTP(files) && !Updating() {
		t.Run("socket", func(t *testing.T) { runSections(t, s, o, files, used, o.Triggers[1].Socket) })
	}
	return sections
}

// onlyHTTP reports whether a case says how the caller is identified, which differs
// between HTTP and WebSocket, or which trigger it uses.
func onlyHTTP(files []txtar.File) bool {
	for _, f := range files {
		if f.Name == "request" {
			d, _ := directives(string(f.Data))
			if d["sig"] != "" || d["app"] != "" || d["header"] != "" || d["as"] == "nobody" || d["trigger"] != "" {
				return true
			}
		}
	}
	return false
}

// runSections runs a case and returns its sections, with new answers if the flag
// -update is given. If route is not "", the calls go through that route of the
// WebSocket API.
func runSections(t *testing.T, s *Server, o *op.Operation, files []txtar.File, used map[string]bool, route string) []txtar.File {
	w := NewWorld(t, s, Options{})
	if err := w.Seed(t.Context(), seedOfCallers(o, files)); err != nil {
		t.Fatalf("seed the callers: %v", err)
	}
	w.Effects() // discards those of the seed
	var sections []txtar.File
	var got, effects string
	answered := false
	writeAnswer := func() {
		if answered && Updating() {
			sections = append(sections, txtar.File{Name: "response", Data: []byte(got)}, txtar.File{Name: "effects", Data: []byte(effects)})
		}
		answered = false
	}
	for _, f := range files {
		switch f.Name {
		case "seed":
			writeAnswer()
			if err := w.Seed(t.Context(), string(f.Data)); err != nil {
				t.Fatalf("seed: %v", err)
			}
			w.Effects() // discards those of the seed
		case "request":
			writeAnswer()
			got, effects = runRequest(t, w, o, string(f.Data), used, route)
			answered = true
		case "response":
			if Updating() {
				continue
			}
			want := string(f.Data)
			if rest, ok := strings.CutPrefix(want, "status "); ok && route != "" {
				_, want, _ = strings.Cut(rest, "\n") // a frame has no status
			}
			if got != want {
				t.Errorf("response\ngot:\n%swant:\n%s", got, want)
			}
		case "effects":
			if Updating() {
				continue
			}
			if want := string(f.Data); effects != want && route == "" {
				t.Errorf("effects\ngot:\n%swant:\n%s", effects, want)
			} else if route != "" && withoutCaller(effects) != withoutCaller(want) {
				t.Errorf("effects through the socket\ngot:\n%swant:\n%s", effects, want)
			}
		default:
			t.Fatalf("section %q is not seed, request, response or effects", f.Name)
		}
		if f.Name == "seed" || f.Name == "request" {
			sections = append(sections, f)
		}
	}
	writeAnswer()
	return sections
}

// unknownCallers are callers that do not get an account from seedOfCallers: nobody
// stands for a call without a user, nemo and ghost have an account only if the seed of
// a case says so.
func unknownCallers() []string { return []string{"nobody", "nemo", "ghost"} }

// seedOfCallers returns the seed that imports the users who call in a case of the
// client protocol.
func seedOfCallers(o *op.Operation, files []txtar.File) string {
	if o.Surface() != "client" {
		return ""
	}
	seed, done := "", unknownCallers()
	for _, f := range files {
		if f.Name != "request" {
			continue
		}
		d, _ := directives(string(f.Data))
		user := d["as"]
		if user == "" {
			user = "alice"
		}
		if !slices.Contains(done, user) {
			done = append(done, user)
			seed += "account " + user + "\n"
		}
	}
	return seed
}

// callerClosed matches the line of a delivery job that closes a connection.
var callerClosed = regexp.MustCompile(`(?m)^job delivery attempt 0 after 1s close \S+\n`)

// withoutCaller returns effects without what differs between HTTP and WebSocket: the
// units, since a WebSocket call does not read the account of its caller, and the
// closing of the caller's connection, since the seed of a case gives it no slot.
func withoutCaller(effects string) string {
	_, rest, _ := strings.Cut(effects, "\n")
	return callerClosed.ReplaceAllString(rest, "")
}

// Call makes the call that the text of a section "request" describes. It returns the
// answer, and a meter that says what the call consumed and which access it used.
func (w *World) Call(tb testing.TB, o *op.Operation, request string) ([]byte, *telemetry.Meter, error) {
	tb.Helper()
	return w.callThrough(tb, o, request, "")
}

// callThrough is Call through a route of the WebSocket API, if route is not "".
func (w *World) callThrough(tb testing.TB, o *op.Operation, request, route string) ([]byte, *telemetry.Meter, error) {
	tb.Helper()
	d, body := directives(request)
	body = strings.NewReplacer("{app}", fmt.Sprint(w.ID), "{before}", fmt.Sprint(w.ID-1)).Replace(body)
	event, err := w.event(o, d, body, route)
	if err != nil {
		tb.Fatalf("request: %v", err)
	}
	return w.Invoke(tb.Context(), o, event)
}

// runRequest makes a call and returns its answer and its effects as a case shows them.
// It adds the access that the call used to used.
func runRequest(t *testing.T, w *World, o *op.Operation, request string, used map[string]bool, route string) (response, effects string) {
	t.Helper()
	answer, meter, err := w.callThrough(t, o, request, route)
	for _, access := range meter.Touched() {
		used[access] = true
	}
	u := meter.Units()
	lines := []string{fmt.Sprintf("units W%g R%g S%d L%d P%d", u.W, u.R, u.S, u.L, u.P)}
	lines = append(lines, w.Effects()...)
	return w.replaceVarying(readable(answer, err, route)), strings.Join(lines, "\n") + "\n"
}

// directives splits a request into its directives, which are lines "name value", and
// its body, which begins at the first line that is not a directive.
func directives(text string) (map[string]string, string) {
	known := []string{"as", "sig", "app", "method", "path", "header", "instance", "connection", "platform", "protocols", "trigger", "raw", "fresh"}
	d := make(map[string]string)
	for {
		line, rest, _ := strings.Cut(text, "\n")
		name, value, _ := strings.Cut(line, " ")
		if !slices.Contains(known, name) {
			return d, strings.TrimSuffix(text, "\n")
		}
		d[name] = value
		text = rest
	}
}
