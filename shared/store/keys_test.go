package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/shared/domain/archive"
	"parley/shared/domain/chat"
	"parley/shared/domain/relations"
	"parley/shared/domain/timeline"
	"parley/shared/store"
)

// constructed is a key that a constructor makes, and what the parsers must return for it.
type constructed struct {
	name      string
	table     store.Table
	key       store.Key
	aggregate store.Aggregate
	partition store.Partition
}

// everyKey makes a key of each kind with these ids.
func everyKey(app int64, a, b string, hash uint64, n int, m timeline.Key) []constructed {
	user := store.Partition{App: app, Kind: 'U', Rest: a}
	own := store.Partition{App: app, Kind: 'A'}
	dedup := store.Partition{App: app, Kind: 'D', Rest: a}
	index := store.AccountIndexKey(app, a)
	return []constructed{
		{"account", store.Core, store.AccountKey(app, a), store.Accounts, user},
		{"block", store.Core, store.BlockKey(app, a, b), store.Relations, user},
		{"profile", store.Core, store.ProfileKey(app, a), store.Profiles, user},
		{"relation counters", store.Core, store.RelationCountersKey(app, a), store.Relations, user},
		{"friend", store.Core, store.FriendKey(app, a, b), store.Relations, user},
		{"friend of", store.Core, store.FriendOfKey(app, a, b), store.Relations, user},
		{"ended friendship", store.Core, store.EndedKey(app, relations.Friendship, a, b), store.Relations, user},
		{"ended block", store.Core, store.EndedKey(app, relations.Blocking, a, b), store.Relations, user},
		{"ended request", store.Core, store.EndedKey(app, relations.FriendRequest, a, b), store.Relations, user},
		{"friend change", store.Core, store.FriendChangeKey(app, a, int64(n)), store.Relations, user},
		{"request", store.Core, store.RequestKey(app, a, b), store.Relations, user},
		{"following", store.Core, store.FollowingKey(app, a, b), store.Follows, user},
		{"follow counts", store.Core, store.FollowCountsKey(app, a), store.Follows, user},
		{"follower", store.Core, store.FollowerKey(app, a, b), store.Follows, store.Partition{App: app, Kind: 'F', Rest: a}},
		{"watcher", store.Live, store.WatcherKey(app, a, b), store.Watches, store.Partition{App: app, Kind: 'W', Rest: a}},
		{"watched", store.Live, store.WatchedKey(app, a, b), store.Watches, store.Partition{App: app, Kind: 'V', Rest: a}},
		{"watch count", store.Live, store.WatchCountKey(app, a), store.Watches, store.Partition{App: app, Kind: 'V', Rest: a}},
		{"row", store.Core, store.RowKey(app, a, chat.Between(a, b)), store.Conversations, user},
		{"draft", store.Core, store.DraftKey(app, a, chat.Between(a, b)), store.Conversations, user},
		{"head", store.Core, store.HeadKey(app, a), store.Conversations, user},
		{"account index", store.Core, index, store.Accounts, store.Partition{
			App: app, Kind: 'I', Rest: index.PK[strings.LastIndexByte(index.PK, '#')+1:],
		}},
		{"settings", store.Core, store.SettingsKey(app), store.Apps, own},
		{"counter", store.Core, store.CounterKey(app), store.Apps, own},
		{"secret", store.Core, store.SecretKey(app, n), store.Apps, own},
		{"admin", store.Core, store.AdminKey(app, a), store.Apps, own},
		{"registry", store.Core, store.RegistryKey(app), store.Apps, store.Partition{Kind: 'r'}},
		{"message", store.Msg, store.Key{PK: store.TimelinePK(app, chat.Between(a, b)), SK: store.MessageSK(m)}, store.Messages, store.Partition{
			App: app, Kind: 'P', Chat: chat.Between(a, b),
		}},
		{"log", store.Msg, store.LogKey(app, chat.Between(a, b), timeline.LogEntry{AtMs: m.Time, Key: m}), store.Messages, store.Partition{
			App: app, Kind: 'P', Chat: chat.Between(a, b),
		}},
		{"log of one side", store.Msg, store.LogKey(app, chat.Between(a, b), timeline.LogEntry{AtMs: m.Time, Key: m, Only: b}), store.Messages, store.Partition{
			App: app, Kind: 'P', Chat: chat.Between(a, b),
		}},
		{"extension counters", store.Msg, store.ExtensionCountersKey(app, chat.Between(a, b), m), store.Messages, store.Partition{
			App: app, Kind: 'P', Chat: chat.Between(a, b),
		}},
		{"extension", store.Msg, store.ExtensionKey(app, chat.Between(a, b), m, "k"), store.Messages, store.Partition{
			App: app, Kind: 'P', Chat: chat.Between(a, b),
		}},
		{"session", store.Live, store.SessionKey(app, a), store.Sessions, store.Partition{App: app, Kind: 'S', Rest: a}},
		{"export", store.Ops, store.ExportKey(archive.Hour{App: app, Type: archive.Direct, Name: "2023111506"}), store.Exports, store.Partition{App: app, Kind: 'X'}},
		{"pending hour", store.Ops, store.PendingKey(archive.Hour{App: app, Type: archive.Group, Name: "2023111506"}), store.Exports, store.Partition{Kind: 'Y'}},
		{"dedup", store.Live, store.DedupKey(app, a, chat.Between(a, b), hash), store.IdempotencyKeys, dedup},
		{"batch", store.Live, store.BatchKey(app, a, hash), store.IdempotencyKeys, dedup},
	}
}

func checkKeys(t *testing.T, app int64, a, b string, hash uint64, n int, m timeline.Key) {
	t.Helper()
	for _, k := range everyKey(app, a, b, hash, n, m) {
		if got := store.ParsePartition(k.key.PK); got != k.partition {
			t.Errorf("%s: ParsePartition(%q) = %+v, want %+v", k.name, k.key.PK, got, k.partition)
		}
		for _, table := range store.Tables() {
			got, ok := store.AggregateOf(table, k.key)
			if want := table == k.table; ok != want || (ok && got != k.aggregate) {
				t.Errorf("%s: Of(%s, %q) = %q, %t, want %q in %s only", k.name, table, k.key, got, ok, k.aggregate, k.table)
			}
		}
		if got := k.aggregate.Table(); got != k.table {
			t.Errorf("%s: %s is in table %s, want %s", k.name, k.aggregate, got, k.table)
		}
		if !slices.ContainsFunc(k.aggregate.LeadingKeys(), func(pattern string) bool { return matches(pattern, k.key.PK) }) {
			t.Errorf("%s: no pattern of %q allows a role to access %q", k.name, k.aggregate.LeadingKeys(), k.key.PK)
		}
	}
	same := func(name string, got, want any, ok bool) {
		t.Helper()
		if !ok || got != want {
			t.Errorf("%s: parsed %q, %t, want %q", name, got, ok, want)
		}
	}
	for _, id := range []chat.ID{chat.Between(a, b), chat.OfGroup(b), chat.OfTopic(b, a), chat.OfRoom(b), chat.OfOfficial(b)} {
		row, ok := store.ParseRowSK(a, store.RowKey(app, a, id).SK)
		same("row", row, id, ok)
		draft, ok := store.ParseDraftSK(a, store.DraftKey(app, a, id).SK)
		same("draft", draft, id, ok)
		dedup, gotHash, ok := store.ParseDedupSK(a, store.DedupKey(app, a, id, hash).SK)
		same("dedup", fmt.Sprint(dedup, gotHash), fmt.Sprint(id, hash), ok)
		_, timeline, ok := store.ParseTimelinePK(store.TimelinePK(app, id))
		same("timeline", timeline, id, ok)
	}
	peer, ok := store.ParseBlockSK(store.BlockKey(app, a, b).SK)
	same("block", peer, b, ok)
	peer, ok = store.ParseFriendSK(store.FriendKey(app, a, b).SK)
	same("friend", peer, b, ok)
	peer, ok = store.ParseFriendOfSK(store.FriendOfKey(app, a, b).SK)
	same("friend of", peer, b, ok)
	for _, want := range []relations.Kind{relations.Friendship, relations.FriendRequest, relations.Blocking} {
		kind, peer, ok := store.ParseEndedSK(store.EndedKey(app, want, a, b).SK)
		same("ended", fmt.Sprint(kind, peer), fmt.Sprint(want, b), ok)
	}
	peer, ok = store.ParseRequestSK(store.RequestKey(app, a, b).SK)
	same("request", peer, b, ok)
	peer, ok = store.ParseFollowingSK(store.FollowingKey(app, a, b).SK)
	same("following", peer, b, ok)
	version, ok := store.ParseChangeSK(store.FriendChangeKey(app, a, int64(n)).SK)
	same("friend change", version, int64(n), ok)
	hour := archive.Hour{App: app, Type: archive.Direct, Name: "2023111506"}
	pending, ok := store.ParsePendingSK(store.PendingKey(hour).SK)
	same("pending", pending, hour, ok)
	kind, name, ok := store.ParseExportSK(store.ExportKey(hour).SK)
	same("export", archive.Hour{App: app, Type: kind, Name: name}, hour, ok)
	user, ok := store.ParseAdminSK(store.AdminKey(app, a).SK)
	same("admin", user, a, ok)
	number, ok := store.ParseSecretSK(store.SecretKey(app, n).SK)
	same("secret", number, n, ok)
	id, ok := store.ParseRegistrySK(store.RegistryKey(app).SK)
	same("registry", id, app, ok)
	id, user, ok = store.ParseAccountIndexKey(store.AccountIndexKey(app, a))
	same("account index", fmt.Sprint(id, user), fmt.Sprint(app, a), ok)
	key, ok := store.ParseMessageSK(store.MessageSK(m))
	same("message", key, m, ok)
	batch, gotHash, ok := store.ParseDedupSK(a, store.BatchKey(app, a, hash).SK)
	same("batch", fmt.Sprint(batch, gotHash), fmt.Sprint(chat.ID{}, hash), ok)
	if x, y := store.TimelinePK(app, chat.Between(a, b)), store.TimelinePK(app, chat.Between(b, a)); x != y {
		t.Errorf("the two sides of a timeline differ: %q and %q", x, y)
	}
}

// matches reports whether a text matches a pattern as StringLike of an IAM policy does: a
// star matches any text.
func matches(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	rest, ok := strings.CutPrefix(text, parts[0])
	if !ok || len(parts) == 1 {
		return ok && rest == ""
	}
	for _, part := range parts[1 : len(parts)-1] {
		at := strings.Index(rest, part)
		if at < 0 {
			return false
		}
		rest = rest[at+len(part):]
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}

// awkwardIDs are allowed ids that look like parts of a key.
func awkwardIDs() []string {
	return []string{
		"a", "alice", "#", "##", "~", " ", "  a  ", "A", "A#", "AI#0", "U#a", "K#c#bob", "B#x", "ACC", "CFG", "-",
		"1#U#alice", "m0000000100000002", "KEY#1", "a#b~c", "@RBT#001", strings.Repeat("z", 32), strings.Repeat("#", 32),
		"~~", "a~b", "b~a", "0", "00", `"`, `\`, "{}", "%", "*",
	}
}

// Parsers return what the constructors were given, for ids that look like parts of a key.
func TestParsersReverseConstructors(t *testing.T) {
	for _, a := range awkwardIDs() {
		for _, b := range awkwardIDs() {
			checkKeys(t, 1_400_000_001, a, b, 1<<63|7, 12, timeline.Key{Time: 1_700_000_000, Seq: 5, Random: 1<<32 - 1})
		}
	}
}

// Keys of different ids or of different kinds are different.
func TestKeysAreDistinct(t *testing.T) {
	seen := make(map[string]string)
	for _, app := range []int64{0, 1, 11, 1_400_000_001} {
		for _, a := range awkwardIDs() {
			for _, b := range awkwardIDs() {
				for _, k := range everyKey(app, a, b, 1, 1, timeline.Key{Time: 1}) {
					var origin string
					switch k.name {
					case "settings", "counter", "secret", "registry", "export", "pending hour":
						origin = fmt.Sprint(k.name, app)
					case "account", "account index", "admin", "session", "watch count", "batch", "profile", "relation counters", "head", "follow counts", "friend change":
						origin = fmt.Sprintf("%s %d %q", k.name, app, a)
					case "message", "log", "extension counters", "extension":
						origin = fmt.Sprintf("%s %d %q %q", k.name, app, min(a, b), max(a, b))
					default:
						origin = fmt.Sprintf("%s %d %q %q", k.name, app, a, b)
					}
					place := fmt.Sprintf("%s %q", k.table, k.key)
					if other, taken := seen[place]; taken && other != origin {
						t.Fatalf("%s and %s are both at %s", other, origin, place)
					}
					seen[place] = origin
				}
			}
		}
	}
}

// The sort keys of messages are in the order of time, sequence and random.
func TestMessageKeysAreInOrder(t *testing.T) {
	edges := []uint32{0, 1, 9, 10, 15, 16, 255, 256, 1<<31 - 1, 1 << 31, 1<<32 - 1}
	var keys []timeline.Key
	for _, sec := range edges {
		for _, seq := range edges {
			for _, random := range edges {
				keys = append(keys, timeline.Key{Time: int64(sec), Seq: seq, Random: random})
			}
		}
	}
	for i := 1; i < len(keys); i++ { // keys are made in order of (time, seq, random)
		before, after := keys[i-1], keys[i]
		if !before.Before(after) || after.Before(before) {
			t.Fatalf("Before says %v is not before %v", before, after)
		}
		if x, y := store.MessageSK(before), store.MessageSK(after); x >= y {
			t.Fatalf("%v has the sort key %q, which is not before %v with %q", before, x, after, y)
		}
	}
}

// A key that no constructor makes belongs to no aggregate.
func TestUnknownKeysBelongToNoAggregate(t *testing.T) {
	const timeline = "1#P#a\x1fb"
	const message = "m000000010000000200000003"
	for _, c := range []struct {
		table store.Table
		key   store.Key
	}{
		{store.Core, store.Key{}},
		{store.Core, store.Key{PK: "1#U#a"}},
		{store.Core, store.Key{PK: "1#U#", SK: "ACC"}},
		{store.Core, store.Key{PK: "1#U#a\x1fb", SK: "ACC"}},
		{store.Core, store.Key{PK: "1#U", SK: "ACC"}},
		{store.Core, store.Key{PK: "#U#a", SK: "ACC"}},
		{store.Core, store.Key{PK: "-1#U#a", SK: "ACC"}},
		{store.Core, store.Key{PK: "+1#U#a", SK: "ACC"}},
		{store.Core, store.Key{PK: "01#U#a", SK: "ACC"}},
		{store.Core, store.Key{PK: "1.0#U#a", SK: "ACC"}},
		{store.Core, store.Key{PK: "9223372036854775808#U#a", SK: "ACC"}},
		{store.Core, store.Key{PK: "1#u#a", SK: "ACC"}},
		{store.Core, store.Key{PK: "1#U#a", SK: "acc"}},
		{store.Core, store.Key{PK: "1#U#a", SK: "ACC "}},
		{store.Core, store.Key{PK: "1#U#a", SK: "PRF "}},
		{store.Core, store.Key{PK: "1#U#a", SK: "F#"}},
		{store.Core, store.Key{PK: "1#U#a", SK: "FO#"}},
		{store.Core, store.Key{PK: "1#U#a", SK: "FR#b\x1fc"}},
		{store.Core, store.Key{PK: "1#U#a", SK: "FV#1"}},
		{store.Core, store.Key{PK: "1#U#a", SK: "FV#000000000A"}},
		{store.Core, store.Key{PK: "1#U#a", SK: "FV#+000000001"}},
		{store.Core, store.Key{PK: "1#F#a"}},
		{store.Core, store.Key{PK: "1#F#", SK: "b"}},
		{store.Live, store.Key{PK: "1#PS#a"}},
		{store.Live, store.Key{PK: "1#PS#", SK: "b"}},
		{store.Live, store.Key{PK: "1#PX#a", SK: "b"}},
		{store.Core, store.Key{PK: "1#U#a", SK: "K#"}},
		{store.Core, store.Key{PK: "1#U#a", SK: "K#c#"}},
		{store.Core, store.Key{PK: "1#U#a", SK: "K#g#"}},
		{store.Core, store.Key{PK: "1#U#a", SK: "B#"}},
		{store.Core, store.Key{PK: "1#U#a", SK: "B#b\x1fc"}},
		{store.Core, store.Key{PK: "1#A", SK: ""}},
		{store.Core, store.Key{PK: "1#A", SK: "CFG2"}},
		{store.Core, store.Key{PK: "1#A#", SK: "CFG"}},
		{store.Core, store.Key{PK: "1#A", SK: "KEY#0"}},
		{store.Core, store.Key{PK: "1#A", SK: "KEY#-1"}},
		{store.Core, store.Key{PK: "1#A", SK: "KEY#01"}},
		{store.Core, store.Key{PK: "1#A", SK: "KEY#+1"}},
		{store.Core, store.Key{PK: "1#A", SK: "KEY#x"}},
		{store.Core, store.Key{PK: "1#A", SK: "ADM#"}},
		{store.Core, store.Key{PK: "1#AI#64", SK: "a"}},
		{store.Core, store.Key{PK: "1#AI#-1", SK: "a"}},
		{store.Core, store.Key{PK: "1#AI#00", SK: "a"}},
		{store.Core, store.Key{PK: "1#AI#x", SK: "a"}},
		{store.Core, store.Key{PK: store.AccountIndexKey(1, "a").PK, SK: "b"}},
		{store.Core, store.Key{PK: store.AccountIndexKey(1, "a").PK}},
		{store.Core, store.Key{PK: "APPS"}},
		{store.Core, store.Key{PK: "APPS", SK: "1"}},
		{store.Core, store.Key{PK: "APPS", SK: "-000000001"}},
		{store.Core, store.Key{PK: "APPS", SK: "+000000001"}},
		{store.Core, store.Key{PK: "apps", SK: "0000000001"}},
		{store.Core, store.Key{PK: "1#G#g", SK: "H"}},
		{store.Msg, store.Key{PK: timeline}},
		{store.Msg, store.Key{PK: timeline, SK: "m"}},
		{store.Msg, store.Key{PK: timeline, SK: "o0000000001"}},
		{store.Msg, store.Key{PK: timeline, SK: message + "+"}},
		{store.Msg, store.Key{PK: timeline, SK: message[:24]}},
		{store.Msg, store.Key{PK: timeline, SK: strings.Replace(message, "3", "G", 1)}},
		{store.Msg, store.Key{PK: timeline, SK: strings.Replace(message, "3", "A", 1)}},
		{store.Msg, store.Key{PK: timeline, SK: strings.Replace(message, "00000003", "+0000003", 1)}},
		{store.Msg, store.Key{PK: "1#P#b\x1fa", SK: message}},
		{store.Msg, store.Key{PK: "1#P#a\x1fb\x1fc", SK: message}},
		{store.Msg, store.Key{PK: "1#P#a", SK: message}},
		{store.Msg, store.Key{PK: "1#P#a\x1f", SK: message}},
		{store.Msg, store.Key{PK: "1#P#\x1fb", SK: message}},
		{store.Live, store.Key{PK: "1#S#a"}},
		{store.Live, store.Key{PK: "1#S#a", SK: "--"}},
		{store.Live, store.Key{PK: "1#S#", SK: "-"}},
		{store.Live, store.Key{PK: "1#D#a", SK: "b"}},
		{store.Live, store.Key{PK: "1#D#a", SK: "b\x1f"}},
		{store.Live, store.Key{PK: "1#D#a", SK: "b\x1f000000000000000"}},
		{store.Live, store.Key{PK: "1#D#a", SK: "b\x1f000000000000000A"}},
		{store.Live, store.Key{PK: "1#D#a", SK: "b\x1fc\x1f0000000000000001"}},
		{store.Live, store.Key{PK: "1#D#a", SK: "b\x1f+000000000000001"}},
		{store.Ops, store.Key{PK: "1#ST#20231114", SK: "sent#22"}},
		{store.Ops, store.Key{PK: "1#U#a", SK: "ACC"}},
	} {
		if got, ok := store.AggregateOf(c.table, c.key); ok {
			t.Errorf("Of(%s, %q) = %q, want no aggregate", c.table, c.key, got)
		}
	}
}

// The list of applications is in the order of their numbers.
func TestRegistryIsInOrder(t *testing.T) {
	ids := []int64{0, 1, 9, 10, 999_999_999, 1_400_000_000, 1_599_999_999, 9_999_999_999}
	for i := 1; i < len(ids); i++ {
		if a, b := store.RegistryKey(ids[i-1]), store.RegistryKey(ids[i]); a.PK != b.PK || a.SK >= b.SK {
			t.Errorf("application %d with %q is not before %d with %q", ids[i-1], a, ids[i], b)
		}
	}
}

// FuzzKeys checks constructors and parsers with any ids.
func FuzzKeys(f *testing.F) {
	for i, a := range awkwardIDs() {
		f.Add(int64(1_400_000_001), a, awkwardIDs()[len(awkwardIDs())-1-i], uint64(i)<<60, uint32(i+1), uint32(1<<32-1))
	}
	f.Add(int64(0), "a", "a", uint64(0), uint32(0), uint32(0))
	f.Add(int64(1<<62), strings.Repeat("\xff", 32), "\x00", uint64(1<<64-1), uint32(1<<31), uint32(1))
	f.Fuzz(func(t *testing.T, app int64, a, b string, hash uint64, x, y uint32) {
		if app < 0 || a == "" || b == "" || strings.Contains(a+b, store.IDEnd) {
			t.Skip("not ids")
		}
		m := timeline.Key{Time: int64(x), Seq: y, Random: x ^ y}
		checkKeys(t, app, a, b, hash, int(x>>1)+1, m)
		other := timeline.Key{Time: int64(y), Seq: x, Random: y}
		if got, want := store.MessageSK(m) < store.MessageSK(other), m.Before(other); got != want {
			t.Errorf("%v sorts before %v: %t, want %t", m, other, got, want)
		}
		// The same ids in another order make another key.
		if a != b && store.DedupKey(app, a, chat.Between(a, b), hash) == store.DedupKey(app, b, chat.Between(b, a), hash) {
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
	f.Add("1#EX", "C2C#2023111524")
	f.Add("0#M#0", "0")
	f.Fuzz(func(t *testing.T, pk, sk string) {
		k := store.Key{PK: pk, SK: sk}
		p := store.ParsePartition(pk)
		var again store.Key
		switch p.Kind {
		case 0:
			again.PK = pk
		case 'r':
			again.PK = store.RegistryKey(1).PK
		case 'A':
			again.PK = store.AppPK(p.App)
		case 'U':
			again.PK = store.UserPK(p.App, p.Rest)
		case 'S':
			again.PK = store.SessionKey(p.App, p.Rest).PK
		case 'D':
			again.PK = store.BatchKey(p.App, p.Rest, 0).PK
		case 'P', 'G', 'T', 'R', 'O':
			again.PK = store.TimelinePK(p.App, p.Chat)
		case 'F':
			again.PK = store.FollowersPK(p.App, p.Rest)
		case 'W':
			again.PK = store.WatchersPK(p.App, p.Rest)
		case 'V':
			again.PK = store.WatchedPK(p.App, p.Rest)
		case 'M':
			again.PK = store.MergedKey(p.App, p.Rest).PK
		case 'X':
			again.PK = store.ExportPK(p.App)
		case 'Y':
			again.PK = store.PendingKey(archive.Hour{}).PK
		case 'I':
			again.PK = fmt.Sprintf("%d#AI#%s", p.App, p.Rest)
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
		if row, ok := store.ParseRowSK("a", sk); ok {
			check("ParseRowSK", store.RowKey(1, "a", row).SK, ok)
		}
		if draft, ok := store.ParseDraftSK("a", sk); ok {
			check("ParseDraftSK", store.DraftKey(1, "a", draft).SK, ok)
		}
		peer, ok := store.ParseBlockSK(sk)
		check("ParseBlockSK", store.BlockKey(1, "a", peer).SK, ok)
		peer, ok = store.ParseFriendSK(sk)
		check("ParseFriendSK", store.FriendKey(1, "a", peer).SK, ok)
		peer, ok = store.ParseFriendOfSK(sk)
		check("ParseHolderSK", store.FriendOfKey(1, "a", peer).SK, ok)
		ended, peer, ok := store.ParseEndedSK(sk)
		check("ParseEndedSK", store.EndedKey(1, ended, "a", peer).SK, ok)
		peer, ok = store.ParseRequestSK(sk)
		check("ParseRequestSK", store.RequestKey(1, "a", peer).SK, ok)
		peer, ok = store.ParseFollowingSK(sk)
		check("ParseFollowingSK", store.FollowingKey(1, "a", peer).SK, ok)
		version, ok := store.ParseChangeSK(sk)
		check("ParseChangeSK", store.FriendChangeKey(1, "a", version).SK, ok)
		user, ok := store.ParseAdminSK(sk)
		check("ParseAdminSK", store.AdminKey(1, user).SK, ok)
		hour, ok := store.ParsePendingSK(sk)
		check("ParsePendingSK", store.PendingKey(hour).SK, ok)
		kind, name, ok := store.ParseExportSK(sk)
		check("ParseExportSK", store.ExportKey(archive.Hour{App: 1, Type: kind, Name: name}).SK, ok)
		n, ok := store.ParseSecretSK(sk)
		check("ParseSecretSK", store.SecretKey(1, n).SK, ok)
		app, ok := store.ParseRegistrySK(sk)
		check("ParseRegistrySK", store.RegistryKey(app).SK, ok)
		m, ok := store.ParseMessageSK(sk)
		check("ParseMessageSK", store.MessageSK(m), ok)
		if id, hash, ok := store.ParseDedupSK("a", sk); ok && id.IsZero() {
			check("ParseDedupSK", store.BatchKey(1, "a", hash).SK, ok)
		} else if ok {
			check("ParseDedupSK", store.DedupKey(1, "a", id, hash).SK, ok)
		}
		app, user, ok = store.ParseAccountIndexKey(k)
		if ok && store.AccountIndexKey(app, user) != k {
			t.Errorf("ParseAccountIndexKey accepts %q", k)
		}
		found := 0
		for _, table := range store.Tables() {
			if _, ok := store.AggregateOf(table, k); ok {
				found++
			}
		}
		if found > 1 || (found == 1 && p.Kind == 0) {
			t.Errorf("%q belongs to %d tables, its partition is %+v", k, found, p)
		}
	})
}
