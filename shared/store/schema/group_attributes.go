package schema

// GroupAttributes is the attributes and the counters of groups. They are apart from the profile,
// because every message to a group reads what it needs of the group, and these may be 16 KB.
const GroupAttributes Aggregate = "group-attributes"

func groupAttributes() Descriptor {
	return Descriptor{
		Aggregate: GroupAttributes, Table: Core,
		Reads: []string{getMany, query}, Writes: []string{update, writeMany},
		Kinds: []Kind{
			{In: groupAttributesForm(), SK: skGroupAttributes, Prefix: skGroupAttributes},
			{In: groupAttributesForm(), SK: skGroupCounters, Prefix: skGroupCounters},
		},
	}
}

const (
	skGroupAttributes = "A"
	skGroupCounters   = "N"
)

// Attributes of the attributes of a group, `A`
const (
	GroupAttributesVersion Attribute = "v"  // number: each change of the attributes adds 1
	GroupAttributesSecond  Attribute = "w"  // number, s: the second of the last change
	GroupAttributesWrites  Attribute = "wc" // number: changes in that second

	GroupAttribute Family = "a." // text: the attribute {key}
)

// Attributes of the counters of a group, `N`
const (
	GroupCountersVersion Attribute = "v" // number: each change of the counters adds 1
	GroupCountersNumber  Attribute = "c" // number: counters

	GroupCounter Family = "n." // number: the counter {key}
)

func groupAttributesForm() Form { return Form{Kind: "GA", ID: "group"} }

// GroupAttributesPK is the partition of the attributes and the counters of a group.
func GroupAttributesPK(app int64, group string) string { return groupAttributesForm().pk(app, group) }

// GroupAttributesKey is all attributes of a group (A).
func GroupAttributesKey(app int64, group string) Key {
	return Key{PK: GroupAttributesPK(app, group), SK: skGroupAttributes}
}

// GroupCountersKey is all counters of a group (N).
func GroupCountersKey(app int64, group string) Key {
	return Key{PK: GroupAttributesPK(app, group), SK: skGroupCounters}
}
