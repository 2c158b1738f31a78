package store

import (
	"slices"
	"strings"

	"parley/shared/config"
)

// A Table is one of the four tables of docs/data-model.md §2.
type Table string

// The tables.
const (
	Core Table = "core" // durable state, restored together
	Msg  Table = "msg"  // timelines and op logs
	Live Table = "live" // sessions and what may be lost
	Ops  Table = "ops"  // counters and jobs
)

// Tables lists the four.
func Tables() []Table { return []Table{Core, Msg, Live, Ops} }

// An Aggregate is a kind of items that the store reads and writes as one
// subject. Operations declare the aggregates they touch; roles follow from it.
type Aggregate string

// The aggregates.
const (
	Apps          Aggregate = "apps"          // an application's settings, keys and admins
	Accounts      Aggregate = "accounts"      // ACC and the index of accounts
	Profiles      Aggregate = "profiles"      // PRF, what no send needs of a profile
	Relations     Aggregate = "relations"     // friends, blocks and requests
	Follows       Aggregate = "follows"       // who follows whom
	Conversations Aggregate = "conversations" // one user's side of each conversation
	Messages      Aggregate = "messages"      // timelines and what becomes of messages
	Merged        Aggregate = "merged"        // lists of merged messages
	Sessions      Aggregate = "sessions"      // where a user is connected
	Watches       Aggregate = "watches"       // subscriptions to the status of users
	Dedup         Aggregate = "dedup"         // send keys that a ring has no room for
	Exports       Aggregate = "exports"       // hours of messages: what their files are, and which are to be merged
)

// Aggregates lists all.
func Aggregates() []Aggregate {
	return []Aggregate{
		Apps, Accounts, Profiles, Relations, Follows, Conversations, Messages, Merged, Sessions, Watches, Dedup, Exports,
	}
}

// Table returns where an aggregate lives.
func (a Aggregate) Table() Table {
	switch a {
	case Messages, Merged:
		return Msg
	case Sessions, Watches, Dedup:
		return Live
	case Exports:
		return Ops
	default:
		return Core
	}
}

// An Index is a global secondary index of an aggregate's table. Its partition key
// is IndexedBy, which has the form of the table's own; Sort is a number.
type Index struct {
	Name    string
	Sort    string
	Include []string // attributes that it has besides all keys
}

// IndexedBy is the partition key of every index: an item without it is in none,
// and its writes cost nothing more.
const IndexedBy = "ix"

// The indexes of conversation rows, of the accounts that have very many
// (docs/adr/0026).
const (
	indexNewest  = "newest"  // those with a last message, by its time
	indexChanged = "changed" // by the time of the last change other than a message
	indexKept    = "kept"    // those with data of their user
)

// Indexes lists the indexes of an aggregate.
func (a Aggregate) Indexes() []Index {
	if a != Conversations {
		return nil
	}
	return []Index{
		{Name: indexNewest, Sort: "t"}, {Name: indexChanged, Sort: "ut"},
		{Name: indexKept, Sort: "kx", Include: []string{"pn", "mk", "gl", "cd", "fl"}},
	}
}

// Leading returns patterns for the partition keys of an aggregate, for the
// dynamodb:LeadingKeys condition of a role.
func (a Aggregate) Leading() []string {
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
	case Dedup:
		return []string{"*#D#*"}
	case Exports:
		return []string{"*#EX", "EX"}
	default:
		return nil
	}
}

// Of returns the aggregate an item belongs to, and false for a key that no
// constructor of this package makes.
func Of(table Table, k Key) (Aggregate, bool) {
	a, ok := ofPartition(table, k.PK)
	switch a {
	case Apps:
		ok = isAppSK(k)
	case Accounts:
		_, _, ok = ParseAccountIndexKey(k)
	case Messages:
		_, message := ParseMessageSK(k.SK)
		_, _, entry := ParseLogSK(k.SK)
		_, _, pair := ParsePairSK(k.SK)
		ok = message || entry || pair
	case Merged:
		_, ok = ParseMergedSK(k.SK)
	case Sessions:
		ok = k.SK == skSession
	case Follows:
		ok = isID(k.SK)
	case Watches:
		ok = isID(k.SK) || (k.SK == skWatchCount && ParsePartition(k.PK).Kind == watched)
	case Dedup:
		_, _, ok = ParseDedupSK(k.SK)
	case Exports:
		_, _, ok = ParseExportSK(k.SK)
		if k.PK == pendingPK {
			_, ok = ParsePendingSK(k.SK)
		}
	case userSide:
		a, ok = userAggregate(k.SK)
	}
	if !ok {
		return "", false
	}
	return a, true
}

// ofQuery is Of for a query of a partition, from a prefix of its sort keys on.
func ofQuery(table Table, pk, prefix string) (Aggregate, bool) {
	a, ok := ofPartition(table, pk)
	if a != userSide {
		return a, ok
	}
	for start, a := range map[string]Aggregate{
		prefixConversation: Conversations, prefixFollowing: Follows,
		prefixFriend: Relations, prefixChange: Relations, prefixHolder: Relations, prefixEnded: Relations, prefixRequest: Relations, prefixBlock: Relations,
	} {
		if strings.HasPrefix(prefix, start) {
			return a, true
		}
	}
	return "", false
}

// ofIndex is Of for a query of an index.
func ofIndex(table Table, pk, index string) (Aggregate, bool) {
	for _, a := range Aggregates() {
		named := func(x Index) bool { return x.Name == index }
		if a.Table() == table && slices.ContainsFunc(a.Indexes(), named) {
			return a, ParsePartition(pk).Kind == 'U'
		}
	}
	return "", false
}

// userSide stands for a user's side, whose items belong to several aggregates.
const userSide Aggregate = "user side"

func ofPartition(table Table, pk string) (Aggregate, bool) {
	switch kind := ParsePartition(pk).Kind; {
	case table == Core && (kind == 'A' || kind == registry):
		return Apps, true
	case table == Core && kind == accountIndex:
		return Accounts, true
	case table == Core && kind == 'U':
		return userSide, true
	case table == Msg && kind == 'P':
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
		return Dedup, true
	case table == Ops && (kind == exports || kind == pending):
		return Exports, true
	}
	return "", false
}

func isAppSK(k Key) bool {
	if k.PK == registryPK {
		_, ok := ParseRegistrySK(k.SK)
		return ok
	}
	_, secret := ParseSecretSK(k.SK)
	_, admin := ParseAdminSK(k.SK)
	return secret || admin || k.SK == skSettings || k.SK == skCounter
}

func userAggregate(sk string) (Aggregate, bool) {
	switch sk {
	case skAccount:
		return Accounts, true
	case skProfile:
		return Profiles, true
	case skLists:
		return Relations, true
	case skFollows:
		return Follows, true
	case skFolders:
		return Conversations, true
	}
	_, row := ParsePeerSK(sk)
	_, unsent := ParseDraftSK(sk)
	if row || unsent {
		return Conversations, true
	}
	if _, ok := ParseFollowingSK(sk); ok {
		return Follows, true
	}
	_, friend := ParseFriendSK(sk)
	_, change := ParseChangeSK(sk)
	_, request := ParseRequestSK(sk)
	_, block := ParseBlockSK(sk)
	_, holder := ParseHolderSK(sk)
	_, _, ended := ParseEndedSK(sk)
	if holder || ended || friend || change || request || block {
		return Relations, true
	}
	return "", false
}

// Names maps tables to the names the deployment gave them.
func Names(t config.Tables) map[Table]string {
	return map[Table]string{Core: t.Core, Msg: t.Msg, Live: t.Live, Ops: t.Ops}
}
