package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"parley/infra/local"
	"parley/infra/local/lambda"
	"parley/infra/local/source"
)

// A screen prints lines for a person. Many goroutines may use it at the same time.
type screen struct {
	mu      sync.Mutex
	out     io.Writer
	verbose bool
	color   bool
}

func newScreen(out *os.File, verbose bool) *screen {
	info, err := out.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0
	return &screen{out: out, verbose: verbose, color: terminal && os.Getenv("NO_COLOR") == ""}
}

// Write lets slog write to the screen.
func (s *screen) Write(p []byte) (int, error) {
	s.print("%s", strings.TrimSpace(string(p)))
	return len(p), nil
}

func (s *screen) print(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(s.out, format+"\n", args...)
}

func (s *screen) note(text string) {
	s.print("%s  %s", now(), s.dim(strings.ReplaceAll(text, "\n", " ")))
}

func (s *screen) dim(text string) string { return s.paint("2", text) }

func (s *screen) paint(code, text string) string {
	if !s.color {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func now() string { return time.Now().Format("15:04:05.000") }

// line prints a line that a function wrote: its report in columns, anything else as it
// is.
func (s *screen) line(function, text string) {
	r, ok := lambda.ParseReport(text)
	if !ok {
		s.print("%s  %-36s %s", now(), function, s.dim(text))
		return
	}
	temperature := "warm"
	if r.Cold {
		temperature = "cold"
	}
	outcome := r.Outcome
	if r.Code != 0 {
		outcome += fmt.Sprintf(" %d", r.Code)
	}
	switch r.Outcome {
	case "refused":
		outcome = s.paint("33", outcome)
	case "fault":
		reason, _, _ := strings.Cut(r.Error, "\n") // a panic has a stack
		outcome = s.paint("31", outcome) + "  " + s.dim(reason)
	}
	s.print("%s  %-36s %8.1f ms  %s  W %-4g R %-4g S %-3g L %-3g P %-4g %s", now(), function, r.Duration, temperature, r.W, r.R, r.S, r.L, r.P, outcome)
}

// done prints a failure that the function could not report itself. With -v it also
// prints the bodies of the event and of the result.
func (s *screen) done(r lambda.Record) {
	if r.Err != nil {
		s.print("%s  %-36s %s", now(), r.Function, s.paint("31", r.Err.Error()))
		return
	}
	if s.verbose {
		s.print("%s", s.dim("  > "+truncate(extractBody(r.Event))))
		s.print("%s", s.dim("  < "+truncate(extractBody(r.Result.Payload))))
	}
	if r.Result.FunctionError != "" {
		ms := float64(r.Result.Duration.Microseconds()) / 1000
		s.print("%s  %-36s %8.1f ms  %s", now(), r.Function, ms, s.paint("31", truncate(r.Result.Payload)))
	}
}

// extractBody returns the part of an event or a response that a person wants to see: the
// body of a request or the bodies of queue messages. Queries and headers are left out
// because they contain signatures.
func extractBody(text []byte) []byte {
	var e struct {
		Body    *string
		Encoded bool `json:"isBase64Encoded"`
		Request *struct {
			Route string `json:"routeKey"`
		} `json:"requestContext"`
		Records []struct{ Body *string }
	}
	if json.Unmarshal(text, &e) != nil {
		return text
	}
	switch {
	case e.Body != nil && e.Encoded:
		if decoded, err := base64.StdEncoding.DecodeString(*e.Body); err == nil && utf8.Valid(decoded) {
			return decoded
		}
		return []byte(fmt.Sprintf("(%d bytes in base64)", len(*e.Body)))
	case e.Body != nil:
		return []byte(*e.Body)
	case e.Request != nil:
		return []byte("(" + e.Request.Route + ", no body)")
	case len(e.Records) > 0 && e.Records[0].Body != nil:
		bodies := make([]string, len(e.Records))
		for i, r := range e.Records {
			if r.Body != nil {
				bodies[i] = *r.Body
			}
		}
		return []byte(strings.Join(bodies, "\n    "))
	}
	return text
}

// truncate cuts a body to 4,000 bytes and puts it on one line.
func truncate(body []byte) string {
	const limit = 4000
	text := strings.ReplaceAll(string(body), "\n", " ")
	if len(text) > limit {
		return fmt.Sprintf("%s... (%d bytes)", strings.ToValidUTF8(text[:limit], ""), len(body))
	}
	return text
}

// welcome prints where everything is.
func (s *screen) welcome(stack *local.Stack, app local.App, memory bool, demoErr error) {
	m := stack.Model
	queues, streams, schedules := source.Count(m.Functions)
	var b strings.Builder
	row := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "  %-11s%s\n", name, fmt.Sprintf(format, args...))
	}
	fmt.Fprintf(&b, "\n  %s  ready in %.1f s\n\n", s.paint("1", "Parley, the local cloud"), stack.Took.Seconds())
	row("HTTP", "%s", stack.HTTP)
	row("", "%s", s.dim("all surfaces share this port; on AWS each has an API of its own: "+strings.Join(stack.Surfaces(), ", ")))
	row("WebSocket", "%s", stack.WebSocket)
	if app.ID != 0 {
		row("app id", "%d", app.ID)
		row("secret", "%s", app.Secret)
		row("admin", "%s", app.Admin)
		names := make([]string, len(app.Users))
		for i, u := range app.Users {
			names[i] = u.ID
		}
		row("users", "%s", strings.Join(names, ", "))
		fmt.Fprintln(&b)
		row("open", "%s", s.paint("4", stack.HTTP+"/?user=alice"))
		row("", "%s", s.dim("and "+stack.HTTP+"/?user=bob in another window"))
	}
	if demoErr != nil {
		row("no demo", "%s", s.paint("33", oneLine(demoErr)))
	}
	fmt.Fprintln(&b)
	row("functions", "%d, each starts a process when it is first called", len(m.Functions))
	row("sources", "%s, %s, %s", counted(queues, "queue"), counted(streams, "stream"), counted(schedules, "schedule"))
	row("DynamoDB", "%s  %s", stack.DynamoDB.Endpoint(), describeServer(stack.DynamoDB.External(), stack.DynamoDB.Took(), counted(len(m.Tables), "table")+"; it listens on all interfaces"))
	row("SQS", "%s  %s", stack.SQS.Endpoint(), describeServer(stack.SQS.External(), stack.SQS.Took(), counted(len(m.Queues), "queue")))
	if memory {
		row("data", "in memory")
	} else {
		row("data", ".local/data, still there after a restart")
	}
	row("faults", "%s/_local/faults, seed %d", stack.HTTP, stack.Faults.Seed())
	fmt.Fprintf(&b, "\n  %s\n", s.dim("Ctrl-C stops everything and loses nothing."))
	s.print("%s", b.String())
}

// describeServer says whether a server is external, or how long its start lasted.
func describeServer(external bool, took time.Duration, what string) string {
	if external {
		return "external, " + what
	}
	return fmt.Sprintf("started in %.1f s, %s", took.Seconds(), what)
}

// counted returns a number of things in words. Example: "1 stream", "3 queues".
func counted(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// oneLine returns the text of an error on one line, with "; " between joined errors.
func oneLine(err error) string {
	return strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "; ")
}
