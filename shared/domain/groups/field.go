package groups

import (
	"slices"

	"parley/shared/fault"
)

// A Field is a custom field of groups, or of members, that an application declares. The least
// role that may read it, and the least that may write it, follow; the application may do both
// (docs/spec/tencent §16.6).
type Field struct {
	Name          string
	Reads, Writes Role
	Own           bool // of a field of members: each member reads and writes the member's own value
}

// FieldRoles lists the roles that a Field may name.
func FieldRoles() []Role { return []Role{NotMember, Member, Admin, Owner, Application} }

const maxFieldName = 16 // bytes of the name of a custom field (docs/spec/tencent §16.6)

// MaxFieldValue is how many bytes the value of a custom field of a group has at most, and
// MaxMemberFieldValue the same of a member.
const (
	MaxFieldValue       = 512
	MaxMemberFieldValue = 64
)

// CheckFieldName refuses a name that no custom field can have.
func CheckFieldName(name string) error {
	bad := name == "" || len(name) > maxFieldName
	for _, c := range []byte(name) {
		bad = bad || ((c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_')
	}
	if bad {
		return fault.New(fault.Invalid, "the name of a custom field has 1 to %d bytes of A to Z, a to z, 0 to 9 and _", maxFieldName)
	}
	return nil
}

// CheckFields refuses values of custom fields that the application does not declare, that a user
// with this role may not write, or that are too long. field names the fields of the call.
func CheckFields(declared []Field, values map[string]string, r Role, maxValue int, field fault.Field) error {
	for name, value := range values {
		i := slices.IndexFunc(declared, func(f Field) bool { return f.Name == name })
		switch {
		case i < 0:
			return fault.At(fault.FieldUnknown, field, "the application declares no custom field %.40q", name)
		case !r.May(declared[i].Writes):
			return fault.At(fault.FieldReadOnly, field, "%s may not be written by a user with this role", name)
		case len(value) > maxValue:
			return fault.At(fault.TextTooLong, field, "the value of %s is over %d bytes", name, maxValue)
		}
	}
	return nil
}

// OwnFields returns fields of members as a member has them for the own value.
func OwnFields(declared []Field) []Field {
	list := slices.Clone(declared)
	for i, f := range list {
		if f.Own {
			list[i].Reads, list[i].Writes = min(f.Reads, Member), min(f.Writes, Member)
		}
	}
	return list
}

// Readable returns those of the values of custom fields that a user with this role may read.
func Readable(declared []Field, values map[string]string, r Role) map[string]string {
	out := make(map[string]string, len(values))
	for _, f := range declared {
		if value, ok := values[f.Name]; ok && r.May(f.Reads) {
			out[f.Name] = value
		}
	}
	return out
}
