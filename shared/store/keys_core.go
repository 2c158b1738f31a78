package store

import (
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"

	"parley/shared/domain/chat"
	"parley/shared/domain/relations"
)

// The keys of Core: applications, accounts, profiles, relations, follows and
// conversations (docs/data-model.md §3).

const (
	skAccount          = "ACC"
	skProfile          = "PRF"
	skLists            = "FG"
	skFollowCounts     = "FC"
	skHead             = "KG"
	prefixConversation = "K" // of rows, drafts and the head
	prefixRow          = "K#"
	prefixDraft        = "KD#"
	prefixFriend       = "F#"
	prefixFriendChange = "FV#"
	prefixFriendOf     = "FH#"
	prefixEnded        = "E" // followed by the kind of the entry
	prefixRequest      = "FR#"
	prefixBlock        = "B#"
	prefixFollowing    = "FO#"

	skSettings   = "CFG"
	skCounter    = "CN"
	prefixSecret = "KEY#"
	prefixAdmin  = "ADM#"
	registryPK   = "APPS"
)

// accountIndexShards is the number of partitions of an application's list of accounts.
const accountIndexShards = 64

// UserPK is the partition of a user: account, profile, relations and conversations.
func UserPK(app int64, user string) string { return appPrefix(app) + "U#" + user }

// AccountKey is the account of a user (ACC).
func AccountKey(app int64, user string) Key { return Key{UserPK(app, user), skAccount} }

// ProfileKey is the part of a user's profile that no send needs (PRF).
func ProfileKey(app int64, user string) Key { return Key{UserPK(app, user), skProfile} }

// BlockKey is owner's block of peer.
func BlockKey(app int64, owner, peer string) Key { return Key{UserPK(app, owner), prefixBlock + peer} }

// ParseBlockSK returns who is blocked.
func ParseBlockSK(sk string) (peer string, ok bool) { return cutID(sk, prefixBlock) }

// RelationCountersKey is a user's counters: the names of the friend lists, and the counts and
// versions of friends, lists, requests and blocks (FG).
func RelationCountersKey(app int64, user string) Key { return Key{UserPK(app, user), skLists} }

// FriendKey is the entry of peer in owner's friend table.
func FriendKey(app int64, owner, peer string) Key {
	return Key{UserPK(app, owner), prefixFriend + peer}
}

// ParseFriendSK returns the friend.
func ParseFriendSK(sk string) (peer string, ok bool) { return cutID(sk, prefixFriend) }

// FriendOfKey says that owner has user in the friend table. It is in the partition of
// user, and is written and removed together with FriendKey.
func FriendOfKey(app int64, user, owner string) Key {
	return Key{UserPK(app, user), prefixFriendOf + owner}
}

// ParseFriendOfSK returns who has the user in the friend table.
func ParseFriendOfSK(sk string) (owner string, ok bool) { return cutID(sk, prefixFriendOf) }

// EndedKey says when owner ended an entry about peer: removed a friend, unblocked a
// user, or refused a request.
func EndedKey(app int64, kind relations.Kind, owner, peer string) Key {
	return Key{UserPK(app, owner), prefixEnded + string(rune(kind)) + "#" + peer}
}

// ParseEndedSK returns the kind of the entry that ended, and the peer.
func ParseEndedSK(sk string) (kind relations.Kind, peer string, ok bool) {
	for _, kind := range []relations.Kind{relations.Friendship, relations.FriendRequest, relations.Blocking} {
		if peer, ok := cutID(sk, prefixEnded+string(rune(kind))+"#"); ok {
			return kind, peer, true
		}
	}
	return 0, "", false
}

// FriendChangeKey says which peers a version of owner's friend table changed.
func FriendChangeKey(app int64, owner string, version int64) Key {
	return Key{UserPK(app, owner), fmt.Sprintf("%s%010x", prefixFriendChange, version)}
}

// ParseChangeSK returns the version of the friend table.
func ParseChangeSK(sk string) (version int64, ok bool) {
	text, ok := strings.CutPrefix(sk, prefixFriendChange)
	if !ok || len(text) != 10 || strings.ToLower(text) != text {
		return 0, false
	}
	n, err := strconv.ParseUint(text, 16, 40)
	return int64(n), err == nil // 40 bits
}

// RequestKey is the request of from to become owner's friend.
func RequestKey(app int64, owner, from string) Key {
	return Key{UserPK(app, owner), prefixRequest + from}
}

// ParseRequestSK returns who asks to become a friend.
func ParseRequestSK(sk string) (from string, ok bool) { return cutID(sk, prefixRequest) }

// FollowingKey says that user follows peer. It is in the partition of user.
func FollowingKey(app int64, user, peer string) Key {
	return Key{UserPK(app, user), prefixFollowing + peer}
}

// ParseFollowingSK returns who is followed.
func ParseFollowingSK(sk string) (peer string, ok bool) { return cutID(sk, prefixFollowing) }

// FollowCountsKey counts whom a user follows and who follows the user (FC).
func FollowCountsKey(app int64, user string) Key { return Key{UserPK(app, user), skFollowCounts} }

// FollowersPK is the partition of those who follow a user.
func FollowersPK(app int64, user string) string { return appPrefix(app) + "F#" + user }

// FollowerKey says that follower follows user. It is in a partition of its own, because
// the number of followers has no limit.
func FollowerKey(app int64, user, follower string) Key { return Key{FollowersPK(app, user), follower} }

// RowKey is owner's row for a conversation.
func RowKey(app int64, owner string, id chat.ID) Key {
	return Key{UserPK(app, owner), prefixRow + rowName(owner, id)}
}

// ParseRowSK returns the conversation of a row of owner.
func ParseRowSK(owner, sk string) (chat.ID, bool) { return cutRowName(owner, sk, prefixRow) }

// DraftKey is the text that owner has typed into a conversation and not sent.
func DraftKey(app int64, owner string, id chat.ID) Key {
	return Key{UserPK(app, owner), prefixDraft + rowName(owner, id)}
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
func HeadKey(app int64, user string) Key { return Key{UserPK(app, user), skHead} }

// AccountIndexKey is the entry of a user in the list of an application's accounts.
func AccountIndexKey(app int64, user string) Key {
	shard := crc32.ChecksumIEEE([]byte(user)) % accountIndexShards
	return Key{accountIndexPK(app, int(shard)), user}
}

func accountIndexPK(app int64, shard int) string { return appPrefix(app) + "AI#" + itoa(shard) }

// ParseAccountIndexKey returns the application and the user of an entry in the list of
// accounts.
func ParseAccountIndexKey(k Key) (app int64, user string, ok bool) {
	p := ParsePartition(k.PK)
	if p.Kind != accountIndex || !isID(k.SK) || AccountIndexKey(p.App, k.SK) != k {
		return 0, "", false
	}
	return p.App, k.SK, true
}

// AppPK is the partition of an application: settings, signing keys and admins.
func AppPK(app int64) string { return appPrefix(app) + "A" }

// SettingsKey is the settings of an application (CFG).
func SettingsKey(app int64) Key { return Key{AppPK(app), skSettings} }

// CounterKey counts the accounts of an application whose edition limits them (CN).
func CounterKey(app int64) Key { return Key{AppPK(app), skCounter} }

// SecretKey is the n-th signing key of an application, sealed (KEY#n).
func SecretKey(app int64, n int) Key { return Key{AppPK(app), prefixSecret + strconv.Itoa(n)} }

// ParseSecretSK returns the number of a signing key.
func ParseSecretSK(sk string) (n int, ok bool) {
	text, ok := strings.CutPrefix(sk, prefixSecret)
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n > 0 && strconv.Itoa(n) == text
}

// AdminKey is an admin of an application (ADM#user).
func AdminKey(app int64, user string) Key { return Key{AppPK(app), prefixAdmin + user} }

// ParseAdminSK returns the user who is an admin.
func ParseAdminSK(sk string) (user string, ok bool) { return cutID(sk, prefixAdmin) }

// RegistryKey is the entry of an application in the list of applications. The entries
// are in the order of their numbers.
func RegistryKey(app int64) Key { return Key{registryPK, fmt.Sprintf("%010d", app)} }

// ParseRegistrySK returns the application of an entry in the list of applications.
func ParseRegistrySK(sk string) (app int64, ok bool) {
	app, err := strconv.ParseInt(sk, 10, 64)
	return app, err == nil && app >= 0 && fmt.Sprintf("%010d", app) == sk
}
