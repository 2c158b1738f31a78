package v4_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/content"
	"parley/shared/fault"
	"parley/shared/plainjson"
)

const image = `{"UUID":"u","ImageFormat":1,"ImageInfoArray":[{"Type":1,"Size":9,"Width":8,"Height":7,"URL":"https://a"}]}`

// TestReadAcceptsTheDocumentedFormOfEachKind has, for each kind, contents in the
// documented form (docs/spec/tencent §3) and contents that are not in it.
func TestReadAcceptsTheDocumentedFormOfEachKind(t *testing.T) {
	for _, c := range []struct {
		kind string
		good []string
		bad  []string
	}{
		{"TIMTextElem",
			[]string{`{"Text":"hi"}`, `{"Text":""}`, `{"Text":"hi","own":{"a":[1]}}`},
			[]string{`{}`, `{"Text":7}`, `{"Text":null}`, `{"Text":["a"]}`, `{"text":"hi"}`}},
		{"TIMLocationElem",
			[]string{`{"Latitude":1.5,"Longitude":-2}`, `{"Desc":"d","Latitude":0,"Longitude":0}`},
			[]string{`{}`, `{"Latitude":1}`, `{"Longitude":1}`, `{"Latitude":"1","Longitude":2}`, `{"Desc":7,"Latitude":1,"Longitude":2}`}},
		{"TIMFaceElem",
			[]string{`{"Index":1}`, `{"Index":0,"Data":"d"}`},
			[]string{`{}`, `{"Index":1.5}`, `{"Index":-1}`, `{"Index":"1"}`, `{"Index":1,"Data":7}`, `{"Index":1e300}`}},
		{"TIMCustomElem",
			[]string{`{}`, `{"Data":"d","Desc":"e","Ext":"x","Sound":"s"}`, `{"Ext":null}`},
			[]string{`{"Data":{}}`, `{"Desc":1}`, `{"Ext":[]}`, `{"Sound":[]}`}},
		{"TIMSoundElem",
			[]string{`{}`, `{"Url":"u","UUID":"i","Size":1,"Second":2,"Download_Flag":2}`},
			[]string{`{"Download_Flag":1}`, `{"Download_Flag":"2"}`, `{"Size":"1"}`, `{"Second":1.5}`, `{"Url":7}`, `{"UUID":7}`}},
		{"TIMImageElem",
			[]string{image, `{"ImageInfoArray":[{"Type":3},{"Type":2,"URL":null}]}`, strings.Replace(image, `"ImageFormat":1`, `"ImageFormat":255`, 1)},
			[]string{
				`{}`, `{"ImageInfoArray":[]}`, `{"ImageInfoArray":{}}`, `{"ImageInfoArray":[{}]}`, `{"ImageInfoArray":[7]}`,
				`{"ImageInfoArray":null}`, strings.Replace(image, `"Type":1`, `"Type":4`, 1), strings.Replace(image, `"Type":1`, `"Type":"1"`, 1),
				strings.Replace(image, `"Size":9`, `"Size":"9"`, 1), strings.Replace(image, `"Width":8`, `"Width":-8`, 1),
				strings.Replace(image, `"Height":7`, `"Height":7.5`, 1), strings.Replace(image, `"https://a"`, `7`, 1),
				strings.Replace(image, `"ImageFormat":1`, `"ImageFormat":5`, 1), strings.Replace(image, `"UUID":"u"`, `"UUID":7`, 1),
			}},
		{"TIMFileElem",
			[]string{`{}`, `{"Url":"u","UUID":"i","FileName":"f","FileSize":1,"Download_Flag":2}`},
			[]string{`{"FileSize":-1}`, `{"FileName":7}`, `{"Download_Flag":0}`, `{"Url":[]}`}},
		{"TIMVideoFileElem",
			[]string{`{}`, `{"VideoUrl":"u","VideoUUID":"i","VideoSize":1,"VideoSecond":2,"VideoFormat":"mp4","VideoDownloadFlag":2,` +
				`"ThumbUrl":"t","ThumbUUID":"j","ThumbSize":3,"ThumbWidth":4,"ThumbHeight":5,"ThumbFormat":"jpg","ThumbDownloadFlag":2}`},
			[]string{`{"VideoDownloadFlag":1}`, `{"ThumbDownloadFlag":3}`, `{"VideoSize":"1"}`, `{"ThumbWidth":1.5}`, `{"VideoUrl":7}`, `{"ThumbFormat":7}`}},
		{"TIMRelayElem",
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
			read, err := v4.ReadContent([]v4.Element{element(c.kind, fields)}, "")
			if err != nil {
				t.Errorf("%s %s: %v, want it accepted", c.kind, fields, err)
				continue
			}
			if err := read.Check(v4.Form{}, 0); err != nil {
				t.Errorf("%s %s: the domain refuses it: %v", c.kind, fields, err)
			}
			checkRoundTrip(t, c.kind, fields, read.Elements[0])
		}
		for _, fields := range append(c.bad, "", "null", "[]", `"x"`, "7", "{") {
			_, err := v4.ReadContent([]v4.Element{text("first"), element(c.kind, fields)}, "")
			if !fault.Is(err, fault.BodyInvalid) || !strings.Contains(err.Error(), "MsgBody[1]: ") {
				t.Errorf("%s %s: %v, want %s of MsgBody[1]", c.kind, fields, err, fault.BodyInvalid)
			}
		}
	}
}

func element(kind, fields string) v4.Element {
	return v4.Element{Type: kind, Content: json.RawMessage(fields)}
}

func text(s string) v4.Element {
	return element("TIMTextElem", `{"Text":`+string(plainjson.AppendText(nil, s))+`}`)
}

// checkRoundTrip checks that an element is written exactly as it was, but for white space,
// also after it was stored, and that its size is that of what is written.
func checkRoundTrip(t *testing.T, kind, fields string, e content.Element) {
	t.Helper()
	var want bytes.Buffer
	if err := json.Compact(&want, []byte(fields)); err != nil {
		t.Fatal(err)
	}
	stored, err := content.Decode(content.Content{Elements: []content.Element{e}}.Encode())
	if err != nil {
		t.Fatalf("%s %s: %v", kind, fields, err)
	}
	got := v4.FromElements([]content.Element{e, stored.Elements[0]})
	for _, g := range got {
		if g.Type != kind || string(g.Content) != want.String() {
			t.Errorf("%s %s is written as %s %s; beside the fields: %+v", kind, want.String(), g.Type, g.Content, e.Original)
		}
	}
	size := len(fmt.Sprintf(`{"MsgBody":[{"MsgType":%q,"MsgContent":%s},],"CloudCustomData":""}`, kind, want.String()))
	if got := (v4.Form{}).Size(stored); got != size {
		t.Errorf("%s %s has %d bytes, want %d", kind, fields, got, size)
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

func TestReadLimitsSizeAndCustomElements(t *testing.T) {
	custom := element("TIMCustomElem", `{"Data":"d"}`)
	ofSize := func(n int) []v4.Element { // content with n bytes of JSON
		overhead := len(`{"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":""}},],"CloudCustomData":""}`)
		return []v4.Element{text(strings.Repeat("x", n-overhead))}
	}
	for _, c := range []struct {
		name   string
		list   []v4.Element
		custom string
		want   fault.Code // 0: accepted
	}{
		{"rejects content without an element", nil, "", fault.BodyEmpty},
		{"rejects custom data without an element", nil, "x", fault.BodyEmpty},
		{"accepts one custom element", []v4.Element{text("a"), custom, text("b")}, "", 0},
		{"rejects two custom elements", []v4.Element{custom, text("a"), custom}, "", fault.BodyInvalid},
		{"accepts 12 KB", ofSize(content.MaxBody), "", 0},
		{"rejects 12 KB and one byte", ofSize(content.MaxBody + 1), "", fault.BodyTooLarge},
		{"counts the custom data", []v4.Element{text("a")}, strings.Repeat("x", 12<<10), fault.BodyTooLarge},
		{"accepts custom data up to the limit", []v4.Element{text("a")}, strings.Repeat("x", 12<<10-100), 0},
		{"reports the size if the limit is passed before a malformed element", []v4.Element{
			text(strings.Repeat("x", 13<<10)), element("TIMOther", "{}"),
		}, "", fault.BodyTooLarge},
		{"reports a malformed element before the limit is passed", []v4.Element{
			element("TIMOther", "{}"), text(strings.Repeat("x", 13<<10)),
		}, "", fault.BodyInvalid},
		{"accepts 200 small elements", smallElements(200), "", 0},
		{"rejects 400 small elements for their size", smallElements(400), "", fault.BodyTooLarge},
	} {
		read, err := v4.ReadContent(c.list, c.custom)
		if got := fault.Of(err).Code; (err == nil) != (c.want == 0) || (err != nil && got != c.want) {
			t.Errorf("%s: %v, want code %d", c.name, err, c.want)
		}
		if err != nil && len(err.Error()) > 300 {
			t.Errorf("%s: answers with %d bytes", c.name, len(err.Error()))
		}
		if err == nil && (read.Check(v4.Form{}, 0) != nil || len(c.list) == 1 && read.Check(v4.Form{}, content.MaxBody) == nil) {
			t.Errorf("%s: the domain does not count the same", c.name)
		}
	}
	_, err := v4.ReadContent([]v4.Element{element(strings.Repeat("k", 5000), "{}")}, "")
	if !fault.Is(err, fault.BodyInvalid) || len(err.Error()) > 300 {
		t.Errorf("a kind of 5,000 letters is answered with %d bytes", len(fmt.Sprint(err)))
	}
}

func smallElements(n int) []v4.Element {
	list := make([]v4.Element, n)
	for i := range list {
		list[i] = element("TIMFaceElem", `{"Index":1}`)
	}
	return list
}

// FuzzReadContent checks that what is accepted is written as it was, and that its stored
// form is read again as it was.
func FuzzReadContent(f *testing.F) {
	for _, kind := range []string{
		"TIMTextElem", "TIMLocationElem", "TIMFaceElem", "TIMCustomElem", "TIMSoundElem", "TIMImageElem", "TIMFileElem", "TIMVideoFileElem", "TIMRelayElem",
	} {
		f.Add(kind, []byte(`{"Text":"hi","Index":1,"Latitude":1e1,"Longitude":-0,"ImageInfoArray":[{"Type":1}],"MsgList":[]}`), "")
	}
	f.Add("TIMImageElem", []byte(image), "custom")
	f.Add("TIMRelayElem", []byte(nested(3)), "")
	f.Add("TIMCustomElem", []byte(`{"Ext":"\u003c","Data" : "a\u2028","own":[{"Data":null}]}`), "")
	f.Add("", []byte("null"), "\xff")
	f.Fuzz(func(t *testing.T, kind string, fields []byte, custom string) {
		c, err := v4.ReadContent([]v4.Element{{Type: kind, Content: fields}}, custom)
		if err != nil {
			if !fault.Is(err, fault.BodyInvalid) && !fault.Is(err, fault.BodyTooLarge) {
				t.Errorf("%s %s: %v", kind, fields, err)
			}
			return
		}
		_ = c.Preview()
		checkRoundTrip(t, kind, string(fields), c.Elements[0])
		again, err := v4.ReadContent(v4.FromElements(c.Elements), custom)
		if err != nil || !again.Equal(c) {
			t.Errorf("%s %s is read as %s, and then as %s, %v", kind, fields, c.Encode(), again.Encode(), err)
		}
	})
}
