package testkit

import (
	"encoding/json"

	"parley/shared/domain/content"
)

// Text returns an element with a text.
func Text(text string) content.Element {
	data, err := json.Marshal(map[string]string{"Text": text})
	if err != nil {
		panic(err)
	}
	return content.Element{Kind: content.KindText, Content: data}
}
