package dynamo

import (
	"strings"

	"parley/shared/dynamo/calls"
)

// Size returns the bytes of an item as DynamoDB counts them: names and values.
func (i Item) Size() int {
	total := 0
	for name, v := range i {
		total += len(name) + valueSize(v)
	}
	return total
}

func valueSize(v calls.Value) int {
	switch v := v.(type) {
	case *calls.Text:
		return len(v.Value)
	case *calls.Binary:
		return len(v.Value)
	case *calls.Number:
		return numberSize(v.Value)
	case *calls.Bool, *calls.Null:
		return 1
	case *calls.List:
		total := 3
		for _, item := range v.Value {
			total += 1 + valueSize(item)
		}
		return total
	case *calls.Map:
		total := 3
		for name, item := range v.Value {
			total += 1 + len(name) + valueSize(item)
		}
		return total
	case *calls.TextSet:
		total := 0
		for _, s := range v.Value {
			total += len(s)
		}
		return total
	case *calls.NumberSet:
		total := 0
		for _, n := range v.Value {
			total += numberSize(n)
		}
		return total
	case *calls.BinarySet:
		total := 0
		for _, b := range v.Value {
			total += len(b)
		}
		return total
	}
	return 0
}

// numberSize returns the bytes of a number: one byte for each pair of digits, one byte
// more, and one for a minus sign; at most 21. The pairs are counted from the decimal
// point in both directions, and pairs of zeros at both ends cost nothing. Example:
// 1700000000 is the pairs 17 00 00 00 00, of which only 17 counts: 2 bytes.
func numberSize(text string) int {
	text, negative := strings.CutPrefix(text, "-")
	whole, fraction, _ := strings.Cut(text, ".")
	if whole = strings.TrimLeft(whole, "0"); len(whole)%2 == 1 {
		whole = "0" + whole
	}
	if fraction = strings.TrimRight(fraction, "0"); len(fraction)%2 == 1 {
		fraction += "0"
	}
	digits := whole + fraction
	for strings.HasPrefix(digits, "00") {
		digits = digits[2:]
	}
	for strings.HasSuffix(digits, "00") {
		digits = digits[:len(digits)-2]
	}
	size := len(digits)/2 + 1
	if negative {
		size++
	}
	return min(size, 21)
}
