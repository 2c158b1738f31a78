package dynamo_test

import (
	"strings"
	"testing"

	"parley/infra/testkit"
	"parley/shared/dynamo"
	"parley/shared/dynamo/calls"
)

func number(n int64) dynamo.Value { return dynamo.Num(n) }

// Size agrees with what DynamoDB Local charges for items just below and just above whole
// KB.
func TestSizeAgreesWithDynamoDB(t *testing.T) {
	name := server.Tables.Live
	key := dynamo.Key{PK: t.Name(), SK: "size"}
	item := func(v calls.Value, pad int) dynamo.Item {
		return dynamo.Item{"pk": dynamo.Str(key.PK), "sk": dynamo.Str(key.SK), "v": v, "pad": dynamo.Str(strings.Repeat("x", pad))}
	}
	for what, v := range map[string]calls.Value{
		"text":             dynamo.Str("héllo"),
		"bytes":            dynamo.Bin(make([]byte, 33)),
		"zero":             number(0),
		"one digit":        number(7),
		"two digits":       number(42),
		"trailing zeros":   number(1_700_000_000_000),
		"an even number":   number(1_700_000_000),
		"ten":              number(10),
		"a hundred":        number(100),
		"a thousand":       number(1000),
		"a fraction":       &calls.Number{Value: "0.05"},
		"two and a half":   &calls.Number{Value: "102.5"},
		"a time":           number(1_999_999_999_999),
		"an odd time":      number(1_999_999_999),
		"true":             &calls.Bool{Value: true},
		"null":             &calls.Null{Value: true},
		"an empty map":     &calls.Map{Value: dynamo.Item{}},
		"a map":            &calls.Map{Value: dynamo.Item{"c": dynamo.Str("x"), "t": number(1_999_999_999_999)}},
		"a list":           &calls.List{Value: []calls.Value{number(12), dynamo.Str("closed"), dynamo.Str("iPhone")}},
		"a set":            &calls.TextSet{Value: []string{"a", "bcd"}},
		"a set of numbers": dynamo.IntSet(1, 42, 1_999_999_999),
		"a set of bytes":   &calls.BinarySet{Value: [][]byte{{1}, {2, 3}}},
		"a negative":       number(-42),
		"a long negative":  number(-1_999_999_999_999),
		"the largest int":  number(1<<63 - 1),
		"the smallest int": number(-1 << 63),
	} {
		t.Run(what, func(t *testing.T) {
			for size, want := range map[int]float64{1024: 1, 1025: 2, 2048: 2, 2049: 3} {
				it := item(v, size-item(v, 0).Size())
				if got := it.Size(); got != size {
					t.Fatalf("Size = %d, want %d", got, size)
				}
				out, err := testkit.Past[calls.PutItemOutput](t.Context(), server, &calls.PutItemInput{
					TableName: &name, Item: it, ReturnConsumedCapacity: calls.ReturnConsumedCapacityTotal,
				})
				if err != nil {
					t.Fatal(err)
				}
				if got := *out.ConsumedCapacity.CapacityUnits; got != want {
					t.Errorf("%d bytes are charged %g W, want %g", size, got, want)
				}
				_, err = testkit.Past[calls.DeleteItemOutput](t.Context(), server, &calls.DeleteItemInput{
					TableName: &name, Key: dynamo.NewItem(key),
				})
				if err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
