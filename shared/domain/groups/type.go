package groups

import "slices"

// A Type is a type of groups. What each type allows is in the table of Capabilities
// (docs/spec/tencent §16.1).
type Type string

// The types.
const (
	Work    Type = "work"    // colleagues: members add each other, nobody applies
	Public  Type = "public"  // found by its id; who applies needs permission
	Meeting Type = "meeting" // entered and left freely
)

// Types lists the types, in the order of the columns of the table of Capabilities.
func Types() []Type { return []Type{Work, Public, Meeting} }

// Valid reports whether t is one of Types.
func (t Type) Valid() bool { return slices.Contains(Types(), t) }

// A Role is what a user is in a group. A greater role may do everything that a lesser one may.
type Role int

// The roles. The numbers are stored.
const (
	NotMember Role = 0   // the user is not in the group
	Member    Role = 200 // an ordinary member
	Admin     Role = 300 // appointed by the owner
	Owner     Role = 400 // each group has at most one
	// Application is the role of a backend, which may do everything in every group, as a member or not.
	Application Role = 500
	// Nobody is above all roles: what needs it is not possible in a group of the type.
	Nobody Role = 600
)

// May reports whether a user with role r may do what needs at least the role least.
func (r Role) May(least Role) bool { return r >= least && least != Nobody }
