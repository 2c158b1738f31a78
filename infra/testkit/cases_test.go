package testkit

import (
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// TestIncompleteCaseFails: a case without a request, or with a request that has no
// response or no effects, fails unless -update writes them.
func TestIncompleteCaseFails(t *testing.T) {
	for _, c := range []struct {
		sections          string
		refused, updating string // a part of the error, without and with -update
	}{
		{sections: "seed request response effects"},
		{sections: "request response effects seed request response effects"},
		{sections: "", refused: "no request", updating: "no request"},
		{sections: "seed", refused: "no request", updating: "no request"},
		{sections: "request", refused: "request 1 is followed by []"},
		{sections: "request response", refused: "request 1"},
		{sections: "request effects", refused: "request 1"},
		{sections: "request response effects request", refused: "request 2"},
		{sections: "request request response effects", refused: "request 1"},
		{sections: "request seed request response effects", refused: "request 1"},
		{sections: "request effects response", refused: "request 1"},
		{sections: "request response response effects", refused: "request 1"},
		{sections: "response effects request response effects", refused: "before the first request", updating: "before the first request"},
	} {
		var files []txtar.File
		for _, name := range strings.Fields(c.sections) {
			files = append(files, txtar.File{Name: name})
		}
		for updating, want := range map[bool]string{false: c.refused, true: c.updating} {
			err := checkSections(files, updating)
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%q, updating %v: got %v, want %q", c.sections, updating, err, want)
			}
		}
	}
}
