package content_test

import (
	"fmt"
	"strings"
	"testing"

	"parley/shared/domain/content"
	"parley/shared/fault"
)

const image = `{"UUID":"u","ImageFormat":1,"ImageInfoArray":[{"Type":1,"Size":9,"Width":8,"Height":7,"URL":"https://a"}]}`

// TestCheckAcceptsTheDocumentedFormOfEachKind has, for each kind, contents in the
// documented form (docs/spec/tencent §3) and contents that are not in it.
func TestCheckAcceptsTheDocumentedFormOfEachKind(t *testing.T) {
	for _, c := range []struct {
		kind content.Kind
		good []string
		bad  []string
	}{
		{content.KindText,
			[]string{`{"Text":"hi"}`, `{"Text":""}`, `{"Text":"hi","own":{"a":[1]}}`},
			[]string{`{}`, `{"Text":7}`, `{"Text":null}`, `{"Text":["a"]}`, `{"text":"hi"}`}},
		{content.KindLocation,
			[]string{`{"Latitude":1.5,"Longitude":-2}`, `{"Desc":"d","Latitude":0,"Longitude":0}`},
			[]string{`{}`, `{"Latitude":1}`, `{"Longitude":1}`, `{"Latitude":"1","Longitude":2}`, `{"Desc":7,"Latitude":1,"Longitude":2}`}},
		{content.KindFace,
			[]string{`{"Index":1}`, `{"Index":0,"Data":"d"}`},
			[]string{`{}`, `{"Index":1.5}`, `{"Index":-1}`, `{"Index":"1"}`, `{"Index":1,"Data":7}`, `{"Index":1e300}`}},
		{content.KindCustom,
			[]string{`{}`, `{"Data":"d","Desc":"e","Ext":"x","Sound":"s"}`, `{"Ext":null}`},
			[]string{`{"Data":{}}`, `{"Desc":1}`, `{"Ext":[]}`, `{"Sound":[]}`}},
		{content.KindSound,
			[]string{`{}`, `{"Url":"u","UUID":"i","Size":1,"Second":2,"Download_Flag":2}`},
			[]string{`{"Download_Flag":1}`, `{"Download_Flag":"2"}`, `{"Size":"1"}`, `{"Second":1.5}`, `{"Url":7}`, `{"UUID":7}`}},
		{content.KindImage,
			[]string{image, `{"ImageInfoArray":[{"Type":3},{"Type":2,"URL":null}]}`, strings.Replace(image, `"ImageFormat":1`, `"ImageFormat":255`, 1)},
			[]string{
				`{}`, `{"ImageInfoArray":[]}`, `{"ImageInfoArray":{}}`, `{"ImageInfoArray":[{}]}`, `{"ImageInfoArray":[7]}`,
				`{"ImageInfoArray":null}`, strings.Replace(image, `"Type":1`, `"Type":4`, 1), strings.Replace(image, `"Type":1`, `"Type":"1"`, 1),
				strings.Replace(image, `"Size":9`, `"Size":"9"`, 1), strings.Replace(image, `"Width":8`, `"Width":-8`, 1),
				strings.Replace(image, `"Height":7`, `"Height":7.5`, 1), strings.Replace(image, `"https://a"`, `7`, 1),
				strings.Replace(image, `"ImageFormat":1`, `"ImageFormat":5`, 1), strings.Replace(image, `"UUID":"u"`, `"UUID":7`, 1),
			}},
		{content.KindFile,
			[]string{`{}`, `{"Url":"u","UUID":"i","FileName":"f","FileSize":1,"Download_Flag":2}`},
			[]string{`{"FileSize":-1}`, `{"FileName":7}`, `{"Download_Flag":0}`, `{"Url":[]}`}},
		{content.KindVideo,
			[]string{`{}`, `{"VideoUrl":"u","VideoUUID":"i","VideoSize":1,"VideoSecond":2,"VideoFormat":"mp4","VideoDownloadFlag":2,` +
				`"ThumbUrl":"t","ThumbUUID":"j","ThumbSize":3,"ThumbWidth":4,"ThumbHeight":5,"ThumbFormat":"jpg","ThumbDownloadFlag":2}`},
			[]string{`{"VideoDownloadFlag":1}`, `{"ThumbDownloadFlag":3}`, `{"VideoSize":"1"}`, `{"ThumbWidth":1.5}`, `{"VideoUrl":7}`, `{"ThumbFormat":7}`}},
		{content.KindRelay,
			[]string{
				`{"MsgList":[{"From_Account":"a","MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hi"}}],"own":1}]}`, nested(7),
				`{"JsonMsgKey":"k"}`, `{"MsgList":[],"Title":"t","CompatibleText":"c","MsgNum":2,"AbstractList":["a","b"]}`},
			[]string{
				`{}`, `{"JsonMsgKey":"k","MsgList":[]}`, `{"JsonMsgKey":7}`, `{"MsgList":{}}`, `{"MsgList":null}`, `{"MsgList":[],"MsgNum":"2"}`,
				`{"MsgList":[7]}`, `{"MsgList":[{}]}`, `{"MsgList":[{"From_Account":"a"}]}`, `{"MsgList":[{"From_Account":"a","MsgBody":[]}]}`,
				`{"MsgList":[{"From_Account":7,"MsgBody":[{"MsgType":"TIMFaceElem","MsgContent":{"Index":1}}]}]}`,
				`{"MsgList":[{"From_Account":"a","MsgBody":[{"MsgType":"TIMFaceElem","MsgContent":{}}]}]}`,
				`{"MsgList":[{"From_Account":"a","MsgSeq":-1,"MsgBody":[{"MsgType":"TIMFaceElem","MsgContent":{"Index":1}}]}]}`, nested(8),
				`{"MsgList":[],"AbstractList":["a",7]}`, `{"MsgList":[],"AbstractList":"a"}`, `{"MsgList":[],"Title":7}`,
			}},
		{"TIMOtherElem", nil, []string{`{"Text":"hi"}`}},
		{"timtextelem", nil, []string{`{"Text":"hi"}`}},
		{"", nil, []string{`{"Text":"hi"}`}},
	} {
		for _, fields := range c.good {
			if err := (content.Content{Elements: []content.Element{element(c.kind, fields)}}).Check(); err != nil {
				t.Errorf("%s %s: %v, want it accepted", c.kind, fields, err)
			}
		}
		for _, fields := range append(c.bad, "", "null", "[]", `"x"`, "7", "{") {
			err := (content.Content{Elements: []content.Element{text("first"), element(c.kind, fields)}}).Check()
			if !fault.Is(err, fault.BodyInvalid) || !strings.Contains(err.Error(), "MsgBody[1]: ") {
				t.Errorf("%s %s: %v, want %s of MsgBody[1]", c.kind, fields, err, fault.BodyInvalid)
			}
		}
	}
}

// nested is the content of a merged message that has depth further levels of merged
// messages in it.
func nested(depth int) string {
	if depth == 0 {
		return `{"MsgList":[{"From_Account":"a","MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hi"}}]}]}`
	}
	return `{"MsgList":[{"From_Account":"a","MsgBody":[{"MsgType":"TIMRelayElem","MsgContent":` + nested(depth-1) + `}]}]}`
}

func TestCheckLimitsSizeAndCustomElements(t *testing.T) {
	custom := element(content.KindCustom, `{"Data":"d"}`)
	ofSize := func(n int) content.Content { // a content with n bytes of JSON
		c := content.Content{Elements: []content.Element{text("")}, Custom: ""}
		overhead := len(`{"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":""}},],"CloudCustomData":""}`)
		c.Elements[0] = text(strings.Repeat("x", n-overhead))
		return c
	}
	for _, c := range []struct {
		name    string
		content content.Content
		want    fault.Code // 0: accepted
	}{
		{"rejects content without an element", content.Content{}, fault.BodyEmpty},
		{"rejects custom data without an element", content.Content{Custom: "x"}, fault.BodyEmpty},
		{"accepts one custom element", content.Content{Elements: []content.Element{text("a"), custom, text("b")}}, 0},
		{"rejects two custom elements", content.Content{Elements: []content.Element{custom, text("a"), custom}}, fault.BodyInvalid},
		{"accepts 12 KB", ofSize(content.MaxBody), 0},
		{"rejects 12 KB and one byte", ofSize(content.MaxBody + 1), fault.BodyTooLarge},
		{"counts the custom data", content.Content{Elements: []content.Element{text("a")}, Custom: strings.Repeat("x", 12<<10)}, fault.BodyTooLarge},
		{"accepts custom data up to the limit", content.Content{Elements: []content.Element{text("a")}, Custom: strings.Repeat("x", 12<<10-100)}, 0},
		{"reports the size if the limit is passed before a malformed element", content.Content{Elements: []content.Element{
			text(strings.Repeat("x", 13<<10)), element("TIMOther", "{}"),
		}}, fault.BodyTooLarge},
		{"reports a malformed element before the limit is passed", content.Content{Elements: []content.Element{
			element("TIMOther", "{}"), text(strings.Repeat("x", 13<<10)),
		}}, fault.BodyInvalid},
		{"accepts 200 small elements", content.Content{Elements: smallElements(200)}, 0},
		{"rejects 400 small elements for their size", content.Content{Elements: smallElements(400)}, fault.BodyTooLarge},
	} {
		err := c.content.Check()
		if got := fault.Of(err).Code; (err == nil) != (c.want == 0) || (err != nil && got != c.want) {
			t.Errorf("%s: %v, want code %d", c.name, err, c.want)
		}
		if err != nil && len(err.Error()) > 300 {
			t.Errorf("%s: answers with %d bytes", c.name, len(err.Error()))
		}
	}
	err := content.Content{Elements: []content.Element{element(content.Kind(strings.Repeat("k", 5000)), "{}")}}.Check()
	if !fault.Is(err, fault.BodyInvalid) || len(err.Error()) > 300 {
		t.Errorf("a kind of 5,000 letters is answered with %d bytes", len(fmt.Sprint(err)))
	}
}

func smallElements(n int) []content.Element {
	list := make([]content.Element, n)
	for i := range list {
		list[i] = element(content.KindFace, `{"Index":1}`)
	}
	return list
}

func FuzzCheck(f *testing.F) {
	for _, kind := range []content.Kind{
		content.KindText, content.KindLocation, content.KindFace, content.KindCustom, content.KindSound,
		content.KindImage, content.KindFile, content.KindVideo, content.KindRelay,
	} {
		f.Add(string(kind), []byte(`{"Text":"hi","Index":1,"ImageInfoArray":[{"Type":1}],"MsgList":[]}`), "")
	}
	f.Add("TIMImageElem", []byte(image), "custom")
	f.Add("", []byte("null"), "\xff")
	f.Fuzz(func(t *testing.T, kind string, fields []byte, custom string) {
		c := content.Content{Elements: []content.Element{{Kind: content.Kind(kind), Content: fields}}, Custom: custom}
		_ = c.Preview()
		if err := c.Check(); err != nil && !fault.Is(err, fault.BodyInvalid) && !fault.Is(err, fault.BodyTooLarge) {
			t.Errorf("%s %s: %v", kind, fields, err)
		}
	})
}
