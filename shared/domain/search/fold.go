package search

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// fold writes a text so that texts which people read as the same are equal: without
// regard to case, to how an accent is written, and to the width of letters. "ÉCOLE",
// "école" and "e\u0301cole" are one text, as are "ＡＢＣ" and "abc", "ΟΔΟΣ" and "οδος"
// with either sigma, "STRASSE" and "straße". It is NFKC with case folding (Unicode
// Standard Annex 15, and section 3.13 of the Unicode Standard).
func fold(text string) string {
	if ascii(text) {
		return strings.ToLower(text)
	}
	return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(text)))
}

func ascii(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
