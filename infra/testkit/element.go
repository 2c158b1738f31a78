package testkit

import (
	"encoding/json"

	"parley/shared/domain/messages"
)

// Text returns an element with a text.
func Text(text string) messages.Element {
	content, err := json.Marshal(map[string]string{"Text": text})
	if err != nil {
		panic(err)
	}
	return messages.Element{Kind: messages.KindText, Content: content}
}
