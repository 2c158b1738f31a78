package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// parts names the parts of the stack whose CPU time is measured separately.
func parts() []string {
	return []string{"functions", "archive worker", "local cloud", "DynamoDB Local", "ElasticMQ"}
}

// all returns the sum of all parts.
func all(cpu map[string]time.Duration) (sum time.Duration) {
	for _, d := range cpu {
		sum += d
	}
	return sum
}

// since returns what each part has used since before.
func since(before, now map[string]time.Duration) map[string]time.Duration {
	used := make(map[string]time.Duration)
	for _, part := range parts() {
		used[part] = now[part] - before[part]
	}
	return used
}

// cpuTimes returns the CPU time that each part of the stack has used: that of the
// process runner and of all its descendants. Those that have ended count as functions.
func cpuTimes(runner int) (map[string]time.Duration, error) {
	entries, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	type process struct {
		parent     int
		own, ended time.Duration // ended: of its children that have ended
		part       string
	}
	processes := make(map[int]process)
	for _, path := range entries {
		text, err := os.ReadFile(path) // of /proc
		if err != nil {
			continue // the process has ended
		}
		// pid (name) state ppid ... utime stime cutime cstime
		head, rest, ok := strings.Cut(string(text), ") ")
		fields := strings.Fields(rest)
		if !ok || len(fields) < 15 {
			continue
		}
		pid, _ := strconv.Atoi(head[:strings.IndexByte(head, ' ')])
		parent, _ := strconv.Atoi(fields[1])
		tick := func(i int) time.Duration {
			n, _ := strconv.ParseInt(fields[i], 10, 64)
			return time.Duration(n) * 10 * time.Millisecond
		}
		processes[pid] = process{parent: parent, own: tick(11) + tick(12), ended: tick(13) + tick(14), part: partOf(filepath.Dir(path))}
	}
	sum := make(map[string]time.Duration)
	for pid, p := range processes {
		switch {
		case pid == runner:
			sum["local cloud"] += p.own
			sum["functions"] += p.ended
		case isDescendant(pid, runner, func(id int) int { return processes[id].parent }):
			sum[p.part] += p.own
		}
	}
	return sum, nil
}

// partOf returns the part that a process belongs to, whose folder in /proc is given, if it is a
// descendant of the runner.
func partOf(dir string) string {
	command, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
	environment, _ := os.ReadFile(filepath.Join(dir, "environ"))
	switch {
	case bytes.Contains(command, []byte("DynamoDBLocal.jar")):
		return "DynamoDB Local"
	case bytes.Contains(command, []byte("elasticmq")):
		return "ElasticMQ"
	case bytes.Contains(environment, []byte("_HANDLER=worker.archive.")):
		return "archive worker"
	}
	return "functions"
}

// isDescendant reports whether a process is root or a descendant of root.
func isDescendant(pid, root int, parent func(int) int) bool {
	for range 20 {
		if pid == root {
			return true
		}
		if pid = parent(pid); pid <= 1 {
			return false
		}
	}
	return false
}
