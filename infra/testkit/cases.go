package testkit

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"parley/infra/testkit/table"
	"parley/shared/domain/accounts"
	"parley/shared/op"
	"parley/shared/telemetry"
)

// The case table of an operation is testdata/<operation>.txt. Package table says which
// sections it has.
//
// The directives of a request are
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
//	repeat N ITEM       what {repeat} in the body stands for: N items with commas between
//	                    them, "#" in an item is its number
//	noise N             {noise} in the body is replaced by N letters and digits that do
//	                    not compress
//	fresh               the query parameter of that name

// Cases runs the case tables of a package's operations, and compares the access that
// the calls used with the access that the operations declare, and the faults that they
// return with those that they declare. The flag -update rewrites responses and effects.
func Cases(t *testing.T, s *Server, operations []op.Operation) {
	for i := range operations {
		o := &operations[i]
		t.Run(o.Name, func(t *testing.T) {
			o := checkingFaults(t, o)
			path := filepath.Join("testdata", o.Name[strings.LastIndexByte(o.Name, '.')+1:]+".txt")
			s.exercised.forget(o.Name)
			used, complete := runTable(t, s, o, path)
			if complete && !t.Failed() {
				s.exercised.check(t, o.Name)
			}
			if complete && !t.Failed() && !slices.Equal(used, o.Declared().Access) {
				t.Errorf("%s used\n\t%s\nbut declares\n\t%s", o.Name, strings.Join(used, ", "), strings.Join(o.Declared().Access, ", "))
			}
		})
	}
}

// runTable runs the cases of a table. It returns the access that their calls used, sorted,
// and whether all cases ran. The flag -run may leave out some.
func runTable(t *testing.T, s *Server, o *op.Operation, path string) (access []string, complete bool) {
	t.Helper()
	raw, err := os.ReadFile(path) // a test's own file
	if err != nil {
		t.Fatalf("%v: an operation has a case table", err)
	}
	tab, err := table.Parse(raw)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	used := make(map[string]bool)
	complete = true
	for i := range tab.Cases {
		c := &tab.Cases[i]
		if err := c.Check(Updating()); err != nil {
			t.Errorf("%s: %q: %v", path, c.Title, err)
			continue
		}
		name, run := c.Title, runCase
		if c.IsCost {
			name, run = "cost: "+c.Title, runCost
		}
		ran := false
		t.Run(name, func(t *testing.T) {
			ran = true
			sections := run(t, s, o, *c, used)
			if Updating() && !t.Failed() {
				c.Sections = sections
			}
		})
		complete = complete && ran
	}
	if Updating() {
		if err := os.WriteFile(path, tab.Format(), 0o644); err != nil { // a test's own file
			t.Fatal(err)
		}
	}
	return slices.Sorted(maps.Keys(used)), complete
}

// runCase runs a case. If the operation has an HTTP trigger and a WebSocket trigger,
// the case runs a second time through the WebSocket API: the answers must be the same.
func runCase(t *testing.T, s *Server, o *op.Operation, c table.Case, used map[string]bool) []txtar.File {
	sections := runSections(t, s, o, c.Sections, used, "")
	if len(o.Triggers) == 2 && o.Triggers[0].HTTP != "" && o.Triggers[1].Socket != "" && !onlyHTTP(c.Sections) && !Updating() {
		t.Run("socket", func(t *testing.T) { runSections(t, s, o, c.Sections, used, o.Triggers[1].Socket) })
	}
	return sections
}

// onlyHTTP reports whether a case says how the caller is identified, which differs
// between HTTP and WebSocket, or which trigger it uses.
func onlyHTTP(files []txtar.File) bool {
	for _, f := range files {
		if f.Name == "request" {
			d, _ := table.SplitRequest(string(f.Data))
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
	for i, f := range files {
		switch f.Name {
		case "seed":
			if err := w.Seed(t.Context(), string(f.Data)); err != nil {
				t.Fatalf("seed: %v", err)
			}
			w.Effects() // discards those of the seed
			sections = append(sections, f)
		case "request":
			got, effects := runRequest(t, w, o, string(f.Data), used, route)
			sections = append(sections, f, txtar.File{Name: "response", Data: []byte(got)})
			if effects != "" {
				sections = append(sections, txtar.File{Name: "effects", Data: []byte(effects)})
			}
			if !Updating() {
				response, want := answerAt(files[i+1:])
				compare(t, route, got, response, effects, want)
			}
		case "response", "effects": // compared with the request
		default:
			t.Fatalf("a case has no section %q", f.Name)
		}
	}
	return sections
}

// answerAt returns the response and the effects with which sections begin.
func answerAt(files []txtar.File) (response, effects string) {
	response = string(files[0].Data)
	if len(files) > 1 && files[1].Name == "effects" {
		effects = string(files[1].Data)
	}
	return response, effects
}

// compare compares an answer with what a case expects.
func compare(t *testing.T, route, got, want, effects, wantEffects string) {
	t.Helper()
	if route != "" {
		if rest, ok := strings.CutPrefix(want, "status "); ok {
			_, want, _ = strings.Cut(rest, "\n") // a frame has no status
		}
		// The seed of a case gives no slot to the caller's connection, so it is closed.
		effects, wantEffects = callerClosed.ReplaceAllString(effects, ""), callerClosed.ReplaceAllString(wantEffects, "")
	}
	if got != want {
		t.Errorf("response\ngot:\n%swant:\n%s", got, want)
	}
	if effects != wantEffects {
		t.Errorf("effects\ngot:\n%swant:\n%s", effects, wantEffects)
	}
}

// runCost runs a cost case. It returns its sections with the units that were measured if
// the flag -update is given.
func runCost(t *testing.T, s *Server, o *op.Operation, c table.Case, used map[string]bool) []txtar.File {
	var line bytes.Buffer
	w := NewWorld(t, s, Options{Log: &line, AcceptEncoding: "gzip"})
	if err := w.Seed(t.Context(), seedOfCallers(o, c.Sections)); err != nil {
		t.Fatalf("seed the callers: %v", err)
	}
	var sections []txtar.File
	for _, f := range c.Sections {
		switch f.Name {
		case "seed":
			if err := w.Seed(t.Context(), string(f.Data)); err != nil {
				t.Fatalf("seed: %v", err)
			}
			sections = append(sections, f)
		case "request":
			w.warm(t)
			w.Posts.Take()
			line.Reset()
			answer, meter, err := w.Call(t, o, string(f.Data))
			for _, access := range meter.Touched() {
				used[access] = true
			}
			sent := w.bytesOf(o, answer, line.Len(), meter)
			want := c.Section("units")
			if before, ok := table.ReadBytes(want); ok && sent.Near(before) {
				sent = before
			}
			got := table.FormatUnits(meter.Units()) + sent.Format() + answeredError(answer, err)
			if got != want && !Updating() {
				t.Errorf("units\ngot:\n%swant:\n%s", got, want)
			}
			sections = append(sections, f, txtar.File{Name: "units", Data: []byte(got)})
		}
	}
	return sections
}

// bytesOf returns what a call wrote and sent.
func (w *World) bytesOf(o *op.Operation, answer []byte, logged int, meter *telemetry.Meter) (out table.Bytes) {
	out.Log = logged
	var a struct {
		Body    string `json:"body"`
		Encoded bool   `json:"isBase64Encoded"`
	}
	first := o.Triggers[0]
	if sent := first.HTTP != "" || first.Socket != "" && !strings.HasPrefix(first.Socket, "$"); sent && json.Unmarshal(answer, &a) == nil {
		if out.Answer = len(a.Body); a.Encoded {
			out.Answer = base64.StdEncoding.DecodedLen(len(a.Body))
		}
	}
	for _, p := range w.Posts.Take() {
		out.Frames += len(p.Frame)
	}
	for _, access := range meter.Touched() {
		if access == "open" || access == "seal" {
			out.KMS++
		}
	}
	return out
}

// warm lets the world's App read what a function that was called before has read: the
// application and the account of its admin.
func (w *World) warm(t *testing.T) {
	t.Helper()
	// Whether they may call is the subject of the call.
	_, _ = w.App.Directory.FindOpened(t.Context(), w.ID)
	_ = w.App.Callers.Admit(t.Context(), w.ID, accounts.Caller{ID: Admin, Issued: w.Clock.Now(), Admin: true})
}

// answeredError returns a line with the error with which a call was answered, "" if it
// succeeded.
func answeredError(answer []byte, err error) string {
	var a struct {
		Status int    `json:"statusCode"`
		Body   string `json:"body"`
	}
	var body struct{ ErrorCode, Code int }
	switch {
	case err != nil:
		return "error: " + err.Error() + "\n"
	case json.Unmarshal(answer, &a) != nil || json.Unmarshal([]byte(a.Body), &body) != nil:
		return ""
	case body.ErrorCode != 0 || body.Code != 0:
		return fmt.Sprintf("error %d\n", body.ErrorCode+body.Code)
	case a.Status >= 300:
		return fmt.Sprintf("status %d\n", a.Status)
	}
	return ""
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
		d, _ := table.SplitRequest(string(f.Data))
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

// Call makes the call that the text of a section "request" describes. It returns the
// answer, and a meter that says what the call consumed and which access it used.
func (w *World) Call(tb testing.TB, o *op.Operation, request string) ([]byte, *telemetry.Meter, error) {
	tb.Helper()
	return w.callThrough(tb, o, request, "")
}

// Event returns the event with which AWS invokes the operation for a request, which is the
// text of a section "request".
func (w *World) Event(tb testing.TB, o *op.Operation, request string) []byte {
	tb.Helper()
	event, err := w.eventOf(o, request, "")
	if err != nil {
		tb.Fatalf("request: %v", err)
	}
	return event
}

// eventOf is Event for a route of the WebSocket API, if route is not "".
func (w *World) eventOf(o *op.Operation, request, route string) ([]byte, error) {
	d, body := table.SplitRequest(request)
	repeated, err := repeat(d["repeat"])
	if err != nil {
		return nil, err
	}
	noise, err := noiseOf(d["noise"])
	if err != nil {
		return nil, err
	}
	body = strings.NewReplacer("{noise}", noise, "{app}", fmt.Sprint(w.ID), "{before}", fmt.Sprint(w.ID-1), "{repeat}", repeated).Replace(body)
	return w.event(o, d, body, route)
}

// callThrough is Call through a route of the WebSocket API, if route is not "".
func (w *World) callThrough(tb testing.TB, o *op.Operation, request, route string) ([]byte, *telemetry.Meter, error) {
	tb.Helper()
	event, err := w.eventOf(o, request, route)
	if err != nil {
		tb.Fatalf("request: %v", err)
	}
	requests := &requestLog{}
	answer, meter, err := w.Invoke(withRequestLog(tb.Context(), requests), o, event)
	w.Server.exercised.add(o.Name, requests.list)
	refused, rolesErr := w.Server.refused(o.Name, append(requests.list, accessRequests(meter.Touched())...))
	if rolesErr != nil {
		tb.Fatal(rolesErr)
	}
	if Updating() {
		refused = nil // the roles follow from what this run exercises
	}
	for _, r := range refused {
		tb.Errorf("the role of %s does not allow %s", o.Name, r)
	}
	if d, _ := table.SplitRequest(request); route != "" || d["trigger"] == "socket" {
		for _, access := range []string{"open", "read secrets"} {
			if slices.Contains(meter.Touched(), access) {
				tb.Errorf("a frame of %s has the access %q: its caller was checked when the connection was opened", o.Name, access)
			}
		}
	}
	return answer, meter, err
}

// runRequest makes a call and returns its answer and its effects as a case shows them.
// It adds the access that the call used to used.
func runRequest(t *testing.T, w *World, o *op.Operation, request string, used map[string]bool, route string) (response, effects string) {
	t.Helper()
	answer, meter, err := w.callThrough(t, o, request, route)
	for _, access := range meter.Touched() {
		used[access] = true
	}
	for _, line := range w.Effects() {
		effects += line + "\n"
	}
	return w.replaceVarying(readable(answer, err, route)), effects
}

// noiseOf returns the letters and digits of the directive "noise N". They are the same each
// time.
func noiseOf(directive string) (string, error) {
	if directive == "" {
		return "", nil
	}
	n, err := strconv.Atoi(directive)
	if err != nil {
		return "", fmt.Errorf("%q is not like \"noise 3000\"", "noise "+directive)
	}
	random, raw := Rand(1), make([]byte, n)
	for i := range raw {
		raw[i] = byte(random.Uint32())
	}
	return base64.RawURLEncoding.EncodeToString(raw)[:n], nil
}

// repeat returns the items of the directive "repeat N ITEM".
func repeat(directive string) (string, error) {
	if directive == "" {
		return "", nil
	}
	number, item, _ := strings.Cut(directive, " ")
	n, err := strconv.Atoi(number)
	if err != nil {
		return "", fmt.Errorf("%q is not like \"repeat 3 ITEM\"", "repeat "+directive)
	}
	items := make([]string, n)
	for i := range items {
		items[i] = strings.ReplaceAll(item, "#", strconv.Itoa(i+1))
	}
	return strings.Join(items, ","), nil
}
