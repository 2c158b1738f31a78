// Command gen writes the files that are made from the catalog of operations, from Go
// comments and from the case tables: the stacks, the sample events, the reference and the TypeScript types of the
// SDK, docs/limits.md, and the attributes of items. It also removes generated files that it would not write any more.
//
// With -check it writes nothing, and fails if a file differs from what it would write.
//
// It refuses an operation or a group whose comment does not begin with a sentence that says
// what it does (package source). The error names the file and the line.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"parley/functions/catalog"
	"parley/infra/cost"
	"parley/infra/gen/attributes"
	"parley/infra/gen/events"
	"parley/infra/gen/grouptypes"
	"parley/infra/gen/limits"
	"parley/infra/gen/reference"
	"parley/infra/gen/stacks"
	"parley/infra/iam"
)

func main() {
	check := flag.Bool("check", false, "write nothing, and fail if a file is stale")
	flag.Parse()
	if err := run(".", *check); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// run writes the files below the root, or checks them.
func run(root string, check bool) error {
	want, err := files(root)
	if err != nil {
		return err
	}
	return update(root, want, check)
}

// update writes the wanted files below the root and removes the generated files that are not
// wanted any more, or checks that there is nothing to do.
func update(root string, want map[string][]byte, check bool) error {
	have, err := generated(root)
	if err != nil {
		return err
	}
	var stale []string
	for _, path := range slices.Sorted(maps.Keys(want)) {
		if old, exists := have[path]; exists && bytes.Equal(old, want[path]) {
			continue
		}
		stale = append(stale, path)
		if check {
			continue
		}
		full := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(full, want[path], 0o644); err != nil { // not secret
			return err
		}
	}
	for _, path := range slices.Sorted(maps.Keys(have)) {
		if _, wanted := want[path]; wanted {
			continue
		}
		stale = append(stale, path)
		if !check {
			if err := os.Remove(filepath.Join(root, path)); err != nil {
				return err
			}
		}
	}
	if check && len(stale) > 0 {
		return errors.New("out of date, run make generate:\n  " + strings.Join(stale, "\n  "))
	}
	return nil
}

// files returns the content of all files that gen writes, by path below the root.
func files(root string) (map[string][]byte, error) {
	all := catalog.All()
	if err := cost.SetMemory(root, all); err != nil {
		return nil, err
	}
	out := make(map[string][]byte)
	add := func(dir string, list map[string][]byte, err error) error {
		for name, text := range list {
			out[dir+"/"+name] = text
		}
		return err
	}
	placement, err := stacks.Read(filepath.Join(root, stacks.Dir))
	if err != nil {
		return nil, err
	}
	used, err := iam.LoadExercised(root)
	if err != nil {
		return nil, err
	}
	deployed, err := stacks.Generate(all, placement, used)
	if err != nil {
		return nil, err
	}
	maps.Copy(out, deployed)
	bodies, err := events.Bodies(root, all)
	if err != nil {
		return nil, err
	}
	list, err := events.Generate(all, bodies)
	if err := add(eventDir, list, err); err != nil {
		return nil, err
	}
	list, err = reference.Generate(root, bodies)
	if err := add(referenceDir, list, err); err != nil {
		return nil, err
	}
	text, err := limits.Generate(root, all)
	if err := add(documentDir, map[string][]byte{"limits.md": text}, err); err != nil {
		return nil, err
	}
	if text, err = attributes.Generate(root); err != nil {
		return nil, err
	}
	out[referenceDir+"/attributes.md"] = text
	if text, err = grouptypes.Generate(); err != nil {
		return nil, err
	}
	out[referenceDir+"/group-types.md"] = text
	list, err = reference.TypeScript(root)
	err = add(scriptDir, list, err)
	return out, err
}

const (
	eventDir     = "events"
	documentDir  = "docs"
	referenceDir = documentDir + "/reference"
	scriptDir    = "web/sdk/src/api"
)

// generated returns the content of the files that gen wrote before, by path below the root.
// The first line of such a file says that it is generated. JSON has no comments, so every
// JSON file in the folder of the events counts as generated.
func generated(root string) (map[string][]byte, error) {
	out := make(map[string][]byte)
	for _, dir := range []string{"template.yaml", stacks.Dir, eventDir, documentDir, scriptDir} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d os.DirEntry, err error) error {
			if errors.Is(err, os.ErrNotExist) {
				return nil
			}
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(path) // a file of the repository
			if err != nil {
				return err
			}
			first, _, _ := bytes.Cut(text, []byte("\n"))
			if dir == eventDir && filepath.Ext(path) == ".json" || bytes.Contains(first, []byte("enerated by infra/gen")) ||
				d.Name() == stacks.PlacementFile {
				name, err := filepath.Rel(root, path)
				if err != nil {
					return err
				}
				out[filepath.ToSlash(name)] = text
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
