package v4

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"

	"parley/shared/domain/content"
	"parley/shared/fault"
	"parley/shared/plainjson"
)

// An Element is one part of a message (docs/spec/tencent §3).
type Element struct {
	Type    string          `json:"MsgType"`
	Content json.RawMessage `json:"MsgContent"`
}

// A kind is a kind of elements: the rules for the fields of its MsgContent, and how the
// fields become an element of the domain. The fields meet the rules when read gets them.
type kind struct {
	of    content.Kind
	rules []fieldRule
	read  func(fields) content.Element
}

// kindNamed returns the kind with a name (docs/spec/tencent §3). Fields that the vendor's
// old clients leave out are not required.
func kindNamed(name string) (kind, bool) {
	switch name {
	case "TIMTextElem":
		return kind{content.KindText, []fieldRule{requiredField(textField("Text"))}, func(f fields) content.Element {
			return content.NewText(f.text("Text"))
		}}, true
	case "TIMLocationElem":
		return kind{content.KindLocation, []fieldRule{
			textField("Desc"), requiredField(numberField("Latitude")), requiredField(numberField("Longitude")),
		}, func(f fields) content.Element {
			return content.Element{Location: &content.Location{Description: f.text("Desc"), Latitude: f.number("Latitude"), Longitude: f.number("Longitude")}}
		}}, true
	case "TIMFaceElem":
		return kind{content.KindFace, []fieldRule{requiredField(integerField("Index")), textField("Data")}, func(f fields) content.Element {
			return content.Element{Face: &content.Face{Index: f.whole("Index"), Data: f.text("Data")}}
		}}, true
	case "TIMCustomElem":
		return kind{content.KindCustom, []fieldRule{textField("Data"), textField("Desc"), textField("Ext"), textField("Sound")}, func(f fields) content.Element {
			return content.Element{Custom: &content.Custom{Data: f.text("Data"), Description: f.text("Desc"), Extension: f.text("Ext"), Sound: f.text("Sound")}}
		}}, true
	case "TIMSoundElem":
		return kind{content.KindSound, []fieldRule{
			textField("Url"), textField("UUID"), integerField("Size"), integerField("Second"), downloadFlag("Download_Flag"),
		}, func(f fields) content.Element {
			return content.Element{Sound: &content.Sound{URL: f.text("Url"), ID: f.text("UUID"), Bytes: f.whole("Size"), Seconds: f.whole("Second")}}
		}}, true
	case "TIMImageElem":
		return kind{content.KindImage, []fieldRule{
			textField("UUID"),
			oneNumberOf("ImageFormat", "1, 2, 3, 4 or 255", 1, 2, 3, 4, 255),
			requiredField(fieldRule{name: "ImageInfoArray", check: isImageList, want: "a list of images with Type 1, 2 or 3, numbers for Size, Width and Height, and text for URL"}),
		}, readImage}, true
	case "TIMFileElem":
		return kind{content.KindFile, []fieldRule{
			textField("Url"), textField("UUID"), textField("FileName"), integerField("FileSize"), downloadFlag("Download_Flag"),
		}, func(f fields) content.Element {
			return content.Element{File: &content.File{URL: f.text("Url"), ID: f.text("UUID"), Name: f.text("FileName"), Bytes: f.whole("FileSize")}}
		}}, true
	case "TIMVideoFileElem":
		return kind{content.KindVideo, []fieldRule{
			textField("VideoUrl"), textField("VideoUUID"), integerField("VideoSize"), integerField("VideoSecond"), textField("VideoFormat"),
			downloadFlag("VideoDownloadFlag"), textField("ThumbUrl"), textField("ThumbUUID"), integerField("ThumbSize"), integerField("ThumbWidth"),
			integerField("ThumbHeight"), textField("ThumbFormat"), downloadFlag("ThumbDownloadFlag"),
		}, readVideo}, true
	case "TIMRelayElem":
		return kind{content.KindMerged, []fieldRule{
			textField("Title"), textField("CompatibleText"), integerField("MsgNum"),
			{name: "AbstractList", check: isTextList, want: "a list of texts"}, textField("JsonMsgKey"),
		}, readMerged}, true
	}
	return kind{}, false
}

// ReadKinds reads names of kinds of elements. It fails with fault.Invalid for a name that
// is not one.
func ReadKinds(names []string) ([]content.Kind, error) {
	list := make([]content.Kind, len(names))
	for i, name := range names {
		k, ok := kindNamed(name)
		if !ok {
			return nil, fault.New(fault.Invalid, "the kind %.50s is not known", name)
		}
		list[i] = k.of
	}
	return list, nil
}

// ReadContent reads what a message says. It refuses content that has no element, an
// element of an unknown kind, a field of a wrong type, two custom elements, or over 12 KB.
// It counts the bytes that Form.Size counts.
func ReadContent(list []Element, custom string) (content.Content, error) {
	c := content.Content{Custom: custom, Elements: make([]content.Element, len(list))}
	if len(list) == 0 {
		return c, fault.New(fault.BodyEmpty, "MsgBody has no element")
	}
	tooLarge := fault.New(fault.BodyTooLarge, "the message is over %d bytes", content.MaxBody)
	size, customElements := customSize(custom), 0
	for i, e := range list {
		raw, err := compact(e.Content)
		if err != nil {
			return c, fault.New(fault.BodyInvalid, "MsgBody[%d]: MsgContent is not JSON", i)
		}
		if size += elementSize(len(e.Type), len(raw)); size > content.MaxBody {
			return c, tooLarge
		}
		if c.Elements[i], err = readElement(e.Type, raw, 0); err != nil {
			return c, fault.New(fault.BodyInvalid, "MsgBody[%d]: %s", i, err)
		}
		if c.Elements[i].Custom != nil {
			customElements++
		}
	}
	if customElements > content.MaxCustom {
		return c, fault.New(fault.BodyInvalid, "MsgBody has %d TIMCustomElem, at most one is allowed", customElements)
	}
	return c, nil
}

// ReadElements is ReadContent for elements that take the place of those of a message; nil
// if there are none.
func ReadElements(list []Element) ([]content.Element, error) {
	if list == nil {
		return nil, nil
	}
	c, err := ReadContent(list, "")
	return c.Elements, err
}

type elementError string

func (e elementError) Error() string { return string(e) }

// compact returns JSON without white space between its values.
func compact(raw json.RawMessage) (json.RawMessage, error) {
	if len(raw) == 0 {
		return json.RawMessage("null"), nil
	}
	var b bytes.Buffer
	b.Grow(len(raw))
	err := json.Compact(&b, raw)
	return b.Bytes(), err
}

// readElement reads an element at a nesting depth: 0 is the message itself, 1 a message
// that is merged into it. raw is its MsgContent in compact form.
func readElement(name string, raw json.RawMessage, depth int) (content.Element, error) {
	k, ok := kindNamed(name)
	if !ok {
		return content.Element{}, elementError(fmt.Sprintf("MsgType %.50s is not known", name))
	}
	var f fields
	if err := plainjson.Unmarshal(raw, &f); err != nil || f == nil {
		return content.Element{}, elementError("MsgContent is not an object")
	}
	for _, rule := range k.rules {
		v := f[rule.name]
		if v == nil {
			if rule.required {
				return content.Element{}, elementError("MsgContent lacks " + rule.name)
			}
			continue
		}
		if !rule.check(v) {
			return content.Element{}, elementError(rule.name + " is not " + rule.want)
		}
	}
	e := k.read(f)
	if e.Merged != nil {
		var err error
		if e.Merged.Messages, err = readMergedList(raw, f, depth); err != nil {
			return content.Element{}, err
		}
	}
	_, members := membersOf(e)
	e.Original = originalOf(raw, members)
	return e, nil
}

// fields are the fields of a MsgContent. A field that is null has no value.
type fields map[string]any

func (f fields) text(name string) string    { s, _ := f[name].(string); return s }
func (f fields) number(name string) float64 { n, _ := f[name].(float64); return n }
func (f fields) whole(name string) int64    { return int64(f.number(name)) }

// imageFormats are the numbers of ImageFormat (docs/spec/tencent §3).
func imageFormats() map[string]int64 {
	return map[string]int64{"jpg": 1, "gif": 2, "png": 3, "bmp": 4, otherFormat: 255}
}

const otherFormat = "other"

// imageSizes are the sizes of a picture, at the index of their Type. There is no Type 0.
func imageSizes() []string {
	return []string{"", content.SizeOriginal, content.SizeLarge, content.SizeThumbnail}
}

func readImage(f fields) content.Element {
	image := &content.Image{ID: f.text("UUID")}
	for format, number := range imageFormats() {
		if number == f.whole("ImageFormat") {
			image.Format = format
		}
	}
	list, _ := f["ImageInfoArray"].([]any)
	for _, item := range list {
		info := fields(item.(map[string]any)) // isImageList has checked it
		image.Files = append(image.Files, content.ImageFile{
			Size: imageSizes()[info.whole("Type")], Bytes: info.whole("Size"), Width: info.whole("Width"), Height: info.whole("Height"), URL: info.text("URL"),
		})
	}
	return content.Element{Image: image}
}

func readVideo(f fields) content.Element {
	return content.Element{Video: &content.Video{
		URL: f.text("VideoUrl"), ID: f.text("VideoUUID"), Bytes: f.whole("VideoSize"), Seconds: f.whole("VideoSecond"), Format: f.text("VideoFormat"),
		CoverURL: f.text("ThumbUrl"), CoverID: f.text("ThumbUUID"), CoverBytes: f.whole("ThumbSize"),
		CoverWidth: f.whole("ThumbWidth"), CoverHeight: f.whole("ThumbHeight"), CoverFormat: f.text("ThumbFormat"),
	}}
}

// A fieldRule says which type a field of an element's content must have.
type fieldRule struct {
	name     string
	required bool
	check    func(any) bool
	want     string
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
func downloadFlag(name string) fieldRule { return oneNumberOf(name, "2", 2) }

func oneNumberOf(name, want string, allowed ...float64) fieldRule {
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
		if !ok || !oneNumberOf("Type", "", 1, 2, 3).check(info["Type"]) {
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
