// Command fuzz runs every fuzz target of the packages below a folder for a given time:
//
//	go run ./infra/tools/fuzz 30s .
//
// Each target uses one processor, and as many targets run at once as the machine has processors.
// The last line of the output is
//
//	N passed, N failed
//
// If a target fails, Go writes the failing input to testdata/fuzz in the package. Commit it
// together with the fix.
package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: fuzz time folder")
		os.Exit(2)
	}
	targets, err := find(os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, "fuzz:", err)
		os.Exit(1)
	}
	results := make([]chan result, len(targets))
	running := make(chan struct{}, runtime.NumCPU())
	for i, t := range targets {
		results[i] = make(chan result, 1)
		go func() {
			running <- struct{}{}
			defer func() { <-running }()
			out, err := exec.Command("go", "test", "-run", "^$", "-fuzz", "^"+t.name+"$",
				"-fuzztime", os.Args[1], "-parallel", "1", "./"+t.dir).CombinedOutput()
			results[i] <- result{out, err}
		}()
	}
	passed, failed := 0, 0
	for i, t := range targets {
		r := <-results[i]
		if r.err != nil {
			failed++
			fmt.Printf("FAIL\t%s\t%s\n%s", t.dir, t.name, r.out)
			continue
		}
		passed++
		fmt.Printf("ok\t%s\t%s\t%s\n", t.dir, t.name, executions(r.out))
	}
	fmt.Printf("%d passed, %d failed\n", passed, failed)
	if failed > 0 {
		os.Exit(1)
	}
}

// target is a fuzz target: a function of the test files in a folder.
type target struct{ dir, name string }

// result is the output of go test for a target, and its error.
type result struct {
	out []byte
	err error
}

var declared = regexp.MustCompile(`(?m)^func (Fuzz\w+)\(\w+ \*testing\.F\)`)

// find returns the fuzz targets below a folder. It reads the files and builds nothing.
func find(root string) ([]target, error) {
	var found []target
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() {
			if path != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "node_modules") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range declared.FindAllSubmatch(text, -1) {
			found = append(found, target{filepath.ToSlash(filepath.Dir(path)), string(m[1])})
		}
		return nil
	})
	return found, err
}

var executed = regexp.MustCompile(`execs: \d+`)

// executions returns how many inputs a target has processed, from the last line that says it.
func executions(out []byte) []byte {
	all := executed.FindAll(out, -1)
	if len(all) == 0 {
		return bytes.TrimSpace(out)
	}
	return all[len(all)-1]
}
