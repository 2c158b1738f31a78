package schema

import (
	"hash/crc32"
	"strconv"
)

// AccountList is the list of an application's accounts.
const AccountList Aggregate = "account-list"

func accountList() Descriptor {
	return Descriptor{
		Aggregate: AccountList, Table: Core,
		Reads: []string{query}, Writes: []string{put, update, remove},
		Kinds: []Kind{{In: accountListForm(), SK: "{user}", parse: func(p Partition, sk string) bool { return IsID(sk) && shardOf(sk) == p.ID }}},
	}
}

// AccountListShards is the number of partitions of an application's list of accounts.
const AccountListShards = 64

func accountListForm() Form {
	return Form{Kind: "AI", ID: "0-63", accepts: func(id string) bool {
		n, err := strconv.Atoi(id)
		return err == nil && n >= 0 && n < AccountListShards && strconv.Itoa(n) == id
	}}
}

func shardOf(user string) string {
	return strconv.Itoa(int(crc32.ChecksumIEEE([]byte(user)) % AccountListShards))
}

// AccountListPK is one of the partitions of the list of an application's accounts.
func AccountListPK(app int64, shard int) string {
	return accountListForm().pk(app, strconv.Itoa(shard))
}

// AccountListKey is the entry of a user in the list of an application's accounts.
func AccountListKey(app int64, user string) Key {
	return Key{PK: accountListForm().pk(app, shardOf(user)), SK: user}
}

// ParseAccountListKey returns the application and the user of an entry in the list of
// accounts.
func ParseAccountListKey(k Key) (app int64, user string, ok bool) {
	p, ok := accountListForm().parse(k.PK)
	if !ok || !IsID(k.SK) || shardOf(k.SK) != p.ID {
		return 0, "", false
	}
	return p.App, k.SK, true
}
