package op

// A Describer is a Protocol whose operations are called over HTTP. The generated reference, and
// the tests that call every operation, know an envelope only by its description.
type Describer interface {
	Describe() Description
}

// A Description is what the calls of a surface, and their answers, have in common.
type Description struct {
	// Brief says in one line what the surface is. Conventions is Markdown that follows it: how
	// operations are called, and what they answer.
	Brief, Conventions string
	// Scheme is the name of the way in which callers sign, and Signature is where they do it.
	Scheme    string
	Signature Parameter
	// Parameters are what a call has besides its signature and its body.
	Parameters []Parameter
	// Envelopes are the forms of answers, one for each HTTP status.
	Envelopes []Envelope
	// Code is where an answer has the number or the word of a refusal. Example: "error.code"
	// for {"error":{"code":"not_found"}}.
	Code string
}

// A Parameter is a part of a call that is not in its body.
type Parameter struct {
	In, Name string // In is "query" or "header"
	Type     string // as in JSON Schema: "string", "integer"
	Required bool
	About    string
}

// An Envelope is the body of the answers that have one HTTP status.
type Envelope struct {
	Status int
	About  string
	Fields []EnvelopeField
}

// An EnvelopeField is a field of an envelope: a value, an object, or the answer of the operation.
type EnvelopeField struct {
	Name     string          // empty if the fields of the answer are beside those of the envelope
	Type     string          // of a value, as in JSON Schema; the answer has no Type and no Fields
	Values   []string        // all values that a text can have, if they are few
	Fields   []EnvelopeField // of an object
	Optional bool            // the field may be missing
}
