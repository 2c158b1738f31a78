package testkit

import "parley/shared/domain/content"

// Text returns an element with a text.
func Text(text string) content.Element {
	return content.NewText(text)
}
