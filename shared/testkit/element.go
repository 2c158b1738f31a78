package testkit

import (
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/domain/messages"
)

// Text is a text element.
func Text(text string) messages.Element {
	content, err := json.Marshal(map[string]string{"Text": text})
	if err != nil {
		panic(err)
	}
	return messages.Element{Kind: messages.KindText, Content: content}
}

func stringValue(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
