package grouptypes_test

import (
	"reflect"
	"strings"
	"testing"

	"parley/infra/gen/grouptypes"
	"parley/shared/domain/groups"
)

// TestPage checks that the page has a line for each capability, with a cell for each type.
func TestPage(t *testing.T) {
	text, err := grouptypes.Generate()
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "| ") {
			lines++
			if got, want := strings.Count(line, "|"), len(groups.Types())+2; got != want {
				t.Errorf("%q has %d bars, want %d", line, got, want)
			}
		}
	}
	if want := reflect.TypeFor[groups.Capabilities]().NumField() + 2; lines != want {
		t.Errorf("the tables have %d lines, want %d", lines, want)
	}
	for _, line := range []string{
		"| destroy the group | backend only | owner | owner |\n",
		"| ask to join | nobody | everybody | everybody |\n",
		"| join option of a new group | `DisableApply` | `NeedPermission` | `FreeAccess` |\n",
		"| unread messages are counted | yes | yes | no |\n",
	} {
		if !strings.Contains(string(text), line) {
			t.Errorf("the page does not have the line %q", line)
		}
	}
}
