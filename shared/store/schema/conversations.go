package schema

import (
	"strings"

	"parley/shared/domain/chat"
)

// Conversations is what a user's list of conversations consists of: rows, drafts and the
// head.
const Conversations Aggregate = "conversations"

func conversations() Descriptor {
	byUser := func(parse func(owner, sk string) (chat.ID, bool)) func(Partition, string) bool {
		return func(p Partition, sk string) bool { _, ok := parse(p.ID, sk); return ok }
	}
	return Descriptor{
		Aggregate: Conversations, Table: Core,
		Reads: []string{get, getMany, query, QueryIndex, check}, Writes: []string{put, update, remove, writeMany}, Twins: [][]string{{get, getMany}, {query, QueryIndex}},
		Kinds: []Kind{
			{In: rowsForm(), SK: RowPrefix + "c#{peer}, " + RowPrefix + "g#{group}", Prefix: RowPrefix, parse: byUser(ParseRowSK)},
			{In: rowsForm(), SK: prefixDraft + "c#{peer}", Prefix: prefixDraft, parse: byUser(ParseDraftSK)},
			{In: rowsForm(), SK: skHead, Prefix: skHead},
		},
		Indexes: []Index{
			{Name: IndexNewest, Sort: RowTime}, {Name: IndexChanged, Sort: RowChanged},
			{Name: IndexWithData, Sort: RowDataExpires, Include: []Attribute{RowPinned, RowLabels, RowFolders, RowCustomLabel, RowOption}},
		},
	}
}

// The indexes of the conversation rows of accounts with more than 500 rows
// (docs/adr/0026).
const (
	IndexNewest   = "newest"  // rows with a last message, by its time
	IndexChanged  = "changed" // rows by the time of the last change other than a message
	IndexWithData = "kept"    // rows that have data of their user
)

// What the sort keys of a user's conversations begin with.
const (
	ConversationPrefix = "K"    // rows, drafts and the head
	RowPrefix          = "K#"   // rows
	GroupRowPrefix     = "K#g#" // rows of groups
)

const (
	prefixDraft = "KD#"
	skHead      = "KG"
)

// Attributes of a row, `K#c#{peer}`; `x` is when the row expires: the same as `kx` if the row has that, else as `e`
const (
	RowTime           Attribute = "t"  // number, ms: time of the last message
	RowLastKey        Attribute = "k"  // text: sort key of the last message
	RowPreview        Attribute = "pv" // text: preview of the last message, up to 120 bytes
	RowOutOffset      Attribute = "o"  // number: offset of the last message that the user has sent
	RowOutEpoch       Attribute = "g"  // number, ms: epoch of that offset
	RowInOffset       Attribute = "i"  // number: offset of the last message that has arrived
	RowInEpoch        Attribute = "gi" // number, ms: epoch of that offset
	RowRead           Attribute = "d"  // number: read cursor, the offset up to which the user has read; without `rt`: the offset up to which messages were gone when the row began
	RowReadTime       Attribute = "rt" // number, ms: when the user has read
	RowPeerRead       Attribute = "pr" // number: offset up to which the peer has read
	RowPeerReadTime   Attribute = "pt" // number, ms: when the peer has read
	RowExcluded       Attribute = "nq" // set of numbers: offsets that are excluded from unread, up to 16
	RowExcludedOlder  Attribute = "nu" // number: older offsets that are excluded from unread
	RowExcludedUpTo   Attribute = "nf" // number: the last one of them
	RowChanged        Attribute = "ut" // number, ms: time of a change that the other times do not show
	RowOperation      Attribute = "op" // number, ms: time of the last operation on a message
	RowHiddenUpTo     Attribute = "cl" // text: sort key of a message; the history up to it is hidden
	RowPinned         Attribute = "pn" // number, ms: when the user pinned the conversation
	RowLabels         Attribute = "mk" // bytes: labels, one bit each
	RowFolders        Attribute = "gl" // bytes: folders, one bit each
	RowCustomLabel    Attribute = "cd" // text: custom label, up to 256 bytes
	RowOption         Attribute = "fl" // number: receive option; absent: deliver and push, 1: deliver, 2: neither
	RowDraftTime      Attribute = "dt" // number, ms: when the draft was written
	RowWindow         Attribute = "w"  // bytes: the sends of the idempotency window (docs/adr/0010)
	RowSaved          Attribute = "sp" // number, s: newest time of a send that was saved in the table live because the window had no room for it
	RowMessageExpires Attribute = "e"  // number, s: when the last message of the row expires
	RowDataExpires    Attribute = "kx" // number, s: 4,000,000,000 if the row has data of the user
	RowIndexed        Attribute = "ix" // text: the partition key again, if the rows of the user are indexed
)

// Attributes of a row of a group, `K#g#{group}`, besides those of every row; it does not expire while the user is a member
const (
	RowRole         Attribute = "ro" // number: role of the member; 200 member, 300 admin, 400 owner; absent: the user left, or is muted and is not a member
	RowMutedUntil   Attribute = "mu" // number, s: until when the user is muted in the group, as in `MU#`
	RowJoined       Attribute = "jt" // number, s: when the user joined
	RowJoinNumber   Attribute = "js" // number: number of the last message when the user joined
	RowReadNumber   Attribute = "rs" // number: read cursor, the number up to which the user has read
	RowReadCounted  Attribute = "rc" // number: messages up to the read cursor that count as unread
	RowSentCounted  Attribute = "oc" // number: messages of the user that count as unread
	RowSentAtRead   Attribute = "od" // number: the value of `oc` when the read cursor was moved last
	RowLastSent     Attribute = "ls" // number, s: when the user sent last
	RowGroupOption  Attribute = "mo" // number: receive option of the member, as in `M#`
	RowHiddenNumber Attribute = "cn" // number: the history up to this number is hidden
	RowListedAfter  Attribute = "la" // number: the list shows the group only if there is a message after this number
	RowMentions     Attribute = "at" // set of numbers: messages that mention the user and that the user has not read; the newest 20
	RowNameCard     Attribute = "nc" // text: name card of the member, as in `X#`
	RowHidden       Attribute = "hd" // set of numbers: messages that the user has deleted for themselves; up to 200
	RowHiddenUnread Attribute = "hu" // set of numbers: those of them that counted as unread; the newest 16
)

// Attributes of a draft, `KD#c#{peer}`; it also expires
const (
	DraftText Attribute = "b" // text: the draft
)

// Attributes of the head of a user's list, `KG`
const (
	HeadFolders        Attribute = "f"  // map of texts: names of the folders by their numbers, 1 to 24; up to 20 of 32 bytes
	HeadVersion        Attribute = "v"  // number: version of the folders
	HeadStaleFolders   Attribute = "dg" // bytes: numbers of deleted folders that rows may still have, one bit each
	HeadRemovedFolders Attribute = "fe" // list of maps: up to 20 folders that were deleted or renamed in the last two minutes, so that a repeat of such a call succeeds
	HeadRowsWithData   Attribute = "n"  // number: rows that have data of the user
	HeadPinned         Attribute = "np" // number: pinned rows
	HeadIndexing       Attribute = "ib" // number, ms: when a worker last worked on the indexes
	HeadIndexed        Attribute = "ic" // number: 1 if all rows are in the indexes
	HeadJoined         Attribute = "gn" // number: groups that the user is a member of
	HeadJoinedVersion  Attribute = "gv" // number: grows when the user joins or leaves a group
)

// Attributes of a folder that was deleted or renamed, in `fe` of `KG`
const (
	RemovedFolderNumber  Attribute = "n" // number: number of the folder
	RemovedFolderName    Attribute = "f" // text: name that it had
	RemovedFolderTime    Attribute = "t" // number, ms: when it was deleted or renamed
	RemovedFolderNewName Attribute = "r" // text: its new name; absent if it was deleted
)

func rowsForm() Form { return Form{Kind: "U", ID: "user"} }

// RowsPK is the partition of a user's conversations: the rows, the drafts and the head.
func RowsPK(app int64, user string) string { return rowsForm().pk(app, user) }

// RowKey is owner's row for a conversation.
func RowKey(app int64, owner string, id chat.ID) Key {
	return Key{PK: RowsPK(app, owner), SK: RowPrefix + rowName(owner, id)}
}

// ParseRowSK returns the conversation of a row of owner.
func ParseRowSK(owner, sk string) (chat.ID, bool) { return cutRowName(owner, sk, RowPrefix) }

// DraftKey is the text that owner has typed into a conversation and not sent.
func DraftKey(app int64, owner string, id chat.ID) Key {
	return Key{PK: RowsPK(app, owner), SK: prefixDraft + rowName(owner, id)}
}

// ParseDraftSK returns the conversation of a draft of owner.
func ParseDraftSK(owner, sk string) (chat.ID, bool) { return cutRowName(owner, sk, prefixDraft) }

// rowName is the name of a conversation within what belongs to one user: the letter of its
// kind, and what identifies it for that user. Example: the conversation of alice and bob is
// "c#bob" for alice.
func rowName(owner string, id chat.ID) string {
	if id.Kind() == chat.Direct {
		return "c#" + id.Peer(owner)
	}
	return strings.ToLower(id.String()[:1]) + id.String()[1:]
}

// cutRowName returns the conversation whose name follows a prefix.
func cutRowName(owner, sk, prefix string) (id chat.ID, ok bool) {
	name, ok := strings.CutPrefix(sk, prefix)
	if !ok || len(name) < 3 {
		return id, false
	}
	if peer, direct := strings.CutPrefix(name, "c#"); direct {
		id = chat.Between(owner, peer)
	} else if parsed, err := chat.Parse(strings.ToUpper(name[:1]) + name[1:]); err == nil {
		id = parsed
	}
	if id.IsZero() || strings.Contains(id.Peer(owner), IDEnd) || rowName(owner, id) != name {
		return chat.ID{}, false
	}
	return id, true
}

// HeadKey is the head of a user's list of conversations: the folders, and what is
// counted of the rows (KG).
func HeadKey(app int64, user string) Key { return Key{PK: RowsPK(app, user), SK: skHead} }
