package search

import (
	"strings"
	"testing"
	"unicode/utf8"
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
