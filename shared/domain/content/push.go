package content

import "parley/shared/plainjson"

// A Push is what a sender wants of the push of a message.
type Push struct {
	Disabled bool         `json:"off,omitempty"` // send no push
	Title    string       `json:"title,omitempty"`
	Text     string       `json:"text,omitempty"`
	Ext      string       `json:"ext,omitempty"`
	NoBadge  bool         `json:"noBadge,omitempty"` // the badge does not count this message
	Android  *AndroidPush `json:"android,omitempty"` // what differs on these devices; nil: nothing
	Apple    *ApplePush   `json:"apple,omitempty"`
	Bytes    int          `json:"-"` // how many bytes of the message this is, for the limit of its size
}

// Encode returns the stored form of what a sender wants of the push.
func (p Push) Encode() []byte { return encode(p) }

// DecodePush reverses Push.Encode.
func DecodePush(text []byte) (*Push, error) {
	var p Push
	if err := plainjson.UnmarshalStored(text, &p); err != nil {
		return nil, err
	}
	return &p, nil
}

// An AndroidPush is what a sender wants of the push to an Android device. The maps have the
// names of providers: "huawei", "honor", "xiaomi", "oppo", "vivo" and "google". What is
// empty is as the provider does it.
type AndroidPush struct {
	Sound      string            `json:"sound,omitempty"`
	Channels   map[string]string `json:"channels,omitempty"`   // ids of notification channels
	Categories map[string]string `json:"categories,omitempty"` // what kind of message it is, in the provider's words
	Images     map[string]string `json:"images,omitempty"`     // URLs
	Importance map[string]string `json:"importance,omitempty"` // ImportanceLow or ImportanceNormal
	// Original is what the sender's dialect wrote besides.
	Original *Original `json:"original,omitempty"`
}

// How important a provider takes a push to be.
const (
	ImportanceLow    = "low"
	ImportanceNormal = "normal"
)

// An ApplePush is what a sender wants of the push to an Apple device.
type ApplePush struct {
	Title        string    `json:"title,omitempty"`
	Subtitle     string    `json:"subtitle,omitempty"`
	Sound        string    `json:"sound,omitempty"`
	Image        string    `json:"image,omitempty"`        // URL
	Mutable      bool      `json:"mutable,omitempty"`      // the app may change the push before it is shown
	Available    bool      `json:"available,omitempty"`    // the app is woken to fetch content
	Interruption string    `json:"interruption,omitempty"` // "passive", "active", "time-sensitive" or "critical"
	Original     *Original `json:"original,omitempty"`     // as that of Android
}
