package chat

import (
	"encoding/json"
	"slices"
	"testing"
)

func TestTheIDIsTheSameForBothUsers(t *testing.T) {
	id := Between("bob", "alice")
	if other := Between("alice", "bob"); id != other {
		t.Errorf("Between depends on the order: %v, %v", id, other)
	}
	if id.Peer("alice") != "bob" || id.Peer("bob") != "alice" {
		t.Errorf("peers are %q, %q, want bob, alice", id.Peer("alice"), id.Peer("bob"))
	}
	if id.Side("alice") != 0 || id.Side("bob") != 1 {
		t.Errorf("sides are %d, %d, want 0, 1", id.Side("alice"), id.Side("bob"))
	}
	if group := OfGroup("alice"); group.Peer("alice") != "" || group == id || group == OfRoom("alice") {
		t.Errorf("the group alice is taken for another conversation")
	}
}

func TestTheTextOfAnIDIsParsed(t *testing.T) {
	for _, id := range []ID{{}, Between("a", "b#c"), Between("a", "a"), OfGroup("g#1"), OfTopic("g", "t"), OfRoom("r"), OfOfficial("o")} {
		got, err := Parse(id.String())
		if err != nil || got != id {
			t.Errorf("Parse(%q) = %v, %v, want %v", id.String(), got, err, id)
		}
		job, err := json.Marshal(struct{ After ID }{id})
		var read struct{ After ID }
		if err != nil || json.Unmarshal(job, &read) != nil || read.After != id {
			t.Errorf("as JSON %s is read as %v, want %v", job, read.After, id)
		}
	}
	for _, text := range []string{"P", "P#", "P#a", "P#a\x1f", "P#\x1fa", "P#b\x1fa", "P#a\x1fb\x1fc", "G#a\x1fb", "G#a\x1f", "T#a", "X#a", "#a", "PP#a\x1fb"} {
		if id, err := Parse(text); err == nil {
			t.Errorf("Parse(%q) = %v, want an error", text, id)
		}
	}
}

func TestConversationsOfAUserAreInTheOrderOfTheirPeers(t *testing.T) {
	want := []ID{{}, Between("m", "a"), Between("m", "b"), Between("m", "m"), Between("m", "x"), Between("m", "y"), OfGroup("a"), OfGroup("b"), OfTopic("g", "t")}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, Compare)
	if !slices.Equal(got, want) {
		t.Errorf("the order is %q, want %q", got, want)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("P#alice\x1fbob")
	f.Add("T#g\x1ft")
	f.Fuzz(func(t *testing.T, text string) {
		if id, err := Parse(text); err == nil && id.String() != text {
			t.Errorf("Parse(%q) is %v, whose text is %q", text, id, id.String())
		}
	})
}
