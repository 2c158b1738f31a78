package messages

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"parley/shared/fault"
	"parley/shared/plainjson"
)

// A Kind names one of the nine kinds of elements (core spec §3).
type Kind string

// The kinds.
const (
	KindText     Kind = "TIMTextElem"
	KindLocation Kind = "TIMLocationElem"
	KindFace     Kind = "TIMFaceElem"
	KindCustom   Kind = "TIMCustomElem"
	KindSound    Kind = "TIMSoundElem"
	KindImage    Kind = "TIMImageElem"
	KindFile     Kind = "TIMFileElem"
	KindVideo    Kind = "TIMVideoFileElem"
	KindRelay    Kind = "TIMRelayElem"
)

// An Element is one part of a message's body. Content is the JSON object as the
// sender wrote it: apps keep fields of their own in it and old clients leave
// fields out, so it is validated and stored, never rewritten. This vocabulary is
// Parley's own form of a message; a dialect that has another converts to it.
type Element struct {
	Kind    Kind            `json:"MsgType"`
	Content json.RawMessage `json:"MsgContent"`
}

// MaxBody bounds the JSON of a message's elements and custom data in bytes, as it is
// stored, sent and answered (core spec §13, docs/adr/0021-one-measure.md).
const MaxBody = 12 << 10

// Check refuses content that is not in the documented form: no element, an
// unknown kind, a field of a wrong type, two custom elements, over 12 KB.
func (c Content) Check() error { return c.checkWith(0) }

// checkWith is Check of content that stands beside other bytes of a message. It
// counts what JSON counts: a control character of CloudCustomData is six bytes, as
// it is when it is stored and sent.
func (c Content) checkWith(others int) error {
	if len(c.Elements) == 0 {
		return fault.New(fault.BodyEmpty, "MsgBody has no element")
	}
	custom, err := plainjson.Size(c.Custom)
	if err != nil {
		return fault.New(fault.BodyInvalid, "CloudCustomData: %s", err)
	}
	size, customs := others+custom+len(`{"MsgBody":[],"CloudCustomData":}`), 0
	for i, e := range c.Elements {
		content, err := plainjson.Size(e.Content)
		if err != nil {
			return fault.New(fault.BodyInvalid, "MsgBody[%d]: MsgContent is not JSON", i)
		}
		size += len(e.Kind) + content + len(`{"MsgType":"","MsgContent":},`)
		if e.Kind == KindCustom {
			customs++
		}
		if size > MaxBody {
			return fault.New(fault.BodyTooLarge, "the message is over %d bytes", MaxBody)
		}
		if err := e.check(); err != nil {
			return fault.New(fault.BodyInvalid, "MsgBody[%d]: %s", i, err)
		}
	}
	if size > MaxBody {
		return fault.New(fault.BodyTooLarge, "the message is over %d bytes", MaxBody)
	}
	if customs > 1 {
		return fault.New(fault.BodyInvalid, "MsgBody has %d TIMCustomElem, at most one is allowed", customs)
	}
	return nil
}

// field is a field of a content that must have a type when it is there.
type field struct {
	name     string
	required bool
	check    func(any) bool
	want     string
}

func (e Element) check() error { return e.checkAt(0) }

// checkAt is check of an element that stands in merged messages so deep.
func (e Element) checkAt(depth int) error {
	fields, ok := e.Kind.fields()
	if !ok {
		return elementError(fmt.Sprintf("MsgType %.50s is not known", e.Kind))
	}
	var content map[string]any
	if err := plainjson.Unmarshal(e.Content, &content); err != nil || content == nil {
		return elementError("MsgContent is not an object")
	}
	for _, f := range fields {
		v := content[f.name]
		if v == nil {
			if f.required {
				return elementError("MsgContent lacks " + f.name)
			}
			continue
		}
		if !f.check(v) {
			return elementError(f.name + " is not " + f.want)
		}
	}
	if e.Kind == KindRelay {
		return checkRelay(e.Content, content, depth)
	}
	return nil
}

type elementError string

func (e elementError) Error() string { return string(e) }

// fields lists what is known of a kind's content (core spec §3). Fields that
// the vendor's older clients leave out are not required.
func (k Kind) fields() ([]field, bool) {
	switch k {
	case KindText:
		return []field{must(text("Text"))}, true
	case KindLocation:
		return []field{text("Desc"), must(number("Latitude")), must(number("Longitude"))}, true
	case KindFace:
		return []field{must(integer("Index")), text("Data")}, true
	case KindCustom:
		return []field{text("Data"), text("Desc"), text("Ext"), text("Sound")}, true
	case KindSound:
		return []field{text("Url"), text("UUID"), integer("Size"), integer("Second"), download("Download_Flag")}, true
	case KindImage:
		return []field{
			text("UUID"),
			oneOf("ImageFormat", "1, 2, 3, 4 or 255", 1, 2, 3, 4, 255),
			must(field{name: "ImageInfoArray", check: imageInfos, want: "a list of images with Type 1, 2 or 3, numbers for Size, Width and Height, and text for URL"}),
		}, true
	case KindFile:
		return []field{text("Url"), text("UUID"), text("FileName"), integer("FileSize"), download("Download_Flag")}, true
	case KindVideo:
		return []field{
			text("VideoUrl"), text("VideoUUID"), integer("VideoSize"), integer("VideoSecond"), text("VideoFormat"),
			download("VideoDownloadFlag"), text("ThumbUrl"), text("ThumbUUID"), integer("ThumbSize"), integer("ThumbWidth"),
			integer("ThumbHeight"), text("ThumbFormat"), download("ThumbDownloadFlag"),
		}, true
	case KindRelay:
		return []field{text("Title"), text("CompatibleText"), integer("MsgNum"), {name: "AbstractList", check: texts, want: "a list of texts"}, text("JsonMsgKey")}, true
	}
	return nil, false
}

func must(f field) field { f.required = true; return f }

func text(name string) field {
	return field{name: name, want: "text", check: func(v any) bool { _, ok := v.(string); return ok }}
}

func number(name string) field {
	return field{name: name, want: "a number", check: func(v any) bool { _, ok := v.(float64); return ok }}
}

func isInteger(v any) bool {
	n, ok := v.(float64)
	return ok && n == math.Trunc(n) && n >= 0 && n <= 1<<53
}

func integer(name string) field {
	return field{name: name, want: "a whole number", check: isInteger}
}

// download is a flag that must be 2: the file is fetched by its URL.
func download(name string) field { return oneOf(name, "2", 2) }

func oneOf(name, want string, allowed ...float64) field {
	return field{name: name, want: want, check: func(v any) bool {
		for _, a := range allowed {
			if v == a {
				return true
			}
		}
		return false
	}}
}

func texts(v any) bool {
	list, ok := v.([]any)
	for _, item := range list {
		if _, isText := item.(string); !isText {
			return false
		}
	}
	return ok
}

func imageInfos(v any) bool {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return false
	}
	for _, item := range list {
		info, ok := item.(map[string]any)
		if !ok || !oneOf("Type", "", 1, 2, 3).check(info["Type"]) {
			return false
		}
		for _, name := range []string{"Size", "Width", "Height"} {
			if v := info[name]; v != nil && !isInteger(v) {
				return false
			}
		}
		if _, isText := info["URL"].(string); info["URL"] != nil && !isText {
			return false
		}
	}
	return true
}

// checkRelay wants the merged messages themselves or the key they are stored
// under (core spec §3).
func checkRelay(raw json.RawMessage, content map[string]any, depth int) error {
	list, inline := content["MsgList"], content["MsgList"] != nil
	if keyed := content["JsonMsgKey"] != nil; inline == keyed {
		return elementError("TIMRelayElem needs one of MsgList and JsonMsgKey")
	}
	if !inline {
		return nil
	}
	if _, ok := list.([]any); !ok {
		return elementError("MsgList is not a list")
	}
	var inner struct {
		List []json.RawMessage `json:"MsgList"`
	}
	if err := plainjson.Unmarshal(raw, &inner); err != nil {
		return elementError("MsgList is not a list")
	}
	for i, m := range inner.List {
		if err := checkMerged(m, depth+1); err != nil {
			return elementError(fmt.Sprintf("MsgList[%d]: %s", i, err))
		}
	}
	return nil
}

// Known reports whether k is one of the kinds.
func (k Kind) Known() bool { _, ok := k.fields(); return ok }

// Words are the texts of a message that a search looks at, a line each: what
// users have written or see of it, not data for programs.
func (c Content) Words() string {
	var b strings.Builder
	add := func(text string) {
		b.WriteString(text)
		b.WriteByte('\n')
	}
	for _, e := range c.Elements {
		switch e.Kind {
		case KindText:
			add(e.field("Text"))
		case KindLocation, KindCustom:
			add(e.field("Desc"))
		case KindFile:
			add(e.field("FileName"))
		case KindRelay:
			add(e.field("Title"))
			var content relayContent
			if plainjson.Unmarshal(e.Content, &content) == nil {
				for _, line := range content.Abstract {
					add(line)
				}
			}
		}
	}
	return b.String()
}

// field returns a text of the content, empty where there is none.
func (e Element) field(name string) string {
	var content map[string]any
	if plainjson.Unmarshal(e.Content, &content) != nil {
		return ""
	}
	s, _ := content[name].(string)
	return s
}

// text returns what an element contributes to a preview and a push.
func (e Element) text() string {
	switch e.Kind {
	case KindText:
		return e.field("Text")
	case KindCustom:
		return e.field("Desc")
	case KindRelay:
		return e.field("Title")
	case KindLocation:
		return "[Location]"
	case KindFace:
		return "[Face]"
	case KindSound:
		return "[Audio]"
	case KindImage:
		return "[Image]"
	case KindFile:
		return "[File]"
	case KindVideo:
		return "[Video]"
	}
	return ""
}
