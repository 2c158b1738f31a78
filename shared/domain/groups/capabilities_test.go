package groups_test

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"parley/shared/domain/groups"
)

// spec is the table of docs/spec/tencent §16.1: the cells of each row by its title.
func spec(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("../../../docs/spec/tencent/groups.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "\n### 16.1 ")
	section, _, _ := strings.Cut(rest, "\n### ")
	rows := make(map[string][]string)
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 4 || strings.HasPrefix(line, "|---") {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows[strings.ReplaceAll(cells[0], "`", "'")] = cells[1:]
	}
	if !ok || len(rows) < 30 || !slices.Equal(rows["capability"], []string{"Work", "Public", "Meeting"}) {
		t.Fatalf("docs/spec/tencent §16.1 has the rows %v", rows)
	}
	return rows
}

// elsewhere lists the rows of the specification that are not in the table of Capabilities.
func elsewhere() map[string]string {
	limits := "a limit of the edition: shared/domain/apps"
	return map[string]string{
		"capability":                            "the head of the table",
		"members, developer edition":            limits,
		"members, standard edition":             limits,
		"members, premium edition":              limits,
		"groups, developer edition":             limits,
		"groups, standard edition":              limits,
		"groups, premium edition":               limits,
		"net new groups per day":                limits,
		"roles":                                 "AppointAdmins",
		"fuzzy search":                          "no type has it",
		"ban a member":                          "no type has it",
		"history":                               "every type has it",
		"import of groups, members, messages":   "every type has it",
		"mute by clients and 'forbid_send_msg'": "MuteMembers",
		"remove offline members automatically":  "not built: docs/roadmap.md §1",
		"disband idle groups automatically":     "Service.ReclaimIdle, if the application has GroupIdleDays",
	}
}

// word returns how the specification says what a cell of the table says.
func word(title, cell string) (string, error) {
	cell, _, _ = strings.Cut(cell, ", cfg")
	switch title {
	case "find by exact group id":
		cell = map[string]string{"no": "app admin", "yes": "anybody"}[cell]
	case "apply to join":
		cell = map[string]string{"no": "no", "approval": "anybody", "free": "anybody"}[cell]
	case "invite by members":
		cell = map[string]string{"no": "app admin", "yes": "member"}[cell]
	case "set admins":
		cell = map[string]string{"no": "no", "yes": "owner"}[cell]
	case "read member list":
		cell = map[string]string{"all": "member"}[cell]
	case "default receive option":
		cell = map[string]string{"AcceptAndNotify": "no", "AcceptNotNotify": "yes"}[cell]
	}
	least, _, _ := strings.Cut(cell, ",") // the roles begin with the least one
	got, ok := map[string]string{
		"no": "no", "yes": "yes", "off": "no", "on": "yes", "stored": "yes",
		"anybody": fmt.Sprint(int(groups.NotMember)), "member": fmt.Sprint(int(groups.Member)), "admin": fmt.Sprint(int(groups.Admin)),
		"owner": fmt.Sprint(int(groups.Owner)), "app admin": fmt.Sprint(int(groups.Application)),
		"FreeAccess": "free", "NeedPermission": "confirm", "DisableApply": "deny", "DisableInvite": "deny",
	}[least]
	if !ok {
		return "", fmt.Errorf("the cell %q of %q has no known word", cell, title)
	}
	return got, nil
}

// Every cell of the table is what docs/spec/tencent §16.1 says.
func TestCapabilitiesAreThoseOfTheSpecification(t *testing.T) {
	rows := spec(t)
	table := reflect.ValueOf(groups.CapabilitiesOfTypes())
	for f, cells := range table.Fields() {
		title := f.Tag.Get("row")
		want := rows[title]
		if want == nil {
			t.Errorf("%s: docs/spec/tencent §16.1 has no row %q", f.Name, title)
			continue
		}
		delete(rows, title)
		for i, column := range groups.Types() {
			cell := cells.Field(i)
			if got := cells.Type().Field(i).Name; !strings.EqualFold(got, string(column)) {
				t.Fatalf("column %d is %s, want %s", i, got, column)
			}
			got := fmt.Sprint(cell.Interface())
			switch {
			case cell.Kind() == reflect.Bool:
				got = map[bool]string{true: "yes", false: "no"}[cell.Bool()]
			case cell.Kind() == reflect.Int && groups.Role(cell.Int()) == groups.Nobody:
				got = "no"
			}
			if want, err := word(title, want[i]); err != nil || got != want {
				t.Errorf("%s of %s: %s, want %s, %v", f.Name, column, got, want, err)
			}
		}
	}
	for title := range rows {
		if elsewhere()[title] == "" {
			t.Errorf("the row %q of docs/spec/tencent §16.1 is in no table", title)
		}
	}
	for title := range elsewhere() {
		if rows[title] == nil {
			t.Errorf("docs/spec/tencent §16.1 has no row %q", title)
		}
	}
}

// A cell is that of its type, and a role may do what needs at most that role, but never what needs
// Nobody.
func TestCellsAndRoles(t *testing.T) {
	c := groups.Cells[int]{Work: 1, Public: 2, Meeting: 3}
	for i, kind := range groups.Types() {
		if got := c.For(kind); got != i+1 {
			t.Errorf("the cell of %s is %d, want %d", kind, got, i+1)
		}
	}
	roles := []groups.Role{groups.NotMember, groups.Member, groups.Admin, groups.Owner, groups.Application}
	for i, r := range roles {
		for j, least := range roles {
			if got := r.May(least); got != (i >= j) {
				t.Errorf("role %d may do what needs %d: %t", r, least, got)
			}
		}
		if r.May(groups.Nobody) {
			t.Errorf("role %d may do what nobody may", r)
		}
	}
}
