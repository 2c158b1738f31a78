package messages_test

import (
	"fmt"
	"strings"
	"testing"

	"parley/shared/domain/messages"
	"parley/shared/fault"
)

const image = `{"UUID":"u","ImageFormat":1,"ImageInfoArray":[{"Type":1,"Size":9,"Width":8,"Height":7,"URL":"https://a"}]}`

// TestCheckAcceptsTheDocumentedFormOfEachKind has, for each kind, contents in the
// documented form (docs/spec/tencent §3) and contents that are not in it.
func TestCheckAcceptsTheDocumentedFormOfEachKind(t *testing.T) {
	for _, c := range []struct {
		kind messages.Kind
		good []string
		bad  []string
	}{
		{messages.KindText,
			[]string{`{"Text":"hi"}`, `{"Text":""}`, `{"Text":"hi","own":{"a":[1]}}`},
			[]string{`{}`, `{"Text":7}`, `{"Text":null}`, `{"Text":["a"]}`, `{"text":"hi"}`}},
		{messages.KindLocation,
			[]string{`{"Latitude":1.5,"Longitude":-2}`, `{"Desc":"d","Latitude":0,"Longitude":0}`},
			[]string{`{}`, `{"Latitude":1}`, `{"Longitude":1}`, `{"Latitude":"1","Longitude":2}`, `{"Desc":7,"Latitude":1,"Longitude":2}`}},
		{messages.KindFace,
			[]string{`{"Index":1}`, `{"Index":0,"Data":"d"}`},
			[]string{`{}`, `{"Index":1.5}`, `{"Index":-1}`, `{"Index":"1"}`, `{"Index":1,"Data":7}`, `{"Index":1e300}`}},
		{messages.KindCustom,
			[]string{`{}`, `{"Data":"d","Desc":"e","Ext":"x","Sound":"s"}`, `{"Ext":null}`},
			[]string{`{"Data":{}}`, `{"Desc":1}`, `{"Ext":[]}`, `{"Sound":[]}`}},
		{messages.KindSound,
			[]string{`{}`, `{"Url":"u","UUID":"i","Size":1,"Second":2,"Download_Flag":2}`},
			[]string{`{"Download_Flag":1}`, `{"Download_Flag":"2"}`, `{"Size":"1"}`, `{"Second":1.5}`, `{"Url":7}`, `{"UUID":7}`}},
		{messages.KindImage,
			[]string{image, `{"ImageInfoArray":[{"Type":3},{"Type":2,"URL":null}]}`, strings.Replace(image, `"ImageFormat":1`, `"ImageFormat":255`, 1)},
			[]string{
				`{}`, `{"ImageInfoArray":[]}`, `{"ImageInfoArray":{}}`, `{"ImageInfoArray":[{}]}`, `{"ImageInfoArray":[7]}`,
				`{"ImageInfoArray":null}`, strings.Replace(image, `"Type":1`, `"Type":4`, 1), strings.Replace(image, `"Type":1`, `"Type":"1"`, 1),
				strings.Replace(image, `"Size":9`, `"Size":"9"`, 1), strings.Replace(image, `"Width":8`, `"Width":-8`, 1),
				strings.Replace(image, `"Height":7`, `"Height":7.5`, 1), strings.Replace(image, `"https://a"`, `7`, 1),
				strings.Replace(image, `"ImageFormat":1`, `"ImageFormat":5`, 1), strings.Replace(image, `"UUID":"u"`, `"UUID":7`, 1),
			}},
		{messages.KindFile,
			[]string{`{}`, `{"Url":"u","UUID":"i","FileName":"f","FileSize":1,"Download_Flag":2}`},
			[]string{`{"FileSize":-1}`, `{"FileName":7}`, `{"Download_Flag":0}`, `{"Url":[]}`}},
		{messages.KindVideo,
			[]string{`{}`, `{"VideoUrl":"u","VideoUUID":"i","VideoSize":1,"VideoSecond":2,"VideoFormat":"mp4","VideoDownloadFlag":2,` +
				`"ThumbUrl":"t","ThumbUUID":"j","ThumbSize":3,"ThumbWidth":4,"ThumbHeight":5,"ThumbFormat":"jpg","ThumbDownloadFlag":2}`},
			[]string{`{"VideoDownloadFlag":1}`, `{"ThumbDownloadFlag":3}`, `{"VideoSize":"1"}`, `{"ThumbWidth":1.5}`, `{"VideoUrl":7}`, `{"ThumbFormat":7}`}},
		{messages.KindRelay,
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
		for _, content := range c.good {
			if err := (messages.Content{Elements: []messages.Element{element(c.kind, content)}}).Check(); err != nil {
				t.Errorf("%s %s: %v, want it accepted", c.kind, content, err)
			}
		}
		for _, content := range append(c.bad, "", "null", "[]", `"x"`, "7", "{") {
			err := (messages.Content{Elements: []messages.Element{text("first"), element(c.kind, content)}}).Check()
			if !fault.Is(err, fault.BodyInvalid) || !strings.Contains(err.Error(), "MsgBody[1]: ") {
				t.Errorf("%s %s: %v, want %s of MsgBody[1]", c.kind, content, err, fault.BodyInvalid)
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
	custom := element(messages.KindCustom, `{"Data":"d"}`)
	ofSize := func(n int) messages.Content { // a content with n bytes of JSON
		c := messages.Content{Elements: []messages.Element{text("")}, Custom: ""}
		overhead := len(`{"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":""}},],"CloudCustomData":""}`)
		c.Elements[0] = text(strings.Repeat("x", n-overhead))
		return c
	}
	for _, c := range []struct {
		name    string
		content messages.Content
		want    fault.Code // 0: accepted
	}{
		{"rejects content without an element", messages.Content{}, fault.BodyEmpty},
		{"rejects custom data without an element", messages.Content{Custom: "x"}, fault.BodyEmpty},
		{"accepts one custom element", messages.Content{Elements: []messages.Element{text("a"), custom, text("b")}}, 0},
		{"rejects two custom elements", messages.Content{Elements: []messages.Element{custom, text("a"), custom}}, fault.BodyInvalid},
		{"accepts 12 KB", ofSize(messages.MaxBody), 0},
		{"rejects 12 KB and one byte", ofSize(messages.MaxBody + 1), fault.BodyTooLarge},
		{"counts the custom data", messages.Content{Elements: []messages.Element{text("a")}, Custom: strings.Repeat("x", 12<<10)}, fault.BodyTooLarge},
		{"accepts custom data up to the limit", messages.Content{Elements: []messages.Element{text("a")}, Custom: strings.Repeat("x", 12<<10-100)}, 0},
		{"reports the size if the limit is passed before a malformed element", messages.Content{Elements: []messages.Element{
			text(strings.Repeat("x", 13<<10)), element("TIMOther", "{}"),
		}}, fault.BodyTooLarge},
		{"reports a malformed element before the limit is passed", messages.Content{Elements: []messages.Element{
			element("TIMOther", "{}"), text(strings.Repeat("x", 13<<10)),
		}}, fault.BodyInvalid},
		{"accepts 200 small elements", messages.Content{Elements: smallElements(200)}, 0},
		{"rejects 400 small elements for their size", messages.Content{Elements: smallElements(400)}, fault.BodyTooLarge},
	} {
		err := c.content.Check()
		if got := fault.Of(err).Code; (err == nil) != (c.want == 0) || (err != nil && got != c.want) {
			t.Errorf("%s: %v, want code %d", c.name, err, c.want)
		}
		if err != nil && len(err.Error()) > 300 {
			t.Errorf("%s: answers with %d bytes", c.name, len(err.Error()))
		}
	}
	err := messages.Content{Elements: []messages.Element{element(messages.Kind(strings.Repeat("k", 5000)), "{}")}}.Check()
	if !fault.Is(err, fault.BodyInvalid) || len(err.Error()) > 300 {
		t.Errorf("a kind of 5,000 letters is answered with %d bytes", len(fmt.Sprint(err)))
	}
}

func smallElements(n int) []messages.Element {
	list := make([]messages.Element, n)
	for i := range list {
		list[i] = element(messages.KindFace, `{"Index":1}`)
	}
	return list
}

func FuzzCheck(f *testing.F) {
	for _, kind := range []messages.Kind{
		messages.KindText, messages.KindLocation, messages.KindFace, messages.KindCustom, messages.KindSound,
		messages.KindImage, messages.KindFile, messages.KindVideo, messages.KindRelay,
	} {
		f.Add(string(kind), []byte(`{"Text":"hi","Index":1,"ImageInfoArray":[{"Type":1}],"MsgList":[]}`), "")
	}
	f.Add("TIMImageElem", []byte(image), "custom")
	f.Add("", []byte("null"), "\xff")
	f.Fuzz(func(t *testing.T, kind string, content []byte, custom string) {
		c := messages.Content{Elements: []messages.Element{{Kind: messages.Kind(kind), Content: content}}, Custom: custom}
		_ = c.Preview()
		if err := c.Check(); err != nil && !fault.Is(err, fault.BodyInvalid) && !fault.Is(err, fault.BodyTooLarge) {
			t.Errorf("%s %s: %v", kind, content, err)
		}
	})
}
