package v4

import (
	"bytes"
	"encoding/json"
	"strconv"

	"parley/shared/domain/content"
	"parley/shared/plainjson"
)

// dialectName is the name of this dialect in a content.Original.
const dialectName = "v4"

// A Form writes content as this dialect does. It implements content.Form.
type Form struct{}

// Size implements content.Form. It counts the JSON of an object with MsgBody and
// CloudCustomData.
func (Form) Size(c content.Content) int {
	size := customSize(c.Custom)
	for _, e := range FromElements(c.Elements) {
		size += elementSize(len(e.Type), len(e.Content))
	}
	return size
}

// customSize returns the size of a message without elements. A character that JSON
// escapes counts as it is escaped: the character 0x01 counts six bytes (docs/adr/0021).
func customSize(custom string) int {
	n, _ := plainjson.Size(custom) // a text always has a JSON form
	return n + len(`{"MsgBody":[],"CloudCustomData":}`)
}

func elementSize(name, raw int) int { return name + raw + len(`{"MsgType":"","MsgContent":},`) }

// MergedMessage implements content.Form.
func (Form) MergedMessage(m content.MergedMessage) []byte {
	return write(mergedMembers(m), m.Original)
}

// FromElements returns the wire form of elements. The list is never nil.
func FromElements(list []content.Element) []Element {
	out := make([]Element, len(list))
	for i, e := range list {
		name, members := membersOf(e)
		out[i] = Element{Type: name, Content: write(members, e.Original)}
	}
	return out
}

// FromMergedMessages returns the wire form of merged messages.
func FromMergedMessages(list []content.MergedMessage) []json.RawMessage {
	out := make([]json.RawMessage, len(list))
	for i, m := range list {
		out[i] = Form{}.MergedMessage(m)
	}
	return out
}

// A member is a field of an object, with its value in JSON. An object that has no
// Original has the members that are usual, in the order of docs/spec/tencent §3.
type member struct {
	name  string
	value json.RawMessage
	usual bool
}

func textMember(name, text string) member {
	return member{name, plainjson.AppendText(make([]byte, 0, len(text)+2), text), text != ""}
}

func wholeMember(name string, n int64) member {
	return member{name, strconv.AppendInt(nil, n, 10), n != 0}
}

func numberMember(name string, n float64) member {
	value, err := json.Marshal(n)
	if err != nil {
		value = json.RawMessage("0") // content.Check refuses a number without JSON
	}
	return member{name, value, true}
}

func always(m member) member { m.usual = true; return m }

// downloadMember says that a file has a URL.
func downloadMember(name, url string) member {
	return member{name, json.RawMessage("2"), url != ""}
}

// membersOf returns the kind of an element and the members of its MsgContent.
func membersOf(e content.Element) (name string, members []member) {
	switch e.Kind() {
	case content.KindText:
		return "TIMTextElem", []member{always(textMember("Text", string(*e.Text)))}
	case content.KindLocation:
		l := e.Location
		return "TIMLocationElem", []member{textMember("Desc", l.Description), numberMember("Latitude", l.Latitude), numberMember("Longitude", l.Longitude)}
	case content.KindFace:
		return "TIMFaceElem", []member{always(wholeMember("Index", e.Face.Index)), textMember("Data", e.Face.Data)}
	case content.KindCustom:
		c := e.Custom
		return "TIMCustomElem", []member{textMember("Data", c.Data), textMember("Desc", c.Description), textMember("Ext", c.Extension), textMember("Sound", c.Sound)}
	case content.KindSound:
		s := e.Sound
		return "TIMSoundElem", []member{
			textMember("Url", s.URL), textMember("UUID", s.ID), wholeMember("Size", s.Bytes), wholeMember("Second", s.Seconds), downloadMember("Download_Flag", s.URL),
		}
	case content.KindImage:
		return "TIMImageElem", []member{textMember("UUID", e.Image.ID), formatMember(e.Image.Format), {"ImageInfoArray", imageFiles(e.Image.Files), true}}
	case content.KindFile:
		f := e.File
		return "TIMFileElem", []member{
			textMember("Url", f.URL), textMember("UUID", f.ID), textMember("FileName", f.Name), wholeMember("FileSize", f.Bytes), downloadMember("Download_Flag", f.URL),
		}
	case content.KindVideo:
		v := e.Video
		return "TIMVideoFileElem", []member{
			textMember("VideoUrl", v.URL), textMember("VideoUUID", v.ID), wholeMember("VideoSize", v.Bytes), wholeMember("VideoSecond", v.Seconds),
			textMember("VideoFormat", v.Format), downloadMember("VideoDownloadFlag", v.URL),
			textMember("ThumbUrl", v.CoverURL), textMember("ThumbUUID", v.CoverID), wholeMember("ThumbSize", v.CoverBytes),
			wholeMember("ThumbWidth", v.CoverWidth), wholeMember("ThumbHeight", v.CoverHeight), textMember("ThumbFormat", v.CoverFormat),
			downloadMember("ThumbDownloadFlag", v.CoverURL),
		}
	case content.KindMerged:
		m := e.Merged
		return "TIMRelayElem", []member{
			always(textMember("Title", m.Title)), always(textMember("CompatibleText", m.Fallback)), always(wholeMember("MsgNum", m.Count)),
			{"AbstractList", textList(m.Abstract), true}, {"MsgList", mergedList(m.Messages), m.Key == ""}, textMember("JsonMsgKey", m.Key),
		}
	}
	return "", nil
}

func formatMember(format string) member {
	number, known := imageFormats()[format]
	if !known && format != "" {
		number = imageFormats()[otherFormat]
	}
	return wholeMember("ImageFormat", number)
}

// imageFiles writes an ImageInfoArray.
func imageFiles(list []content.ImageFile) json.RawMessage {
	out := []byte{'['}
	for i, f := range list {
		if i > 0 {
			out = append(out, ',')
		}
		number := int64(1)
		for n, size := range imageSizes() {
			if size == f.Size && n > 0 {
				number = int64(n)
			}
		}
		out = append(out, write([]member{
			always(wholeMember("Type", number)), always(wholeMember("Size", f.Bytes)), always(wholeMember("Width", f.Width)),
			always(wholeMember("Height", f.Height)), always(textMember("URL", f.URL)),
		}, nil)...)
	}
	return append(out, ']')
}

func textList(list []string) json.RawMessage {
	out := []byte{'['}
	for i, text := range list {
		if i > 0 {
			out = append(out, ',')
		}
		out = plainjson.AppendText(out, text)
	}
	return append(out, ']')
}

func mergedList(list []content.MergedMessage) json.RawMessage {
	return append(append([]byte{'['}, bytes.Join(asBytes(FromMergedMessages(list)), []byte{','})...), ']')
}

func asBytes(list []json.RawMessage) [][]byte {
	out := make([][]byte, len(list))
	for i, raw := range list {
		out[i] = raw
	}
	return out
}

// mergedMembers returns the members of a merged message.
func mergedMembers(m content.MergedMessage) []member {
	body := []byte{'['}
	for i, e := range FromElements(m.Elements) {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, write([]member{always(textMember("MsgType", e.Type)), {"MsgContent", e.Content, true}}, nil)...)
	}
	return []member{
		always(textMember("From_Account", m.From)), textMember("To_Account", m.To), textMember("GroupId", m.Group),
		wholeMember("MsgSeq", int64(m.Seq)), wholeMember("MsgRandom", int64(m.Random)), wholeMember("MsgTimeStamp", m.Time),
		{"MsgBody", append(body, ']'), true}, textMember("CloudCustomData", m.Custom),
	}
}

// write writes an object with its usual members, or, if it has an Original of this
// dialect, exactly as it was written.
func write(members []member, original *content.Original) json.RawMessage {
	if original != nil && original.Dialect == dialectName {
		if out, ok := writeOriginal(members, original.Rest); ok {
			return out
		}
	}
	size := len("{}")
	for _, m := range members {
		size += len(m.name) + len(m.value) + len(`"":,`)
	}
	out := append(make([]byte, 0, size), '{')
	for _, m := range members {
		if m.usual {
			out = appendMember(out, m)
		}
	}
	return append(out, '}')
}

func appendMember(out []byte, m member) []byte {
	if len(out) > 1 {
		out = append(out, ',')
	}
	out = append(append(append(out, '"'), m.name...), `":`...)
	return append(out, m.value...)
}

// originalOf returns what is needed besides the members to write an object exactly as raw;
// nil if write does that without. It is a list with one entry for each member of raw: the
// number of the member, or, if raw has something else there, its name and its value.
//
// Example: {"Data":"d","Ext":"","own":[1]} of a custom element is [0,2,"own",[1]]: Data is
// as usual, Ext is written though it is empty, and own is not known.
func originalOf(raw json.RawMessage, members []member) *content.Original {
	if bytes.Equal(raw, write(members, nil)) {
		return nil
	}
	written, err := plainjson.Members(raw)
	if err != nil {
		return nil // it was read before, so it is an object
	}
	rest := []byte{'['}
	for i, w := range written {
		if i > 0 {
			rest = append(rest, ',')
		}
		if n := indexOf(members, w); n >= 0 {
			rest = strconv.AppendInt(rest, int64(n), 10)
			continue
		}
		rest = append(append(append(rest, w.Name...), ','), w.Value...)
	}
	return &content.Original{Dialect: dialectName, Rest: append(rest, ']')}
}

// indexOf returns the number of the member that is written exactly like w; -1 if there is
// none.
func indexOf(members []member, w plainjson.Member) int {
	for i, m := range members {
		if len(w.Name) == len(m.name)+2 && string(w.Name[1:len(w.Name)-1]) == m.name && bytes.Equal(m.value, w.Value) {
			return i
		}
	}
	return -1
}

// writeOriginal reverses originalOf. It returns false if rest is not of these members.
func writeOriginal(members []member, rest json.RawMessage) (out json.RawMessage, ok bool) {
	var list []json.RawMessage
	if json.Unmarshal(rest, &list) != nil {
		return nil, false
	}
	out = append(out, '{')
	for i := 0; i < len(list); i++ {
		if name := list[i]; name[0] == '"' {
			if i++; i == len(list) {
				return nil, false
			}
			out = appendMember(out, member{string(name[1 : len(name)-1]), list[i], true})
			continue
		}
		n, err := strconv.Atoi(string(list[i]))
		if err != nil || n < 0 || n >= len(members) {
			return nil, false
		}
		out = appendMember(out, members[n])
	}
	return append(out, '}'), true
}
