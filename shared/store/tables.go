package store

import (
	"slices"
	"strings"

	"parley/shared/config"
)

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

// An Aggregate is a set of items that are read and written under one name of access.
// Each operation declares the aggregates that it reads and writes; the IAM role of its
// function is generated from that.
type Aggregate string

// The aggregates.
const (
	Apps            Aggregate = "apps"          // settings, signing keys and admins of an application
	Accounts        Aggregate = "accounts"      // accounts (ACC), and the list of an application's accounts
	Profiles        Aggregate = "profiles"      // the part of a profile that no send needs (PRF)
	Relations       Aggregate = "relations"     // friends, friend requests and blocks of a user
	Follows         Aggregate = "follows"       // who follows whom
	Conversations   Aggregate = "conversations" // a user's rows, drafts and head
	Messages        Aggregate = "messages"      // timelines, operation logs and message extensions
	Merged          Aggregate = "merged"        // merged lists
	Sessions        Aggregate = "sessions"      // the devices of a user
	Watches         Aggregate = "watches"       // subscriptions to the presence of users
	IdempotencyKeys Aggregate = "dedup"         // idempotency keys that a row has no room for, and those of batches
	Exports         Aggregate = "exports"       // the export of each hour, and the hours that are to be merged
)

// Aggregates lists all aggregates.
func Aggregates() []Aggregate {
	return []Aggregate{
		Apps, Accounts, Profiles, Relations, Follows, Conversations, Messages, Merged, Sessions, Watches, IdempotencyKeys, Exports,
	}
}

// Table returns the table that has the items of an aggregate.
func (a Aggregate) Table() Table {
	switch a {
	case Messages, Merged:
		return Msg
	case Sessions, Watches, IdempotencyKeys:
		return Live
	case Exports:
		return Ops
	default:
		return Core
	}
}

// An Index is a global secondary index of an aggregate's table. Its partition key is
// the attribute IndexedBy, whose value is the partition key of the item in the table.
// Its sort key is the attribute Sort, which is a number.
type Index struct {
	Name    string
	Sort    string
	Include []string // attributes in the index, besides the keys of table and index
}

// IndexedBy is the partition key of every index. An item that does not have this
// attribute is in no index, and its writes cost nothing more.
const IndexedBy = "ix"

// The indexes of the conversation rows of accounts with more than 500 rows
// (docs/adr/0026).
const (
	indexNewest   = "newest"  // rows with a last message, by its time
	indexChanged  = "changed" // rows by the time of the last change other than a message
	indexWithData = "kept"    // rows that have data of their user
)

// Indexes lists the indexes of an aggregate.
func (a Aggregate) Indexes() []Index {
	if a != Conversations {
		return nil
	}
	return []Index{
		{Name: indexNewest, Sort: "t"}, {Name: indexChanged, Sort: "ut"},
		{Name: indexWithData, Sort: "kx", Include: []string{"pn", "mk", "gl", "cd", "fl"}},
	}
}

// LeadingKeys returns patterns for the partition keys of an aggregate. They are the
// dynamodb:LeadingKeys condition of an IAM role.
func (a Aggregate) LeadingKeys() []string {
	switch a {
	case Apps:
		return []string{"*#A", "APPS"}
	case Accounts:
		return []string{"*#U#*", "*#AI#*"}
	case Profiles, Relations, Conversations:
		return []string{"*#U#*"}
	case Follows:
		return []string{"*#U#*", "*#F#*"}
	case Watches:
		return []string{"*#PS#*", "*#PW#*"}
	case Messages:
		return []string{"*#P#*"}
	case Merged:
		return []string{"*#M#*"}
	case Sessions:
		return []string{"*#S#*"}
	case IdempotencyKeys:
		return []string{"*#D#*"}
	case Exports:
		return []string{"*#EX", "EX"}
	default:
		return nil
	}
}

// AggregateOf returns the aggregate to which the item with this key belongs. It returns false
// for a key that no constructor of this package makes.
func AggregateOf(table Table, k Key) (Aggregate, bool) {
	a, ok := aggregateOfPartition(table, k.PK)
	switch a {
	case Apps:
		ok = isAppItem(k)
	case Accounts:
		_, _, ok = ParseAccountIndexKey(k)
	case Messages:
		_, message := ParseMessageSK(k.SK)
		_, _, entry := ParseLogSK(k.SK)
		_, _, extension := ParseExtensionSK(k.SK)
		ok = message || entry || extension
	case Merged:
		_, ok = ParseMergedSK(k.SK)
	case Sessions:
		ok = k.SK == skSession
	case Follows:
		ok = isID(k.SK)
	case Watches:
		ok = isID(k.SK) || (k.SK == skWatchCount && ParsePartition(k.PK).Kind == watched)
	case IdempotencyKeys:
		_, _, ok = ParseDedupSK(ParsePartition(k.PK).Rest, k.SK)
	case Exports:
		_, _, ok = ParseExportSK(k.SK)
		if k.PK == pendingPK {
			_, ok = ParsePendingSK(k.SK)
		}
	case userSide:
		a, ok = userSideAggregate(ParsePartition(k.PK).Rest, k.SK)
	case Profiles, Relations, Conversations: // items of these are on the user's side
	}
	if !ok {
		return "", false
	}
	return a, true
}

// aggregateOfQuery is AggregateOf for a query that reads the items of a partition whose sort
// keys begin with prefix, or are greater.
func aggregateOfQuery(table Table, pk, prefix string) (Aggregate, bool) {
	a, ok := aggregateOfPartition(table, pk)
	if a != userSide {
		return a, ok
	}
	for start, a := range map[string]Aggregate{
		prefixConversation: Conversations, prefixFollowing: Follows,
		prefixFriend: Relations, prefixFriendChange: Relations, prefixFriendOf: Relations, prefixEnded: Relations, prefixRequest: Relations, prefixBlock: Relations,
	} {
		if strings.HasPrefix(prefix, start) {
			return a, true
		}
	}
	return "", false
}

// aggregateOfIndexQuery is AggregateOf for a query of an index.
func aggregateOfIndexQuery(table Table, pk, index string) (Aggregate, bool) {
	for _, a := range Aggregates() {
		hasName := func(x Index) bool { return x.Name == index }
		if a.Table() == table && slices.ContainsFunc(a.Indexes(), hasName) {
			return a, ParsePartition(pk).Kind == 'U'
		}
	}
	return "", false
}

// userSide is returned for the partition of a user: its items belong to several
// aggregates, and only the sort key tells to which one.
const userSide Aggregate = "user side"

// aggregateOfPartition returns the aggregate of all items of a partition, or userSide.
func aggregateOfPartition(table Table, pk string) (Aggregate, bool) {
	p := ParsePartition(pk)
	switch kind := p.Kind; {
	case table == Core && (kind == 'A' || kind == registry):
		return Apps, true
	case table == Core && kind == accountIndex:
		return Accounts, true
	case table == Core && kind == 'U':
		return userSide, true
	case table == Msg && !p.Chat.IsZero():
		return Messages, true
	case table == Msg && kind == 'M':
		return Merged, true
	case table == Core && kind == 'F':
		return Follows, true
	case table == Live && (kind == watchers || kind == watched):
		return Watches, true
	case table == Live && kind == 'S':
		return Sessions, true
	case table == Live && kind == 'D':
		return IdempotencyKeys, true
	case table == Ops && (kind == exports || kind == pending):
		return Exports, true
	}
	return "", false
}

func isAppItem(k Key) bool {
	if k.PK == registryPK {
		_, ok := ParseRegistrySK(k.SK)
		return ok
	}
	_, secret := ParseSecretSK(k.SK)
	_, admin := ParseAdminSK(k.SK)
	return secret || admin || k.SK == skSettings || k.SK == skCounter
}

// userSideAggregate returns the aggregate of an item in the partition of a user.
func userSideAggregate(user, sk string) (Aggregate, bool) {
	switch sk {
	case skAccount:
		return Accounts, true
	case skProfile:
		return Profiles, true
	case skLists:
		return Relations, true
	case skFollowCounts:
		return Follows, true
	case skHead:
		return Conversations, true
	}
	_, row := ParseRowSK(user, sk)
	_, draft := ParseDraftSK(user, sk)
	if row || draft {
		return Conversations, true
	}
	if _, ok := ParseFollowingSK(sk); ok {
		return Follows, true
	}
	_, friend := ParseFriendSK(sk)
	_, change := ParseChangeSK(sk)
	_, request := ParseRequestSK(sk)
	_, block := ParseBlockSK(sk)
	_, friendOf := ParseFriendOfSK(sk)
	_, _, ended := ParseEndedSK(sk)
	if friendOf || ended || friend || change || request || block {
		return Relations, true
	}
	return "", false
}

// Names returns the names that the deployment gave to the tables.
func Names(t config.Tables) map[Table]string {
	return map[Table]string{Core: t.Core, Msg: t.Msg, Live: t.Live, Ops: t.Ops}
}
