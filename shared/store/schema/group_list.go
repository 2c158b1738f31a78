package schema

import (
	"fmt"
	"hash/fnv"
	"strconv"
)

// GroupList is the list of an application's groups, and how many it has.
const GroupList Aggregate = "group-list"

func groupList() Descriptor {
	return Descriptor{
		Aggregate: GroupList, Table: Core,
		Reads: []string{get, query}, Writes: []string{put, update, remove},
		Kinds: []Kind{
			{In: groupListForm(), SK: "{type}{hash:13hex}{group}", parse: func(p Partition, sk string) bool {
				_, _, ok := ParseGroupListKey(Key{PK: groupListForm().pk(p.App, p.ID), SK: sk})
				return ok
			}},
			{In: groupCountsForm(), SK: skGroupCounts, Prefix: skGroupCounts},
		},
	}
}

// GroupListShards is the number of partitions of an application's list of groups.
const GroupListShards = 8

const skGroupCounts = "CN"

// The hash of a group in its sort key has 52 bits, 13 digits. With 5 bits for the type and 3 for
// the shard, a place in the list is a number of 60 bits.
const (
	groupHashBits   = 52
	groupHashDigits = groupHashBits / 4
	groupTypeBits   = 5
	groupPlaceBits  = 3 + groupTypeBits + groupHashBits
)

// Attributes of the counts of an application's groups, `CN`
const (
	GroupCountsAll Attribute = "n"  // number: groups
	GroupCountsDay Attribute = "dy" // number: days from 1970-01-01 to the day of GroupCountsNew
	GroupCountsNew Attribute = "dn" // number: groups that were created on that day, less those that were destroyed on it

	GroupCountsType Family = "t." // number: groups of the type {type}
)

func groupListForm() Form {
	return Form{Kind: "GI", ID: "0-7", accepts: func(id string) bool {
		n, err := strconv.Atoi(id)
		return err == nil && n >= 0 && n < GroupListShards && strconv.Itoa(n) == id
	}}
}

// GroupListPK is one of the partitions of the list of an application's groups.
func GroupListPK(app int64, shard int) string { return groupListForm().pk(app, strconv.Itoa(shard)) }

// groupHash returns the shard of a group in the list of groups, and the hash in its sort key.
func groupHash(group string) (shard int, hash uint64) {
	h := fnv.New64a()
	_, _ = h.Write([]byte(group)) // it never fails
	sum := h.Sum64()
	return int(sum >> 61), sum & (1<<groupHashBits - 1)
}

// GroupListPrefix begins the sort keys of the groups of a type. It is the first letter of the
// type.
func GroupListPrefix(kind string) string { return kind[:1] }

// GroupListKey is the entry of a group in the list of an application's groups. The hash of the id
// follows the letter of the type, so that a place in the list is a number (GroupListPlace).
func GroupListKey(app int64, kind, group string) Key {
	shard, hash := groupHash(group)
	return Key{PK: GroupListPK(app, shard), SK: GroupListPrefix(kind) + hashDigits(hash) + group}
}

func hashDigits(hash uint64) string { return fmt.Sprintf("%0*x", groupHashDigits, hash) }

// ParseGroupListKey returns the first letter of the type and the id of the group of an entry.
func ParseGroupListKey(k Key) (letter, group string, ok bool) {
	p, ok := groupListForm().parse(k.PK)
	if !ok || len(k.SK) <= 1+groupHashDigits || k.SK[0] < 'a' || k.SK[0] > 'z' {
		return "", "", false
	}
	letter, group = k.SK[:1], k.SK[1+groupHashDigits:]
	return letter, group, IsID(group) && GroupListKey(p.App, letter, group) == k
}

// GroupListPlace returns the number of the place of an entry: 1 or more, in the order of the
// partitions and of the sort keys. Two groups can have one place: of a million groups two do so in
// 1 of 70,000 applications.
func GroupListPlace(letter, group string) uint64 {
	shard, hash := groupHash(group)
	return uint64(shard)<<(groupPlaceBits-3) | uint64(letter[0]-'a'+1)<<groupHashBits | hash
}

// GroupListAfter returns where the list goes on after a place: the shard, and a text that is
// before all sort keys that follow and after all others. Place 0 is before all groups. It returns
// false for a number that is no place.
func GroupListAfter(place uint64) (shard int, sk string, ok bool) {
	if place == 0 {
		return 0, "", true
	}
	letter := place >> groupHashBits & (1<<groupTypeBits - 1)
	if place>>groupPlaceBits != 0 || letter == 0 || letter > 26 {
		return 0, "", false
	}
	return int(place >> (groupPlaceBits - 3)), string(rune('a'+letter-1)) + hashDigits(place&(1<<groupHashBits-1)) + "\x7f", true
}

func groupCountsForm() Form { return Form{Kind: "GC"} }

// GroupCountsKey counts the groups of an application (CN). It is in a partition of its own, which
// each creation writes.
func GroupCountsKey(app int64) Key { return Key{PK: groupCountsForm().pk(app, ""), SK: skGroupCounts} }
