// Suite runs make targets one after the other, all of them even when one
// fails, and closes with the sum of what they counted:
//
//	N passed, N failed
//
// Targets that are joined by a plus run at once: the first one as if it were
// alone, the others with what it leaves idle, and their output comes after its
// own.
//
// A target counts what its output counts: the closing lines of gotest and fuzz,
// and those of Node's test runner. One without such a line counts as one.
//
//	go run ./infra/tools/suite check e2e+fuzz web
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
	// The steps end on Ctrl-C by themselves; the sum is printed all the same.
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	var sum count
	var table strings.Builder
	for _, group := range os.Args[1:] {
		for _, r := range together(os.Stdout, strings.Split(group, "+")) {
			verdict := "ok"
			if r.err != nil {
				verdict = "FAILED: " + r.err.Error()
			}
			fmt.Fprintf(&table, "%-10s %6.0fs %6.0fs CPU  %5d passed  %s\n", r.target, r.took.Seconds(), r.cpu.Seconds(), r.count.passed, verdict)
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

// A result is what became of a target.
type result struct {
	target string
	count  count
	err    error
	took   time.Duration
	cpu    time.Duration // of the target and of what it started and waited for
}

// together runs targets at once.
func together(show io.Writer, targets []string) []result {
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
			c, cpu, err := step(out, command[0], command[1:]...)
			results[i] = result{target, c, err, time.Since(began), cpu}
		})
	}
	wait.Wait()
	for i, target := range targets[1:] {
		_, _ = fmt.Fprintf(show, "\n== %s\n%s", target, outputs[i+1].String())
	}
	return results
}

// A count is what was run and how it went.
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

// step runs a command, shows its output, counts it and tells its CPU time. A command that fails
// has failed, even if all that it counted passed.
func step(show io.Writer, name string, args ...string) (count, time.Duration, error) {
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
	closing = regexp.MustCompile(`^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$`)
	node    = regexp.MustCompile(`^(?:#|ℹ) (pass|fail|cancelled|skipped|todo) (\d+)$`)
)

// read is what one line counts.
func read(line string) count {
	if m := closing.FindStringSubmatch(line); m != nil {
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

// number is 0 for a group that did not match.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}
