// Package table reads the case table of an operation, testdata/<operation>.txt: a txtar
// archive with these sections.
//
//	sample              the body of the operation's sample event (package infra/gen/events),
//	                    if the body of the first request does not fit; only before all cases
//	case: TITLE         begins a case. The title is the rule that the case shows, the text
//	                    cites the source of the rule
//	cost: SITUATION     begins a cost case: see Cost
//	seed                the state of the world before the request: the lines of World.Seed
//	request             directives, one on a line, and then the body
//	response            the expected answer
//	effects             the expected posts, jobs and object calls; left out if there are none
//	units               what the call of a cost case consumes
//
// A case has seeds and requests in any number. Each request is followed by its response,
// and then by its effects. A cost case has one request, which is followed by its units.
package table

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/txtar"
)

// A Table is the case table of one operation.
type Table struct {
	Comment string      // before the first section
	Sample  *txtar.File // nil: the table has no section of its own for it
	Cases   []Case
}

// A Case is a case or a cost case, with its sections.
type Case struct {
	Title    string // of a cost case: the situation
	Text     string // of the section with the title
	IsCost   bool
	Sections []txtar.File
}

const (
	casePrefix = "case: "
	costPrefix = "cost: "
)

// Path returns the path of the case table of an operation. root is the folder of the
// repository.
func Path(root, operation string) string {
	parts := strings.Split(operation, ".")
	return filepath.Join(root, "functions", parts[0], parts[1], "testdata", parts[len(parts)-1]+".txt")
}

// Read reads the table of an operation. root is the folder of the repository.
func Read(root, operation string) (Table, error) {
	path := Path(root, operation)
	text, err := os.ReadFile(path) // a file of the repository
	if err != nil {
		return Table{}, err
	}
	t, err := Parse(text)
	if err != nil {
		return t, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// Parse reads a table. It fails if a section is at a wrong place.
func Parse(text []byte) (Table, error) {
	archive := txtar.Parse(text)
	t := Table{Comment: string(archive.Comment)}
	for i, f := range archive.Files {
		title, isCase := strings.CutPrefix(f.Name, casePrefix)
		situation, isCost := strings.CutPrefix(f.Name, costPrefix)
		switch {
		case isCase:
			t.Cases = append(t.Cases, Case{Title: title, Text: string(f.Data)})
		case isCost:
			t.Cases = append(t.Cases, Case{Title: situation, Text: string(f.Data), IsCost: true})
		case i == 0 && f.Name == "sample":
			t.Sample = &f
		case len(t.Cases) == 0:
			return t, fmt.Errorf("the section %q is before the first case", f.Name)
		case !slices.Contains([]string{"seed", "request", "response", "effects", "units"}, f.Name):
			return t, fmt.Errorf("%q is not the name of a section", f.Name)
		default:
			last := &t.Cases[len(t.Cases)-1]
			last.Sections = append(last.Sections, f)
		}
	}
	return t, nil
}

// Format returns a table as text.
func (t Table) Format() []byte {
	a := txtar.Archive{Comment: []byte(t.Comment)}
	if t.Sample != nil {
		a.Files = append(a.Files, *t.Sample)
	}
	for _, c := range t.Cases {
		prefix := casePrefix
		if c.IsCost {
			prefix = costPrefix
		}
		a.Files = append(a.Files, txtar.File{Name: prefix + c.Title, Data: []byte(c.Text)})
		a.Files = append(a.Files, c.Sections...)
	}
	return txtar.Format(&a)
}

// Check returns an error for a case that would pass without a check: one without a text or
// without a request, or with a request without an answer. If updating is true, the answers
// may be absent, since the update writes them.
func (c Case) Check(updating bool) error {
	if strings.TrimSpace(c.Text) == "" {
		return errors.New("it has no text: a case cites a rule, a cost case has its duration")
	}
	allowed := [][]string{{"response"}, {"response", "effects"}}
	if c.IsCost {
		allowed = [][]string{{"units"}}
	}
	requests := 0
	var answer []string // the sections that follow the last request
	checkAnswer := func() error {
		if requests > 0 && !updating && !slices.ContainsFunc(allowed, func(a []string) bool { return slices.Equal(a, answer) }) {
			return fmt.Errorf("request %d is followed by %q, want one of %q; -update writes them", requests, answer, allowed)
		}
		return nil
	}
	for _, f := range c.Sections {
		switch f.Name {
		case "request":
			if err := checkAnswer(); err != nil {
				return err
			}
			requests, answer = requests+1, nil
		case "response", "effects", "units":
			if requests == 0 {
				return fmt.Errorf("a section %s is before the first request", f.Name)
			}
			answer = append(answer, f.Name)
		}
	}
	if requests == 0 || c.IsCost && requests > 1 {
		return fmt.Errorf("it has %d requests", requests)
	}
	return checkAnswer()
}

// Section returns the text of the first section with a name, "" if there is none.
func (c Case) Section(name string) string {
	for _, f := range c.Sections {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}
