package store

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Size returns the bytes of an item by DynamoDB's own rules.
func Size(item Item) int {
	total := 0
	for name, v := range item {
		total += len(name) + valueSize(v)
	}
	return total
}

func valueSize(v types.AttributeValue) int {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value)
	case *types.AttributeValueMemberB:
		return len(v.Value)
	case *types.AttributeValueMemberN:
		digits := strings.Trim(strings.TrimLeft(strings.ReplaceAll(v.Value, ".", ""), "-0"), "0")
		return min((len(digits)+1)/2+1, 21)
	case *types.AttributeValueMemberBOOL, *types.AttributeValueMemberNULL:
		return 1
	case *types.AttributeValueMemberL:
		total := 3
		for _, item := range v.Value {
			total += 1 + valueSize(item)
		}
		return total
	case *types.AttributeValueMemberM:
		total := 3
		for name, item := range v.Value {
			total += 1 + len(name) + valueSize(item)
		}
		return total
	case *types.AttributeValueMemberSS:
		total := 0
		for _, s := range v.Value {
			total += len(s)
		}
		return total
	}
	return 0
}
