package catalog

import (
	"slices"
	"strings"
	"testing"

	"parley/shared/fault"
	"parley/shared/op"
)

// TestEveryDeclaredFaultIsAnswered checks that the dialect of each operation has a number
// for each fault that the operation declares, and for those of every call. A fault without
// a number would be answered like an internal error, and the caller would not read why.
func TestEveryDeclaredFaultIsAnswered(t *testing.T) {
	declared := 0
	for _, o := range All() {
		if o.Surface() == "worker" {
			continue // a worker answers nobody
		}
		for _, code := range slices.Concat(o.Declared().Faults, op.CommonFaults()) {
			declared++
			err := fault.New(code, "the sentence of the fault")
			if n := o.Protocol.Number(&op.Call{}, err); n == 0 {
				t.Errorf("%s answers %s with 0, which is success", o.Name, code)
			}
			if code.Ours() || !hasSentences(&o) {
				continue // the caller of a fault of ours reads a general sentence
			}
			answer, encodeErr := o.Protocol.Encode(&op.Call{}, nil, err)
			if encodeErr != nil || !strings.Contains(string(answer), "the sentence of the fault") {
				t.Errorf("%s declares %s and answers it with %s %v", o.Name, code, answer, encodeErr)
			}
		}
		for _, code := range o.Declared().Faults {
			if slices.Contains(op.CommonFaults(), code) && !strings.HasPrefix(o.Name, "operator.") {
				t.Errorf("%s declares %s, which every operation can return", o.Name, code)
			}
		}
	}
	if declared < 2000 {
		t.Errorf("checked %d faults", declared)
	}
}

// hasSentences reports whether an operation answers with a body that has a sentence.
// The operations that open and close connections answer with a status.
func hasSentences(o *op.Operation) bool {
	return slices.ContainsFunc(o.Triggers, func(t op.Trigger) bool { return t.HTTP != "" })
}
