// Stale runs the generators and fails when that changed a file, which is then
// out of date in the working copy:
//
//	go run ./infra/tools/stale make generate
//
// It looks at the files git would commit that say in their first lines that
// they are generated, before and after.
package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: stale command [argument...]")
		os.Exit(2)
	}
	changed, err := run(".", os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "stale:", err)
		os.Exit(1)
	}
	if len(changed) > 0 {
		fmt.Fprintf(os.Stderr, "stale: these were out of date and are now generated anew; look at the diff and commit it:\n  %s\n", strings.Join(changed, "\n  "))
		os.Exit(1)
	}
}

// run answers the generated files that the command added, changed or removed.
func run(dir string, command []string) ([]string, error) {
	before, err := generated(dir)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w", strings.Join(command, " "), err)
	}
	after, err := generated(dir)
	if err != nil {
		return nil, err
	}
	var changed []string
	for name, sum := range after {
		if before[name] != sum {
			changed = append(changed, name)
		}
	}
	for name := range before {
		if _, ok := after[name]; !ok {
			changed = append(changed, name)
		}
	}
	slices.Sort(changed)
	return changed, nil
}

// generated are the sums of the generated files of a working copy, new ones
// included.
func generated(dir string) (map[string][sha256.Size]byte, error) {
	cmd := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	list, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("list files: %w", err)
	}
	sums := map[string][sha256.Size]byte{}
	for name := range strings.SplitSeq(string(list), "\x00") {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			continue // the end of the list, or a file removed but not yet in git
		}
		if head := text[:min(len(text), 200)]; bytes.Contains(bytes.ToLower(head), []byte("generated")) {
			sums[name] = sha256.Sum256(text)
		}
	}
	return sums, nil
}
