// Package schema says what the tables hold: which aggregates there are, the keys of their
// items, their indexes and the names of their attributes. It imports nothing of AWS, so that
// operations and generators use it.
//
// Each aggregate has a file with one Descriptor, the constructors and parsers of its keys,
// and its attributes. The table of an aggregate, the keys that an IAM role may touch, and
// the aggregate that a call touches all follow from the descriptor. The attributes are
// constants; infra/gen makes docs/reference/attributes.md of them and of their comments,
// which have the form "type, unit: meaning".
package schema

import (
	"slices"
	"strings"

	"parley/shared/config"
	"parley/shared/dynamo/names"
)

// Key is the primary key of an item.
type Key = names.Key

// A Table is one of the four tables (docs/data-model.md §2).
type Table string

// The tables.
const (
	Core Table = "core" // durable state; restored from a backup as a whole
	Msg  Table = "msg"  // timelines and operation logs
	Live Table = "live" // sessions, and other data that can be lost without harm
	Ops  Table = "ops"  // exports and other data that jobs read
)

// Tables lists the four tables.
func Tables() []Table { return []Table{Core, Msg, Live, Ops} }

// TableNames returns the names that the deployment gave to the tables.
func TableNames(t config.Tables) map[Table]string {
	return map[Table]string{Core: t.Core, Msg: t.Msg, Live: t.Live, Ops: t.Ops}
}

// An Aggregate is a set of items that are read and written under one name of access.
// Each operation declares the aggregates that it reads and writes; the IAM role of its
// function is generated from that.
type Aggregate string

// Descriptors lists the descriptors of all aggregates.
func Descriptors() []Descriptor {
	return []Descriptor{
		apps(), secrets(), accountCounts(), accounts(), accountList(), profiles(), relations(), follows(), groups(), groupList(), conversations(), messages(), members(), groupRequests(), groupHeads(), groupAttributes(),
		merged(), sessions(), watches(),
		idempotencyKeys(), exports(),
	}
}

// A Descriptor says what an aggregate is.
type Descriptor struct {
	Aggregate Aggregate
	Table     Table
	Kinds     []Kind
	Indexes   []Index
	// Reads and Writes are the actions of DynamoDB by which the store reads and writes items of
	// the aggregate. A write in a transaction counts for all aggregates of the transaction.
	Reads, Writes []string
	// Twins are groups of reads of which an operation has all if it uses one, because it is the
	// data and not the operation that decides which it is. Example: a send reads the accounts
	// of both users by BatchGetItem. If the sender seems to be banned, it reads that account
	// again, strongly, by GetItem. And the rows of a user are read by a query of the table, or,
	// if there are over 500, by one of an index.
	Twins [][]string
}

// The actions of DynamoDB.
const (
	get, getMany, query, check     = "GetItem", "BatchGetItem", "Query", "ConditionCheckItem"
	put, update, remove, writeMany = "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"
)

// QueryIndex stands for Query on an index of the table.
const QueryIndex = "QueryIndex"

// A Kind is one kind of items of an aggregate.
type Kind struct {
	// In is the form of the partitions that have such items.
	In Form
	// SK is how documents write the sort key. Example: "F#{peer}".
	SK string
	// Prefix begins every sort key of the kind. If parse is nil, it is the whole sort key.
	Prefix string
	// parse reports whether the constructor of the key makes this sort key.
	parse func(p Partition, sk string) bool
}

// has reports whether an item of a partition is of this kind.
func (k Kind) has(p Partition, sk string) bool {
	if k.In.Kind != p.Kind {
		return false
	}
	if k.parse == nil {
		return sk == k.Prefix
	}
	return strings.HasPrefix(sk, k.Prefix) && k.parse(p, sk)
}

// An Index is a global secondary index of an aggregate's table. Its partition key is
// the attribute IndexedBy, whose value is the partition key of the item in the table.
// Its sort key is the attribute Sort, which is a number.
type Index struct {
	Name    string
	Sort    Attribute
	Include []Attribute // attributes in the index, besides the keys of table and index
}

// IndexedBy is the partition key of every index. An item that does not have this
// attribute is in no index, and its writes cost nothing more.
const IndexedBy = RowIndexed

// Descriptor returns the descriptor of an aggregate, the zero Descriptor if there is none.
func (a Aggregate) Descriptor() Descriptor {
	list := Descriptors()
	i := slices.IndexFunc(list, func(d Descriptor) bool { return d.Aggregate == a })
	if i < 0 {
		return Descriptor{}
	}
	return list[i]
}

// forms returns the forms of the partitions that have items of an aggregate, each once.
func (d Descriptor) forms() []Form {
	var list []Form
	for _, k := range d.Kinds {
		if !slices.ContainsFunc(list, func(f Form) bool { return f.Kind == k.In.Kind }) {
			list = append(list, k.In)
		}
	}
	return list
}

// LeadingKeys returns patterns for the partition keys of an aggregate. They are the
// dynamodb:LeadingKeys condition of an IAM role.
func (d Descriptor) LeadingKeys() []string {
	var list []string
	for _, f := range d.forms() {
		list = append(list, f.Pattern())
	}
	return list
}
