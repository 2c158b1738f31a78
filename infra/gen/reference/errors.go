package reference

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"parley/functions/catalog"
	"parley/infra/gen/source"
	v4 "parley/shared/dialect/v4"
	"parley/shared/fault"
	"parley/shared/op"
)

// A numbering is a column of the table of errors: the numbers that some operations answer
// for the codes of the domain.
type numbering struct {
	name    string
	about   string // which operations use it
	numbers v4.Numbers
}

// numberings returns the columns of the table of errors. A surface whose first operation has
// none of the numbers below has a column of its own.
var numberings = sync.OnceValue(func() []numbering {
	own := make(v4.Numbers)
	for code := range fault.Codes() {
		own[code] = int(code)
	}
	all := []numbering{
		{"gateway", "operations whose service has no numbers of its own", v4.Gateway()},
		{"login", "the service im_open_login_svc", v4.Login()},
		{"openim", "the service openim", v4.OpenIM()},
		{"profile", "the service profile", v4.Profile()},
		{"relations", "the services sns and follow", v4.Relations()},
		{"extension", "the service openim_msg_ext_http_svc", v4.Extension()},
		{"config", "the service openconfigsvr", v4.Config()},
		{"groups", "the services group_open_http_svc and group_open_attr_http_svc", v4.Groups()},
		{"contacts", "the service recentcontact, and the actions of conversation except list", v4.Contacts()},
		{"history", "the service open_msg_svc", v4.History()},
		{"operator", "the code of the domain itself", own},
	}
	done := []string{"worker"}
	for _, o := range catalog.All() {
		if slices.Contains(done, o.Surface()) {
			continue
		}
		done = append(done, o.Surface())
		if numberingOf(&o, all) != "" {
			continue
		}
		n := numbering{o.Surface(), "the surface " + o.Surface(), make(v4.Numbers)}
		for code := range fault.Codes() {
			n.numbers[code] = o.Protocol.Number(nil, fault.New(code, ""))
		}
		all = append(all, n)
	}
	return all
})

// service returns the name of the numbering that an operation uses. It is empty for a
// worker, which answers nobody.
func service(o *op.Operation) string {
	if o.Surface() == "worker" {
		return ""
	}
	return numberingOf(o, numberings())
}

// numberingOf returns the name of the numbering in a list that an operation uses. It is empty
// if there is none.
func numberingOf(o *op.Operation, list []numbering) string {
next:
	for _, n := range list {
		for code, want := range n.numbers {
			if o.Protocol.Number(nil, fault.New(code, "")) != want {
				continue next
			}
		}
		return n.name
	}
	return ""
}

// errorPage makes the page of all error numbers.
func errorPage(src *source.Source, entries []entry) ([]byte, error) {
	codes, err := src.Constants("shared/fault", "Code")
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	b.WriteString(header + "# Errors\n\nIf the domain refuses a call, it gives a code of a closed list (`shared/fault`). Each service of the vendor has its own\n" +
		"number for each code. The caller receives the number, and the log line has the code. A missing field, or a field of a\n" +
		"wrong type, can have another number: see the request table of the operation.\n\n")
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
		code := fault.Code(n) // constants of this type
		if names[code] == "" || c.Comment == "" {
			return nil, fmt.Errorf("fault.%s has no name or no comment", c.Name)
		}
		fmt.Fprintf(&b, "| %d | %s | %s |", n, names[code], cell(c.Comment))
		for _, column := range numberings() {
			number, ok := column.numbers[code]
			if !ok || number == 0 {
				return nil, fmt.Errorf("fault.%s has no number in %s", c.Name, column.name)
			}
			fmt.Fprintf(&b, " %d |", number)
		}
		b.WriteString("\n")
	}
	err = ownNumbers(&b, src, entries)
	return []byte(b.String()), err
}

// ownNumbers writes the numbers that operations and dialects answer with v4.Refuse, without
// a code of the domain, and the sentences of those answers.
func ownNumbers(b *strings.Builder, src *source.Source, entries []entry) error {
	type row struct {
		source.Refusal
		dir string
	}
	var rows []row
	dirs := []string{"shared/dialect/v4"}
	for _, e := range entries {
		for _, dir := range []string{filepath.Join("shared/dialect", e.Surface()), filepath.Join("functions", e.Surface(), e.Group())} {
			if !slices.Contains(dirs, dir) && dir != "shared/dialect/worker" {
				dirs = append(dirs, dir)
			}
		}
	}
	for _, dir := range dirs {
		list, err := src.Refusals(dir)
		if err != nil {
			return err
		}
		for _, r := range list {
			if next := (row{r, dir}); !slices.Contains(rows, next) {
				rows = append(rows, next)
			}
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(a.Number, b.Number) })
	b.WriteString("\n## Numbers of single rules\n\nEach of these numbers is answered if one rule of one package is broken. The numbers of the request tables are not repeated\nhere.\n\n| number | sentence | package |\n| ---: | --- | --- |\n")
	verbs := strings.NewReplacer("%d", "…", "%s", "…", "%q", "…", "%v", "…", "%.10s", "…", "%.100q", "…")
	for _, r := range rows {
		fmt.Fprintf(b, "| %d | %s | %s |\n", r.Number, cell(verbs.Replace(r.Text)), r.dir)
	}
	return nil
}
