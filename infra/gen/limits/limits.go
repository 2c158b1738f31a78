// Package limits writes docs/limits.md. The settings and limits of an application come from
// the table in shared/domain/apps, and every other number from the constant that the code
// obeys, so the document and the code cannot differ. The sentences are in limits.md.tmpl.
package limits

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"
	"time"

	"parley/infra/gen/source"
	"parley/shared/domain/apps"
	"parley/shared/op"
)

// File is the template, below the root of the repository.
const File = "infra/gen/limits/limits.md.tmpl"

// Generate returns docs/limits.md. root is the folder of the repository.
func Generate(root string, all []op.Operation) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(root, File))
	if err != nil {
		return nil, err
	}
	g := &generator{numbers: NewNumbers(root), source: source.New(root), operations: all}
	t, err := template.New("limits.md").Funcs(template.FuncMap{
		"n": g.number, "kb": g.kilobytes, "time": g.duration, "timeout": g.timeout, "settings": g.settings, "limits": g.limits, "features": g.features,
	}).Parse(string(text))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, nil)
	return out.Bytes(), err
}

type generator struct {
	numbers    *Numbers
	source     *source.Source
	operations []op.Operation
}

// constant returns the constant with a name like "direct.MaxBatch", or with the folder of
// its package if that is not below shared/domain: "functions/client/friend.maxUsers".
func (g *generator) constant(name string) (Number, error) {
	dir, constant, _ := strings.Cut(name, ".")
	if !strings.Contains(dir, "/") {
		dir = "shared/domain/" + dir
	}
	return g.numbers.Constant(dir, constant)
}

// number writes a number: 12,288.
func (g *generator) number(name string) (string, error) {
	c, err := g.constant(name)
	return thousands(c.Value), err
}

// kilobytes writes a number of bytes in KB or MB.
func (g *generator) kilobytes(name string) (string, error) {
	c, err := g.constant(name)
	switch {
	case err != nil:
		return "", err
	case c.Value%(1<<20) == 0:
		return strconv.FormatInt(c.Value>>20, 10) + " MB", nil
	case c.Value%(1<<10) == 0:
		return strconv.FormatInt(c.Value>>10, 10) + " KB", nil
	}
	return "", fmt.Errorf("%s is %d bytes, and not a number of KB", name, c.Value)
}

// duration writes a duration in the greatest unit of which it is a multiple, but not 1 of:
// 120 s, 2 h, 30 days.
func (g *generator) duration(name string) (string, error) {
	c, err := g.constant(name)
	if err != nil {
		return "", err
	}
	if !c.Duration {
		return "", fmt.Errorf("%s is not a duration", name)
	}
	return span(time.Duration(c.Value)), nil
}

func span(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= 2*day && d%day == 0:
		return fmt.Sprintf("%d days", d/day)
	case d >= time.Hour && d%time.Hour == 0:
		return fmt.Sprintf("%d h", d/time.Hour)
	case d >= 5*time.Minute && d%time.Minute == 0:
		return fmt.Sprintf("%d min", d/time.Minute)
	default:
		return fmt.Sprintf("%d s", d/time.Second)
	}
}

// timeout writes the timeout of an operation's function.
func (g *generator) timeout(operation string) (string, error) {
	for _, o := range g.operations {
		if o.Name == operation {
			return span(o.Timeout), nil
		}
	}
	return "", fmt.Errorf("there is no operation %s", operation)
}

// settings writes the rows of Settings.
func (g *generator) settings() (string, error) { return g.table("Settings", apps.OfSettings, true) }

// limits writes the rows of Limits.
func (g *generator) limits() (string, error) { return g.table("Limits", apps.OfLimits, true) }

// features writes the rows of Features.
func (g *generator) features() (string, error) { return g.table("Features", apps.OfFeatures, false) }

// table writes one line for each row of a part. What a row sets is the comment of its
// field.
func (g *generator) table(kind string, part apps.Part, settable bool) (string, error) {
	t, err := g.source.Type("shared/domain/apps", kind)
	if err != nil {
		return "", err
	}
	comments := make(map[string]string)
	for _, f := range t.Fields {
		comments[f.Name] = f.Comment
	}
	var out strings.Builder
	for _, r := range apps.Table() {
		if r.Part != part {
			continue
		}
		cells := []string{"`" + r.Name + "`", comments[r.Name]}
		if settable {
			cells = append(cells, values(r))
		}
		for edition := range r.Default {
			cells = append(cells, inEdition(r, edition))
		}
		fmt.Fprintf(&out, "| %s |\n", strings.Join(append(cells, r.Source), " | "))
	}
	return strings.TrimSuffix(out.String(), "\n"), nil
}

// values says what can be set.
func values(r apps.Row) string {
	switch r.Value(apps.Settings{}).(type) {
	case string:
		if r.Bytes > 0 {
			return fmt.Sprintf("0 to %d bytes", r.Bytes)
		}
		return strings.Join(r.Values, ", ")
	case int:
		return thousands(int64(r.Min)) + " to " + thousands(int64(r.Max))
	default:
		return "true, false"
	}
}

// inEdition says what holds in an edition if nothing is set, and what at most.
func inEdition(r apps.Row, edition int) string {
	number := true
	switch v := r.Value(apps.Settings{}).(type) {
	case string:
		return cmp.Or(r.Word, "empty")
	case int:
	default:
		number = v == nil && r.Default[edition] > 1
	}
	switch {
	case number && r.Cap[edition] > 0:
		return fmt.Sprintf("%s, at most %s", thousands(int64(r.Default[edition])), thousands(int64(r.Cap[edition])))
	case number:
		return thousands(int64(r.Default[edition]))
	case r.Cap[edition] == 0 && r.Cap != [3]int{}:
		return "always false"
	default:
		return strconv.FormatBool(r.Default[edition] > 0)
	}
}

// thousands writes a number with commas: 100,000,000.
func thousands(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
