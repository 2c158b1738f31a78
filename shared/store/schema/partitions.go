package schema

import (
	"strconv"
	"strings"

	"parley/shared/domain/chat"
)

// An id is the last part of a key, or it is followed by IDEnd, because ids may contain
// '#'. An id is not empty and contains neither IDEnd nor the byte that stands for '#' in
// partition keys. A parser refuses every key that its constructor does not make.

// IDEnd ends an id inside a key. It is the byte 0x1F; docs/data-model.md writes it "~".
const IDEnd = "\x1f"

// hashInID is written instead of each '#' of an id in a partition key. It is the byte 0x1E. So the
// pattern "*#C#*" of a role matches the account of every user, and nothing of a user
// whose id is "a#C#b": that user's rows are in "5#U#a~C~b", with this byte for "~".
const hashInID = "\x1e"

// IsID reports whether a part of a key can be an id.
func IsID(s string) bool { return s != "" && !strings.ContainsAny(s, IDEnd+hashInID) }

// cutID returns the id that follows a prefix.
func cutID(sk, prefix string) (id string, ok bool) {
	id, ok = strings.CutPrefix(sk, prefix)
	if !ok || !IsID(id) {
		return "", false
	}
	return id, true
}

// A Form is a form of partition keys. A partition key is the number of the application, the
// kind and, for most kinds, an id: "5#U#alice", "5#A#". Each kind belongs to one aggregate, so
// that the roles can tell aggregates apart by their partition keys.
type Form struct {
	// Kind follows the application in the key. It is a name only if there is a Key.
	Kind string
	// ID says what the id is. It is empty if an application has one partition of the kind.
	ID string
	// Key is the whole key of a partition that all applications share.
	Key string
	// accepts reports whether an id is one that a key of the form may have; nil: IsID.
	accepts func(id string) bool
	// chats: the ids are names of conversations whose kind has the letter Kind.
	chats bool
}

// A Partition is a parsed partition key.
type Partition struct {
	App int64
	// Kind is that of the form. It is empty if no form has the key.
	Kind string
	// Chat is the conversation whose timeline it is; the zero ID for all others.
	Chat chat.ID
	// ID is the id that follows the kind. It is empty if nothing follows, and for a
	// timeline.
	ID string
}

// String returns the form as documents write it. Example: "{app}#U#{user}".
func (f Form) String() string {
	switch {
	case f.Key != "":
		return f.Key
	case f.ID == "":
		return "{app}#" + f.Kind + "#"
	default:
		return "{app}#" + f.Kind + "#{" + strings.ReplaceAll(f.ID, IDEnd, "}~{") + "}"
	}
}

// Pattern returns a pattern for the keys of the form, with a star for any text.
func (f Form) Pattern() string {
	switch {
	case f.Key != "":
		return f.Key
	case f.ID == "":
		return "*#" + f.Kind + "#"
	default:
		return "*#" + f.Kind + "#*"
	}
}

// pk returns the partition key of an application with an id, which is empty if the form has
// none.
func (f Form) pk(app int64, id string) string { return partition(app, f.Kind, id) }

func partition(app int64, kind, id string) string {
	var digits [20]byte
	return string(strconv.AppendInt(digits[:0], app, 10)) + "#" + kind + "#" + strings.ReplaceAll(id, "#", hashInID)
}

// parse parses a partition key of this form.
func (f Form) parse(pk string) (Partition, bool) {
	if f.Key != "" {
		return Partition{Kind: f.Kind}, pk == f.Key
	}
	app, kind, stored, ok := cut(pk)
	if !ok {
		return Partition{}, false
	}
	return f.read(app, kind, stored)
}

// cut returns the parts of a partition key: the application, the kind, and the id as it is
// stored.
func cut(pk string) (app int64, kind, stored string, ok bool) {
	head, rest, _ := strings.Cut(pk, "#")
	app, err := strconv.ParseInt(head, 10, 64)
	if err != nil || app < 0 || strconv.FormatInt(app, 10) != head {
		return 0, "", "", false
	}
	kind, stored, ok = strings.Cut(rest, "#")
	return app, kind, stored, ok && !strings.Contains(stored, "#")
}

// read returns the partition that has these parts, if it is of this form.
func (f Form) read(app int64, kind, stored string) (Partition, bool) {
	id := strings.ReplaceAll(stored, hashInID, "#")
	p := Partition{App: app, Kind: kind, ID: id}
	switch {
	case f.Key != "" || kind != f.Kind:
		return p, false
	case f.chats:
		c, err := chat.Parse(kind + "#" + id)
		return Partition{App: app, Kind: kind, Chat: c}, err == nil && !c.IsZero() && TimelinePK(app, c) == partition(app, kind, id)
	case f.ID == "":
		return p, id == ""
	case f.accepts != nil:
		return p, f.accepts(id)
	}
	return p, IsID(id)
}

// accepts makes the parser of a sort key to the function parse of a Kind.
func accepts[T any](parser func(sk string) (T, bool)) func(Partition, string) bool {
	return func(_ Partition, sk string) bool { _, ok := parser(sk); return ok }
}

// anyID is the function parse of a Kind whose sort keys are ids.
func anyID(_ Partition, sk string) bool { return IsID(sk) }
