// Package relations holds the relations of users: the friend table with its friend
// lists, the requests to become a friend, and the blocklist (docs/spec/tencent §8).
//
// A friend table belongs to one user and is directed: Alice can have Bob as a
// friend while Bob does not have Alice. Each user has Counters: how many entries
// there are, and versions. Whatever changes an entry of a user also changes the
// user's counters, under the condition that they are still those that were read.
// So both sides agree, counts are exact and limits hold, also if several calls run
// at the same time. unit.go shows how.
package relations

import (
	"unicode/utf8"

	"parley/shared/fault"
)

const (
	maxRemark  = 96  // bytes (docs/spec/tencent §8.0)
	maxWording = 256 // bytes
	maxSource  = 8   // letters
	maxList    = 30  // bytes of a list's name
	maxCustom  = 500 // bytes of a custom value
)

// A Friend is an entry of a friend table.
type Friend struct {
	Peer       string
	Remark     string
	Lists      []string // names of the owner's friend lists that the peer is in
	Source     string   // how the owner found the peer: a word of letters
	Wording    string   // the text of the request
	AddedAt    int64    // Unix seconds
	RemarkedAt int64    // when Remark was set, Unix seconds; 0 if there is no remark
	// Custom holds the custom fields by name. A value is a string or an int64.
	Custom  map[string]any
	Version int64 // the FriendVersion with which the entry changed last
}

// A Request says that the user From asks another user to be a friend.
type Request struct {
	From    string
	Wording string
	Source  string
	Remark  string // the remark that From will have on the asked user
	List    string // the friend list of From that the asked user will be in
	Time    int64  // ms
}

// A Block is an entry of a blocklist.
type Block struct {
	Peer string
	Time int64 // Unix seconds
}

// A Counters holds what is counted for one user, with versions, and the names of
// the user's friend lists.
type Counters struct {
	User string
	// Rev grows by one with each change of the counters. A transaction is written
	// only if Rev is still the one that was read.
	Rev                        int64
	Friends, Blocked, Requests int
	// A version grows by one with each change of what it is named after.
	FriendVersion, ListVersion, BlockVersion, RequestVersion int64
	Lists                                                    []string // names, in the order of their creation
	RequestsRead                                             int64    // ms; requests of this time or before are read
	Unread                                                   int      // pending requests that are not read
}

// An EntryKey names an entry: the user whose entry it is, and the user whom it is about.
type EntryKey struct{ Owner, Peer string }

// Directions says whether the owner has an entry for the peer, and the peer one for the owner.
type Directions struct{ OwnerToPeer, PeerToOwner bool }

// countUnread returns 1 if the user of the counters has not read the request, else 0.
func (c Counters) countUnread(r Request) int {
	if r.Time > c.RequestsRead {
		return 1
	}
	return 0
}

func checkRemark(text string) error {
	if len(text) > maxRemark || !utf8.ValidString(text) {
		return fault.New(fault.TextTooLong, "%s has at most %d bytes of UTF-8", fault.Remark, maxRemark)
	}
	return nil
}

func checkList(name string) error {
	if name == "" || len(name) > maxList || !utf8.ValidString(name) {
		return fault.New(fault.Invalid, "the name of a friend list has 1 to %d bytes of UTF-8", maxList)
	}
	return nil
}

func checkSource(word string) error {
	if len(word) > maxSource {
		return fault.New(fault.Invalid, "%s has at most %d letters", fault.Source, maxSource)
	}
	for _, c := range []byte(word) {
		if (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return fault.New(fault.Invalid, "%s has letters only", fault.Source)
		}
	}
	return nil
}

func checkWording(text string) error {
	if len(text) > maxWording || !utf8.ValidString(text) {
		return fault.New(fault.TextTooLong, "%s has at most %d bytes of UTF-8", fault.Wording, maxWording)
	}
	return nil
}
