// Command suite runs make targets one after the other. If a target fails, the next ones run all
// the same. The last line of the output adds up the tests of all targets:
//
//	N passed, N failed
//
// Example: check runs first, then e2e and fuzz at the same time, then web.
//
//	go run ./infra/tools/suite check e2e+fuzz web
//
// Of targets that run at the same time, the first one has normal priority, and the others have
// the lowest one: they use the time in which the first one waits. Their output is printed after
// that of the first one.
//
// Suite finds the number of tests in the output of a target: in the last lines of gotestsum, of
// fuzz, and of Node's test runner. A target without such a line counts as one test.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: suite target...")
		os.Exit(2)
	}
	// The terminal sends Ctrl-C to the targets as well, so they end. The sum is still printed.
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	var sum count
	var table strings.Builder
	for _, group := range os.Args[1:] {
		for _, r := range runTogether(os.Stdout, strings.Split(group, "+")) {
			outcome := "ok"
			if r.err != nil {
				outcome = "FAILED: " + r.err.Error()
			}
			fmt.Fprintf(&table, "%-10s %6.0fs %6.0fs CPU  %5d passed  %s\n", r.target, r.took.Seconds(), r.cpu.Seconds(), r.count.passed, outcome)
			sum.add(r.count)
		}
		if len(stop) > 0 {
			break
		}
	}
	fmt.Printf("\n%s%s\n", table.String(), sum)
	if sum.failed > 0 || len(stop) > 0 {
		os.Exit(1)
	}
}

// A result is the outcome of a target.
type result struct {
	target string
	count  count
	err    error
	took   time.Duration
	cpu    time.Duration // CPU time of the target and of the processes that it waited for
}

// runTogether runs targets at the same time. It prints the output of the first one while it
// runs, and that of the others at the end.
func runTogether(show io.Writer, targets []string) []result {
	results, outputs := make([]result, len(targets)), make([]bytes.Buffer, len(targets))
	var wait sync.WaitGroup
	for i, target := range targets {
		out, command := io.Writer(&outputs[i]), []string{"nice", "-n", "19", "make", "--no-print-directory", target}
		if i == 0 {
			out, command = show, command[3:]
			_, _ = fmt.Fprintf(show, "\n== %s\n", target)
		}
		wait.Go(func() {
			began := time.Now()
			c, cpu, err := run(out, command[0], command[1:]...)
			results[i] = result{target, c, err, time.Since(began), cpu}
		})
	}
	wait.Wait()
	for i, target := range targets[1:] {
		_, _ = fmt.Fprintf(show, "\n== %s\n%s", target, outputs[i+1].String())
	}
	return results
}

// A count is a number of tests by their outcome.
type count struct{ passed, failed, skipped int }

func (c *count) add(o count) {
	c.passed += o.passed
	c.failed += o.failed
	c.skipped += o.skipped
}

func (c count) String() string {
	s := fmt.Sprintf("%d passed, %d failed", c.passed, c.failed)
	if c.skipped > 0 {
		s += fmt.Sprintf(", %d skipped", c.skipped)
	}
	return s
}

// run runs a command and copies its output to show. It returns the tests in the output and the
// CPU time. If the command fails, at least one test counts as failed, even if the output says
// that all passed.
func run(show io.Writer, name string, args ...string) (count, time.Duration, error) {
	cmd := exec.Command(name, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return count{failed: 1}, 0, err
	}
	if err := cmd.Start(); err != nil {
		return count{failed: 1}, 0, err
	}
	var c count
	lines := bufio.NewReader(out)
	for {
		line, end := lines.ReadString('\n')
		if _, err := io.WriteString(show, line); err != nil {
			return count{failed: 1}, 0, err
		}
		c.add(read(strings.TrimSpace(line)))
		if end != nil {
			break
		}
	}
	err = cmd.Wait()
	if err != nil && c.failed == 0 {
		c.failed = 1
	}
	if err == nil && c.failed > 0 {
		err = fmt.Errorf("%d failed", c.failed)
	}
	if c == (count{}) {
		c.passed = 1
	}
	return c, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), err
}

var (
	goTests = regexp.MustCompile(`^DONE (?:\d+ runs, )?(\d+) tests?(?:, (\d+) skipped)?(?:, (\d+) failures?)?(?:, (\d+) errors?)? in `)
	summary = regexp.MustCompile(`^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$`)
	node    = regexp.MustCompile(`^(?:#|ℹ) (pass|fail|cancelled|skipped|todo) (\d+)$`)
)

// read returns the tests that one line of output counts.
func read(line string) count {
	if m := goTests.FindStringSubmatch(line); m != nil {
		skipped, failed := number(m[2]), number(m[3])
		return count{number(m[1]) - skipped - failed, failed + number(m[4]), skipped}
	}
	if m := summary.FindStringSubmatch(line); m != nil {
		return count{number(m[1]), number(m[2]), number(m[3])}
	}
	if m := node.FindStringSubmatch(line); m != nil {
		n := number(m[2])
		switch m[1] {
		case "pass":
			return count{passed: n}
		case "fail", "cancelled":
			return count{failed: n}
		default:
			return count{skipped: n}
		}
	}
	return count{}
}

// number returns the value of digits. It is 0 for the empty text of a group that did not match.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}
