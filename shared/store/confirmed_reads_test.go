package store_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"

	"parley/infra/testkit"
	"parley/shared/app"
	"parley/shared/domain/chat"
	"parley/shared/domain/content"
	"parley/shared/domain/delivery"
	"parley/shared/domain/direct"
)

// emptyReplica answers every eventually consistent read as a replica would that has no
// items yet. DynamoDB Local has no replicas.
func emptyReplica(o *dynamodb.Options) {
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("EmptyReplica",
			func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
				out, meta, err := next.HandleInitialize(ctx, in)
				eventual := func(strong *bool) bool { return strong == nil || !*strong }
				switch r := out.Result.(type) {
				case *dynamodb.GetItemOutput:
					if eventual(in.Parameters.(*dynamodb.GetItemInput).ConsistentRead) {
						r.Item = nil
					}
				case *dynamodb.QueryOutput:
					if eventual(in.Parameters.(*dynamodb.QueryInput).ConsistentRead) {
						r.Items = nil
					}
				case *dynamodb.BatchGetItemOutput:
					for table, keys := range in.Parameters.(*dynamodb.BatchGetItemInput).RequestItems {
						if eventual(keys.ConsistentRead) {
							r.Responses[table] = []map[string]types.AttributeValue{}
						}
					}
				}
				return out, meta, err
			}), middleware.After)
	})
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
			list, err := s.Accounts(t.Context(), w.ID, []string{"alice"})
			return err == nil && list[0].Alive(), err
		},
		"permissions of both users": func() (bool, error) {
			p, err := s.Permissions(t.Context(), w.ID, "alice", "bob", true)
			return p.From.Alive() && p.To.Alive() && p.ReceiverHasSender && p.SenderHasReceiver && !p.Blocked, err
		},
		"permissions of the sender": func() (bool, error) {
			p, err := s.SenderPermissions(t.Context(), w.ID, "alice", "bob", true)
			return p.From.Alive() && p.ReceiverHasSender && p.SenderHasReceiver && !p.Blocked, err
		},
		"profiles": func() (bool, error) {
			list, err := s.Profiles(t.Context(), w.ID, []string{"alice"}, true)
			return err == nil && list[0] != nil, err
		},
		"application": func() (bool, error) {
			a, err := s.App(t.Context(), w.ID)
			return a != nil && len(a.Keys) == 1, err
		},
		"part of a merged list": func() (bool, error) {
			head, part, err := s.MergedPart(t.Context(), w.ID, list.Key, 0)
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
