package events

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"parley/infra/testkit/table"
	"parley/shared/op"
)

// Bodies returns a sample body for each operation whose trigger has a body: the body of a
// call, a job of a queue, or the new item in a record of a stream. root is the folder of the
// repository.
//
// The sample of an operation is in its case table. It is the body of the first request. The
// table begins with a section "sample" that has another body if that one does not fit:
//   - it cannot be replayed with the data of package rie, for example because it names a
//     message that only the seed of the case stores
//   - the tests that vary the samples (functions/catalog) could not use it, for example
//     with a limit of 2 items
func Bodies(root string, operations []op.Operation) (map[string]string, error) {
	bodies := make(map[string]string)
	for i := range operations {
		o := &operations[i]
		if !hasBody(o.Triggers[0]) {
			continue
		}
		t, err := table.Read(root, o.Name)
		if err != nil {
			return nil, err
		}
		body := bodyIn(t)
		if !json.Valid([]byte(body)) {
			return nil, fmt.Errorf("%s: the first request has no body that is JSON: put a section \"sample\" with one before the first case", table.Path(root, o.Name))
		}
		bodies[o.Name] = body
	}
	return bodies, nil
}

// hasBody reports whether the events of a trigger have a body that a caller or a service
// chooses.
func hasBody(t op.Trigger) bool {
	return !t.Authorizer && t.Socket != "$connect" && t.Socket != "$disconnect"
}

// bodyIn returns the sample body in a case table. It is empty if there is none.
func bodyIn(t table.Table) string {
	body := ""
	if t.Sample != nil {
		body = string(t.Sample.Data)
	} else if len(t.Cases) > 0 {
		_, body = table.SplitRequest(t.Cases[0].Section("request"))
	}
	return strings.ReplaceAll(strings.TrimSpace(body), "{app}", strconv.Itoa(App))
}
