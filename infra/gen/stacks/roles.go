package stacks

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"parley/infra/iam"
	"parley/shared/op"
)

// A role is the IAM role of all operations of a surface that have the same statements. Its
// logical id is a hash of them, so that what a role allows never changes: an operation whose
// access changes gets another role, and keeps the old one until CloudFormation has made the
// new one. A role that several operations share is never widened for one of them.
type role struct {
	ID         string
	Statements []statement
	Operations []string // their names
}

// Description says which operations have the role, in the characters that IAM allows.
func (r role) Description() string {
	if n := len(r.Operations) - 1; n > 0 {
		return fmt.Sprintf("%s and %d more", r.Operations[0], n)
	}
	return r.Operations[0]
}

// roles returns the roles of the operations of a surface, in the order of their first
// operation, and by operation the id of its role.
func roles(list []*op.Operation, used iam.Exercised) ([]role, map[string]string, error) {
	var out []role
	of := make(map[string]string)
	for _, o := range list {
		allowed, err := statements(o, used)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", o.Name, err)
		}
		id := roleID(allowed)
		i := slices.IndexFunc(out, func(r role) bool { return r.ID == id })
		if i < 0 {
			i, out = len(out), append(out, role{ID: id, Statements: allowed})
		}
		out[i].Operations = append(out[i].Operations, o.Name)
		of[o.Name] = id
	}
	return out, of, nil
}

// roleID returns the logical id of the role with these statements.
func roleID(list []statement) string {
	var text strings.Builder
	write := func(s statement) {
		fmt.Fprintf(&text, "%s|%s|%s|%s\n", s.Sid, strings.Join(s.Actions, ","), s.Resource, s.Condition)
	}
	for _, s := range list {
		if write(s); s.InParameter != nil {
			write(*s.InParameter)
		}
	}
	sum := sha256.Sum256([]byte(text.String()))
	return fmt.Sprintf("Role%X", sum[:4])
}
