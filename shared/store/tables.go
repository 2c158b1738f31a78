package store

import "parley/shared/config"

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
	Relations     Aggregate = "relations"     // friends, blocks and requests
	Conversations Aggregate = "conversations" // one user's side of each conversation
	Messages      Aggregate = "messages"      // timelines
	Sessions      Aggregate = "sessions"      // where a user is connected
	Dedup         Aggregate = "dedup"         // send keys that a ring has no room for
)

// Aggregates lists all.
func Aggregates() []Aggregate {
	return []Aggregate{Apps, Accounts, Relations, Conversations, Messages, Sessions, Dedup}
}

// Table returns where an aggregate lives.
func (a Aggregate) Table() Table {
	switch a {
	case Messages:
		return Msg
	case Sessions, Dedup:
		return Live
	default:
		return Core
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
	case Relations, Conversations:
		return []string{"*#U#*"}
	case Messages:
		return []string{"*#P#*"}
	case Sessions:
		return []string{"*#S#*"}
	case Dedup:
		return []string{"*#D#*"}
	default:
		return nil
	}
}

// Of returns the aggregate an item belongs to, and false for a key that no
// constructor of this package makes.
func Of(table Table, k Key) (Aggregate, bool) {
	switch p := ParsePartition(k.PK); {
	case table == Core && (p.Kind == 'A' || p.Kind == registry):
		return Apps, true
	case table == Core && p.Kind == accountIndex:
		return Accounts, true
	case table == Core && p.Kind == 'U':
		return userAggregate(k.SK)
	case table == Msg && p.Kind == 'P':
		return Messages, true
	case table == Live && p.Kind == 'S':
		return Sessions, true
	case table == Live && p.Kind == 'D':
		return Dedup, true
	}
	return "", false
}

func userAggregate(sk string) (Aggregate, bool) {
	switch {
	case sk == skAccount:
		return Accounts, true
	case hasPrefix(sk, prefixConversation):
		return Conversations, true
	case hasPrefix(sk, prefixBlock):
		return Relations, true
	}
	return "", false
}

// Names maps tables to the names the deployment gave them.
func Names(t config.Tables) map[Table]string {
	return map[Table]string{Core: t.Core, Msg: t.Msg, Live: t.Live, Ops: t.Ops}
}
