package calls

// A Value is the value of an attribute: one of the types below. All of them are pointers.
// Example: the name "alice" is &Text{Value: "alice"}.
type Value interface{ value() }

// Attributes are values by their names: an item, a key, or the values of an expression.
type Attributes = map[string]Value

// The types of values ("Naming rules and data types", Amazon DynamoDB developer guide).
type (
	// Text is a text in UTF-8, S in DynamoDB.
	Text struct{ Value string }
	// Number is a decimal number, N.
	Number struct{ Value string }
	// Binary is bytes, B.
	Binary struct{ Value []byte }
	// Bool is true or false, BOOL.
	Bool struct{ Value bool }
	// Null is a value that is nothing, NULL.
	Null struct{ Value bool }
	// List is a list of values, L.
	List struct{ Value []Value }
	// Map is values by their names, M.
	Map struct{ Value Attributes }
	// TextSet is texts that differ from each other, SS.
	TextSet struct{ Value []string }
	// NumberSet is numbers that differ from each other, NS.
	NumberSet struct{ Value []string }
	// BinarySet is bytes that differ from each other, BS.
	BinarySet struct{ Value [][]byte }
)

func (*Text) value()      {}
func (*Number) value()    {}
func (*Binary) value()    {}
func (*Bool) value()      {}
func (*Null) value()      {}
func (*List) value()      {}
func (*Map) value()       {}
func (*TextSet) value()   {}
func (*NumberSet) value() {}
func (*BinarySet) value() {}
