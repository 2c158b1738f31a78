package schema_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/shared/domain/archive"
	"parley/shared/domain/chat"
	"parley/shared/domain/relations"
	"parley/shared/domain/timeline"
	"parley/shared/store/schema"
)

// constructed is a key that a constructor makes, and what the parsers must return for it.
type constructed struct {
	name      string
	table     schema.Table
	key       schema.Key
	aggregate schema.Aggregate
	partition schema.Partition
}

// everyKey makes a key of each kind with these ids.
func everyKey(app int64, a, b string, hash uint64, n int, m timeline.Key) []constructed {
	of := func(kind string) schema.Partition { return schema.Partition{App: app, Kind: kind, ID: a} }
	own := func(kind string) schema.Partition { return schema.Partition{App: app, Kind: kind} }
	index := schema.AccountListKey(app, a)
	listed := schema.GroupListKey(app, "public", a)
	list := []constructed{
		{"account", schema.Core, schema.AccountKey(app, a), schema.Accounts, of("C")},
		{"block", schema.Core, schema.BlockKey(app, a, b), schema.Relations, of("RL")},
		{"profile", schema.Core, schema.ProfileKey(app, a), schema.Profiles, of("PR")},
		{"relation counters", schema.Core, schema.RelationCountersKey(app, a), schema.Relations, of("RL")},
		{"friend", schema.Core, schema.FriendKey(app, a, b), schema.Relations, of("RL")},
		{"friend of", schema.Core, schema.FriendOfKey(app, a, b), schema.Relations, of("RL")},
		{"ended friendship", schema.Core, schema.EndedKey(app, relations.FriendEntry, a, b), schema.Relations, of("RL")},
		{"ended block", schema.Core, schema.EndedKey(app, relations.BlockEntry, a, b), schema.Relations, of("RL")},
		{"ended request", schema.Core, schema.EndedKey(app, relations.RequestEntry, a, b), schema.Relations, of("RL")},
		{"friend change", schema.Core, schema.FriendChangeKey(app, a, int64(n)), schema.Relations, of("RL")},
		{"request", schema.Core, schema.RequestKey(app, a, b), schema.Relations, of("RL")},
		{"following", schema.Core, schema.FollowingKey(app, a, b), schema.Follows, of("FO")},
		{"follow counts", schema.Core, schema.FollowCountsKey(app, a), schema.Follows, of("FO")},
		{"follower", schema.Core, schema.FollowerKey(app, a, b), schema.Follows, of("F")},
		{"watcher", schema.Live, schema.WatcherKey(app, a, b), schema.Watches, of("PS")},
		{"watched", schema.Live, schema.WatchedKey(app, a, b), schema.Watches, of("PW")},
		{"watch count", schema.Live, schema.WatchCountKey(app, a), schema.Watches, of("PW")},
		{"row", schema.Core, schema.RowKey(app, a, chat.Between(a, b)), schema.Conversations, of("U")},
		{"draft", schema.Core, schema.DraftKey(app, a, chat.Between(a, b)), schema.Conversations, of("U")},
		{"head", schema.Core, schema.HeadKey(app, a), schema.Conversations, of("U")},
		{"account index", schema.Core, index, schema.AccountList, schema.Partition{
			App: app, Kind: "AI", ID: index.PK[strings.LastIndexByte(index.PK, '#')+1:],
		}},
		{"group", schema.Core, schema.GroupKey(app, a), schema.Groups, of("GP")},
		{"group list", schema.Core, listed, schema.GroupList, schema.Partition{
			App: app, Kind: "GI", ID: listed.PK[strings.LastIndexByte(listed.PK, '#')+1:],
		}},
		{"group counts", schema.Core, schema.GroupCountsKey(app), schema.GroupList, own("GC")},
		{"settings", schema.Core, schema.SettingsKey(app), schema.Apps, own("A")},
		{"counter", schema.Core, schema.AccountCountKey(app), schema.AccountCounts, own("AN")},
		{"secret", schema.Core, schema.SecretKey(app, n), schema.Secrets, own("AK")},
		{"admin", schema.Core, schema.AdminKey(app, a), schema.Apps, own("A")},
		{"registry", schema.Core, schema.RegistryKey(app), schema.Apps, schema.Partition{Kind: "APPS"}},
		{"message", schema.Msg, schema.Key{PK: schema.TimelinePK(app, chat.Between(a, b)), SK: schema.MessageSK(chat.Between(a, b), m)}, schema.Messages, schema.Partition{
			App: app, Kind: "P", Chat: chat.Between(a, b),
		}},
		{"log", schema.Msg, schema.LogKey(app, chat.Between(a, b), timeline.LogEntry{AtMs: m.Time, Key: m}), schema.Messages, schema.Partition{
			App: app, Kind: "P", Chat: chat.Between(a, b),
		}},
		{"log of one side", schema.Msg, schema.LogKey(app, chat.Between(a, b), timeline.LogEntry{AtMs: m.Time, Key: m, Only: b}), schema.Messages, schema.Partition{
			App: app, Kind: "P", Chat: chat.Between(a, b),
		}},
		{"extension counters", schema.Msg, schema.ExtensionCountersKey(app, chat.Between(a, b), m), schema.Messages, schema.Partition{
			App: app, Kind: "P", Chat: chat.Between(a, b),
		}},
		{"extension", schema.Msg, schema.ExtensionKey(app, chat.Between(a, b), m, "k"), schema.Messages, schema.Partition{
			App: app, Kind: "P", Chat: chat.Between(a, b),
		}},
		{"session", schema.Live, schema.SessionKey(app, a), schema.Sessions, of("S")},
		{"export", schema.Ops, schema.ExportKey(archive.Hour{App: app, Type: archive.Direct, Name: "2023111506"}), schema.Exports, own("EX")},
		{"pending hour", schema.Ops, schema.PendingKey(archive.Hour{App: app, Type: archive.Group, Name: "2023111506"}), schema.Exports, schema.Partition{Kind: "pending"}},
		{"dedup", schema.Live, schema.IdempotencyKey(app, a, chat.Between(a, b), hash), schema.IdempotencyKeys, of("D")},
		{"batch", schema.Live, schema.BatchKey(app, a, hash), schema.IdempotencyKeys, of("D")},
	}
	return append(list, groupKeys(app, a, b, m)...)
}

func checkKeys(t *testing.T, app int64, a, b string, hash uint64, n int, m timeline.Key) {
	t.Helper()
	for _, k := range everyKey(app, a, b, hash, n, m) {
		if got := schema.New().ParsePartition(k.key.PK); got != k.partition {
			t.Errorf("%s: ParsePartition(%q) = %+v, want %+v", k.name, k.key.PK, got, k.partition)
		}
		for _, table := range schema.Tables() {
			got, ok := schema.New().AggregateOf(table, k.key)
			if want := table == k.table; ok != want || (ok && got != k.aggregate) {
				t.Errorf("%s: Of(%s, %q) = %q, %t, want %q in %s only", k.name, table, k.key, got, ok, k.aggregate, k.table)
			}
		}
		if got := k.aggregate.Descriptor().Table; got != k.table {
			t.Errorf("%s: %s is in table %s, want %s", k.name, k.aggregate, got, k.table)
		}
		for _, other := range schema.Descriptors() {
			allowed := slices.ContainsFunc(other.LeadingKeys(), func(pattern string) bool { return matches(pattern, k.key.PK) })
			if want := other.Aggregate == k.aggregate; allowed != want && other.Table == k.table {
				t.Errorf("%s: the patterns %q of %s allow a role to access %q: %t, want %t", k.name, other.LeadingKeys(), other.Aggregate, k.key.PK, allowed, want)
			}
		}
	}
	same := func(name string, got, want any, ok bool) {
		t.Helper()
		if !ok || got != want {
			t.Errorf("%s: parsed %q, %t, want %q", name, got, ok, want)
		}
	}
	for _, id := range []chat.ID{chat.Between(a, b), chat.OfGroup(b), chat.OfTopic(b, a), chat.OfRoom(b), chat.OfOfficial(b)} {
		row, ok := schema.ParseRowSK(a, schema.RowKey(app, a, id).SK)
		same("row", row, id, ok)
		draft, ok := schema.ParseDraftSK(a, schema.DraftKey(app, a, id).SK)
		same("draft", draft, id, ok)
		dedup, gotHash, ok := schema.ParseIdempotencySK(a, schema.IdempotencyKey(app, a, id, hash).SK)
		same("dedup", fmt.Sprint(dedup, gotHash), fmt.Sprint(id, hash), ok)
		_, timeline, ok := schema.ParseTimelinePK(schema.TimelinePK(app, id))
		same("timeline", timeline, id, ok)
	}
	peer, ok := schema.ParseBlockSK(schema.BlockKey(app, a, b).SK)
	same("block", peer, b, ok)
	peer, ok = schema.ParseFriendSK(schema.FriendKey(app, a, b).SK)
	same("friend", peer, b, ok)
	peer, ok = schema.ParseFriendOfSK(schema.FriendOfKey(app, a, b).SK)
	same("friend of", peer, b, ok)
	for _, want := range []relations.EntryKind{relations.FriendEntry, relations.RequestEntry, relations.BlockEntry} {
		kind, peer, ok := schema.ParseEndedSK(schema.EndedKey(app, want, a, b).SK)
		same("ended", fmt.Sprint(kind, peer), fmt.Sprint(want, b), ok)
	}
	peer, ok = schema.ParseRequestSK(schema.RequestKey(app, a, b).SK)
	same("request", peer, b, ok)
	peer, ok = schema.ParseFollowingSK(schema.FollowingKey(app, a, b).SK)
	same("following", peer, b, ok)
	version, ok := schema.ParseChangeSK(schema.FriendChangeKey(app, a, int64(n)).SK)
	same("friend change", version, int64(n), ok)
	hour := archive.Hour{App: app, Type: archive.Direct, Name: "2023111506"}
	pending, ok := schema.ParsePendingSK(schema.PendingKey(hour).SK)
	same("pending", pending, hour, ok)
	kind, name, ok := schema.ParseExportSK(schema.ExportKey(hour).SK)
	same("export", archive.Hour{App: app, Type: kind, Name: name}, hour, ok)
	user, ok := schema.ParseAdminSK(schema.AdminKey(app, a).SK)
	same("admin", user, a, ok)
	number, ok := schema.ParseSecretSK(schema.SecretKey(app, n).SK)
	same("secret", number, n, ok)
	id, ok := schema.ParseRegistrySK(schema.RegistryKey(app).SK)
	same("registry", id, app, ok)
	id, user, ok = schema.ParseAccountListKey(schema.AccountListKey(app, a))
	same("account index", fmt.Sprint(id, user), fmt.Sprint(app, a), ok)
	letter, group, ok := schema.ParseGroupListKey(schema.GroupListKey(app, "work", b))
	same("group list", letter+" "+group, "w "+b, ok)
	key, ok := schema.ParseMessageSK(chat.Between(a, b), schema.MessageSK(chat.Between(a, b), m))
	same("message", key, m, ok)
	checkGroupKeys(app, a, b, m, same)
	batch, gotHash, ok := schema.ParseIdempotencySK(a, schema.BatchKey(app, a, hash).SK)
	same("batch", fmt.Sprint(batch, gotHash), fmt.Sprint(chat.ID{}, hash), ok)
	if x, y := schema.TimelinePK(app, chat.Between(a, b)), schema.TimelinePK(app, chat.Between(b, a)); x != y {
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
		"a", "alice", "#", "##", "~", " ", "  a  ", "A", "A#", "AI#0", "U#a", "a#U#b", "a#C#b", "x#A", "x#AK", "a#P#b", "a#M#b", "K#c#bob", "B#x", "ACC", "CFG", "-",
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
					case "settings", "counter", "group counts", "secret", "registry", "export", "pending hour":
						origin = fmt.Sprint(k.name, app)
					case "account", "account index", "admin", "session", "watch count", "batch", "profile", "relation counters", "head", "follow counts", "friend change",
						"group head", "message of a group", "log of a group", "extension counters of a group", "extension of a group",
						"group", "group list", "group attributes", "group counters":
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
	direct := chat.Between("a", "b")
	for i := 1; i < len(keys); i++ { // keys are made in order of (time, seq, random)
		before, after := keys[i-1], keys[i]
		if !before.Before(after) || after.Before(before) {
			t.Fatalf("Before says %v is not before %v", before, after)
		}
		if x, y := schema.MessageSK(direct, before), schema.MessageSK(direct, after); x >= y {
			t.Fatalf("%v has the sort key %q, which is not before %v with %q", before, x, after, y)
		}
	}
}

// A key that no constructor makes belongs to no aggregate.
func TestUnknownKeysBelongToNoAggregate(t *testing.T) {
	const timeline = "1#P#a\x1fb"
	const message = "m000000010000000200000003"
	for _, c := range []struct {
		table schema.Table
		key   schema.Key
	}{
		{schema.Core, schema.Key{}},
		{schema.Core, schema.Key{PK: "1#U#a"}},
		{schema.Core, schema.Key{PK: "1#C#", SK: "ACC"}},
		{schema.Core, schema.Key{PK: "1#C#a\x1fb", SK: "ACC"}},
		{schema.Core, schema.Key{PK: "1#C", SK: "ACC"}},
		{schema.Core, schema.Key{PK: "#C#a", SK: "ACC"}},
		{schema.Core, schema.Key{PK: "-1#C#a", SK: "ACC"}},
		{schema.Core, schema.Key{PK: "+1#C#a", SK: "ACC"}},
		{schema.Core, schema.Key{PK: "01#C#a", SK: "ACC"}},
		{schema.Core, schema.Key{PK: "1.0#C#a", SK: "ACC"}},
		{schema.Core, schema.Key{PK: "9223372036854775808#C#a", SK: "ACC"}},
		{schema.Core, schema.Key{PK: "1#c#a", SK: "ACC"}},
		{schema.Core, schema.Key{PK: "1#C#a", SK: "acc"}},
		{schema.Core, schema.Key{PK: "1#C#a", SK: "ACC "}},
		{schema.Core, schema.Key{PK: "1#PR#a", SK: "PRF "}},
		{schema.Core, schema.Key{PK: "1#RL#a", SK: "F#"}},
		{schema.Core, schema.Key{PK: "1#FO#a", SK: "FO#"}},
		{schema.Core, schema.Key{PK: "1#RL#a", SK: "FR#b\x1fc"}},
		{schema.Core, schema.Key{PK: "1#RL#a", SK: "FV#1"}},
		{schema.Core, schema.Key{PK: "1#RL#a", SK: "FV#000000000A"}},
		{schema.Core, schema.Key{PK: "1#RL#a", SK: "FV#+000000001"}},
		{schema.Core, schema.Key{PK: "1#F#a"}},
		{schema.Core, schema.Key{PK: "1#F#", SK: "b"}},
		{schema.Live, schema.Key{PK: "1#PS#a"}},
		{schema.Live, schema.Key{PK: "1#PS#", SK: "b"}},
		{schema.Live, schema.Key{PK: "1#PX#a", SK: "b"}},
		{schema.Core, schema.Key{PK: "1#U#a", SK: "K#"}},
		{schema.Core, schema.Key{PK: "1#U#a", SK: "K#c#"}},
		{schema.Core, schema.Key{PK: "1#U#a", SK: "K#g#"}},
		{schema.Core, schema.Key{PK: "1#RL#a", SK: "B#"}},
		{schema.Core, schema.Key{PK: "1#RL#a", SK: "B#b\x1fc"}},
		{schema.Core, schema.Key{PK: "1#A#", SK: ""}},
		{schema.Core, schema.Key{PK: "1#A#", SK: "CFG2"}},
		{schema.Core, schema.Key{PK: "1#A", SK: "CFG"}},
		{schema.Core, schema.Key{PK: "1#A##", SK: "CFG"}},
		{schema.Core, schema.Key{PK: "1#AK#", SK: "KEY#0"}},
		{schema.Core, schema.Key{PK: "1#AK#", SK: "KEY#-1"}},
		{schema.Core, schema.Key{PK: "1#AK#", SK: "KEY#01"}},
		{schema.Core, schema.Key{PK: "1#AK#", SK: "KEY#+1"}},
		{schema.Core, schema.Key{PK: "1#AK#", SK: "KEY#x"}},
		{schema.Core, schema.Key{PK: "1#A#", SK: "ADM#"}},
		{schema.Core, schema.Key{PK: "1#AI#64", SK: "a"}},
		{schema.Core, schema.Key{PK: "1#AI#-1", SK: "a"}},
		{schema.Core, schema.Key{PK: "1#AI#00", SK: "a"}},
		{schema.Core, schema.Key{PK: "1#AI#x", SK: "a"}},
		{schema.Core, schema.Key{PK: schema.AccountListKey(1, "a").PK, SK: "b"}},
		{schema.Core, schema.Key{PK: schema.AccountListKey(1, "a").PK}},
		{schema.Core, schema.Key{PK: "1#GP#a", SK: "INF "}},
		{schema.Core, schema.Key{PK: "1#GP#", SK: "INF"}},
		{schema.Core, schema.Key{PK: "1#GC#", SK: "CN2"}},
		{schema.Core, schema.Key{PK: "1#GC#a", SK: "CN"}},
		{schema.Core, schema.Key{PK: "1#GI#8", SK: schema.GroupListKey(1, "work", "a").SK}},
		{schema.Core, schema.Key{PK: schema.GroupListKey(1, "work", "a").PK, SK: "w"}},
		{schema.Core, schema.Key{PK: schema.GroupListKey(1, "work", "a").PK, SK: strings.TrimSuffix(schema.GroupListKey(1, "work", "a").SK, "a") + "b"}},
		{schema.Core, schema.Key{PK: schema.GroupListKey(1, "work", "a").PK, SK: strings.ToUpper(schema.GroupListKey(1, "work", "a").SK)}},
		{schema.Core, schema.Key{PK: "APPS"}},
		{schema.Core, schema.Key{PK: "APPS", SK: "1"}},
		{schema.Core, schema.Key{PK: "APPS", SK: "-000000001"}},
		{schema.Core, schema.Key{PK: "APPS", SK: "+000000001"}},
		{schema.Core, schema.Key{PK: "apps", SK: "0000000001"}},
		{schema.Core, schema.Key{PK: "1#G#g", SK: "H"}},
		{schema.Msg, schema.Key{PK: timeline}},
		{schema.Msg, schema.Key{PK: timeline, SK: "m"}},
		{schema.Msg, schema.Key{PK: timeline, SK: "o0000000001"}},
		{schema.Msg, schema.Key{PK: timeline, SK: message + "+"}},
		{schema.Msg, schema.Key{PK: timeline, SK: message[:24]}},
		{schema.Msg, schema.Key{PK: timeline, SK: strings.Replace(message, "3", "G", 1)}},
		{schema.Msg, schema.Key{PK: timeline, SK: strings.Replace(message, "3", "A", 1)}},
		{schema.Msg, schema.Key{PK: timeline, SK: strings.Replace(message, "00000003", "+0000003", 1)}},
		{schema.Msg, schema.Key{PK: "1#P#b\x1fa", SK: message}},
		{schema.Msg, schema.Key{PK: "1#P#a\x1fb\x1fc", SK: message}},
		{schema.Msg, schema.Key{PK: "1#P#a", SK: message}},
		{schema.Msg, schema.Key{PK: "1#P#a\x1f", SK: message}},
		{schema.Msg, schema.Key{PK: "1#P#\x1fb", SK: message}},
		{schema.Msg, schema.Key{PK: "1#G#g", SK: message}},
		{schema.Msg, schema.Key{PK: "1#G#g", SK: "m0000001"}},
		{schema.Msg, schema.Key{PK: "1#G#g", SK: "m0000000G"}},
		{schema.Msg, schema.Key{PK: "1#G#g", SK: "m0000000A"}},
		{schema.Msg, schema.Key{PK: "1#G#g", SK: "o00000000001000000010"}},
		{schema.Msg, schema.Key{PK: "1#G#", SK: "m00000001"}},
		{schema.Msg, schema.Key{PK: "1#G#g\x1fh", SK: "m00000001"}},
		{schema.Msg, schema.Key{PK: "1#T#g\x1ft", SK: message}},
		{schema.Msg, schema.Key{PK: timeline, SK: "m00000001"}},
		{schema.Live, schema.Key{PK: "1#S#a"}},
		{schema.Live, schema.Key{PK: "1#S#a", SK: "--"}},
		{schema.Live, schema.Key{PK: "1#S#", SK: "-"}},
		{schema.Live, schema.Key{PK: "1#D#a", SK: "b"}},
		{schema.Live, schema.Key{PK: "1#D#a", SK: "b\x1f"}},
		{schema.Live, schema.Key{PK: "1#D#a", SK: "b\x1f000000000000000"}},
		{schema.Live, schema.Key{PK: "1#D#a", SK: "b\x1f000000000000000A"}},
		{schema.Live, schema.Key{PK: "1#D#a", SK: "b\x1fc\x1f0000000000000001"}},
		{schema.Live, schema.Key{PK: "1#D#a", SK: "b\x1f+000000000000001"}},
		{schema.Core, schema.Key{PK: "1#GM#g", SK: "M#"}},
		{schema.Core, schema.Key{PK: "1#GM#g", SK: "X#a\x1fb"}},
		{schema.Core, schema.Key{PK: "1#GM#g", SK: "MU#"}},
		{schema.Core, schema.Key{PK: "1#GM#", SK: "M#a"}},
		{schema.Core, schema.Key{PK: "1#GM#g", SK: "J#a"}},
		{schema.Core, schema.Key{PK: "1#GJ#g", SK: "J#"}},
		{schema.Core, schema.Key{PK: "1#GJ#g", SK: "M#a"}},
		{schema.Core, schema.Key{PK: "1#GQ#a", SK: "g"}},
		{schema.Core, schema.Key{PK: "1#GQ#a", SK: "g\x1f"}},
		{schema.Core, schema.Key{PK: "1#GQ#a", SK: "g\x1fa\x1fb"}},
		{schema.Ops, schema.Key{PK: "1#ST#20231114", SK: "sent#22"}},
		{schema.Ops, schema.Key{PK: "1#C#a", SK: "ACC"}},
		{schema.Core, schema.Key{PK: "1#U#a", SK: "ACC"}},
		{schema.Core, schema.Key{PK: "1#C#a", SK: "KG"}},
		{schema.Core, schema.Key{PK: "1#C#a#b", SK: "ACC"}},
		{schema.Core, schema.Key{PK: "1#A#", SK: "KEY#1"}},
		{schema.Core, schema.Key{PK: "1#AK#", SK: "CFG"}},
		{schema.Core, schema.Key{PK: "1#AK#a", SK: "KEY#1"}},
		{schema.Core, schema.Key{PK: "1#A#", SK: "CN"}},
	} {
		if got, ok := schema.New().AggregateOf(c.table, c.key); ok {
			t.Errorf("Of(%s, %q) = %q, want no aggregate", c.table, c.key, got)
		}
	}
}

// The places of groups in the list of groups are in the order of the list, and lead back to where
// it goes on.
func TestGroupListPlaces(t *testing.T) {
	type entry struct {
		key   schema.Key
		place uint64
	}
	var list []entry
	for _, kind := range []string{"work", "public", "meeting"} {
		for i := range 500 {
			id := fmt.Sprint("g", i)
			list = append(list, entry{schema.GroupListKey(1, kind, id), schema.GroupListPlace(kind[:1], id)})
		}
	}
	slices.SortFunc(list, func(a, b entry) int { return cmp.Compare(a.place, b.place) })
	for i, e := range list {
		if i > 0 && (list[i-1].place >= e.place || list[i-1].key.PK > e.key.PK || (list[i-1].key.PK == e.key.PK && list[i-1].key.SK >= e.key.SK)) {
			t.Fatalf("%q at %d is not before %q at %d", list[i-1].key, list[i-1].place, e.key, e.place)
		}
		shard, after, ok := schema.GroupListAfter(e.place)
		if !ok || schema.GroupListPK(1, shard) != e.key.PK || after <= e.key.SK {
			t.Fatalf("after %q at %d: shard %d, %q, %t", e.key, e.place, shard, after, ok)
		}
		if i+1 < len(list) && list[i+1].key.PK == e.key.PK && after >= list[i+1].key.SK {
			t.Fatalf("after %q: %q is not before %q", e.key, after, list[i+1].key)
		}
	}
	if shard, after, ok := schema.GroupListAfter(0); shard != 0 || after != "" || !ok {
		t.Errorf("after 0: %d, %q, %t, want the beginning", shard, after, ok)
	}
	for _, bad := range []uint64{1, 1 << 60, 1<<64 - 1, 27 << 52, 1 << 57} {
		if shard, after, ok := schema.GroupListAfter(bad); ok {
			t.Errorf("after %d: %d, %q, want no place", bad, shard, after)
		}
	}
}

// The list of applications is in the order of their numbers.
func TestRegistryIsInOrder(t *testing.T) {
	ids := []int64{0, 1, 9, 10, 999_999_999, 1_400_000_000, 1_599_999_999, 9_999_999_999}
	for i := 1; i < len(ids); i++ {
		if a, b := schema.RegistryKey(ids[i-1]), schema.RegistryKey(ids[i]); a.PK != b.PK || a.SK >= b.SK {
			t.Errorf("application %d with %q is not before %d with %q", ids[i-1], a, ids[i], b)
		}
	}
}
