package iam

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Exercised says which actions of DynamoDB the case tables of each operation exercise, by
// operation and aggregate. The role of an operation allows them, with their twins
// (schema.Descriptor), and no others.
type Exercised map[string]map[string][]string

// ExercisedFile is the file in the folder testdata of a group of operations. The case tables
// are compared with it, and rewrite it with the flag -update.
const ExercisedFile = "actions.tsv"

// Rights returns the actions that an operation has on an aggregate, sorted: those that its
// cases exercise. known are the actions of the aggregate, and twins groups of which it has all
// if it exercises one. An operation that no case table names has all known actions.
func (e Exercised) Rights(operation, aggregate string, known []string, twins [][]string) []string {
	aggregates, measured := e[operation]
	if !measured {
		return slices.Sorted(slices.Values(known))
	}
	exercised := slices.Clone(aggregates[aggregate])
	for _, group := range twins {
		if slices.ContainsFunc(group, func(action string) bool { return slices.Contains(exercised, action) }) {
			exercised = append(exercised, group...)
		}
	}
	var out []string
	for _, action := range known {
		if slices.Contains(exercised, action) {
			out = append(out, action)
		}
	}
	slices.Sort(out)
	return out
}

// Format returns the text of an ExercisedFile.
func (e Exercised) Format() []byte {
	var lines []string
	for operation, aggregates := range e {
		for aggregate, actions := range aggregates {
			lines = append(lines, operation+"\t"+aggregate+"\t"+strings.Join(slices.Sorted(slices.Values(actions)), ", ")+"\n")
		}
	}
	slices.Sort(lines)
	return []byte("# Written by TestOperations -update: the actions that the case tables exercise.\n" + strings.Join(lines, ""))
}

// ReadExercised reads an ExercisedFile. A file that does not exist is empty.
func ReadExercised(path string) (Exercised, error) {
	out := make(Exercised)
	text, err := os.ReadFile(path) // a file of the repository
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		parts := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(parts) != 3 {
			return nil, fmt.Errorf("%s: %q has not three columns", path, line)
		}
		out.Add(parts[0], parts[1], strings.Split(parts[2], ", ")...)
	}
	return out, nil
}

// LoadExercised reads the files of all groups of operations.
func LoadExercised(root string) (Exercised, error) {
	paths, err := filepath.Glob(filepath.Join(root, "functions", "*", "*", "testdata", ExercisedFile))
	if err != nil {
		return nil, err
	}
	out := make(Exercised)
	for _, path := range paths {
		e, err := ReadExercised(path)
		if err != nil {
			return nil, err
		}
		for operation, aggregates := range e {
			for aggregate, actions := range aggregates {
				out.Add(operation, aggregate, actions...)
			}
		}
	}
	return out, nil
}

// Add adds actions, each once.
func (e Exercised) Add(operation, aggregate string, actions ...string) {
	if e[operation] == nil {
		e[operation] = make(map[string][]string)
	}
	list := slices.Concat(e[operation][aggregate], actions)
	slices.Sort(list)
	e[operation][aggregate] = slices.Compact(list)
}
