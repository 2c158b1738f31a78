package search

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// fold returns a form of a text that is equal for all texts that people read as the
// same: it ignores case, the way an accent is encoded, and the width of letters.
// Example: "ÉCOLE", "école" and "e\u0301cole" have the same form, and so do "ＡＢＣ" and
// "abc", "ΟΔΟΣ" and "οδος" with either sigma, "STRASSE" and "straße". The form is NFKC
// with case folding (Unicode Standard Annex 15, and section 3.13 of the Unicode
// Standard).
func fold(text string) string {
	if isASCII(text) {
		return strings.ToLower(text)
	}
	return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(text)))
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
