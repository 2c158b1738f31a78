package content

import (
	"encoding/json"
	"fmt"
	"math"

	"parley/shared/plainjson"
)

// A Kind names one of the nine kinds of elements (docs/spec/tencent §3).
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

// An Element is one part of a message. Content is the JSON object as the sender
// wrote it. It is checked and stored, but never rewritten, because apps keep their own
// fields in it and old clients leave fields out (docs/adr/0002). Parley's own form of
// a message has the vendor's names for the kinds; a dialect with other names converts.
type Element struct {
	Kind    Kind            `json:"MsgType"`
	Content json.RawMessage `json:"MsgContent"`
}

// A fieldRule says which type a field of an element's content must have.
type fieldRule struct {
	name     string
	required bool
	check    func(any) bool
	want     string
}

func (e Element) check() error { return e.checkAt(0) }

// checkAt checks an element at a nesting depth; 0 is the message itself, 1 a message
// that is merged into it.
func (e Element) checkAt(depth int) error {
	fields, ok := e.Kind.fieldRules()
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

// fieldRules returns the rules for the known fields of a kind (docs/spec/tencent §3).
// Fields that the vendor's old clients leave out are not required.
func (k Kind) fieldRules() ([]fieldRule, bool) {
	switch k {
	case KindText:
		return []fieldRule{requiredField(textField("Text"))}, true
	case KindLocation:
		return []fieldRule{textField("Desc"), requiredField(numberField("Latitude")), requiredField(numberField("Longitude"))}, true
	case KindFace:
		return []fieldRule{requiredField(integerField("Index")), textField("Data")}, true
	case KindCustom:
		return []fieldRule{textField("Data"), textField("Desc"), textField("Ext"), textField("Sound")}, true
	case KindSound:
		return []fieldRule{textField("Url"), textField("UUID"), integerField("Size"), integerField("Second"), downloadFlag("Download_Flag")}, true
	case KindImage:
		return []fieldRule{
			textField("UUID"),
			oneOf("ImageFormat", "1, 2, 3, 4 or 255", 1, 2, 3, 4, 255),
			requiredField(fieldRule{name: "ImageInfoArray", check: isImageList, want: "a list of images with Type 1, 2 or 3, numbers for Size, Width and Height, and text for URL"}),
		}, true
	case KindFile:
		return []fieldRule{textField("Url"), textField("UUID"), textField("FileName"), integerField("FileSize"), downloadFlag("Download_Flag")}, true
	case KindVideo:
		return []fieldRule{
			textField("VideoUrl"), textField("VideoUUID"), integerField("VideoSize"), integerField("VideoSecond"), textField("VideoFormat"),
			downloadFlag("VideoDownloadFlag"), textField("ThumbUrl"), textField("ThumbUUID"), integerField("ThumbSize"), integerField("ThumbWidth"),
			integerField("ThumbHeight"), textField("ThumbFormat"), downloadFlag("ThumbDownloadFlag"),
		}, true
	case KindRelay:
		return []fieldRule{textField("Title"), textField("CompatibleText"), integerField("MsgNum"), {name: "AbstractList", check: isTextList, want: "a list of texts"}, textField("JsonMsgKey")}, true
	}
	return nil, false
}

func requiredField(f fieldRule) fieldRule { f.required = true; return f }

func textField(name string) fieldRule {
	return fieldRule{name: name, want: "text", check: func(v any) bool { _, ok := v.(string); return ok }}
}

func numberField(name string) fieldRule {
	return fieldRule{name: name, want: "a number", check: func(v any) bool { _, ok := v.(float64); return ok }}
}

func isInteger(v any) bool {
	n, ok := v.(float64)
	return ok && n == math.Trunc(n) && n >= 0 && n <= 1<<53
}

func integerField(name string) fieldRule {
	return fieldRule{name: name, want: "a whole number", check: isInteger}
}

// downloadFlag is a flag that must be 2, which says that the file has a URL.
func downloadFlag(name string) fieldRule { return oneOf(name, "2", 2) }

func oneOf(name, want string, allowed ...float64) fieldRule {
	return fieldRule{name: name, want: want, check: func(v any) bool {
		for _, a := range allowed {
			if v == a {
				return true
			}
		}
		return false
	}}
}

func isTextList(v any) bool {
	list, ok := v.([]any)
	for _, item := range list {
		if _, isText := item.(string); !isText {
			return false
		}
	}
	return ok
}

func isImageList(v any) bool {
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

// Known reports whether k is one of the kinds.
func (k Kind) Known() bool { _, ok := k.fieldRules(); return ok }

// stringField returns a text field of the content; "" if it does not exist.
func (e Element) stringField(name string) string {
	var content map[string]any
	if plainjson.Unmarshal(e.Content, &content) != nil {
		return ""
	}
	s, _ := content[name].(string)
	return s
}

// summary returns the text of an element for a preview or a push.
func (e Element) summary() string {
	switch e.Kind {
	case KindText:
		return e.stringField("Text")
	case KindCustom:
		return e.stringField("Desc")
	case KindRelay:
		return e.stringField("Title")
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
