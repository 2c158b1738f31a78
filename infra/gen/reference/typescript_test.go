package reference

import (
	"strings"
	"testing"

	"parley/infra/gen/source"
)

// TestTypeScript checks some declarations, and that every operation and event is declared.
func TestTypeScript(t *testing.T) {
	out, err := TypeScript(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ file, want string }{
		{"shared.ts", "export interface Element {\n  MsgType: string;\n  MsgContent: Record<string, unknown>;\n}\n"},
		{"friend.ts", "export interface FriendListCreateRequest {\n  GroupName: string[];\n  /** friends to put into each list */\n  To_Account?: string[];\n}\n"},
		{"friend.ts", "export interface FriendListCreateAnswer {\n  ResultItem?: Result[];\n  ListVersion: number;\n}\n"},
		{"session.ts", "export type SessionBackgroundRequest = Record<string, never>;\n"},
		{"session.ts", "  BlockVersion?: number;\n"}, // a field of an embedded pointer, which only the first page of a sync has
		{"friend.ts", "  listCreate(request: FriendListCreateRequest): Promise<FriendListCreateAnswer>;\n"},
		{"session.ts", "  background(request?: SessionBackgroundRequest): Promise<SessionBackgroundAnswer>;\n"},
		{"friend.ts", "   */\n  list(request?: FriendListRequest): Promise<FriendListAnswer>;\n"},
		{"index.ts", "  friend: FriendOperations;\n"},
		{"events.ts", "  \"message.new\": Message | GroupMessage;\n"},
		{"events.ts", "  \"friend.changed\": FriendsChanged | ListsChanged;\n"},
	} {
		if n := strings.Count(string(out[c.file]), c.want); n != 1 {
			t.Errorf("%s has %d times:\n%s", c.file, n, c.want)
		}
	}
	entries, events := described(t)
	for _, e := range entries {
		subject, verb, _ := strings.Cut(e.action(), ".")
		if subject != "" && !strings.Contains(string(out[subject+".ts"]), ": Promise<"+capital(subject)+capital(camel(verb))+"Answer>;\n") {
			t.Errorf("%s.ts lacks %s", subject, e.action())
		}
	}
	for _, e := range events {
		if !strings.Contains(string(out["events.ts"]), "\n  \""+e.name+"\": ") {
			t.Errorf("events.ts lacks the event %s", e.name)
		}
	}
}

// TestImportsOfTypes checks that a file imports what it uses of other files, and that index.ts
// exports all files.
func TestImportsOfTypes(t *testing.T) {
	out, err := TypeScript(root)
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		"block.ts":  "import type { Result } from \"./shared.ts\";\n",            // one line
		"events.ts": "import type {\n  BlocksChanged,\n  ConversationDeleted,\n", // more than 120 columns
		"index.ts":  "import type { FriendOperations } from \"./friend.ts\";\n",
	} {
		if !strings.Contains(string(out[file]), want) {
			t.Errorf("%s lacks:\n%s", file, want)
		}
	}
	for file := range out {
		if want := "export type * from \"./" + file + "\";\n"; file != "index.ts" && !strings.Contains(string(out["index.ts"]), want) {
			t.Errorf("index.ts lacks:\n%s", want)
		}
	}
}

// TestASubjectWithTheNameOfAnotherFile checks that gen refuses a subject whose file would
// replace another one.
func TestASubjectWithTheNameOfAnotherFile(t *testing.T) {
	d := newDeclarations()
	d.subject(group{surface: "client", name: "events"})
	if d.err == nil {
		t.Error("the subject events would have the file events.ts, and is accepted")
	}
}

// TestOneNameForTwoTypesIsRefused shows when two types would have the same name in the
// declarations.
func TestOneNameForTwoTypesIsRefused(t *testing.T) {
	field := func(dir, name string) source.Field {
		return source.Field{Name: "F", Type: &source.Type{Kind: source.Object, Dir: dir, Name: name}}
	}
	for _, c := range []struct {
		a, b source.Field
		ok   bool
	}{
		{field("functions/client/friend", "row"), field("functions/client/friend", "row"), true},
		{field("functions/client/friend", "item"), field("functions/client/block", "item"), true},
		{field("functions/client/friend", "request"), field("shared/dialect/client", "friendRequest"), false},
		{field("functions/client/friend", "request"), field("functions/client/friend", "friendRequest"), false},
	} {
		d := newDeclarations()
		d.members(d.file("friend"), &source.Type{Fields: []source.Field{c.a, c.b}}, inAnswer)
		if (d.err == nil) != c.ok {
			t.Errorf("%s.%s and %s.%s: %v", c.a.Type.Dir, c.a.Type.Name, c.b.Type.Dir, c.b.Type.Name, d.err)
		}
	}
}

func TestJSDoc(t *testing.T) {
	for text, want := range map[string]string{
		"":               "",
		"Says it.":       "  /** Says it. */\n",
		"Says it.\n\nX.": "  /**\n   * Says it.\n   *\n   * X.\n   */\n",
		"Ends */ late":   "  /** Ends *\\/ late */\n",
	} {
		if got := jsdoc("  ", text); got != want {
			t.Errorf("jsdoc of %q: got %q, want %q", text, got, want)
		}
	}
}
