// Package names has the names by which DynamoDB finds things: the key of an item, an
// attribute of an item, and a member of an attribute that is a map. It imports nothing, so
// that a program may know the shape of its tables without the AWS SDK.
package names

// The attributes of every key.
const (
	PK Attribute = "pk"
	SK Attribute = "sk"
)

// Key is the primary key of an item.
type Key struct{ PK, SK string }

// Acceptable reports whether DynamoDB accepts a key: a partition key has 1 to 2048 bytes,
// a sort key 1 to 1024 ("Constraints in Amazon DynamoDB", Partition keys and sort keys).
func (k Key) Acceptable() bool {
	return k.PK != "" && len(k.PK) <= 2048 && k.SK != "" && len(k.SK) <= 1024
}

// Attribute is the stored name of an attribute of an item.
type Attribute string

// Path implements Operand.
func (a Attribute) Path() (attribute, member Attribute) { return a, "" }

// Member names a member of an attribute that is a map.
func (a Attribute) Member(name Attribute) Member { return Member{a, name} }

// A Member is one value of an attribute that is a map. Example: the attribute "address" is
// a map, and its member "town" has a name of its own.
type Member struct{ of, name Attribute }

// Path implements Operand.
func (m Member) Path() (attribute, member Attribute) { return m.of, m.name }

// An Operand is what a condition is about: an Attribute or a Member. The member is empty if
// it is the whole attribute.
type Operand interface {
	Path() (attribute, member Attribute)
}
