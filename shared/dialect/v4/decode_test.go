package v4_test

import (
	"strings"
	"testing"

	v4 "parley/shared/dialect/v4"
	"parley/shared/fault"
)

type inner struct {
	Text  string   `json:"Text" bad:"90010"`
	Plain int      `json:"Plain"`
	Few   []string `json:"Few" max:"2"`
}

type shared struct {
	Random *uint32 `json:"MsgRandom" need:"90005"`
	Note   string  `json:"Note"`
}

type request struct {
	To     string       `json:"To_Account" need:"90003"`
	Seq    *uint32      `json:"MsgSeq" bad:"90004"`
	List   []string     `json:"List" need:"90002" bad:"90007"`
	Free   bool         `json:"Free"`
	Body   []v4.Element `json:"MsgBody" bad:"90010"`
	Inner  inner        `json:"Inner" bad:"90043"`
	Point  *inner       `json:"Point"`
	Many   []inner      `json:"Many"`
	Hidden string       `json:"-"`
	Opt    int64        `json:"Opt,omitempty" bad:"90006"`
	Peer   string       `json:"Peer" id:"user" bad:"90008"`
	Other  *string      `json:"Other" id:"user"`
	Few    []string     `json:"Few" max:"2" bad:"90009"`
	Large  []inner      `json:"Large" max:"-"`
	shared
}

const goodBody = `{"To_Account":"bob","MsgRandom":7,"List":["a"]}`

// with returns the good body with more fields.
func with(fields string) string { return strings.TrimSuffix(goodBody, "}") + "," + fields + "}" }

// TestDecode checks the answer to bodies that are malformed, lack a field, or have a wrong
// type, id or list.
func TestDecode(t *testing.T) {
	const malformed, invalid = -1, -2
	for _, c := range []struct {
		name, body string
		want       int // 0: accepted
		text       string
	}{
		{"good", goodBody, 0, ""},
		{"white space around", " \r\n\t" + goodBody + "\n", 0, ""},
		{"a name of another case is unknown", with(`"msgseq":"1","TO_ACCOUNT":7`), 0, ""},
		{"a byte order mark", "\ufeff" + goodBody, 0, ""},
		{"null in lists", with(`"Many":[null,{"Text":"a"},null]`), 0, ""},
		{"unknown fields", with(`"Unknown":{"a":[1]},"apn":1`), 0, ""},
		{"null for a field that is not required", with(`"MsgSeq":null,"Inner":null,"Point":null,"Opt":null`), 0, ""},
		{"the name of a field that is not in JSON", with(`"Hidden":7,"-":7`), 0, ""},
		{"the largest number", with(`"MsgSeq":4294967295,"Opt":9223372036854775807`), 0, ""},
		{"zero is a value behind a pointer", strings.Replace(goodBody, "7", "0", 1), 0, ""},

		{"nothing", "", malformed, "the body is not a JSON object"},
		{"spaces", "  \n", malformed, "the body is not a JSON object"},
		{"a list", "[" + goodBody + "]", malformed, "the body is not a JSON object"},
		{"a text", `"{}"`, malformed, "the body is not a JSON object"},
		{"null", "null", malformed, "the body is not a JSON object"},
		{"cut off", goodBody[:20], malformed, "the body is not JSON"},
		{"two objects", goodBody + goodBody, malformed, "the body is not JSON"},
		{"a name twice", with(`"To_Account":"bob"`), malformed, `duplicate object member name "To_Account"`},
		{"a name twice, one of them escaped", with(`"To\u005fAccount":"bob"`), malformed, `duplicate object member name`},
		{"a name twice in an element", with(`"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"a","Text":"b"}}]`), malformed, "duplicate"},
		{"a name twice in an unknown field", with(`"Unknown":[{"a":{"b":1,"b":2}}]`), malformed, "duplicate"},
		{"bytes that are not UTF-8", with("\"Note\":\"a\xffb\""), malformed, "invalid UTF-8"},
		{"bytes that are not UTF-8 in an element", with("\"MsgBody\":[{\"MsgType\":\"TIMTextElem\",\"MsgContent\":{\"Text\":\"\xed\xa0\x80\"}}]"), malformed, "invalid UTF-8"},
		{"half of a surrogate pair", with(`"Note":"\ud83d"`), malformed, "surrogate"},
		{"the other half, in an element", with(`"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"\ude00"}}]`), malformed, "surrogate"},
		{"only null in a list", strings.Replace(goodBody, `["a"]`, "[null]", 1), 90002, "List is missing or empty"},
		{"an id", with(`"Peer":"alice"`), 0, ""},
		{"an id that is too long", with(`"Peer":"` + strings.Repeat("a", 33) + `"`), 90008, "Peer: a UserID has 1 to 32 bytes"},
		{"an id with other letters", with(`"Peer":"ä"`), 90008, "Peer: a UserID has printable ASCII characters only"},
		{"an id behind a pointer", with(`"Other":"a\u001f"`), invalid, "Other: a UserID"},
		{"a list as long as it may be", with(`"Few":["a","b"]`), 0, ""},
		{"a list that is too long", with(`"Few":["a","b","c"]`), 90009, "Few has at most 2 items"},
		{"a list that is too long inside of a list", with(`"Many":[{"Few":["a","b"]},{"Few":["a","b","c"]}]`), invalid, "Few has at most 2 items"},
		{"equal texts of a list count once", strings.Replace(goodBody, `["a"]`, `["a","a"]`, 1), 0, ""},
		{"a list that is too long, of equal texts", with(`"Few":["a","a","a"]`), 90009, "Few has at most 2 items"},
		{"a list without a limit of its length", with(`"Large":[{}` + strings.Repeat(",{}", 1500) + `]`), 0, ""},
		{"1,000 items", with(`"Many":[{}` + strings.Repeat(",{}", 999) + `]`), 0, ""},
		{"1,001 items", with(`"Many":[{}` + strings.Repeat(",{}", 1000) + `]`), invalid, "Many has at most 1000 items"},
		{"a comma too many", strings.Replace(goodBody, "}", ",}", 1), malformed, "the body is not JSON"},
		{"too deep", `{"x":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + "}", malformed, "the body is not JSON"},

		{"missing text", `{"MsgRandom":7,"List":["a"]}`, 90003, "To_Account is missing or empty"},
		{"empty text", `{"To_Account":"","MsgRandom":7,"List":["a"]}`, 90003, "To_Account is missing or empty"},
		{"null text", `{"To_Account":null,"MsgRandom":7,"List":["a"]}`, 90003, "To_Account is missing or empty"},
		{"a number for a text", strings.Replace(goodBody, `"bob"`, "7", 1), 90003, "To_Account has to be text, it is a JSON number"},
		{"a list for a text", strings.Replace(goodBody, `"bob"`, "[]", 1), 90003, "To_Account has to be text, it is a JSON array"},

		{"missing list", `{"To_Account":"bob","MsgRandom":7}`, 90002, "List is missing or empty"},
		{"empty list", strings.Replace(goodBody, `["a"]`, "[]", 1), 90002, "List is missing or empty"},
		{"null list", strings.Replace(goodBody, `["a"]`, "null", 1), 90002, "List is missing or empty"},
		{"a text for a list", strings.Replace(goodBody, `["a"]`, `"a"`, 1), 90007, "List has to be a list, it is a JSON string"},
		{"a number in a list of texts", strings.Replace(goodBody, `["a"]`, `["a",7]`, 1), 90007, ""},

		{"a wrong type of a field that is not required", with(`"MsgSeq":"1"`), 90004, "MsgSeq has to be a whole number from 0 to 4294967295, it is a JSON string"},
		{"below zero", with(`"MsgSeq":-1`), 90004, "MsgSeq has to be a whole number from 0 to 4294967295, it is a JSON number -1"},
		{"over 32 bits", with(`"MsgSeq":4294967296`), 90004, ""},
		{"a fraction", with(`"MsgSeq":1.5`), 90004, ""},
		{"over 64 bits", with(`"Opt":9223372036854775808`), 90006, ""},

		{"a field of an embedded struct is missing", `{"To_Account":"bob","List":["a"]}`, 90005, "MsgRandom is missing or empty"},
		{"a wrong type in an embedded struct", strings.Replace(goodBody, "7", `"7"`, 1), 90005, "MsgRandom"},
		{"a wrong type in an embedded struct, no tag", with(`"Note":7`), malformed, "Note"},

		{"a wrong type, no tag", with(`"Free":1`), malformed, "Free has to be true or false, it is a JSON number"},
		{"a wrong type inside an object: the tag of the object counts", with(`"Inner":{"Text":7}`), 90043, ""},
		{"a wrong type inside an object without a tag", with(`"Point":{"Text":7}`), 90010, "Point.Text has to be text, it is a JSON number"},
		{"a wrong type inside an object, both without a tag", with(`"Point":{"Plain":"x"}`), malformed, "Point.Plain"},
		{"a wrong type inside a list", with(`"Many":[{"Text":"a"},{"Text":7}]`), 90010, ""},
		{"a number for an object", with(`"Inner":7`), 90043, "Inner has to be an object, it is a JSON number"},
		{"a wrong type in an element", with(`"MsgBody":[{"MsgType":7}]`), 90010, ""},
		{"two wrong types: the first one of the body is answered", with(`"MsgSeq":"x","Opt":"y"`), 90004, ""},
		{"a wrong type is answered before a missing field", `{"MsgSeq":"x"}`, 90004, ""},
		{"two missing fields: the first one of the struct is answered", `{}`, 90003, ""},
		{"more white space around", " \t\r\n" + goodBody + "\n", 0, ""},
		{"a form feed, which is not white space in JSON", goodBody + "\f", malformed, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var in request
			err := v4.Decode([]byte(c.body), &in)
			got, text := 0, ""
			switch f := v4.AsFieldError(err); {
			case f != nil:
				got, text = f.Number, f.Text
			case fault.Is(err, fault.Malformed):
				got, text = malformed, fault.Of(err).Text
			case fault.Is(err, fault.Invalid):
				got, text = invalid, fault.Of(err).Text
			case err != nil:
				t.Fatalf("Decode: %v", err)
			}
			if got != c.want || !strings.Contains(text, c.text) {
				t.Errorf("Decode(%.100s) answers %d %q, want %d %q", c.body, got, text, c.want, c.text)
			}
			if c.want == 0 && (in.To != "bob" || in.Random == nil || len(in.List) != 1) {
				t.Errorf("Decode(%s) read %+v", c.body, in)
			}
		})
	}
}

// FuzzDecode checks that no body makes Decode panic, and that it answers only with numbers
// that are in the tags.
func FuzzDecode(f *testing.F) {
	for _, body := range []string{
		goodBody, "", "{}", "[]", "null", `{"To_Account":7}`, `{"MsgRandom":-1}`, `{"Inner":{"Text":[]}}`,
		`{"Many":[{"Text":{}}]}`, `{"Point":[1]}`, `{"MsgBody":[[]]}`, `{"MsgBody":{"MsgType":1}}`, "{\"\xff\":1}",
		`{"shared":{"MsgRandom":"x"}}`, `{"Opt":1e400}`, strings.Repeat(`{"Point":`, 20),
		`{"To_Account":"b","MsgRandom":1,"List":["a"],"Note":false}`, "{}\f",
	} {
		f.Add([]byte(body))
	}
	tags := map[int]bool{90002: true, 90003: true, 90004: true, 90005: true, 90006: true, 90007: true, 90008: true, 90009: true, 90010: true, 90043: true}
	f.Fuzz(func(t *testing.T, body []byte) {
		var in request
		err := v4.Decode(body, &in)
		switch f := v4.AsFieldError(err); {
		case f != nil:
			if !tags[f.Number] || f.Text == "" {
				t.Errorf("Decode(%q) answers %d %q", body, f.Number, f.Text)
			}
		case err != nil:
			if !fault.Is(err, fault.Malformed) && !fault.Is(err, fault.Invalid) {
				t.Errorf("Decode(%q): %v, want malformed or invalid", body, err)
			}
		case in.To == "" || in.Random == nil || len(in.List) == 0:
			t.Errorf("Decode(%q) accepts %+v", body, in)
		}
	})
}
