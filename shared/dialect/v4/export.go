package v4

import (
	"encoding/json"
	"fmt"

	"parley/shared/domain/archive"
	"parley/shared/domain/timeline"
	"parley/shared/plainjson"
)

// An ExportFormat writes the hourly files of messages as get_history promises them
// (docs/spec/tencent §11.2). It implements archive.Format.
type ExportFormat struct{}

// exportedMessage is a message in a file.
type exportedMessage struct {
	From   string    `json:"From_Account"`
	To     string    `json:"To_Account"`
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
	return fmt.Sprintf(`{"SdkAppId":%d,"ChatType":%q,"MsgTime":%q,"MsgList":[`, h.App, h.Type, h.Name)
}

// Message implements archive.Format.
func (ExportFormat) Message(m timeline.Message) (json.RawMessage, error) {
	return plainjson.Marshal(exportedMessage{
		From: m.From, To: m.To(), Time: m.Time, Seq: m.Seq, Random: m.Random, Body: FromElements(m.Elements), Custom: m.Custom,
	})
}

// End implements archive.Format.
func (ExportFormat) End() string { return "]}" }
