package schema_test

import (
	"fmt"
	"strings"
	"testing"

	"parley/shared/domain/archive"
	"parley/shared/domain/chat"
	"parley/shared/domain/timeline"
	"parley/shared/store/schema"
)

// FuzzKeys checks constructors and parsers with any ids.
func FuzzKeys(f *testing.F) {
	for i, a := range awkwardIDs() {
		f.Add(int64(1_400_000_001), a, awkwardIDs()[len(awkwardIDs())-1-i], uint64(i)<<60, uint32(i+1), uint32(1<<32-1))
	}
	f.Add(int64(0), "a", "a", uint64(0), uint32(0), uint32(0))
	f.Add(int64(1<<62), strings.Repeat("\xff", 32), "\x00", uint64(1<<64-1), uint32(1<<31), uint32(1))
	f.Fuzz(func(t *testing.T, app int64, a, b string, hash uint64, x, y uint32) {
		if app < 0 || a == "" || b == "" || strings.ContainsAny(a+b, schema.IDEnd+"\x1e") {
			t.Skip("not ids")
		}
		m := timeline.Key{Time: int64(x), Seq: y, Random: x ^ y}
		checkKeys(t, app, a, b, hash, int(x>>1)+1, m)
		other := timeline.Key{Time: int64(y), Seq: x, Random: y}
		direct, group := chat.Between(a, b), chat.OfGroup(a)
		if got, want := schema.MessageSK(group, m) < schema.MessageSK(group, other), m.Seq < other.Seq; got != want {
			t.Errorf("number %d sorts before %d: %t, want %t", m.Seq, other.Seq, got, want)
		}
		if got, want := schema.MessageSK(direct, m) < schema.MessageSK(direct, other), m.Before(other); got != want {
			t.Errorf("%v sorts before %v: %t, want %t", m, other, got, want)
		}
		// The same ids in another order make another key.
		if a != b && schema.IdempotencyKey(app, a, chat.Between(a, b), hash) == schema.IdempotencyKey(app, b, chat.Between(b, a), hash) {
			t.Errorf("the sends from %q to %q and back have the same key", a, b)
		}
	})
}

// FuzzParseKey checks that each parser accepts only keys that its constructor makes.
func FuzzParseKey(f *testing.F) {
	for _, k := range everyKey(1_400_000_001, "alice", "bob#~ ", 77, 3, timeline.Key{Time: 1_700_000_000, Seq: 1, Random: 2}) {
		f.Add(k.key.PK, k.key.SK)
		f.Add(k.key.SK, k.key.PK)
	}
	f.Add("1#P#b\x1fa", "m00000001000000020000000G")
	f.Add("APPS", "00000000001")
	f.Add("EX", "2023111506#01#C2C")
	f.Add("1#EX#", "C2C#2023111524")
	f.Add("0#M#0", "0")
	f.Add("1#G#g", "m00000001")
	f.Add("1#G#g", "o00000000001000000010")
	f.Fuzz(func(t *testing.T, pk, sk string) {
		k := schema.Key{PK: pk, SK: sk}
		p := schema.New().ParsePartition(pk)
		var again schema.Key
		switch p.Kind {
		case "":
			again.PK = pk
		case "APPS":
			again.PK = schema.RegistryKey(1).PK
		case "A":
			again.PK = schema.AppPK(p.App)
		case "AK":
			again.PK = schema.SecretsPK(p.App)
		case "AN":
			again.PK = schema.AccountCountKey(p.App).PK
		case "AI":
			again.PK = fmt.Sprintf("%d#AI#%s", p.App, p.ID)
		case "GP":
			again.PK = schema.GroupKey(p.App, p.ID).PK
		case "GI":
			again.PK = fmt.Sprintf("%d#GI#%s", p.App, p.ID)
		case "GC":
			again.PK = schema.GroupCountsKey(p.App).PK
		case "C":
			again.PK = schema.AccountKey(p.App, p.ID).PK
		case "PR":
			again.PK = schema.ProfileKey(p.App, p.ID).PK
		case "RL":
			again.PK = schema.RelationsPK(p.App, p.ID)
		case "U":
			again.PK = schema.RowsPK(p.App, p.ID)
		case "S":
			again.PK = schema.SessionKey(p.App, p.ID).PK
		case "D":
			again.PK = schema.BatchKey(p.App, p.ID, 0).PK
		case "P", "G", "T", "R", "O":
			again.PK = schema.TimelinePK(p.App, p.Chat)
		case "F":
			again.PK = schema.FollowersPK(p.App, p.ID)
		case "GH":
			again.PK = schema.GroupHeadKey(p.App, p.ID).PK
		case "GM":
			again.PK = schema.MembersPK(p.App, p.ID)
		case "GA":
			again.PK = schema.GroupAttributesPK(p.App, p.ID)
		case "GJ":
			again.PK = schema.GroupRequestsPK(p.App, p.ID)
		case "GQ":
			again.PK = schema.PendingRequestsPK(p.App, p.ID)
		case "FO":
			again.PK = schema.FollowsPK(p.App, p.ID)
		case "PS":
			again.PK = schema.WatchersPK(p.App, p.ID)
		case "PW":
			again.PK = schema.WatchedPK(p.App, p.ID)
		case "M":
			again.PK = schema.MergedKey(p.App, p.ID).PK
		case "EX":
			again.PK = schema.ExportPK(p.App)
		case "pending":
			again.PK = schema.PendingKey(archive.Hour{}).PK
		default:
			t.Fatalf("ParsePartition(%q) = %+v", pk, p)
		}
		if again.PK != pk {
			t.Errorf("ParsePartition(%q) = %+v, which makes the key %q", pk, p, again.PK)
		}
		check := func(name, constructed string, ok bool) {
			t.Helper()
			if ok && constructed != sk {
				t.Errorf("%s accepts %q, but its constructor makes %q", name, sk, constructed)
			}
		}
		if row, ok := schema.ParseRowSK("a", sk); ok {
			check("ParseRowSK", schema.RowKey(1, "a", row).SK, ok)
		}
		if draft, ok := schema.ParseDraftSK("a", sk); ok {
			check("ParseDraftSK", schema.DraftKey(1, "a", draft).SK, ok)
		}
		peer, ok := schema.ParseBlockSK(sk)
		check("ParseBlockSK", schema.BlockKey(1, "a", peer).SK, ok)
		peer, ok = schema.ParseFriendSK(sk)
		check("ParseFriendSK", schema.FriendKey(1, "a", peer).SK, ok)
		peer, ok = schema.ParseFriendOfSK(sk)
		check("ParseHolderSK", schema.FriendOfKey(1, "a", peer).SK, ok)
		ended, peer, ok := schema.ParseEndedSK(sk)
		check("ParseEndedSK", schema.EndedKey(1, ended, "a", peer).SK, ok)
		peer, ok = schema.ParseRequestSK(sk)
		check("ParseRequestSK", schema.RequestKey(1, "a", peer).SK, ok)
		peer, ok = schema.ParseFollowingSK(sk)
		check("ParseFollowingSK", schema.FollowingKey(1, "a", peer).SK, ok)
		version, ok := schema.ParseChangeSK(sk)
		check("ParseChangeSK", schema.FriendChangeKey(1, "a", version).SK, ok)
		user, ok := schema.ParseAdminSK(sk)
		check("ParseAdminSK", schema.AdminKey(1, user).SK, ok)
		hour, ok := schema.ParsePendingSK(sk)
		check("ParsePendingSK", schema.PendingKey(hour).SK, ok)
		kind, name, ok := schema.ParseExportSK(sk)
		check("ParseExportSK", schema.ExportKey(archive.Hour{App: 1, Type: kind, Name: name}).SK, ok)
		n, ok := schema.ParseSecretSK(sk)
		check("ParseSecretSK", schema.SecretKey(1, n).SK, ok)
		app, ok := schema.ParseRegistrySK(sk)
		check("ParseRegistrySK", schema.RegistryKey(app).SK, ok)
		checkGroupSortKeys(sk, check)
		for _, id := range []chat.ID{chat.Between("a", "b"), chat.OfGroup("g")} {
			m, ok := schema.ParseMessageSK(id, sk)
			check("ParseMessageSK", schema.MessageSK(id, m), ok)
			at, _, ok := schema.ParseLogSK(id, sk)
			if ok && !strings.HasPrefix(sk, schema.LogLowerBound(id, at)) {
				t.Errorf("ParseLogSK accepts %q", sk)
			}
			m, key, ok := schema.ParseExtensionSK(id, sk)
			check("ParseExtensionSK", schema.ExtensionKey(1, id, m, key).SK, ok)
		}
		if id, hash, ok := schema.ParseIdempotencySK("a", sk); ok && id.IsZero() {
			check("ParseDedupSK", schema.BatchKey(1, "a", hash).SK, ok)
		} else if ok {
			check("ParseDedupSK", schema.IdempotencyKey(1, "a", id, hash).SK, ok)
		}
		app, user, ok = schema.ParseAccountListKey(k)
		if ok && schema.AccountListKey(app, user) != k {
			t.Errorf("ParseAccountIndexKey accepts %q", k)
		}
		if letter, group, ok := schema.ParseGroupListKey(k); ok && schema.GroupListKey(schema.New().ParsePartition(pk).App, letter, group) != k {
			t.Errorf("ParseGroupListKey accepts %q", k)
		}
		found := 0
		for _, table := range schema.Tables() {
			if _, ok := schema.New().AggregateOf(table, k); ok {
				found++
			}
		}
		if found > 1 || (found == 1 && p.Kind == "") {
			t.Errorf("%q belongs to %d tables, its partition is %+v", k, found, p)
		}
	})
}
