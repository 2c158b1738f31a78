package stacks

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"parley/shared/op"
)

// A Placement says in which stack the operations of a group are, by surface and group, as in
// "client.message". A group that outgrows its stack has a second stack for its new
// operations: then the key may be the name of an operation.
//
// An operation never moves to another stack. A deployment that moves it would fail:
// CloudFormation would create its function in the new stack while the old stack still has a
// function of the same name.
type Placement map[string]string

// PlacementFile is the name of the table of placements in the folder of the stacks. It is
// written by hand; the generator adds a row for each new group.
const PlacementFile = "placement.tsv"

const placementHead = `# In which stack the operations of a group are. A group without a row gets a stack of its own name and
# a row. A group that outgrows its stack (gen says so) gets rows for its new operations, with their whole
# names. A row is never changed: an operation that moves to another stack cannot be deployed.
# group or operation	stack
`

// Read returns the placement in a folder of stacks, as it stands in the table.
func Read(dir string) (Placement, error) {
	text, err := os.ReadFile(filepath.Join(dir, PlacementFile)) // a file of the repository
	if errors.Is(err, fs.ErrNotExist) {
		return Placement{}, nil
	}
	if err != nil {
		return nil, err
	}
	out := make(Placement)
	for i, line := range strings.Split(strings.TrimRight(string(text), "\n"), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		name, stack, ok := strings.Cut(line, "\t")
		if _, twice := out[name]; !ok || twice || !stackName.MatchString(stack) {
			return nil, fmt.Errorf("%s: line %d is not one new group and its stack: %q", PlacementFile, i+1, line)
		}
		out[name] = stack
	}
	return out, nil
}

var stackName = regexp.MustCompile(`^[a-z]+-[a-z][a-z-]*$`)

// place returns the operations by stack, and the table with a row for each group. The stacks
// come in the order of their first operation.
func place(list []*op.Operation, before Placement) (names []string, by map[string][]*op.Operation, table []string, err error) {
	by = make(map[string][]*op.Operation)
	listed := make(map[string]bool)
	row := func(name, stack string) {
		if !listed[name] {
			listed[name], table = true, append(table, name+"\t"+stack)
		}
	}
	for _, o := range list {
		group := o.Surface() + "." + o.Group()
		stack, ok := before[group]
		if !ok {
			stack = o.Surface() + "-" + o.Group()
		}
		row(group, stack)
		if own, ok := before[o.Name]; ok {
			stack = own
			row(o.Name, stack)
		}
		if !stackName.MatchString(stack) || !strings.HasPrefix(stack, o.Surface()+"-") {
			return nil, nil, nil, fmt.Errorf("%s: the stack %q is not named surface-group", o.Name, stack)
		}
		if by[stack] == nil {
			names = append(names, stack)
		}
		by[stack] = append(by[stack], o)
	}
	return names, by, table, nil
}

// placementText returns the content of the table of placements.
func placementText(rows []string) []byte {
	var out bytes.Buffer
	out.WriteString(placementHead)
	for _, r := range rows {
		out.WriteString(r + "\n")
	}
	return out.Bytes()
}

// size returns the number of resources that an operation adds to its stack.
func size(o *op.Operation) int {
	n := 1 // the function
	for _, d := range o.Triggers {
		switch {
		case d.Authorizer, d.Queue != "", d.Stream != "":
			n++
		case d.HTTP != "": // part of the definition of the API
		case d.Socket == "$connect" || d.Socket == "$disconnect", d.Schedule != "":
			n += 2
		default:
			n += 3
		}
	}
	return n
}
