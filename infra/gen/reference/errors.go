package reference

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"parley/infra/gen/source"
	v4 "parley/shared/dialect/v4"
	"parley/shared/fault"
	"parley/shared/op"
)

// A numbering is a column of the table of errors.
type numbering struct {
	name    string
	about   string
	numbers v4.Numbers
}

func numberings() []numbering {
	own := make(v4.Numbers)
	for code := range fault.Codes() {
		own[code] = int(code)
	}
	return []numbering{
		{"gateway", "where no service has numbers of its own", v4.Gateway()},
		{"login", "the service im_open_login_svc", v4.Login()},
		{"openim", "the service openim", v4.OpenIM()},
		{"profile", "the service profile", v4.Profile()},
		{"relations", "the services sns and follow", v4.Relations()},
		{"extension", "the service openim_msg_ext_http_svc", v4.Extension()},
		{"config", "the service openconfigsvr", v4.Config()},
		{"contacts", "the service recentcontact and the actions of conversation but for list", v4.Contacts()},
		{"history", "the service open_msg_svc", v4.History()},
		{"operator", "the code itself", own},
	}
}

// service names the column of an operation's numbers, empty where it answers
// nobody.
func service(o *op.Operation) string {
	if o.Surface() == "worker" {
		return ""
	}
next:
	for _, n := range numberings() {
		for code, want := range n.numbers {
			if o.Protocol.Number(nil, fault.New(code, "")) != want {
				continue next
			}
		}
		return n.name
	}
	return ""
}

func errorPage(src *source.Source, entries []entry) ([]byte, error) {
	codes, err := src.Constants("shared/fault", "Code")
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	b.WriteString(mark + "# Errors\n\nThe domain refuses with a code of a closed list (`shared/fault`); each service has a number for each code. Codes are\n" +
		"what logs show. A field that is missing or wrong has a number of its own where the page of its operation says so.\n\n")
	for _, n := range numberings() {
		var groups []string
		for _, e := range entries {
			if g := e.Surface() + "." + e.Group(); service(e.Operation) == n.name && !slices.Contains(groups, g) {
				groups = append(groups, g)
			}
		}
		fmt.Fprintf(&b, "- **%s**, %s: %s\n", n.name, n.about, strings.Join(groups, ", "))
	}
	b.WriteString("\n| code | name | meaning |")
	line := "\n| ---: | --- | --- |"
	for _, n := range numberings() {
		fmt.Fprintf(&b, " %s |", n.name)
		line += " ---: |"
	}
	b.WriteString(line + "\n")
	names := fault.Codes()
	for _, c := range codes {
		n, err := strconv.Atoi(c.Value)
		if err != nil {
			return nil, fmt.Errorf("fault.%s: %w", c.Name, err)
		}
		code := fault.Code(n) //nolint:gosec // constants of this very type
		if names[code] == "" || c.Comment == "" {
			return nil, fmt.Errorf("fault.%s has no name or no comment", c.Name)
		}
		fmt.Fprintf(&b, "| %d | %s | %s |", n, names[code], cell(c.Comment))
		for _, by := range numberings() {
			number, ok := by.numbers[code]
			if !ok || number == 0 {
				return nil, fmt.Errorf("fault.%s has no number in %s", c.Name, by.name)
			}
			fmt.Fprintf(&b, " %d |", number)
		}
		b.WriteString("\n")
	}
	err = ownNumbers(&b, src, entries)
	return []byte(b.String()), err
}

// ownNumbers lists the numbers that operations and dialects answer without a
// code, with their sentences.
func ownNumbers(b *strings.Builder, src *source.Source, entries []entry) error {
	type row struct {
		source.Refusal
		dir string
	}
	var rows []row
	dirs := []string{"shared/dialect/v4", "shared/dialect/tencent"}
	for _, e := range entries {
		if dir := filepath.Join("functions", e.Surface(), e.Group()); !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	for _, dir := range dirs {
		list, err := src.Refusals(dir)
		if err != nil {
			return err
		}
		for _, r := range list {
			if at := (row{r, dir}); !slices.Contains(rows, at) {
				rows = append(rows, at)
			}
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(a.Number, b.Number) })
	b.WriteString("\n## Numbers of single rules\n\nThese are answered for one rule of one place, besides those of the request tables.\n\n| number | sentence | from |\n| ---: | --- | --- |\n")
	verbs := strings.NewReplacer("%d", "…", "%s", "…", "%q", "…", "%.10s", "…", "%.100q", "…")
	for _, r := range rows {
		fmt.Fprintf(b, "| %d | %s | %s |\n", r.Number, cell(verbs.Replace(r.Text)), r.dir)
	}
	return nil
}
