package content

import "encoding/json"

// A Kind names one of the nine kinds of elements.
type Kind string

// The kinds.
const (
	KindText     Kind = "text"
	KindLocation Kind = "location"
	KindFace     Kind = "face"
	KindCustom   Kind = "custom"
	KindSound    Kind = "sound"
	KindImage    Kind = "image"
	KindFile     Kind = "file"
	KindVideo    Kind = "video"
	KindMerged   Kind = "merged"
)

// An Element is one part of a message. It has the fields of one kind; the pointers to
// the others are nil. The names in the tags are those of the stored form
// (docs/data-model.md §3).
type Element struct {
	Text     *Text     `json:"t,omitempty"`
	Location *Location `json:"l,omitempty"`
	Face     *Face     `json:"f,omitempty"`
	Custom   *Custom   `json:"c,omitempty"`
	Sound    *Sound    `json:"s,omitempty"`
	Image    *Image    `json:"i,omitempty"`
	File     *File     `json:"d,omitempty"`
	Video    *Video    `json:"v,omitempty"`
	Merged   *Merged   `json:"m,omitempty"`
	Original *Original `json:"o,omitempty"`
}

// An Original is what a dialect needs besides the fields to write an element, or a merged
// message, exactly as it was written (docs/adr/0031). It is nil if the fields are enough.
// Only the dialect that wrote it reads it. Example: an app adds a field of its own to a
// picture. The picture has no place for it, so it is here.
type Original struct {
	Dialect string          `json:"d"`
	Rest    json.RawMessage `json:"r"`
}

// A Text is what a user wrote.
type Text string

// A Location is a place on the earth.
type Location struct {
	Description string  `json:"d,omitempty"`
	Latitude    float64 `json:"a"` // degrees
	Longitude   float64 `json:"o"` // degrees
}

// A Face is an emoji of a set that the app has.
type Face struct {
	Index int64  `json:"i"`
	Data  string `json:"d,omitempty"`
}

// A Custom is what an app says to itself.
type Custom struct {
	Data        string `json:"d,omitempty"`
	Description string `json:"s,omitempty"` // shown to users
	Extension   string `json:"e,omitempty"` // given to the app with a push
	Sound       string `json:"n,omitempty"` // the name of the sound of a push
}

// A Sound is a recorded voice.
type Sound struct {
	URL     string `json:"u,omitempty"`
	ID      string `json:"i,omitempty"`
	Bytes   int64  `json:"b,omitempty"`
	Seconds int64  `json:"s,omitempty"`
}

// An Image is a picture, in up to three sizes.
type Image struct {
	ID     string      `json:"i,omitempty"`
	Format string      `json:"f,omitempty"` // a file extension: "jpg", "gif", "png", "bmp"; "other"
	Files  []ImageFile `json:"s"`
}

// The sizes of a picture.
const (
	SizeOriginal  = "original"
	SizeLarge     = "large"
	SizeThumbnail = "thumbnail"
)

// An ImageFile is a picture in one size.
type ImageFile struct {
	Size   string `json:"k"` // SizeOriginal, SizeLarge or SizeThumbnail
	Bytes  int64  `json:"b,omitempty"`
	Width  int64  `json:"w,omitempty"` // pixels
	Height int64  `json:"h,omitempty"` // pixels
	URL    string `json:"u,omitempty"`
}

// A File is a file that is neither a picture nor a sound nor a video.
type File struct {
	URL   string `json:"u,omitempty"`
	ID    string `json:"i,omitempty"`
	Name  string `json:"n,omitempty"`
	Bytes int64  `json:"b,omitempty"`
}

// A Video is a video, and the picture that a device shows before it is played.
type Video struct {
	URL     string `json:"u,omitempty"`
	ID      string `json:"i,omitempty"`
	Bytes   int64  `json:"b,omitempty"`
	Seconds int64  `json:"s,omitempty"`
	Format  string `json:"f,omitempty"` // a file extension: "mp4"

	CoverURL    string `json:"cu,omitempty"`
	CoverID     string `json:"ci,omitempty"`
	CoverBytes  int64  `json:"cb,omitempty"`
	CoverWidth  int64  `json:"cw,omitempty"` // pixels
	CoverHeight int64  `json:"ch,omitempty"` // pixels
	CoverFormat string `json:"cf,omitempty"` // a file extension: "jpg"
}

// A Merged is merged messages: the messages themselves, or the key of a MergedList.
type Merged struct {
	Title    string          `json:"t,omitempty"`
	Fallback string          `json:"f,omitempty"` // what an app shows that cannot show merged messages
	Count    int64           `json:"n,omitempty"` // how many messages the sender says they are
	Abstract []string        `json:"a,omitempty"` // lines that summarize the messages
	Messages []MergedMessage `json:"l,omitempty"`
	Key      string          `json:"k,omitempty"`
}

// A MergedMessage is one of the messages that are merged into an element or a list.
type MergedMessage struct {
	From     string    `json:"f"`
	To       string    `json:"t,omitempty"` // of a message between two users
	Group    string    `json:"g,omitempty"` // of a message to a group
	Seq      uint32    `json:"s,omitempty"`
	Random   uint32    `json:"r,omitempty"`
	Time     int64     `json:"m,omitempty"` // Unix seconds
	Elements []Element `json:"e"`
	Custom   string    `json:"c,omitempty"`
	Original *Original `json:"o,omitempty"`
}

// NewText returns an element with a text.
func NewText(text string) Element {
	t := Text(text)
	return Element{Text: &t}
}

// Kind returns the kind of the element; empty if the element has no fields.
func (e Element) Kind() Kind {
	switch {
	case e.Text != nil:
		return KindText
	case e.Location != nil:
		return KindLocation
	case e.Face != nil:
		return KindFace
	case e.Custom != nil:
		return KindCustom
	case e.Sound != nil:
		return KindSound
	case e.Image != nil:
		return KindImage
	case e.File != nil:
		return KindFile
	case e.Video != nil:
		return KindVideo
	case e.Merged != nil:
		return KindMerged
	}
	return ""
}

// Known reports whether k is one of the kinds.
func (k Kind) Known() bool {
	switch k {
	case KindText, KindLocation, KindFace, KindCustom, KindSound, KindImage, KindFile, KindVideo, KindMerged:
		return true
	}
	return false
}
