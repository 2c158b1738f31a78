package groupchat_test

import (
	"fmt"
	"testing"

	"parley/shared/domain/groups"
	"parley/shared/dynamo"
	"parley/shared/fault"
	"parley/shared/store/schema"
)

// remove does the jobs that remove the data of destroyed groups, each when it is due.
func (f fixture) remove() {
	f.t.Helper()
	for list := f.GroupJobs.Take(); len(list) > 0; list = f.GroupJobs.Take() {
		for _, j := range list {
			f.Clock.Move(j.Delay)
			if err := f.tenant.Groups.ContinueRemoval(f.t.Context(), j.Job); err != nil {
				f.t.Fatal(err)
			}
		}
	}
}

// TestIDOfDestroyedGroup: a new group with the id of a destroyed one goes on with its numbers, and
// nobody sees a message of the destroyed one, not even one that was stored and not counted.
func TestIDOfDestroyedGroup(t *testing.T) {
	f := newFixture(t, groups.Public)
	for i := range uint32(3) {
		f.send(f.request("ann", i))
	}
	// The head is behind: message 3 is stored, and the call died before it counted it.
	head := f.head()
	f.set(schema.GroupHeadKey(f.ID, "g"), schema.GroupHeadNumber, head.Number-1)
	f.set(schema.GroupHeadKey(f.ID, "g"), schema.GroupHeadCounted, head.Counted-1)

	ann := groups.Actor{User: "ann"}
	if err := f.tenant.Groups.Destroy(t.Context(), ann, "g"); err != nil {
		t.Fatal(err)
	}
	f.remove()
	n := groups.NewGroup{Prefix: "@", Group: groups.Group{ID: "g", Type: groups.Public, Name: "new", Owner: "bob"}, Members: []groups.NewMember{{User: "cid", Role: groups.Member}}}
	if _, err := f.tenant.Groups.Create(t.Context(), groups.Actor{Application: true}, n); err != nil {
		t.Fatal(err)
	}
	if got := f.send(f.request("bob", 9)); got != 5 {
		t.Errorf("the first message of the new group has the number %d, want 5, after the tip 4", got)
	}
	for _, user := range []string{"bob", "cid", ""} {
		if got, want := numbers(f.history(user)), " 4::3 5:bob:4"; got != want {
			t.Errorf("history of %q:%s, want%s", user, got, want)
		}
	}
	if got := fmt.Sprint(f.unread("bob"), f.unread("cid")); got != "0 1" {
		t.Errorf("unread of bob and cid: %s, want 0 1", got)
	}
}

// TestIDWithoutMessages: a new group with the id of a destroyed one that had no message begins
// with number 1.
func TestIDWithoutMessages(t *testing.T) {
	f := newFixture(t, groups.Meeting)
	admin := groups.Actor{Application: true}
	for range 2 {
		if err := f.tenant.Groups.Destroy(t.Context(), admin, "g"); err != nil {
			t.Fatal(err)
		}
		f.remove()
		f.seed("group g meeting ann")
	}
	if got := f.send(f.request("ann", 9)); got != 1 {
		t.Errorf("the first message has the number %d, want 1", got)
	}
}

// TestWhoMayDestroy: what the table of capabilities says of each role.
func TestWhoMayDestroy(t *testing.T) {
	for kind, may := range map[groups.Type]bool{groups.Work: false, groups.Public: true, groups.Meeting: true} {
		f := newFixture(t, kind)
		if err := f.tenant.Groups.Destroy(t.Context(), groups.Actor{User: "bob"}, "g"); !fault.Is(err, fault.NotPermitted) {
			t.Errorf("a member destroys a group of the type %s: %v, want NotPermitted", kind, err)
		}
		if err := f.tenant.Groups.Destroy(t.Context(), groups.Actor{User: "ann"}, "g"); (err == nil) != may {
			t.Errorf("the owner destroys a group of the type %s: %v, want success %t", kind, err, may)
		}
	}
}

// TestRemovalAfterDeath: a call that died after it destroyed the group has queued no job. The next
// call queues it. While the id is not free, nobody else gets it.
func TestRemovalAfterDeath(t *testing.T) {
	f := newFixture(t, groups.Public)
	f.set(schema.GroupKey(f.ID, "g"), schema.GroupDestroyed, f.Clock.Now().Unix())
	f.set(schema.GroupHeadKey(f.ID, "g"), schema.GroupHeadDestroyed, f.Clock.Now().Unix())
	admin := groups.Actor{Application: true}
	n := groups.NewGroup{Prefix: "@", Group: groups.Group{ID: "g", Type: groups.Public, Name: "new"}}
	if _, err := f.tenant.Groups.Create(t.Context(), admin, n); !fault.Is(err, fault.GroupIDTaken) {
		t.Errorf("create: %v, want GroupIDTaken", err)
	}
	if err := f.tenant.Groups.Destroy(t.Context(), admin, "g"); !fault.Is(err, fault.GroupUnknown) {
		t.Errorf("destroy: %v, want GroupUnknown", err)
	}
	f.remove()
	if _, err := f.tenant.Groups.Create(t.Context(), admin, n); err != nil {
		t.Errorf("create after the removal: %v", err)
	}
}

// TestFreeIDKeepsNumbers: the head of a destroyed group is kept as long as its messages may be
// stored, and has nothing but the numbers.
func TestFreeIDKeepsNumbers(t *testing.T) {
	f := newFixture(t, groups.Public)
	f.send(f.request("ann", 1))
	if err := f.tenant.Groups.Destroy(t.Context(), groups.Actor{Application: true}, "g"); err != nil {
		t.Fatal(err)
	}
	f.remove()
	var attributes []string
	a, err := f.App.Apps.Get(t.Context(), f.ID)
	if err != nil {
		t.Fatal(err)
	}
	expires := f.Clock.Now().Add(a.Settings.InForce().Retention()).Unix()
	item := f.Item(t, schema.Core, schema.GroupHeadKey(f.ID, "g"))
	for _, name := range []dynamo.Attribute{schema.GroupHeadNumber, schema.GroupHeadCounted, schema.GroupHeadLastTime, schema.GroupHeadDestroyed, schema.Expires} {
		if item.Has(name) {
			attributes = append(attributes, string(name))
		}
	}
	if got := item.Int(schema.Expires); len(attributes) != 5 || len(item) != 7 || got < expires-60 || got > expires+60 {
		t.Errorf("the head is %v with %d attributes and expires at %d, want the keys, five attributes and %d", attributes, len(item), got, expires)
	}
}
