package content_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"parley/shared/domain/content"
	"parley/shared/fault"
)

func text(s string) content.Element { return content.NewText(s) }

func TestPreviewJoinsTheTextsAndCutsAt120Bytes(t *testing.T) {
	long := strings.Repeat("x", 120)
	for _, c := range []struct {
		name string
		list []content.Element
		want string
	}{
		{"content without an element has an empty preview", nil, ""},
		{"a text is its own preview", []content.Element{text("hi")}, "hi"},
		{"texts are joined without a separator", []content.Element{text("a"), text("b ")}, "ab "},
		{"each kind has its own text", []content.Element{
			text("t"), {Custom: &content.Custom{Description: "d", Data: "x"}}, {Location: &content.Location{}},
			{Face: &content.Face{}}, {Sound: &content.Sound{}}, {Image: &content.Image{}},
			{File: &content.File{}}, {Video: &content.Video{}}, {Merged: &content.Merged{Title: "r"}},
		}, "td[Location][Face][Audio][Image][File][Video]r"},
		{"a field that is missing adds nothing", []content.Element{text(""), {Custom: &content.Custom{Data: "x"}}, {Merged: &content.Merged{}}}, ""},
		{"an element without a kind adds nothing", []content.Element{{}}, ""},
		{"120 bytes are not cut", []content.Element{text(long)}, long},
		{"121 bytes are cut to 120", []content.Element{text(long + "y")}, long},
		{"the cut may be in the second element", []content.Element{text(long[1:]), text("yz")}, long[1:] + "y"},
		{"a character of two bytes is not cut in half", []content.Element{text(long[1:] + "é")}, long[1:]},
		{"a character of three bytes that ends at byte 120 stays", []content.Element{text(long[3:] + "中文")}, long[3:] + "中"},
		{"a character of three bytes is not cut in half", []content.Element{text(long[2:] + "中文")}, long[2:]},
		{"a character of four bytes is not cut in half", []content.Element{text(long[3:] + "😀")}, long[3:]},
		{"a text of characters of four bytes is cut between two of them", []content.Element{text(strings.Repeat("😀", 40))}, strings.Repeat("😀", 30)},
	} {
		got := content.Content{Elements: c.list}.Preview()
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if len(got) > 120 || !utf8.ValidString(got) {
			t.Errorf("%s: %d bytes, UTF-8 %t", c.name, len(got), utf8.ValidString(got))
		}
	}
}

func FuzzPreview(f *testing.F) {
	f.Add(strings.Repeat("中", 40), "😀")
	f.Add(strings.Repeat("x", 119), "é")
	f.Add("\xff", "\x80\x80")
	f.Fuzz(func(t *testing.T, a, b string) {
		got := content.Content{Elements: []content.Element{text(a), text(b)}}.Preview()
		whole := a + b
		if len(got) > 120 || !strings.HasPrefix(whole, got) {
			t.Errorf("Preview of %q and %q: %q", a, b, got)
		}
		if !utf8.ValidString(a) || !utf8.ValidString(b) {
			return // a dialect refuses such texts (docs/adr/0029)
		}
		if !utf8.ValidString(got) {
			t.Errorf("%q is cut within a character", got)
		}
		if len(whole) > 120 && len(got) < 117 {
			t.Errorf("cut to %d bytes", len(got))
		}
	})
}

// TestStoredForm checks that content of every kind is read as it was stored, and how many
// bytes the stored form has. A message is billed by them.
func TestStoredForm(t *testing.T) {
	for _, c := range []struct {
		text string
		want content.Content
	}{
		{`{"e":[{"t":"hi"}]}`, content.Content{Elements: []content.Element{text("hi")}}},
		{`{"e":[{"t":"<\u0001"},{"f":{"i":0}}],"c":"x"}`, content.Content{Elements: []content.Element{text("<\x01"), {Face: &content.Face{}}}, Custom: "x"}},
		{`{"e":[{"l":{"d":"home","a":1.5,"o":-2}}]}`, content.Content{Elements: []content.Element{{Location: &content.Location{Description: "home", Latitude: 1.5, Longitude: -2}}}}},
		{`{"e":[{"c":{"d":"1","s":"2","e":"3","n":"4"},"o":{"d":"v","r":[0]}}]}`, content.Content{Elements: []content.Element{{
			Custom: &content.Custom{Data: "1", Description: "2", Extension: "3", Sound: "4"}, Original: &content.Original{Dialect: "v", Rest: json.RawMessage("[0]")},
		}}}},
		{`{"e":[{"s":{"u":"u","i":"i","b":1,"s":2}},{"d":{"u":"u","i":"i","n":"n","b":3}}]}`, content.Content{Elements: []content.Element{
			{Sound: &content.Sound{URL: "u", ID: "i", Bytes: 1, Seconds: 2}}, {File: &content.File{URL: "u", ID: "i", Name: "n", Bytes: 3}},
		}}},
		{`{"e":[{"i":{"i":"i","f":"jpg","s":[{"k":"large","b":1,"w":2,"h":3,"u":"u"}]}}]}`, content.Content{Elements: []content.Element{{
			Image: &content.Image{ID: "i", Format: "jpg", Files: []content.ImageFile{{Size: content.SizeLarge, Bytes: 1, Width: 2, Height: 3, URL: "u"}}},
		}}}},
		{`{"e":[{"v":{"u":"u","i":"i","b":1,"s":2,"f":"mp4","cu":"c","ci":"d","cb":3,"cw":4,"ch":5,"cf":"jpg"}}]}`, content.Content{Elements: []content.Element{{
			Video: &content.Video{
				URL: "u", ID: "i", Bytes: 1, Seconds: 2, Format: "mp4",
				CoverURL: "c", CoverID: "d", CoverBytes: 3, CoverWidth: 4, CoverHeight: 5, CoverFormat: "jpg",
			},
		}}}},
		{`{"e":[{"m":{"t":"t","f":"f","n":1,"a":["a"],"l":[{"f":"al","t":"bo","g":"g","s":1,"r":2,"m":3,"e":[{"t":"hi"}],"c":"c"}]}},{"m":{"k":"k"}}]}`, content.Content{Elements: []content.Element{
			{Merged: &content.Merged{Title: "t", Fallback: "f", Count: 1, Abstract: []string{"a"}, Messages: []content.MergedMessage{{
				From: "al", To: "bo", Group: "g", Seq: 1, Random: 2, Time: 3, Elements: []content.Element{text("hi")}, Custom: "c",
			}}}},
			{Merged: &content.Merged{Key: "k"}},
		}}},
	} {
		if got := string(c.want.Encode()); got != c.text {
			t.Errorf("got %s, want %s", got, c.text)
		}
		if got, err := content.Decode([]byte(c.text)); err != nil || !reflect.DeepEqual(got, c.want) || !got.Equal(c.want) {
			t.Errorf("%s is read as %s, %v", c.text, got.Encode(), err)
		}
	}
	for _, bad := range []string{"", "null x", `{"e":"x"}`, `{"e":[{}]}`, `{"e":[{"t":7}]}`, `{"e":[{"t":"a"},{"o":{"d":"v","r":1}}]}`} {
		if c, err := content.Decode([]byte(bad)); err == nil {
			t.Errorf("%s is read as %s", bad, c.Encode())
		}
	}
}

// FuzzDecode checks that what is read from a stored form is stored in a form that is read
// in the same way.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"e":[{"t":"hi"},{"l":{"a":1e3,"o":0}},{"m":{"a":[],"l":[{"f":"a","e":[{"f":{"i":1}}]}]},"o":{"d":"x","r":[ 1 ]}}],"c":"c"}`))
	f.Fuzz(func(t *testing.T, stored []byte) {
		c, err := content.Decode(stored)
		if err != nil || c.Check(nil, 0) != nil {
			return
		}
		again, err := content.Decode(c.Encode())
		if err != nil || !again.Equal(c) {
			t.Errorf("%s becomes %s, %v", stored, again.Encode(), err)
		}
	})
}

// TestCheck checks the rules that hold for the content of every dialect.
func TestCheck(t *testing.T) {
	custom := content.Element{Custom: &content.Custom{}}
	nested := func(depth int) content.Element {
		e := text("hi")
		for range depth {
			e = content.Element{Merged: &content.Merged{Messages: []content.MergedMessage{{From: "a", Elements: []content.Element{e}}}}}
		}
		return e
	}
	list := func(e ...content.Element) content.Content { return content.Content{Elements: e} }
	overhead := list(text("")).Encode()
	for _, c := range []struct {
		name    string
		content content.Content
		want    fault.Code // 0: accepted
	}{
		{"rejects content without an element", content.Content{Custom: "x"}, fault.BodyEmpty},
		{"rejects an element without a kind", list(text("a"), content.Element{}), fault.BodyInvalid},
		{"accepts one custom element", list(text("a"), custom), 0},
		{"rejects two custom elements", list(custom, text("a"), custom), fault.BodyInvalid},
		{"accepts 8 levels of merged messages", list(nested(8)), 0},
		{"rejects 9 levels of merged messages", list(nested(9)), fault.BodyInvalid},
		{"rejects a merged message without a sender", list(content.Element{Merged: &content.Merged{Messages: []content.MergedMessage{{Elements: []content.Element{custom}}}}}), fault.BodyInvalid},
		{"rejects a place that is none", list(content.Element{Location: &content.Location{Latitude: math.NaN()}}), fault.BodyInvalid},
		{"rejects an original that is not JSON", list(content.Element{Face: &content.Face{}, Original: &content.Original{Rest: json.RawMessage("[")}}), fault.BodyInvalid},
		{"accepts 12 KB", list(text(strings.Repeat("x", content.MaxBody-len(overhead)))), 0},
		{"rejects 12 KB and one byte", list(text(strings.Repeat("x", content.MaxBody-len(overhead)+1))), fault.BodyTooLarge},
	} {
		err := c.content.Check(nil, 0)
		if got := fault.Of(err).Code; (err == nil) != (c.want == 0) || (err != nil && got != c.want) {
			t.Errorf("%s: %v, want code %d", c.name, err, c.want)
		}
	}
	if err := list(text("a")).Check(nil, content.MaxBody); !fault.Is(err, fault.BodyTooLarge) {
		t.Errorf("the bytes besides the content are not counted: %v", err)
	}
}
