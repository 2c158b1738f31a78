package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// fold returns a form of a text that is equal for all texts that people read as the
// same: it ignores case, the way an accent is encoded, and the width of letters.
// Example: "ÉCOLE", "école" and "e\u0301cole" have the same form, and so do "ＡＢＣ" and
// "abc", "ΟΔΟΣ" and "οδος" with either sigma, "STRASSE" and "straße". The form is NFKC
// with full case folding (Unicode Standard Annex 15, and section 3.13 of the Unicode
// Standard). A test compares it with that of golang.org/x/text/cases, whose tables of languages
// are made whenever a program starts.
func fold(text string) string {
	if isASCII(text) {
		return strings.ToLower(text)
	}
	var b strings.Builder
	b.Grow(len(text) + len(text)/4)
	for _, r := range norm.NFKC.String(text) {
		switch {
		case r < utf8.RuneSelf:
			b.WriteByte(byte(unicode.ToLower(r)))
		case r == 'ß' || r == 'ẞ':
			b.WriteString("ss")
		case r == 'İ' || r >= 0x1f80 && r <= 0x1fff: // a letter and marks, one of which is a letter without its case
			for _, part := range norm.NFD.String(string(r)) {
				b.WriteRune(foldLetter(part))
			}
		default:
			b.WriteRune(foldLetter(r))
		}
	}
	return norm.NFKC.String(b.String())
}

// foldLetter returns the first small letter, by number, of those that differ from r in case only,
// or the first of them if none is small. Example: "k" of "K", "k" and the sign for Kelvin.
func foldLetter(r rune) rune {
	if unicode.SimpleFold(r) == r {
		return r
	}
	first, small := r, rune(-1)
	for other := r; ; {
		first = min(first, other)
		if unicode.IsLower(other) && (small < 0 || other < small) {
			small = other
		}
		if other = unicode.SimpleFold(other); other == r {
			break
		}
	}
	if small >= 0 {
		return small
	}
	return first
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
