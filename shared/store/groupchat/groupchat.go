// Package groupchat stores what the messages of groups need besides the timeline: the heads of
// groups, the claims of sends, and to whom an event is delivered. It implements the HeadStore,
// the SenderStore, the ReceiptStore and the DeliveryStore of the domain package groupchat, and the Store of the domain
// package fanout.
//
// A send of a member writes the member's row (a claim in the idempotency window), the message, and
// the head. Each is one write of one item, which can be repeated alone; the message is written by
// the store of the timeline.
package groupchat

import (
	"context"

	"parley/shared/domain/chat"
	"parley/shared/domain/fanout"
	domain "parley/shared/domain/groupchat"
	"parley/shared/domain/groups"
	"parley/shared/dynamo"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// Store reads and writes the aggregates GroupHeads and IdempotencyKeys, the rows of Conversations,
// and the read receipts of Messages. It reads Accounts and Members, and writes in Groups that a group
// is active.
type Store struct{ core, msg, live dynamo.Table }

var (
	_ domain.HeadStore     = (*Store)(nil)
	_ domain.SenderStore   = (*Store)(nil)
	_ domain.ReceiptStore  = (*Store)(nil)
	_ domain.DeliveryStore = (*Store)(nil)
	_ fanout.Store         = (*Store)(nil)
)

// New returns a Store over the tables core, msg and live.
func New(core, msg, live dynamo.Table) *Store { return &Store{core, msg, live} }

// Sender implements groupchat.SenderStore. The account is doubted as for every send.
func (s *Store) Sender(ctx context.Context, app int64, group, user string, mustBeMember bool) (domain.Sender, error) {
	keys := []dynamo.Key{schema.AccountKey(app, user), schema.RowKey(app, user, chat.OfGroup(group))}
	found, err := s.core.GetConfirmed(ctx, keys, func(i int, item dynamo.Item) bool {
		if i == 0 {
			return items.RereadNotAlive(item)
		}
		return mustBeMember && !item.Has(schema.RowRole)
	})
	if err != nil {
		return domain.Sender{}, err
	}
	return domain.Sender{Account: items.Account(user, found[0]), MemberRow: memberRow(found[1])}, nil
}

// memberRow reads what the row of a user in a group says about sending. A row that does not exist
// is that of a user who is not a member.
func memberRow(row dynamo.Item) domain.MemberRow {
	m := domain.MemberRow{
		Role: groups.Role(row.Int(schema.RowRole)), MutedUntil: row.Int(schema.RowMutedUntil), Sent: row.Int(schema.RowOutOffset),
		Saved: row.Int(schema.RowSaved), NameCard: row.Text(schema.RowNameCard),
	}
	m.Sends, m.Room = items.GroupWindow(row)
	return m
}

// Members implements fanout.Store.
func (s *Store) Members(ctx context.Context, app int64, group, after string, limit int) ([]fanout.Member, bool, error) {
	q := dynamo.Query{PK: schema.MembersPK(app, group), Range: dynamo.Prefix(schema.MemberPrefix), Limit: limit + 1}
	if after != "" {
		q.StartAfter = schema.MemberKey(app, group, after)
	}
	var list []fanout.Member
	for page, err := range s.core.Pages(ctx, &q) {
		if err != nil {
			return nil, false, err
		}
		list = items.AppendReadable(ctx, list, page.Items, member)
		if len(list) > limit {
			return list[:limit], true, nil
		}
		q.Limit = limit + 1 - len(list)
	}
	return list, false, nil
}

// member reads a member.
func member(item dynamo.Item) (fanout.Member, bool) {
	user, ok := schema.ParseMemberSK(item.SK())
	return fanout.Member{User: user, Option: groups.ReceiveOption(item.Int(schema.MemberOption))}, ok
}

// MembersOf implements fanout.Store.
func (s *Store) MembersOf(ctx context.Context, app int64, group string, users []string) ([]fanout.Member, error) {
	keys := make([]dynamo.Key, len(users))
	for i, user := range users {
		keys[i] = schema.MemberKey(app, group, user)
	}
	found, err := s.core.GetAll(ctx, keys, false)
	if err != nil {
		return nil, err
	}
	var list []fanout.Member
	for _, item := range found {
		if item == nil {
			continue
		}
		if m, ok := member(item); ok {
			list = append(list, m)
		}
	}
	return list, nil
}

// Audience lists the members of a group who want messages, page by page, for a broadcast.
func (s *Store) Audience(ctx context.Context, app int64, group, after string, limit int) (users []string, more bool, err error) {
	for len(users) == 0 {
		var list []fanout.Member
		if list, more, err = s.Members(ctx, app, group, after, limit); err != nil || len(list) == 0 {
			return nil, false, err
		}
		for _, m := range list {
			if m.Option != groups.Discard {
				users = append(users, m.User)
			}
		}
		if after = list[len(list)-1].User; !more {
			break
		}
	}
	return users, more, nil
}
