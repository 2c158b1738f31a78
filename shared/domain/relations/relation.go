// Package relations knows whom a user knows: the friend table with its lists,
// the requests to become a friend, and the blocklist (core spec §8).
//
// A friend table belongs to one user and is directed: A may have B without B
// having A. Everything that changes anything about a user also changes the
// user's Book, which holds the counts and versions. A change is written under
// the condition that the books it was made from are still the same, so both
// sides agree, counts are exact and limits hold, whatever happens at once.
package relations

import (
	"unicode/utf8"

	"parley/shared/fault"
)

const (
	maxRemark  = 96  // bytes (core spec §8.0)
	maxWording = 256 // bytes
	maxSource  = 8   // letters
	maxList    = 30  // bytes of a list's name
	maxCustom  = 500 // bytes of a custom value
)

// A Friend is an entry of a friend table.
type Friend struct {
	Peer     string
	Remark   string
	Lists    []string
	Source   string // how the friend was found: a word of letters
	Wording  string // what the request said
	Added    int64  // Unix seconds
	Remarked int64  // Unix seconds, 0 where there is no remark
	// Custom holds custom fields by word; a value is a string or an int64.
	Custom  map[string]any
	Version int64 // of the table, when the entry changed last
}

// A Request asks a user to be a friend.
type Request struct {
	From    string
	Wording string
	Source  string
	Remark  string // what the asker will call the user
	List    string // where the asker will put the user
	Time    int64  // ms
}

// A Block is an entry of a blocklist.
type Block struct {
	Peer string
	Time int64 // Unix seconds
}

// A Book holds what is counted about a user.
type Book struct {
	User string
	// Rev changes with every change; a write names the one it was made from.
	Rev                        int64
	Friends, Blocked, Requests int
	// The versions grow by one with each change of their subject.
	FriendVersion, ListVersion, BlockVersion, RequestVersion int64
	Lists                                                    []string // names, in the order they were made
	RequestsRead                                             int64    // ms; requests at or before it are read
	Unread                                                   int      // pending requests that are not read
}

// A Pair is an entry's place: whose table, and about whom.
type Pair struct{ Owner, Peer string }

// A Relation tells who has whom.
type Relation struct{ Mine, Theirs bool }

// A Ref names entries to read.
type Ref struct {
	Kind Kind
	Pair
	// Ended: not the entry, but when the owner ended it, if that is not long ago.
	Ended bool
}

// A Kind of entry.
type Kind byte

// The kinds.
const (
	Friendship Kind = 'F'
	Asking     Kind = 'R' // a request; the owner is who was asked
	Blocking   Kind = 'B'
)

// A Snapshot is what was read at one time.
type Snapshot struct {
	Books    map[string]Book
	Friends  map[Pair]Friend
	Requests map[Pair]Request
	Blocks   map[Pair]Block
	Ended    map[Ref]int64 // Unix seconds
}

// An Edit is written as a whole or not at all.
type Edit struct {
	// Seen are all books that the edit was made from. Those in Books replace them.
	Seen  map[string]Book
	Books map[string]Book
	// Entries to write; nil removes one.
	Friends  map[Pair]*Friend
	Requests map[Pair]*Request
	Blocks   map[Pair]*Block
	// Held are friendships that begin (true) or end with the edit: whoever is had
	// finds there who has them.
	Held map[Pair]bool
	// Ended are entries that their owner ends by this call, and when (Unix
	// seconds).
	Ended map[Ref]int64
	// Log names, by user, the peers that the new FriendVersion is about.
	Log map[string][]string
}

// unread is 1 for a request that the owner of the book has not read.
func (b Book) unread(r Request) int {
	if r.Time > b.RequestsRead {
		return 1
	}
	return 0
}

func checkRemark(text string) error {
	if len(text) > maxRemark || !utf8.ValidString(text) {
		return fault.New(fault.TextTooLong, "Remark has at most %d bytes of UTF-8", maxRemark)
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
		return fault.New(fault.Invalid, "AddSource has at most %d letters", maxSource)
	}
	for _, c := range []byte(word) {
		if (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return fault.New(fault.Invalid, "AddSource has letters only")
		}
	}
	return nil
}

func checkWording(text string) error {
	if len(text) > maxWording || !utf8.ValidString(text) {
		return fault.New(fault.TextTooLong, "AddWording has at most %d bytes of UTF-8", maxWording)
	}
	return nil
}
