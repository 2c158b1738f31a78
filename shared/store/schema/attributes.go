package schema

import (
	"strconv"
	"strings"

	"parley/shared/dynamo/names"
)

// Attribute is the stored name of an attribute.
type Attribute = names.Attribute

// A Family is the beginning of the names of attributes that mean the same of different
// things. Example: the family "s." of a session has an attribute for each slot, "s.x" and
// "s.w".
type Family string

// Of returns the attribute of the family whose name ends with rest.
func (f Family) Of(rest string) Attribute { return Attribute(string(f) + rest) }

// At returns the attribute of the family whose name ends with a number.
func (f Family) At(n int) Attribute { return f.Of(strconv.Itoa(n)) }

// Cut returns what follows the name of the family in a stored name.
func (f Family) Cut(stored string) (rest string, ok bool) {
	return strings.CutPrefix(stored, string(f))
}

// Attributes of items of several kinds
const (
	// Expires is in every item that DynamoDB removes by itself: it is the TTL attribute of
	// all tables.
	Expires Attribute = "x" // number, s: when the item expires
)
