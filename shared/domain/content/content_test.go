package content_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"parley/shared/domain/content"
)

func element(kind content.Kind, fields string) content.Element {
	return content.Element{Kind: kind, Content: json.RawMessage(fields)}
}

func text(s string) content.Element {
	fields, err := json.Marshal(map[string]string{"Text": s})
	if err != nil {
		panic(err)
	}
	return element(content.KindText, string(fields))
}

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
			text("t"), element(content.KindCustom, `{"Desc":"d","Data":"x"}`), element(content.KindLocation, "{}"),
			element(content.KindFace, "{}"), element(content.KindSound, "{}"), element(content.KindImage, "{}"),
			element(content.KindFile, "{}"), element(content.KindVideo, "{}"), element(content.KindRelay, `{"Title":"r"}`),
		}, "td[Location][Face][Audio][Image][File][Video]r"},
		{"a field that is missing or of a wrong type adds nothing", []content.Element{element(content.KindText, "{}"), element(content.KindCustom, `{"Desc":7}`), element(content.KindRelay, "[")}, ""},
		{"an unknown kind adds nothing", []content.Element{element("TIMOther", `{"Text":"x"}`)}, ""},
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
		whole := strings.ToValidUTF8(a, "\ufffd") + strings.ToValidUTF8(b, "\ufffd")
		if len(got) > 120 || !utf8.ValidString(got) {
			t.Errorf("Preview of %q and %q: %q", a, b, got)
		}
		if utf8.ValidString(a) && utf8.ValidString(b) && !strings.HasPrefix(whole, got) {
			t.Errorf("%q is not the beginning of %q", got, whole)
		}
		if utf8.ValidString(a) && utf8.ValidString(b) && len(whole) > 120 && len(got) < 117 {
			t.Errorf("cut to %d bytes", len(got))
		}
	})
}
