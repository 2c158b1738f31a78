package store

import (
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Item is the attributes of an item by their stored names.
type Item = map[string]types.AttributeValue

func str(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }

func num[T ~int | ~int64 | ~uint32](v T) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(int64(v), 10)}
}

// numOrNil returns the attribute of a number that is stored only if it is not 0.
func numOrNil(n int64) types.AttributeValue {
	if n == 0 {
		return nil
	}
	return num(n)
}

func bin(v []byte) types.AttributeValue { return &types.AttributeValueMemberB{Value: v} }

// texts returns a list attribute of strings.
func texts(list []string) types.AttributeValue {
	values := make([]types.AttributeValue, len(list))
	for i, v := range list {
		values[i] = str(v)
	}
	return &types.AttributeValueMemberL{Value: values}
}

// text returns a string attribute, empty if the item does not have it.
func text(item Item, name string) string {
	if v, ok := item[name].(*types.AttributeValueMemberS); ok {
		return v.Value
	}
	return ""
}

// integer returns a number attribute, 0 if the item does not have it.
func integer(item Item, name string) int64 {
	if v, ok := item[name].(*types.AttributeValueMemberN); ok {
		n, err := strconv.ParseInt(v.Value, 10, 64)
		if err == nil {
			return n
		}
	}
	return 0
}

func bytesOf(item Item, name string) []byte {
	if v, ok := item[name].(*types.AttributeValueMemberB); ok {
		return v.Value
	}
	return nil
}

// readTexts returns the strings of a list attribute.
func readTexts(item Item, name string) []string {
	l, ok := item[name].(*types.AttributeValueMemberL)
	if !ok {
		return nil
	}
	list := make([]string, 0, len(l.Value))
	for _, v := range l.Value {
		if s, ok := v.(*types.AttributeValueMemberS); ok {
			list = append(list, s.Value)
		}
	}
	return list
}

func has(item Item, name string) bool { _, ok := item[name]; return ok }

// firstNonInteger returns the name of the first of these attributes that the item has
// and that is not a whole number. It is empty if there is no such attribute.
func firstNonInteger(item Item, names ...string) (bad string) {
	for _, name := range names {
		v, found := item[name]
		if !found {
			continue
		}
		n, ok := v.(*types.AttributeValueMemberN)
		if !ok {
			return name
		}
		if _, err := strconv.ParseInt(n.Value, 10, 64); err != nil {
			return name
		}
	}
	return ""
}
