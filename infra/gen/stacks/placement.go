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

// size returns the number of resources that an operation adds to its stack.
func size(o *op.Operation) int {
	n := 4 // function, role, log group, alarm
	for _, d := range o.Triggers {
		switch {
		case d.Authorizer:
			n++ // authorizer and permission; it has no alarm
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

// heartbeatSize is the number of resources of the two routes without functions, p and pp.
const heartbeatSize = 6

// place distributes the operations of a surface over stacks. An operation that is in a stack
// stays there. A new operation goes to the last stack that has operations of its group, if
// there is room. Otherwise it goes to the last stack of the surface, if the rest of its group
// fits there, or to a new one. Example: the group message fills stack 1, and message.pin is
// new. It goes to stack 2, if that has room for it.
func place(list []*op.Operation, before Placement) [][]*op.Operation {
	var used []int                         // the number of resources of each stack
	groups := make(map[[2]string]int)      // by surface and group: the last stack with operations of the group
	stackOf := make(map[*op.Operation]int) // the result
	put := func(o *op.Operation, i int) {
		for len(used) <= i {
			used = append(used, heartbeatSize)
		}
		g := [2]string{o.Surface(), o.Group()}
		last, known := groups[g]
		if !known {
			used[i]++ // the group's alarm
		}
		used[i] += size(o)
		stackOf[o], groups[g] = i, max(last, i)
	}
	rest := make(map[string]int) // by group: the resources of its operations without a stack
	for _, o := range list {
		if i, ok := before[o.Name]; ok {
			put(o, i)
		} else {
			rest[o.Group()] += size(o)
		}
	}
	for _, o := range list {
		if _, placed := stackOf[o]; placed {
			continue
		}
		if i, ok := groups[[2]string{o.Surface(), o.Group()}]; ok && used[i]+size(o) <= Full {
			put(o, i)
		} else if last := len(used) - 1; last >= 0 && used[last]+min(rest[o.Group()], Full-heartbeatSize-1)+1 <= Full {
			put(o, last)
		} else {
			put(o, len(used))
		}
		rest[o.Group()] -= size(o)
	}
	out := make([][]*op.Operation, len(used))
	for _, o := range list {
		out[stackOf[o]] = append(out[stackOf[o]], o)
	}
	return out
}

// Read returns the placement of the operations in the stacks of a directory.
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
				return nil, fmt.Errorf("%s: the number of a stack in its file name is 2 or more", file)
			}
			i = n - 1
		}
		text, err := os.ReadFile(file) // a file of the repository
		if err != nil {
			return nil, err
		}
		for _, match := range handler.FindAllSubmatch(text, -1) {
			if other, twice := out[string(match[1])]; twice {
				return nil, fmt.Errorf("%s: %s is in stack %d already", file, match[1], other+1)
			}
			out[string(match[1])] = i
		}
	}
	// Operations that are not in the catalog any more have no placement.
	maps.DeleteFunc(out, func(name string, _ int) bool {
		return !slices.ContainsFunc(operations, func(o op.Operation) bool { return o.Name == name })
	})
	return out, nil
}
