package dynamo_test

import (
	"testing"

	"parley/infra/testkit"
	"parley/shared/clock"
	"parley/shared/dynamo"
)

var server *testkit.Server

func TestMain(m *testing.M) { testkit.Main(m, &server) }

// table returns a table of DynamoDB Local, with layers around each call.
func table(layers ...dynamo.Layer) dynamo.Table {
	return dynamo.New(server.Call, clock.System{}, layers...).Table(server.Tables.Live)
}

// The attributes of the items of these tests.
const (
	count  dynamo.Attribute = "count" // a reserved word of DynamoDB
	name   dynamo.Attribute = "name"
	town   dynamo.Attribute = "town"
	set    dynamo.Attribute = "set"
	dotted dynamo.Attribute = "a.b"
	most   dynamo.Attribute = "limit" // so is this
	absent dynamo.Attribute = "absent"
)

// stored writes an item with a key that no other test uses, and returns the key.
func stored(t *testing.T, id string) dynamo.Key {
	t.Helper()
	k := dynamo.Key{PK: t.Name(), SK: id}
	item := dynamo.NewItem(k)
	item.Set(count, dynamo.Num(5))
	item.Set(most, dynamo.Num(9))
	item.SetText(name, "alice")
	item.Set(set, dynamo.TextSet("a", "b"))
	item.Set(dotted, dynamo.Map(dynamo.Item{string(town): dynamo.Str("york")}))
	if err := table().Put(t.Context(), item); err != nil {
		t.Fatal(err)
	}
	return k
}
