// Command gotest runs go test and prints what matters: one line for each package, the output of
// failed tests, the reason of skipped ones, and in the last line the number of tests:
//
//	N passed, N failed, N skipped
//
// Its arguments are those of go test. With -v it prints all output. It exits with 1 if a test
// failed or if go test failed.
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
	// The terminal sends Ctrl-C to go test as well. Gotest waits for it, so that tests can clean
	// up.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	if err := cmd.Start(); err != nil {
		fatal(err)
	}
	go func() {
		for s := range term {
			_ = cmd.Process.Signal(s) // go test may have ended already
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

// An event is a line of the output of go test -json; see go doc cmd/test2json.
type event struct {
	Action     string
	Package    string
	ImportPath string
	Test       string
	Output     string
	Elapsed    float64
}

// A report counts the tests of one run of go test, and prints what matters.
type report struct {
	out     io.Writer
	verbose bool

	passed, failed, skipped int
	packages                map[string]*pkg
}

// A pkg is a package whose tests run.
type pkg struct {
	output  map[string]*strings.Builder // by test; "" stands for the package itself
	parents map[string]bool             // tests that have subtests
	failing map[string]bool             // tests with a subtest that failed; "" if any test failed
}

// read reads the output of go test to its end.
func (r *report) read(in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			var e event
			if json.Unmarshal([]byte(line), &e) == nil && e.Action != "" {
				r.event(e)
			} else {
				fmt.Fprint(r.out, line) // a message of go test itself is not JSON
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

// event handles one event.
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

// test counts a test that has ended. A test with subtests is not counted, because its subtests
// are. The exception is a test that fails although none of its subtests fails.
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

// end reports a package. If a package fails and none of its tests does, it did not build, or it
// ended outside of a test; that counts as one failure.
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
		// Tests that were running when the package ended have no event of their own end.
		for name, b := range p.output {
			if name != "" {
				fmt.Fprint(r.out, b.String())
			}
		}
	}
}

// total returns the last line of the output.
func (r *report) total() string {
	line := fmt.Sprintf("%d passed, %d failed", r.passed, r.failed)
	if r.skipped > 0 {
		line += fmt.Sprintf(", %d skipped", r.skipped)
	}
	return line
}

// parent returns the test that a subtest belongs to, or "".
func parent(test string) string {
	if i := strings.LastIndexByte(test, '/'); i > 0 {
		return test[:i]
	}
	return ""
}

// reason returns the argument of t.Skip from the output of a test, without the file and line
// before it.
func reason(text string) string {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "=== ") || strings.HasPrefix(line, "--- ") {
			continue
		}
		if _, after, ok := strings.Cut(line, ".go:"); ok {
			if _, message, ok := strings.Cut(after, ": "); ok {
				return message
			}
		}
	}
	return "no reason given"
}
