package dynamo

import (
	"context"
	"fmt"
	"iter"
	"math"
	"strings"

	"parley/shared/dynamo/calls"
	"parley/shared/dynamo/names"
)

// A Query reads items of one partition in the order of their sort keys.
type Query struct {
	PK    string
	Range Range // which sort keys; the zero Range is all of them
	// Index is asked instead of the table; the zero Index is the table.
	Index Index
	// After is where the query goes on: after the item with this key. It need not exist.
	StartAfter Key
	// Limit is how many items one page reads at most; 0: as many as DynamoDB returns at once.
	Limit  int
	Strong bool
	// Descending: the greatest sort key comes first.
	Descending bool
	// Filter leaves items out that were read, and paid for.
	Filter Condition
	// KeysOnly: the items have only their keys. It costs the same.
	KeysOnly bool
	// CountOnly: the pages have only the number of their items.
	CountOnly bool
}

// An Index is a global secondary index: its name, and the attributes of its keys.
type Index struct {
	Name   string
	PK, SK Attribute
}

// A Range is a part of the sort keys of a partition.
type Range struct {
	text     string // after the name of the sort key
	from, to Value  // :sk or :from, and :to
}

// Prefix is the sort keys that begin with a text.
func Prefix(text string) Range {
	if text == "" {
		return Range{}
	}
	return Range{text: "begins_with(%s, :sk)", from: Str(text)}
}

// GreaterThan is the sort keys that are greater than a text.
func GreaterThan(text string) Range { return Range{text: "%s > :sk", from: Str(text)} }

// FromTo is the sort keys that are at least from and at most to.
func FromTo(from, to Value) Range {
	return Range{text: "%s BETWEEN :from AND :to", from: from, to: to}
}

// A Page is the items of one query that DynamoDB has answered at once. It may have no items
// though more follow.
type Page struct {
	Items []Item
	Count int
	last  Item
}

// More reports whether another page follows.
func (p Page) More() bool { return p.last != nil }

// LastKey returns the key of the last item that was read, the zero Key if no other page
// follows.
func (p Page) LastKey() Key { return p.last.Key() }

// Query reads one page.
func (t Table) Query(ctx context.Context, q Query) (Page, error) { return t.page(ctx, q, nil) }

// Pages reads page after page until the range ends or the loop is left. It reads the
// query anew before each page, so that a loop may lower its Limit.
func (t Table) Pages(ctx context.Context, q *Query) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		var last Item
		for {
			page, err := t.page(ctx, *q, last)
			if !yield(page, err) || err != nil || !page.More() {
				return
			}
			last = page.last
		}
	}
}

// QueryAll reads all items of a partition whose sort keys begin with the prefix.
func (t Table) QueryAll(ctx context.Context, pk, prefix string, strong bool) ([]Item, error) {
	var items []Item
	for page, err := range t.Pages(ctx, &Query{PK: pk, Range: Prefix(prefix), Strong: strong}) {
		if err != nil {
			return nil, err
		}
		items = append(items, page.Items...)
	}
	return items, nil
}

// page reads the page that begins after last, or where the query begins if last is nil.
func (t Table) page(ctx context.Context, q Query, last Item) (Page, error) {
	pk, sk := names.PK, names.SK
	in := &calls.QueryInput{TableName: &t.name, ExclusiveStartKey: last}
	if q.Index.Name != "" {
		in.IndexName, pk, sk = &q.Index.Name, q.Index.PK, q.Index.SK
	} else {
		in.ConsistentRead = &q.Strong
	}
	if last == nil && q.StartAfter != (Key{}) {
		in.ExclusiveStartKey = NewItem(q.StartAfter)
	}
	var w expressionWriter
	in.FilterExpression = w.condition(q.Filter)
	in.ExpressionAttributeNames = w.nameMap()
	values := w.valueMap()
	if values == nil {
		values = make(Item, 3)
	}
	condition := string(pk) + " = :pk"
	values[":pk"] = Str(q.PK)
	if q.Range.text != "" {
		condition += " AND " + strings.Replace(q.Range.text, "%s", string(sk), 1)
		name := ":sk"
		if q.Range.to != nil {
			name, values[":to"] = ":from", q.Range.to
		}
		values[name] = q.Range.from
	}
	in.KeyConditionExpression, in.ExpressionAttributeValues = &condition, values
	if q.Limit > 0 {
		in.Limit = new(int32(min(q.Limit, math.MaxInt32)))
	}
	if q.Descending {
		in.ScanIndexForward = new(false)
	}
	if q.KeysOnly {
		in.ProjectionExpression = new(string(names.PK) + ", " + string(names.SK))
	}
	if q.CountOnly {
		in.Select = calls.SelectCount
	}
	out, err := do[calls.QueryOutput](ctx, t.client, in)
	if err != nil {
		return Page{}, fmt.Errorf("query %q of %s: %w", q.PK, t, err)
	}
	page := Page{Items: make([]Item, len(out.Items)), Count: int(out.Count), last: out.LastEvaluatedKey}
	for i, item := range out.Items {
		page.Items[i] = item
	}
	return page, nil
}

// QueriedKey returns the partition key that a query of this package names, and the beginning of
// its range, or the prefix of the sort keys.
func QueriedKey(in *calls.QueryInput) Key {
	values := Item(in.ExpressionAttributeValues)
	k := Key{PK: values.Text(":pk"), SK: values.Text(":sk")}
	if k.SK == "" {
		k.SK = values.Text(":from")
	}
	return k
}
