package store_test

import (
	"context"
	"testing"

	"parley/infra/testkit"
	"parley/shared/app"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/delivery"
	"parley/shared/domain/direct"
	"parley/shared/dynamo"
	"parley/shared/dynamo/calls"
)

// emptyReplica answers every eventually consistent read as a replica would that has no
// items yet. DynamoDB Local has no replicas.
func emptyReplica(ctx context.Context, in any, next dynamo.Call) (any, error) {
	out, err := next(ctx, in)
	eventual := func(strong *bool) bool { return strong == nil || !*strong }
	switch r := out.(type) {
	case *calls.GetItemOutput:
		if eventual(in.(*calls.GetItemInput).ConsistentRead) {
			r.Item = nil
		}
	case *calls.QueryOutput:
		if eventual(in.(*calls.QueryInput).ConsistentRead) {
			r.Items = nil
		}
	case *calls.BatchGetItemOutput:
		for table, keys := range in.(*calls.BatchGetItemInput).RequestItems {
			if eventual(keys.ConsistentRead) {
				r.Responses[table] = []calls.Attributes{}
			}
		}
	}
	return out, err
}

// A call is not refused because a replica does not have an item yet.
func TestItemsThatAReplicaLacksAreFound(t *testing.T) {
	w := testkit.NewWorld(t, server, testkit.Options{})
	if err := w.Seed(t.Context(), "account alice\naccount bob\nfriends alice bob\n"); err != nil {
		t.Fatal(err)
	}
	a, err := w.App.Apps.Get(t.Context(), w.ID)
	if err != nil {
		t.Fatal(err)
	}
	s := server.Store(emptyReplica)
	tenant := w.NewApp(func(p *app.Parts) { p.Store = s }).For(&a)
	list, err := w.Tenant(t).Direct.ImportMerged(t.Context(), "alice", []content.MergedMessage{{From: "bob", Elements: []content.Element{testkit.Text("hi")}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := w.Tenant(t).Inbox.CreateFolder(t.Context(), "alice", "work", nil, delivery.Origin{}); err != nil {
		t.Fatal(err)
	}
	for name, found := range map[string]func() (bool, error){
		"accounts": func() (bool, error) {
			list, err := s.Accounts.Accounts(t.Context(), w.ID, []string{"alice"})
			return err == nil && list[0].Alive(), err
		},
		"permissions of both users": func() (bool, error) {
			p, err := s.Direct.Permissions(t.Context(), w.ID, direct.PermissionsQuery{From: "alice", To: "bob", Receiver: true, Friends: true})
			return p.From.Alive() && p.To.Alive() && p.ReceiverHasSender && p.SenderHasReceiver && !p.Blocked, err
		},
		"permissions of the sender": func() (bool, error) {
			p, err := s.Direct.Permissions(t.Context(), w.ID, direct.PermissionsQuery{From: "alice", To: "bob", Friends: true})
			return p.From.Alive() && p.ReceiverHasSender && p.SenderHasReceiver && !p.Blocked, err
		},
		"profiles": func() (bool, error) {
			list, err := s.Profiles.Profiles(t.Context(), w.ID, []string{"alice"}, true)
			return err == nil && list[0] != nil, err
		},
		"application": func() (bool, error) {
			a, err := s.Apps.App(t.Context(), w.ID)
			return a != nil && len(a.Keys) == 1, err
		},
		"part of a merged list": func() (bool, error) {
			head, part, err := s.Merged.MergedPart(t.Context(), w.ID, list.Key, 0)
			return head != nil && len(part) == 1, err
		},
		"send": func() (bool, error) {
			_, err := tenant.Direct.Send(t.Context(), direct.SendRequest{
				From: "alice", To: "bob", Issued: w.Clock.Now(), Content: content.Content{Elements: []content.Element{testkit.Text("hi")}},
			})
			return true, err
		},
		"folder": func() (bool, error) {
			_, _, _, err := tenant.Inbox.CreateFolder(t.Context(), "alice", "home", chat.BetweenEach("alice", []string{"bob"}), delivery.Origin{})
			return true, err
		},
	} {
		if ok, err := found(); !ok || err != nil {
			t.Errorf("%s: found %t, %v", name, ok, err)
		}
	}
}
