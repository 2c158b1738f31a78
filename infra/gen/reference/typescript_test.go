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
	text := string(out)
	for _, want := range []string{
		"export interface Element {\n  MsgType: string;\n  MsgContent: Record<string, unknown>;\n}\n",
		"export interface FriendListCreateRequest {\n  GroupName: string[];\n  /** friends to put into each list */\n  To_Account?: string[];\n}\n",
		"export interface FriendListCreateAnswer {\n  ResultItem?: Result[];\n  ListVersion: number;\n}\n",
		"export type SessionBackgroundRequest = Record<string, never>;\n",
		"  BlockVersion?: number;\n", // a field of an embedded pointer, which only the first page of a sync has
		"  listCreate(request: FriendListCreateRequest): Promise<FriendListCreateAnswer>;\n",
		"  background(request?: SessionBackgroundRequest): Promise<SessionBackgroundAnswer>;\n",
		"   */\n  list(request?: FriendListRequest): Promise<FriendListAnswer>;\n",
		"  friend: FriendOperations;\n",
		"  \"message.new\": Message;\n",
		"  \"friend.changed\": FriendsChanged | ListsChanged;\n",
	} {
		if strings.Count(text, want) != 1 {
			t.Errorf("api.ts has %d times:\n%s", strings.Count(text, want), want)
		}
	}
	entries, events := described(t)
	for _, e := range entries {
		subject, verb, _ := strings.Cut(e.action(), ".")
		if subject != "" && !strings.Contains(text, ": Promise<"+capital(subject)+capital(camel(verb))+"Answer>;\n") {
			t.Errorf("api.ts lacks %s", e.action())
		}
	}
	for _, e := range events {
		if !strings.Contains(text, "\n  \""+e.name+"\": ") {
			t.Errorf("api.ts lacks the event %s", e.name)
		}
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
		d := &declarations{names: newNames()}
		d.members(&source.Type{Fields: []source.Field{c.a, c.b}}, inAnswer)
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
