package schema

import (
	"fmt"
	"strconv"
	"strings"

	relation "parley/shared/domain/relations"
)

// Relations is the friends, friend requests and blocks of users.
const Relations Aggregate = "relations"

func relations() Descriptor {
	return Descriptor{
		Aggregate: Relations, Table: Core,
		Reads: []string{get, getMany, query, check}, Writes: []string{put, remove, writeMany},
		Kinds: []Kind{
			{In: relationsForm(), SK: skLists, Prefix: skLists},
			{In: relationsForm(), SK: FriendPrefix + "{peer}", Prefix: FriendPrefix, parse: accepts(ParseFriendSK)},
			{In: relationsForm(), SK: FriendOfPrefix + "{owner}", Prefix: FriendOfPrefix, parse: accepts(ParseFriendOfSK)},
			{In: relationsForm(), SK: FriendChangePrefix + "{version:10 hex}", Prefix: FriendChangePrefix, parse: accepts(ParseChangeSK)},
			{In: relationsForm(), SK: RequestPrefix + "{from}", Prefix: RequestPrefix, parse: accepts(ParseRequestSK)},
			{In: relationsForm(), SK: BlockPrefix + "{peer}", Prefix: BlockPrefix, parse: accepts(ParseBlockSK)},
			{In: relationsForm(), SK: "EF#{peer}, EB#{peer}, ER#{from}", Prefix: prefixEnded, parse: func(_ Partition, sk string) bool {
				_, _, ok := ParseEndedSK(sk)
				return ok
			}},
		},
	}
}

// What the sort keys of relations begin with.
const (
	FriendPrefix       = "F#"
	FriendOfPrefix     = "FH#"
	FriendChangePrefix = "FV#"
	RequestPrefix      = "FR#"
	BlockPrefix        = "B#"
)

const (
	skLists     = "FG"
	prefixEnded = "E" // followed by the kind of the entry
)

// Attributes of the counters of relations, `FG`
const (
	CountersRevision       Attribute = "rv" // number: grows with each change of the counters; a transaction has it as its condition
	CountersFriends        Attribute = "fc" // number: friends
	CountersBlocked        Attribute = "bc" // number: blocked users
	CountersRequests       Attribute = "rc" // number: pending requests
	CountersUnread         Attribute = "qu" // number: requests that the user has not read
	CountersFriendVersion  Attribute = "v"  // number: version of the friend table
	CountersListVersion    Attribute = "lv" // number: version of the friend lists
	CountersBlockVersion   Attribute = "bv" // number: version of the blocks
	CountersRequestVersion Attribute = "qv" // number: version of the requests
	CountersRequestsRead   Attribute = "qr" // number, ms: up to when the user has read the requests
	CountersLists          Attribute = "l"  // list of texts: names of the friend lists; up to 32, or what the application says
)

// Attributes of a friend, `F#{peer}`
const (
	FriendVersion  Attribute = "v"  // number: version of the friend table that changed the entry last
	FriendAdded    Attribute = "at" // number, s: when the friend was added
	FriendRemark   Attribute = "r"  // text: remark, up to 96 bytes
	FriendRemarked Attribute = "rt" // number, s: when the remark was changed
	FriendSource   Attribute = "s"  // text: where the friendship comes from
	FriendWording  Attribute = "w"  // text: wording of the request
	FriendLists    Attribute = "l"  // list of texts: friend lists that have the friend
	FriendCustom   Attribute = "c"  // map of texts and numbers: custom fields by their names
)

// Attributes of a friend request, `FR#{from}`
const (
	RequestTime    Attribute = "t" // number, ms: when the request was made
	RequestWording Attribute = "w" // text: wording
	RequestSource  Attribute = "s" // text: where it comes from
	RequestRemark  Attribute = "r" // text: remark that the asking user gives the friend
	RequestList    Attribute = "l" // text: friend list of the asking user
)

// Attributes of a block, `B#{peer}`
const (
	BlockTime Attribute = "t" // number, s: when the user was blocked
)

// Attributes of an entry that ended, `EF#{peer}`, `EB#{peer}`, `ER#{from}`; it also expires
const (
	EndedTime Attribute = "t" // number, s: when the entry was ended
)

// Attributes of a change of the friend table, `FV#{version}`; it also expires
const (
	ChangePeers Attribute = "p" // list of texts: peers that this version changed
)

func relationsForm() Form { return Form{Kind: "RL", ID: "user"} }

// RelationsPK is the partition of a user's friends, friend requests and blocks.
func RelationsPK(app int64, user string) string { return relationsForm().pk(app, user) }

// BlockKey is owner's block of peer.
func BlockKey(app int64, owner, peer string) Key {
	return Key{PK: RelationsPK(app, owner), SK: BlockPrefix + peer}
}

// ParseBlockSK returns who is blocked.
func ParseBlockSK(sk string) (peer string, ok bool) { return cutID(sk, BlockPrefix) }

// RelationCountersKey is a user's counters: the names of the friend lists, and the counts and
// versions of friends, lists, requests and blocks (FG).
func RelationCountersKey(app int64, user string) Key {
	return Key{PK: RelationsPK(app, user), SK: skLists}
}

// FriendKey is the entry of peer in owner's friend table.
func FriendKey(app int64, owner, peer string) Key {
	return Key{PK: RelationsPK(app, owner), SK: FriendPrefix + peer}
}

// ParseFriendSK returns the friend.
func ParseFriendSK(sk string) (peer string, ok bool) { return cutID(sk, FriendPrefix) }

// FriendOfKey says that owner has user in the friend table. It is in the partition of
// user, and is written and removed together with FriendKey.
func FriendOfKey(app int64, user, owner string) Key {
	return Key{PK: RelationsPK(app, user), SK: FriendOfPrefix + owner}
}

// ParseFriendOfSK returns who has the user in the friend table.
func ParseFriendOfSK(sk string) (owner string, ok bool) { return cutID(sk, FriendOfPrefix) }

// EndedKey says when owner ended an entry about peer: removed a friend, unblocked a
// user, or refused a request.
func EndedKey(app int64, kind relation.EntryKind, owner, peer string) Key {
	return Key{PK: RelationsPK(app, owner), SK: prefixEnded + string(rune(kind)) + "#" + peer}
}

// ParseEndedSK returns the kind of the entry that ended, and the peer.
func ParseEndedSK(sk string) (kind relation.EntryKind, peer string, ok bool) {
	for _, kind := range []relation.EntryKind{relation.FriendEntry, relation.RequestEntry, relation.BlockEntry} {
		if peer, ok := cutID(sk, prefixEnded+string(rune(kind))+"#"); ok {
			return kind, peer, true
		}
	}
	return 0, "", false
}

// FriendChangeKey says which peers a version of owner's friend table changed.
func FriendChangeKey(app int64, owner string, version int64) Key {
	return Key{PK: RelationsPK(app, owner), SK: fmt.Sprintf("%s%010x", FriendChangePrefix, version)}
}

// ParseChangeSK returns the version of the friend table.
func ParseChangeSK(sk string) (version int64, ok bool) {
	text, ok := strings.CutPrefix(sk, FriendChangePrefix)
	if !ok || len(text) != 10 || strings.ToLower(text) != text {
		return 0, false
	}
	n, err := strconv.ParseUint(text, 16, 40)
	return int64(n), err == nil // 40 bits
}

// RequestKey is the request of from to become owner's friend.
func RequestKey(app int64, owner, from string) Key {
	return Key{PK: RelationsPK(app, owner), SK: RequestPrefix + from}
}

// ParseRequestSK returns who asks to become a friend.
func ParseRequestSK(sk string) (from string, ok bool) { return cutID(sk, RequestPrefix) }
