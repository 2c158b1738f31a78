package stacks

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	"parley/shared/op"
)

// size is the number of resources that an operation brings.
func size(o *op.Operation) int {
	n := 4 // function, role, log, alarm
	for _, d := range o.Doors {
		switch {
		case d.Authorizer:
			n++ // authorizer and permission, but no alarm
		case d.Queue != "" || d.Stream != "":
			n++
		case d.Schedule != "":
			n += 2 // rule and permission
		case d.HTTP != "":
			n += 3
		case d.Socket == "$connect" || d.Socket == "$disconnect":
			n += 3
		default:
			n += 4
		}
	}
	return n
}

// heartbeat is the number of resources of the routes without functions.
const heartbeat = 6

// place parts a surface's operations into stacks. Those that are placed stay
// there. A new one joins its group where there is room, or the last stack; a
// group that would fit in no stack but an empty one begins one.
func place(list []*op.Operation, before Placement) [][]*op.Operation {
	var used []int                    // resources of each stack
	groups := make(map[[2]string]int) // surface and group: the last stack that has some
	at := make(map[*op.Operation]int) // what is decided
	put := func(o *op.Operation, i int) {
		for len(used) <= i {
			used = append(used, heartbeat)
		}
		g := [2]string{o.Surface(), o.Group()}
		last, known := groups[g]
		if !known {
			used[i]++ // the group's alarm
		}
		used[i] += size(o)
		at[o], groups[g] = i, max(last, i)
	}
	rest := make(map[string]int) // resources of what is not placed, by group
	for _, o := range list {
		if i, ok := before[o.Name]; ok {
			put(o, i)
		} else {
			rest[o.Group()] += size(o)
		}
	}
	for _, o := range list {
		if _, placed := at[o]; placed {
			continue
		}
		if i, ok := groups[[2]string{o.Surface(), o.Group()}]; ok && used[i]+size(o) <= Full {
			put(o, i)
		} else if last := len(used) - 1; last >= 0 && used[last]+min(rest[o.Group()], Full-heartbeat-1)+1 <= Full {
			put(o, last)
		} else {
			put(o, len(used))
		}
		rest[o.Group()] -= size(o)
	}
	out := make([][]*op.Operation, len(used))
	for _, o := range list {
		out[at[o]] = append(out[at[o]], o)
	}
	return out
}

// Read returns the placement that the stacks of a directory have.
func Read(dir string, operations []op.Operation) (Placement, error) {
	known := make(map[string]bool)
	for i := range operations {
		known[operations[i].Surface()] = true
	}
	name := regexp.MustCompile(`^([a-z]+)([0-9]*)\.yaml$`)
	handler := regexp.MustCompile(`(?m)^      Handler: (\S+)$`)
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		return nil, err
	}
	out := make(Placement)
	for _, file := range files {
		parts := name.FindStringSubmatch(filepath.Base(file))
		if len(parts) != 3 || !known[parts[1]] {
			continue
		}
		i := 0
		if parts[2] != "" {
			n, err := strconv.Atoi(parts[2])
			if err != nil || n < 2 {
				return nil, fmt.Errorf("%s: stacks are numbered from 2 on", file)
			}
			i = n - 1
		}
		text, err := os.ReadFile(file) //nolint:gosec // a file of the repository
		if err != nil {
			return nil, err
		}
		for _, hit := range handler.FindAllSubmatch(text, -1) {
			if at, twice := out[string(hit[1])]; twice {
				return nil, fmt.Errorf("%s: %s is in stack %d already", file, hit[1], at+1)
			}
			out[string(hit[1])] = i
		}
	}
	// What is no longer in the catalog has no place.
	maps.DeleteFunc(out, func(name string, _ int) bool {
		return !slices.ContainsFunc(operations, func(o op.Operation) bool { return o.Name == name })
	})
	return out, nil
}
