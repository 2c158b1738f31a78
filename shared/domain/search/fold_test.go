package search

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

func TestFoldIgnoresCaseAccentEncodingAndWidth(t *testing.T) {
	for _, same := range [][]string{
		{"école", "ÉCOLE", "e\u0301cole", "E\u0301COLE"},
		{"abc 123", "ＡＢＣ　１２３", "ABC 123"},
		{"οδοσ", "ΟΔΟΣ", "οδος"},
		{"strasse", "straße", "STRASSE", "STRAẞE"},
		{"한국", "\u1112\u1161\u11ab\u1100\u116e\u11a8"},
		{"ガ", "ｶﾞ", "カ\u3099"},
		{"file", "ﬁle"},
		{"i\u0307stanbul", "İstanbul"},
		{"", ""},
	} {
		for _, text := range same {
			if got := fold(text); got != fold(same[0]) {
				t.Errorf("fold(%q) = %q, want %q", text, got, fold(same[0]))
			}
		}
	}
	for _, different := range [][2]string{{"a", "à"}, {"ı", "i"}, {"ab", "a b"}, {"ﬁle", "fil"}} {
		if fold(different[0]) == fold(different[1]) {
			t.Errorf("%q and %q have the same form", different[0], different[1])
		}
	}
}

// TestFoldEqualsThatOfText compares the form of every letter, alone and before an accent, with that
// of golang.org/x/text/cases: two texts have the same form here if they have the same form there.
// Left out is Cherokee, whose small letters cases does not fold, and scripts without case.
func TestFoldEqualsThatOfText(t *testing.T) {
	theirs := func(text string) string {
		return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(text)))
	}
	here, there := make(map[string]string), make(map[string]string) // one form by the other
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) || unicode.In(r, unicode.Cherokee, unicode.Han, unicode.Hangul, unicode.Co) || !unicode.IsPrint(r) {
			continue
		}
		for _, text := range []string{string(r), string(r) + "\u0301"} {
			our, their := fold(text), theirs(text)
			if known, ok := here[their]; ok && known != our {
				t.Errorf("%q has the form %q, and others with the form %q of cases have %q", text, our, their, known)
			}
			if known, ok := there[our]; ok && known != their {
				t.Errorf("%q has the form %q, as texts that have the forms %q and %q of cases", text, our, known, their)
			}
			here[their], there[our] = our, their
		}
	}
}

// FuzzFold checks that folding a folded text changes nothing, and that the form of a
// UTF-8 text is UTF-8.
func FuzzFold(f *testing.F) {
	for _, text := range []string{"École", "ΟΔΟΣ", "ＡＢＣ", "straße", "\u0345", "ŉ"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return
		}
		got := fold(text)
		if again := fold(got); again != got || !utf8.ValidString(got) {
			t.Errorf("fold(%q) = %q, and folded again %q", text, got, again)
		}
	})
}

func BenchmarkFold(b *testing.B) {
	for name, text := range map[string]string{"ascii": strings.Repeat("Hello there ", 16), "accents": strings.Repeat("Où est l'École? ", 12), "chinese": strings.Repeat("你好世界", 48)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				fold(text)
			}
		})
	}
}
