package v4_test

import (
	"encoding/json"
	"testing"

	v4 "parley/shared/dialect/v4"
	"parley/shared/domain/content"
)

// An otherPart is an element as another dialect has it: one flat object. The dialect keeps
// its own field "mood" in the Original.
type otherPart struct {
	What string          `json:"what"`
	Say  string          `json:"say,omitempty"`
	At   []float64       `json:"at,omitempty"`
	Link string          `json:"link,omitempty"`
	Mood json.RawMessage `json:"mood,omitempty"`
}

const otherName = "other"

func readOther(p otherPart) content.Element {
	var e content.Element
	switch p.What {
	case "words":
		e = content.NewText(p.Say)
	case "place":
		e.Location = &content.Location{Description: p.Say, Latitude: p.At[0], Longitude: p.At[1]}
	case "picture":
		e.Image = &content.Image{Format: "webp", Files: []content.ImageFile{{Size: content.SizeOriginal, URL: p.Link}}}
	case "clip":
		e.Video = &content.Video{URL: p.Link, Format: "webm"}
	}
	if p.Mood != nil {
		e.Original = &content.Original{Dialect: otherName, Rest: p.Mood}
	}
	return e
}

func writeOther(e content.Element) otherPart {
	p := otherPart{What: "something"}
	switch e.Kind() {
	case content.KindText:
		p = otherPart{What: "words", Say: string(*e.Text)}
	case content.KindLocation:
		p = otherPart{What: "place", Say: e.Location.Description, At: []float64{e.Location.Latitude, e.Location.Longitude}}
	case content.KindImage:
		p = otherPart{What: "picture", Link: e.Image.Files[0].URL}
	case content.KindVideo:
		p = otherPart{What: "clip", Link: e.Video.URL}
	case content.KindCustom:
		p.Say = e.Custom.Description
	case content.KindFace, content.KindSound, content.KindFile, content.KindMerged: // it has none of them
	}
	if e.Original != nil && e.Original.Dialect == otherName {
		p.Mood = e.Original.Rest
	}
	return p
}

// TestAnotherDialect stores elements that v4 wrote and elements that another dialect wrote.
// Each dialect reads its own exactly as it wrote them, and of the other's the nearest that
// it has (docs/adr/0031).
func TestAnotherDialect(t *testing.T) {
	stored := func(e content.Element) content.Element {
		t.Helper()
		c := content.Content{Elements: []content.Element{e}}
		if err := c.Check(nil, 0); err != nil {
			t.Fatal(err)
		}
		c, err := content.Decode(c.Encode())
		if err != nil {
			t.Fatal(err)
		}
		return c.Elements[0]
	}
	for _, c := range []struct{ kind, fields, other string }{
		{"TIMTextElem", `{"Text":"hi"}`, `{"what":"words","say":"hi"}`},
		{"TIMTextElem", `{"own":[1],"Text":"\u0068i"}`, `{"what":"words","say":"hi"}`},
		{"TIMLocationElem", `{"Longitude":2.50,"Latitude":1,"Desc":null}`, `{"what":"place","at":[1,2.5]}`},
		{"TIMImageElem", image, `{"what":"picture","link":"https://a"}`},
		{"TIMCustomElem", `{"Data":"d","Desc":"e","Ext":""}`, `{"what":"something","say":"e"}`},
		{"TIMFaceElem", `{"Index":1}`, `{"what":"something"}`},
	} {
		read, err := v4.ReadContent([]v4.Element{element(c.kind, c.fields)}, "")
		if err != nil {
			t.Fatal(err)
		}
		e := stored(read.Elements[0])
		checkRoundTrip(t, c.kind, c.fields, e)
		if got, err := json.Marshal(writeOther(e)); err != nil || string(got) != c.other {
			t.Errorf("the other dialect reads %s as %s, %v, want %s", c.fields, got, err, c.other)
		}
	}
	for _, c := range []struct{ other, kind, fields string }{
		{`{"what":"words","say":"hi","mood":{"a":1}}`, "TIMTextElem", `{"Text":"hi"}`},
		{`{"what":"place","say":"home","at":[1.5,-2]}`, "TIMLocationElem", `{"Desc":"home","Latitude":1.5,"Longitude":-2}`},
		{`{"what":"picture","link":"https://a"}`, "TIMImageElem", `{"ImageFormat":255,"ImageInfoArray":[{"Type":1,"Size":0,"Width":0,"Height":0,"URL":"https://a"}]}`},
		{`{"what":"clip","link":"https://a","mood":"glad"}`, "TIMVideoFileElem", `{"VideoUrl":"https://a","VideoFormat":"webm","VideoDownloadFlag":2}`},
	} {
		var p otherPart
		if err := json.Unmarshal([]byte(c.other), &p); err != nil {
			t.Fatal(err)
		}
		e := stored(readOther(p))
		if got, err := json.Marshal(writeOther(e)); err != nil || string(got) != c.other {
			t.Errorf("the other dialect reads %s as %s, %v", c.other, got, err)
		}
		got := v4.FromElements([]content.Element{e})[0]
		if got.Type != c.kind || string(got.Content) != c.fields {
			t.Errorf("v4 reads %s as %s %s, want %s %s", c.other, got.Type, got.Content, c.kind, c.fields)
		}
		if _, err := v4.ReadContent([]v4.Element{got}, ""); err != nil {
			t.Errorf("v4 does not accept what it writes: %s: %v", got.Content, err)
		}
	}
}
