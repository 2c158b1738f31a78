// Package archive exports the messages of an application by the hour. New messages are
// collected into parts, and the parts of an hour are merged into one file
// (docs/adr/0014).
package archive

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"parley/shared/domain/timeline"
)

// A ConversationType is a kind of conversation.
type ConversationType string

// The types. The letters are those of chat.Kind, and are in the keys of files.
const (
	Direct ConversationType = "P" // of two users
	Group  ConversationType = "G"
)

// Valid reports whether t is one of the types.
func (t ConversationType) Valid() bool { return t == Direct || t == Group }

// An Hour identifies the file of one hour, one application and one type.
type Hour struct {
	App  int64
	Type ConversationType
	// Name is the hour in UTC in which the messages were sent. Example: "2015120121" is
	// 21:00 to 22:00 on 1 December 2015.
	Name string
}

const hourLayout = "2006010215"

// NameOf returns the name of the hour in which a time lies.
func NameOf(t time.Time) string { return t.UTC().Format(hourLayout) }

// ParseName returns when an hour begins; false if the name is malformed.
func ParseName(name string) (time.Time, bool) {
	t, err := time.Parse(hourLayout, name)
	return t, err == nil && NameOf(t) == name
}

// end returns when the hour ends.
func (h Hour) end() time.Time {
	t, _ := ParseName(h.Name) // cannot fail: the names of hours are made by NameOf or checked
	return t.Add(time.Hour)
}

// An Export describes the file of an hour.
type Export struct {
	Hour
	// Version is the number of merges that changed the file: 1, 2, ...
	Version  int64
	Messages int64
	// Size and MD5 are those of the plain file, GzipSize and GzipMD5 those of the
	// compressed file. Sizes are in bytes, MD5 in hex. GzipMD5 is the name of the file.
	Size, GzipSize int64
	MD5, GzipMD5   string
	Merged         int64 // when the file was made, Unix seconds
}

// A PendingHour is an hour with parts that may be missing in its file.
type PendingHour struct {
	Hour
	Token string // a random value that is new for each part
}

// A Record is a stored message, read from the table's stream.
type Record struct {
	App int64
	// Position identifies the message within its application. The file is ordered by it.
	Position string
	Message  timeline.Message
}

// A Store persists which hours have a file, and which hours are to be merged.
type Store interface {
	// MarkPending notes that an hour has a new part.
	MarkPending(ctx context.Context, p PendingHour) error
	// PendingHours lists pending hours between after and the hour with the name before,
	// without these two, in order of time.
	PendingHours(ctx context.Context, before string, after Hour, limit int) ([]PendingHour, error)
	// IsPending reports whether an hour is pending.
	IsPending(ctx context.Context, h Hour) (bool, error)
	// ClearPending makes an hour no longer pending, unless its mark is no longer p.Mark:
	// then it has another new part.
	ClearPending(ctx context.Context, p PendingHour) error
	// Export returns the file of an hour; nil if there is none.
	Export(ctx context.Context, h Hour, strong bool) (*Export, error)
	// SaveExport stores a version of the file if the stored version is the one before.
	// Otherwise it returns false.
	SaveExport(ctx context.Context, e Export) (bool, error)
	// Exports lists the hours that have a file, after one hour and before another one,
	// in order of time.
	Exports(ctx context.Context, app int64, t ConversationType, after, before string, limit int) ([]Export, error)
	// DeleteExport deletes the description of a file.
	DeleteExport(ctx context.Context, h Hour) error
}

// Objects stores parts and files. An object is never changed, because its id is a hash
// of its content.
type Objects interface {
	PutPart(ctx context.Context, h Hour, id string, content []byte) error
	Parts(ctx context.Context, h Hour) (ids []string, err error)
	Part(ctx context.Context, h Hour, id string) (io.ReadCloser, error)
	PutFile(ctx context.Context, h Hour, id string, content io.ReadSeeker, size int64) error
	File(ctx context.Context, h Hour, id string) (io.ReadCloser, error)
	// Link returns a URL from which anybody can fetch the file, and until when it works: for
	// life, or for as long as what signed it is certainly valid.
	Link(ctx context.Context, h Hour, id string, now time.Time, life time.Duration) (string, time.Time, error)
	// Purge deletes all parts and files of an hour.
	Purge(ctx context.Context, h Hour) error
}

// A Format is how the files of a deployment are written. A file has a line that begins it,
// a line for each message, with a comma between two of them, and a line that ends it.
type Format interface {
	Begin(h Hour) string
	Message(m timeline.Message) (json.RawMessage, error)
	End() string
}

// newLineEncoder writes each value on a line. It does not escape HTML characters.
func newLineEncoder(w io.Writer) *json.Encoder {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e
}
