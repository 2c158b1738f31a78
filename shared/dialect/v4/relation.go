package v4

import "strings"

const sourcePrefix = "AddSource_Type_"

// AddSource is the vendor's form of how a friend was found (core spec §8.0).
func AddSource(word string) string {
	if word == "" {
		return ""
	}
	return sourcePrefix + word
}

// ParseAddSource takes the word out of the vendor's form; false where it has
// none. An empty text is no source.
func ParseAddSource(text string) (word string, ok bool) {
	if text == "" {
		return "", true
	}
	return strings.CutPrefix(text, sourcePrefix)
}
