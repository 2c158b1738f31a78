// Package archive exports the messages of an application by the hour: parts as
// they are stored, merged into one file for each hour (docs/adr/0014-export.md).
package archive

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"parley/shared/domain/messages"
)

// A Type is a kind of chat.
type Type string

// The types (core spec §11.2).
const (
	C2C   Type = "C2C"
	Group Type = "Group"
)

// Valid reports whether it is one of the types.
func (t Type) Valid() bool { return t == C2C || t == Group }

// An Hour is what one file holds.
type Hour struct {
	App  int64
	Type Type
	// Name is "2015120121": the hour of MsgTime in UTC+8, where the vendor's
	// servers stand.
	Name string
}

const layout = "2006010215"

// Zone is the time zone of hours.
func Zone() *time.Location { return time.FixedZone("UTC+8", 8*60*60) }

// NameOf names the hour that a time is in.
func NameOf(t time.Time) string { return t.In(Zone()).Format(layout) }

// ParseName returns when an hour begins.
func ParseName(name string) (time.Time, bool) {
	t, err := time.ParseInLocation(layout, name, Zone())
	return t, err == nil && NameOf(t) == name
}

// end is when the hour is over.
func (h Hour) end() time.Time {
	t, _ := ParseName(h.Name) // hours are made of times
	return t.Add(time.Hour)
}

// An Export is the file of an hour.
type Export struct {
	Hour
	// Version counts the merges that changed the file: 1, 2, ...
	Version  int64
	Messages int64
	// Sizes in bytes and MD5 in hex of the plain and of the compressed file. The
	// latter's MD5 names the file.
	Size, GzipSize int64
	MD5, GzipMD5   string
	Merged         int64 // Unix seconds
}

// A Pending hour has parts that its file may lack.
type Pending struct {
	Hour
	Mark string // of its latest part
}

// A Record is a stored message as the stream of changes brings it.
type Record struct {
	App int64
	// Place identifies the message in its application and orders its file.
	Place   string
	Message messages.Message
}

// Store knows what hours have.
type Store interface {
	// MarkPending says that an hour has a new part. Each mark is another one.
	MarkPending(ctx context.Context, p Pending) error
	// PendingHours lists hours before one, from after on, in order of time.
	PendingHours(ctx context.Context, before string, after Hour, limit int) ([]Pending, error)
	// IsPending reports whether an hour has parts that its file may lack.
	IsPending(ctx context.Context, h Hour) (bool, error)
	// Unmark removes a mark, unless the hour has another one by now.
	Unmark(ctx context.Context, p Pending) error
	// Export returns the file of an hour, nil where there is none.
	Export(ctx context.Context, h Hour, strong bool) (*Export, error)
	// SaveExport stores a version of the file, if it follows the one that is
	// there.
	SaveExport(ctx context.Context, e Export) (bool, error)
	// Exports lists the hours with a file after one hour and before another, in
	// order of time.
	Exports(ctx context.Context, app int64, t Type, after, before string, limit int) ([]Export, error)
	// DeleteExport forgets the file of an hour.
	DeleteExport(ctx context.Context, h Hour) error
}

// Objects keeps parts and files. What is there is never changed: ids come from
// the content.
type Objects interface {
	PutPart(ctx context.Context, h Hour, id string, content []byte) error
	Parts(ctx context.Context, h Hour) (ids []string, err error)
	Part(ctx context.Context, h Hour, id string) (io.ReadCloser, error)
	PutFile(ctx context.Context, h Hour, id string, content io.ReadSeeker, size int64) error
	File(ctx context.Context, h Hour, id string) (io.ReadCloser, error)
	// Link makes an address at which anybody can fetch the file for a while.
	Link(ctx context.Context, h Hour, id string, now time.Time, life time.Duration) (string, error)
	// Purge removes all parts and files of an hour.
	Purge(ctx context.Context, h Hour) error
}

// exported is a message as a file holds it (core spec §11.2).
type exported struct {
	From   string             `json:"From_Account"`
	To     string             `json:"To_Account"`
	Time   int64              `json:"MsgTimestamp"`
	Seq    uint32             `json:"MsgSeq"`
	Random uint32             `json:"MsgRandom"`
	Body   []messages.Element `json:"MsgBody"`
	// The specification's list ends before it; an export without it would lose a
	// part of the message.
	Custom string `json:"CloudCustomData,omitempty"`
}

func export(m messages.Message) exported {
	e := exported{From: m.From, To: m.To, Time: m.Time, Seq: m.Seq, Random: m.Random, Body: m.Elements, Custom: m.Custom}
	if e.Body == nil {
		e.Body = []messages.Element{}
	}
	return e
}

// encoder writes a value a line, texts as they are.
func encoder(w io.Writer) *json.Encoder {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e
}
