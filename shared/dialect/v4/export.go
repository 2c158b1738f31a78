package v4

import (
	"encoding/json"
	"fmt"
	"time"

	"parley/shared/domain/archive"
	"parley/shared/domain/chat"
	"parley/shared/domain/timeline"
	"parley/shared/plainjson"
)

// An ExportFormat writes the hourly files of messages as get_history promises them
// (docs/spec/tencent §11.2). It implements archive.Format.
type ExportFormat struct{}

// exportedMessage is a message in a file.
type exportedMessage struct {
	From   string    `json:"From_Account"`
	To     string    `json:"To_Account,omitempty"`
	Group  string    `json:"GroupId,omitempty"`
	Time   int64     `json:"MsgTimestamp"`
	Seq    uint32    `json:"MsgSeq"`
	Random uint32    `json:"MsgRandom"`
	Body   []Element `json:"MsgBody"`
	// The vendor's list of fields does not have it, but an export without it would lose a
	// part of the message.
	Custom string `json:"CloudCustomData,omitempty"`
}

// Begin implements archive.Format.
func (ExportFormat) Begin(h archive.Hour) string {
	return fmt.Sprintf(`{"SdkAppId":%d,"ChatType":%q,"MsgTime":%q,"MsgList":[`, h.App, chatTypes()[h.Type], FormatHour(h.Name))
}

// Message implements archive.Format.
func (ExportFormat) Message(m timeline.Message) (json.RawMessage, error) {
	out := exportedMessage{
		From: m.From, To: m.To(), Time: m.Time, Seq: m.Seq, Random: m.Random, Body: FromElements(m.Elements), Custom: m.Custom,
	}
	if m.Chat.Kind() == chat.Group {
		out.Group, _ = m.Chat.Names()
	}
	return plainjson.Marshal(out)
}

// End implements archive.Format.
func (ExportFormat) End() string { return "]}" }

// chatTypes are the names of the types of conversations (docs/spec/tencent §11.2).
func chatTypes() map[archive.ConversationType]string {
	return map[archive.ConversationType]string{archive.Direct: "C2C", archive.Group: "Group"}
}

// ReadChatType reads the type of conversation of a file; false if it is not one.
func ReadChatType(text string) (archive.ConversationType, bool) {
	for t, name := range chatTypes() {
		if name == text {
			return t, true
		}
	}
	return "", false
}

// hourLayout is YYYYMMDDHH.
const hourLayout = "2006010215"

// ExportZone returns the time zone of the vendor's servers.
func ExportZone() *time.Location { return time.FixedZone("UTC+8", 8*60*60) }

// FormatHour returns the name of an hour in the vendor's time zone. name is that of an
// archive.Hour. Example: "2015120113" becomes "2015120121".
func FormatHour(name string) string {
	start, ok := archive.ParseName(name)
	if !ok {
		return ""
	}
	return start.In(ExportZone()).Format(hourLayout)
}

// ReadHour reverses FormatHour; false if the text is not an hour.
func ReadHour(text string) (name string, ok bool) {
	start, err := time.ParseInLocation(hourLayout, text, ExportZone())
	if err != nil {
		return "", false
	}
	name = archive.NameOf(start)
	return name, FormatHour(name) == text
}
