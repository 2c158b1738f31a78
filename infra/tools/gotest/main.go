// Gotest runs go test and says what matters: one line for each package, the
// output of what failed, the reason of what was skipped, and at the end
//
//	N passed, N failed, N skipped
//
// counted, not assumed. Its arguments are those of go test; with -v it shows
// all output. The exit code is that of go test.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

func main() {
	args := os.Args[1:]
	cmd := exec.Command("go", append([]string{"test", "-json"}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		fatal(err)
	}
	// Ctrl-C reaches go test by itself; waiting for it lets tests clean up.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	if err := cmd.Start(); err != nil {
		fatal(err)
	}
	go func() {
		for s := range term {
			_ = cmd.Process.Signal(s) // it may have ended just now
		}
	}()
	r := report{out: os.Stdout, verbose: slices.Contains(args, "-v")}
	if err := r.read(out); err != nil {
		fatal(err)
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		fatal(err)
	}
	if err != nil && r.failed == 0 {
		r.failed = 1 // go test failed before it ran a test
	}
	fmt.Println(r.total())
	if err != nil || r.failed > 0 {
		os.Exit(1)
	}
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "gotest:", err)
	os.Exit(1)
}

// An event is a line of go test -json; see go doc cmd/test2json.
type event struct {
	Action     string
	Package    string
	ImportPath string
	Test       string
	Output     string
	Elapsed    float64
}

// A report follows one run.
type report struct {
	out     io.Writer
	verbose bool

	passed, failed, skipped int
	packages                map[string]*pkg
}

// A pkg is what is known of a package whose tests run.
type pkg struct {
	output  map[string]*strings.Builder // by test; "" is the package itself
	parents map[string]bool             // tests that have subtests
	failing map[string]bool             // tests that failed or have a subtest that did
}

func (r *report) read(in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			var e event
			if json.Unmarshal([]byte(line), &e) == nil && e.Action != "" {
				r.event(e)
			} else {
				fmt.Fprint(r.out, line) // go test itself speaks in plain text
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (r *report) event(e event) {
	if e.Action == "build-output" {
		fmt.Fprint(r.out, e.Output)
		return
	}
	if r.packages == nil {
		r.packages = map[string]*pkg{}
	}
	p := r.packages[e.Package]
	if p == nil {
		p = &pkg{output: map[string]*strings.Builder{}, parents: map[string]bool{}, failing: map[string]bool{}}
		r.packages[e.Package] = p
	}
	switch e.Action {
	case "run":
		for up := parent(e.Test); up != ""; up = parent(up) {
			p.parents[up] = true
		}
	case "output":
		if r.verbose {
			fmt.Fprint(r.out, e.Output)
			return
		}
		b := p.output[e.Test]
		if b == nil {
			b = &strings.Builder{}
			p.output[e.Test] = b
		}
		b.WriteString(e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			r.end(p, e)
			delete(r.packages, e.Package)
			return
		}
		r.test(p, e)
		delete(p.output, e.Test)
	}
}

// test counts a test. A test with subtests stands for them: it counts itself
// only if it fails and none of them does.
func (r *report) test(p *pkg, e event) {
	text := ""
	if b := p.output[e.Test]; b != nil {
		text = b.String()
	}
	switch e.Action {
	case "pass":
		if !p.parents[e.Test] {
			r.passed++
		}
	case "skip":
		r.skipped++
		if !r.verbose {
			fmt.Fprintf(r.out, "skip\t%s\t%s: %s\n", e.Package, e.Test, reason(text))
		}
	case "fail":
		if !p.failing[e.Test] {
			r.failed++
		}
		for up := parent(e.Test); up != ""; up = parent(up) {
			p.failing[up] = true
		}
		p.failing[""] = true
		fmt.Fprint(r.out, text)
	}
}

// end reports a package. One that fails without a failing test did not build,
// or ended outside of a test.
func (r *report) end(p *pkg, e event) {
	switch e.Action {
	case "pass":
		if r.verbose {
			return
		}
		if b := p.output[""]; b != nil && strings.Contains(b.String(), "(cached)") {
			fmt.Fprintf(r.out, "ok\t%s\t(cached)\n", e.Package)
			return
		}
		fmt.Fprintf(r.out, "ok\t%s\t%.1fs\n", e.Package, e.Elapsed)
	case "fail":
		if !p.failing[""] {
			r.failed++
		}
		if b := p.output[""]; b != nil {
			fmt.Fprint(r.out, b.String())
		}
		// What was running when the package ended has no result of its own.
		for name, b := range p.output {
			if name != "" {
				fmt.Fprint(r.out, b.String())
			}
		}
	}
}

// total is the closing line.
func (r *report) total() string {
	line := fmt.Sprintf("%d passed, %d failed", r.passed, r.failed)
	if r.skipped > 0 {
		line += fmt.Sprintf(", %d skipped", r.skipped)
	}
	return line
}

func parent(test string) string {
	if i := strings.LastIndexByte(test, '/'); i > 0 {
		return test[:i]
	}
	return ""
}

// reason is what t.Skip was told, without the file and line before it.
func reason(text string) string {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "=== ") || strings.HasPrefix(line, "--- ") {
			continue
		}
		if _, after, ok := strings.Cut(line, ".go:"); ok {
			if _, said, ok := strings.Cut(after, ": "); ok {
				return said
			}
		}
	}
	return "no reason given"
}
