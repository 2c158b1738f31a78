package store

import (
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"

	"parley/shared/domain/archive"
	"parley/shared/domain/messages"
	"parley/shared/domain/relations"
)

// Every key of every item is made and read here, and nowhere else. Ids stand
// last in a key or are closed by Unit, because ids may contain '#'. An id is not
// empty and has no Unit in it; a parser refuses every other key, and every key
// that its constructor does not make.

// Unit closes an id inside a key: byte 0x1F, written "~" in the data model.
const Unit = "\x1f"

// Key is the primary key of an item.
type Key struct{ PK, SK string }

// possible reports whether DynamoDB takes a key: its two limits are in "Constraints
// in Amazon DynamoDB", Partition keys and sort keys.
func (k Key) possible() bool {
	return k.PK != "" && len(k.PK) <= 2048 && k.SK != "" && len(k.SK) <= 1024
}

const (
	skAccount          = "ACC"
	skSettings         = "CFG"
	skCounter          = "CN"
	skSession          = "-"
	skMerged           = "-"
	prefixConversation = "K" // of rows, drafts and KG
	prefixPeer         = "K#c#"
	prefixDraft        = "K#d#"
	skProfile          = "PRF"
	skLists            = "FG"
	skFolders          = "KG"
	prefixFriend       = "F#"
	prefixChange       = "FV#"
	prefixHolder       = "FH#"
	prefixEnded        = "E" // and the kind of entry
	prefixRequest      = "FR#"
	prefixBlock        = "B#"
	prefixFollowing    = "FO#"
	skFollows          = "FC"
	skWatchCount       = Unit
	prefixKey          = "KEY#"
	prefixAdmin        = "ADM#"
	registryPK         = "APPS"
	pendingPK          = "EX"

	registry     = 'R' // Partition.Kind of the list of apps
	accountIndex = 'I' // Partition.Kind of the account index
	watchers     = 'W' // Partition.Kind of the subscriptions to a user's status
	watched      = 'V' // Partition.Kind of a user's subscriptions
	exports      = 'X' // Partition.Kind of an application's exported hours
	pending      = 'Y' // Partition.Kind of the hours that are to be merged
)

// indexShards is the number of partitions of the account index.
const indexShards = 64

// UserPK is one user's side: account, relations and conversations.
func UserPK(app int64, user string) string { return appPrefix(app) + "U#" + user }

// AccountKey is a user's account (ACC).
func AccountKey(app int64, user string) Key { return Key{UserPK(app, user), skAccount} }

// BlockKey is the entry of peer in owner's blocklist.
func BlockKey(app int64, owner, peer string) Key { return Key{UserPK(app, owner), prefixBlock + peer} }

// ProfileKey is the part of a user's profile that no send needs (PRF).
func ProfileKey(app int64, user string) Key { return Key{UserPK(app, user), skProfile} }

// ListsKey is a user's friend lists, and the counts and versions of everything
// they are related to (FG).
func ListsKey(app int64, user string) Key { return Key{UserPK(app, user), skLists} }

// FriendKey is peer in owner's friend table.
func FriendKey(app int64, owner, peer string) Key {
	return Key{UserPK(app, owner), prefixFriend + peer}
}

// ParseFriendSK returns the peer of a friend.
func ParseFriendSK(sk string) (peer string, ok bool) { return cutID(sk, prefixFriend) }

// HolderKey says that owner has user in the friend table; it stands at user.
func HolderKey(app int64, user, owner string) Key {
	return Key{UserPK(app, user), prefixHolder + owner}
}

// ParseHolderSK returns who has the user.
func ParseHolderSK(sk string) (owner string, ok bool) { return cutID(sk, prefixHolder) }

// EndedKey says when owner ended an entry about peer.
func EndedKey(app int64, kind relations.Kind, owner, peer string) Key {
	return Key{UserPK(app, owner), prefixEnded + string(rune(kind)) + "#" + peer}
}

// ParseEndedSK returns the kind of the entry and the peer.
func ParseEndedSK(sk string) (kind relations.Kind, peer string, ok bool) {
	for _, kind := range []relations.Kind{relations.Friendship, relations.Asking, relations.Blocking} {
		if peer, ok := cutID(sk, prefixEnded+string(rune(kind))+"#"); ok {
			return kind, peer, true
		}
	}
	return 0, "", false
}

// ChangeKey says what version of owner's friend table changed.
func ChangeKey(app int64, owner string, version int64) Key {
	return Key{UserPK(app, owner), fmt.Sprintf("%s%010x", prefixChange, version)}
}

// ParseChangeSK returns the version of a change.
func ParseChangeSK(sk string) (version int64, ok bool) {
	text, ok := strings.CutPrefix(sk, prefixChange)
	if !ok || len(text) != 10 || strings.ToLower(text) != text {
		return 0, false
	}
	n, err := strconv.ParseUint(text, 16, 40)
	return int64(n), err == nil //nolint:gosec // 40 bits
}

// RequestKey is the request of from to be owner's friend.
func RequestKey(app int64, owner, from string) Key {
	return Key{UserPK(app, owner), prefixRequest + from}
}

// ParseRequestSK returns who asks to be a friend.
func ParseRequestSK(sk string) (from string, ok bool) { return cutID(sk, prefixRequest) }

// FollowingKey is peer among those that user follows.
func FollowingKey(app int64, user, peer string) Key {
	return Key{UserPK(app, user), prefixFollowing + peer}
}

// ParseFollowingSK returns who is followed.
func ParseFollowingSK(sk string) (peer string, ok bool) { return cutID(sk, prefixFollowing) }

// FollowsKey counts whom a user follows and who follows them (FC).
func FollowsKey(app int64, user string) Key { return Key{UserPK(app, user), skFollows} }

// FollowersPK is everybody who follows a user.
func FollowersPK(app int64, user string) string { return appPrefix(app) + "F#" + user }

// FollowerKey is follower among those who follow user.
func FollowerKey(app int64, user, follower string) Key { return Key{FollowersPK(app, user), follower} }

// WatchersPK is everybody who subscribed to the status of target.
func WatchersPK(app int64, target string) string { return appPrefix(app) + "PS#" + target }

// WatcherKey is watcher's subscription to the status of target.
func WatcherKey(app int64, target, watcher string) Key { return Key{WatchersPK(app, target), watcher} }

// WatchedPK is everybody whose status watcher subscribed to.
func WatchedPK(app int64, watcher string) string { return appPrefix(app) + "PW#" + watcher }

// WatchedKey is the same subscription on the watcher's side.
func WatchedKey(app int64, watcher, target string) Key { return Key{WatchedPK(app, watcher), target} }

// WatchCountKey counts whose status watcher subscribed to. It stands before the
// subscriptions.
func WatchCountKey(app int64, watcher string) Key { return Key{WatchedPK(app, watcher), skWatchCount} }

// PeerKey is owner's row of the one-to-one conversation with peer.
func PeerKey(app int64, owner, peer string) Key { return Key{UserPK(app, owner), prefixPeer + peer} }

// DraftKey is what owner has written to peer and not sent.
func DraftKey(app int64, owner, peer string) Key { return Key{UserPK(app, owner), prefixDraft + peer} }

// ParseDraftSK returns the peer of a draft.
func ParseDraftSK(sk string) (peer string, ok bool) { return cutID(sk, prefixDraft) }

// FoldersKey is a user's conversation groups, and what is counted of the user's
// conversation rows (KG).
func FoldersKey(app int64, user string) Key { return Key{UserPK(app, user), skFolders} }

// ParseBlockSK returns the peer of an entry of a blocklist.
func ParseBlockSK(sk string) (peer string, ok bool) { return cutID(sk, prefixBlock) }

// ParsePeerSK returns the peer of a one-to-one conversation row.
func ParsePeerSK(sk string) (peer string, ok bool) { return cutID(sk, prefixPeer) }

// AccountIndexKey is the entry of a user in the index of an app's accounts.
func AccountIndexKey(app int64, user string) Key {
	shard := crc32.ChecksumIEEE([]byte(user)) % indexShards
	return Key{accountIndexPK(app, int(shard)), user}
}

func accountIndexPK(app int64, shard int) string { return appPrefix(app) + "AI#" + itoa(shard) }

// ParseAccountIndexKey returns the application and the user of an entry of the
// index.
func ParseAccountIndexKey(k Key) (app int64, user string, ok bool) {
	p := ParsePartition(k.PK)
	if p.Kind != accountIndex || !isID(k.SK) || AccountIndexKey(p.App, k.SK) != k {
		return 0, "", false
	}
	return p.App, k.SK, true
}

// AppPK is an application's own partition: settings, keys, admins.
func AppPK(app int64) string { return appPrefix(app) + "A" }

// SettingsKey is an application's settings (CFG).
func SettingsKey(app int64) Key { return Key{AppPK(app), skSettings} }

// CounterKey counts an application's accounts where its edition limits them.
func CounterKey(app int64) Key { return Key{AppPK(app), skCounter} }

// SecretKey is the n-th signing key of an application (KEY#n), sealed.
func SecretKey(app int64, n int) Key { return Key{AppPK(app), prefixKey + strconv.Itoa(n)} }

// ParseSecretSK returns the number of a signing key.
func ParseSecretSK(sk string) (n int, ok bool) {
	text, ok := strings.CutPrefix(sk, prefixKey)
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n > 0 && strconv.Itoa(n) == text
}

// AdminKey is an admin of an application (ADM#user).
func AdminKey(app int64, user string) Key { return Key{AppPK(app), prefixAdmin + user} }

// ParseAdminSK returns the user of an admin item.
func ParseAdminSK(sk string) (user string, ok bool) { return cutID(sk, prefixAdmin) }

// RegistryKey is an application's line in the list of applications.
func RegistryKey(app int64) Key { return Key{registryPK, fmt.Sprintf("%010d", app)} }

// ParseRegistrySK returns the application of a line of the list.
func ParseRegistrySK(sk string) (app int64, ok bool) {
	app, err := strconv.ParseInt(sk, 10, 64)
	return app, err == nil && app >= 0 && fmt.Sprintf("%010d", app) == sk
}

// TimelinePK is the timeline of a pair of users, the same from both sides.
func TimelinePK(app int64, a, b string) string {
	if b < a {
		a, b = b, a
	}
	return appPrefix(app) + "P#" + a + Unit + b
}

// ParseTimelinePK returns the pair of a timeline, the lesser first.
func ParseTimelinePK(pk string) (app int64, lesser, greater string, ok bool) {
	p := ParsePartition(pk)
	if p.Kind != 'P' {
		return 0, "", "", false
	}
	lesser, greater, _ = strings.Cut(p.Rest, Unit)
	return p.App, lesser, greater, true
}

// MessageSK is a message's place in a timeline: by time, then by sequence, then
// by random.
func MessageSK(k messages.Key) string {
	return fmt.Sprintf("m%08x%08x%08x", uint32(k.Time), k.Seq, k.Random) //nolint:gosec // seconds fit 32 bits until 2106
}

// ParseMessageSK reverses MessageSK.
func ParseMessageSK(sk string) (messages.Key, bool) {
	if len(sk) != 25 || sk[0] != 'm' || strings.ToLower(sk) != sk {
		return messages.Key{}, false
	}
	var part [3]uint32
	for i := range part {
		v, err := strconv.ParseUint(sk[1+8*i:9+8*i], 16, 32)
		if err != nil {
			return messages.Key{}, false
		}
		part[i] = uint32(v)
	}
	return messages.Key{Time: int64(part[0]), Seq: part[1], Random: part[2]}, true
}

// MergedKey is the head of a list of merged messages.
func MergedKey(app int64, key string) Key { return Key{appPrefix(app) + "M#" + key, skMerged} }

// MergedPartKey is one of its parts.
func MergedPartKey(app int64, key string, part int) Key {
	return Key{appPrefix(app) + "M#" + key, fmt.Sprintf("p%03d", part)}
}

// ParseMergedSK returns the number of a part, -1 for the head.
func ParseMergedSK(sk string) (part int, ok bool) {
	if sk == skMerged {
		return -1, true
	}
	digits, ok := strings.CutPrefix(sk, "p")
	part, err := strconv.Atoi(digits)
	return part, ok && err == nil && part >= 0 && MergedPartKey(0, "", part).SK == sk
}

// LogKey is an entry of the operation log of a pair of users: by time in ms, then
// by message. An entry that concerns one user has his side in it.
func LogKey(app int64, a, b string, e messages.LogEntry) Key {
	mark := logBoth
	if e.Only != "" {
		mark = itoa(side(e.Only, other(e.Only, a, b)))
	}
	return Key{TimelinePK(app, a, b), logFrom(messages.LogPosition{AtMs: e.AtMs, Key: e.Key}) + mark}
}

// logBoth ends an entry that concerns both users; it stands before a side.
const logBoth = "-"

// logFrom is the least sort key of an entry at a position.
func logFrom(p messages.LogPosition) string {
	return fmt.Sprintf("o%011x", p.AtMs) + MessageSK(p.Key)[1:]
}

// ParseLogSK returns the place of an entry, and the side that it concerns, -1
// for both.
func ParseLogSK(sk string) (at messages.LogPosition, side int, ok bool) {
	if len(sk) != 37 || sk[0] != 'o' {
		return messages.LogPosition{}, 0, false
	}
	ms, err := strconv.ParseInt(sk[1:12], 16, 64)
	if err != nil || ms < 0 {
		return messages.LogPosition{}, 0, false
	}
	at.AtMs = ms
	if at.Key, ok = ParseMessageSK("m" + sk[12:36]); !ok || !strings.HasPrefix(sk, logFrom(at)) {
		return messages.LogPosition{}, 0, false
	}
	switch sk[36:] {
	case logBoth:
		return at, -1, true
	case "0":
		return at, 0, true
	case "1":
		return at, 1, true
	}
	return messages.LogPosition{}, 0, false
}

// PairBookKey counts the pairs that are attached to a message.
func PairBookKey(app int64, a, b string, m messages.Key) Key {
	return Key{TimelinePK(app, a, b), "e" + MessageSK(m)[1:]}
}

// PairKey is one of those pairs.
func PairKey(app int64, a, b string, m messages.Key, key string) Key {
	book := PairBookKey(app, a, b, m)
	return Key{book.PK, book.SK + key}
}

// ParsePairSK returns the message and the key of a pair; the key of a book is
// empty.
func ParsePairSK(sk string) (m messages.Key, key string, ok bool) {
	if len(sk) < 25 || sk[0] != 'e' {
		return messages.Key{}, "", false
	}
	m, ok = ParseMessageSK("m" + sk[1:25])
	return m, sk[25:], ok && !strings.Contains(sk[25:], Unit)
}

// other returns the other one of a pair.
func other(user, a, b string) string {
	if user == a {
		return b
	}
	return a
}

// SessionKey is where a user is connected.
func SessionKey(app int64, user string) Key { return Key{appPrefix(app) + "S#" + user, skSession} }

// DedupKey remembers a send of user to peer that its ring has no room for.
func DedupKey(app int64, user, peer string, hash uint64) Key {
	return Key{appPrefix(app) + "D#" + user, fmt.Sprintf("%s%s%016x", peer, Unit, hash)}
}

// BatchKey remembers a batch send of user.
func BatchKey(app int64, user string, hash uint64) Key {
	return Key{appPrefix(app) + "D#" + user, fmt.Sprintf("%s%016x", Unit, hash)}
}

// ParseDedupSK returns the peer and the hash of a remembered send; the peer is
// empty where it is a batch.
func ParseDedupSK(sk string) (peer string, hash uint64, ok bool) {
	peer, digits, cut := strings.Cut(sk, Unit)
	if !cut || len(digits) != 16 || strings.ToLower(digits) != digits {
		return "", 0, false
	}
	hash, err := strconv.ParseUint(digits, 16, 64)
	if err != nil {
		return "", 0, false
	}
	return peer, hash, true
}

// ExportPK is what an application's exported hours have (EX).
func ExportPK(app int64) string { return appPrefix(app) + "EX" }

// ExportKey is what an hour has.
func ExportKey(h archive.Hour) Key { return Key{ExportPK(h.App), string(h.Type) + "#" + h.Name} }

// ParseExportSK returns the hour of an export.
func ParseExportSK(sk string) (t archive.Type, hour string, ok bool) {
	kind, hour, _ := strings.Cut(sk, "#")
	_, ok = archive.ParseName(hour)
	return archive.Type(kind), hour, ok && archive.Type(kind).Valid()
}

// PendingKey marks an hour, of any application, that is to be merged. Hours stand
// in order of time.
func PendingKey(h archive.Hour) Key {
	return Key{pendingPK, fmt.Sprintf("%s#%d#%s", h.Name, h.App, h.Type)}
}

// ParsePendingSK returns the hour that is to be merged.
func ParsePendingSK(sk string) (archive.Hour, bool) {
	parts := strings.Split(sk, "#")
	if len(parts) != 3 {
		return archive.Hour{}, false
	}
	app, err := strconv.ParseInt(parts[1], 10, 64)
	h := archive.Hour{App: app, Type: archive.Type(parts[2]), Name: parts[0]}
	_, ok := archive.ParseName(h.Name)
	return h, err == nil && app >= 0 && ok && h.Type.Valid() && PendingKey(h).SK == sk
}

// A Partition is a partition key taken apart.
type Partition struct {
	App int64
	// Kind is 'U', 'A', 'P', 'M', 'S', 'D', 'F', registry, accountIndex, watchers,
	// watched, exports or pending; 0 for none of them.
	Kind byte
	// Rest is what follows the kind: the user of most, the pair of
	// 'P', the shard of an accountIndex.
	Rest string
}

// ParsePartition takes a partition key apart. An unknown one has Kind 0.
func ParsePartition(pk string) Partition {
	if pk == registryPK {
		return Partition{Kind: registry}
	}
	if pk == pendingPK {
		return Partition{Kind: pending}
	}
	head, rest, ok := strings.Cut(pk, "#")
	app, err := strconv.ParseInt(head, 10, 64)
	if !ok || err != nil || app < 0 || strconv.FormatInt(app, 10) != head {
		return Partition{}
	}
	if rest == "A" {
		return Partition{App: app, Kind: 'A'}
	}
	if rest == "EX" {
		return Partition{App: app, Kind: exports}
	}
	if shard, ok := strings.CutPrefix(rest, "AI#"); ok {
		if n, err := strconv.Atoi(shard); err != nil || n < 0 || n >= indexShards || itoa(n) != shard {
			return Partition{}
		}
		return Partition{App: app, Kind: accountIndex, Rest: shard}
	}
	for prefix, kind := range map[string]byte{"PS#": watchers, "PW#": watched} {
		if user, ok := strings.CutPrefix(rest, prefix); ok {
			if !isID(user) {
				return Partition{}
			}
			return Partition{App: app, Kind: kind, Rest: user}
		}
	}
	if len(rest) < 2 || rest[1] != '#' {
		return Partition{}
	}
	kind, rest := rest[0], rest[2:]
	switch kind {
	case 'U', 'M', 'S', 'D', 'F':
		ok = isID(rest)
	case 'P':
		lesser, greater, _ := strings.Cut(rest, Unit)
		ok = isID(lesser) && isID(greater) && lesser <= greater
	default:
		ok = false
	}
	if !ok {
		return Partition{}
	}
	return Partition{App: app, Kind: kind, Rest: rest}
}

func appPrefix(app int64) string { return strconv.FormatInt(app, 10) + "#" }

func itoa(n int) string { return strconv.Itoa(n) }
