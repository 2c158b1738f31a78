package schema

import "slices"

// A Schema finds the partition and the aggregate of a key. It has the descriptors in a form
// in which they are found fast: a function asks for each call that it makes to DynamoDB.
type Schema struct{ forms []owned }

// owned is a form of partitions with the aggregate to which it belongs.
type owned struct {
	Form
	by Descriptor
}

// New returns the Schema of all descriptors.
func New() Schema {
	var s Schema
	for _, d := range Descriptors() {
		for _, f := range d.forms() {
			s.forms = append(s.forms, owned{f, d})
		}
	}
	return s
}

// find returns the parsed partition key, and the aggregate of the partition; the zero values
// if the key is unknown.
func (s Schema) find(pk string) (Partition, Descriptor) {
	app, kind, stored, ok := cut(pk)
	for _, f := range s.forms {
		if f.Key != "" && pk == f.Key {
			return Partition{Kind: f.Kind}, f.by
		}
		if !ok || f.Kind != kind {
			continue
		}
		if p, ok := f.read(app, kind, stored); ok {
			return p, f.by
		}
	}
	return Partition{}, Descriptor{}
}

// ParsePartition parses a partition key. Kind is empty if the key is unknown.
func (s Schema) ParsePartition(pk string) Partition {
	p, _ := s.find(pk)
	return p
}

// AggregateOf returns the aggregate to which the item with this key belongs. It returns false
// for a key that no constructor of this package makes.
func (s Schema) AggregateOf(table Table, k Key) (Aggregate, bool) {
	p, d := s.find(k.PK)
	if d.Table != table || !slices.ContainsFunc(d.Kinds, func(kind Kind) bool { return kind.has(p, k.SK) }) {
		return "", false
	}
	return d.Aggregate, true
}

// AggregateOfPartition returns the aggregate of all items of a partition.
func (s Schema) AggregateOfPartition(table Table, pk string) (Aggregate, bool) {
	_, d := s.find(pk)
	return d.Aggregate, d.Table == table && d.Aggregate != ""
}

// AggregateOfIndex returns the aggregate of all items of a partition of an index.
func (s Schema) AggregateOfIndex(table Table, pk, index string) (Aggregate, bool) {
	_, d := s.find(pk)
	return d.Aggregate, d.Table == table && slices.ContainsFunc(d.Indexes, func(x Index) bool { return x.Name == index })
}
