package membership

import (
	"cmp"
	"context"
	"slices"

	domain "parley/shared/domain/membership"
	"parley/shared/dynamo"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

var _ domain.RequestStore = (*Store)(nil)

// PutRequest implements membership.RequestStore. The request is stored first: a list that names a
// request which does not exist is read as if it did not.
func (s *Store) PutRequest(ctx context.Context, app int64, r domain.Request, deciders []string, expires int64) error {
	item := dynamo.NewItem(schema.GroupRequestKey(app, r.Group, r.User))
	item.Set(schema.GroupRequestKind, dynamo.Num(r.Kind))
	item.SetText(schema.GroupRequestBy, r.By)
	item.SetText(schema.GroupRequestText, r.Text)
	item.SetInt(schema.GroupRequestTime, r.TimeMs)
	item.SetInt(schema.Expires, expires)
	if err := s.core.Put(ctx, item); err != nil {
		return err
	}
	list := make([]dynamo.Item, len(deciders))
	for i, user := range deciders {
		list[i] = dynamo.NewItem(schema.PendingRequestKey(app, user, r.Group, r.User))
		list[i].SetInt(schema.Expires, expires)
	}
	return s.core.PutAll(ctx, list)
}

// request reads a request.
func request(group string, item dynamo.Item) (domain.Request, bool) {
	user, ok := schema.ParseGroupRequestSK(item.SK())
	return domain.Request{
		Group: group, User: user, Kind: domain.RequestKind(item.Int(schema.GroupRequestKind)), By: item.Text(schema.GroupRequestBy),
		Text: item.Text(schema.GroupRequestText), TimeMs: item.Int(schema.GroupRequestTime), Answer: domain.Answer(item.Int(schema.GroupRequestAnswer)),
	}, ok
}

// Request implements membership.RequestStore.
func (s *Store) Request(ctx context.Context, app int64, group, user string, now int64) (*domain.Request, error) {
	item, err := s.core.Get(ctx, schema.GroupRequestKey(app, group, user), true)
	if err != nil || item == nil || item.Int(schema.Expires) <= now {
		return nil, err
	}
	r, _ := request(group, item)
	return &r, nil
}

// maxListed is how many entries of a user's list of requests are read. The list has the requests of
// RequestLife that nobody has answered.
const maxListed = 500

// Pending implements membership.RequestStore.
func (s *Store) Pending(ctx context.Context, app int64, user string, limit int, now int64) ([]domain.Request, error) {
	page, err := s.core.Query(ctx, dynamo.Query{PK: schema.PendingRequestsPK(app, user), Limit: maxListed})
	if err != nil {
		return nil, err
	}
	entries := items.Readable(ctx, page.Items, func(item dynamo.Item) (schema.PendingRequest, bool) { return schema.ParsePendingRequestSK(item.SK()) })
	keys := make([]dynamo.Key, len(entries))
	for i, e := range entries {
		keys[i] = schema.GroupRequestKey(app, e.Group, e.User)
	}
	found, err := s.core.GetAll(ctx, keys, false)
	if err != nil {
		return nil, err
	}
	var list []domain.Request
	for i, item := range found {
		if item == nil || item.Int(schema.Expires) <= now {
			continue
		}
		if r, ok := request(entries[i].Group, item); ok && r.Answer == domain.Unanswered {
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b domain.Request) int {
		return cmp.Or(cmp.Compare(b.TimeMs, a.TimeMs), cmp.Compare(a.Group, b.Group), cmp.Compare(a.User, b.User))
	})
	return list[:min(limit, len(list))], nil
}

// CountListed implements membership.RequestStore.
func (s *Store) CountListed(ctx context.Context, app int64, user string, limit int, now int64) (int, error) {
	page, err := s.core.Query(ctx, dynamo.Query{PK: schema.PendingRequestsPK(app, user), Limit: maxListed})
	if err != nil {
		return 0, err
	}
	n := 0
	for _, item := range page.Items {
		if item.Int(schema.Expires) > now {
			n++
		}
	}
	return min(limit, n), nil
}

// answerWrite writes the answer to a request, if the request is as it was read.
func answerWrite(app int64, r domain.Request, a domain.Answer, by string) *dynamo.Update {
	return dynamo.NewUpdate(schema.GroupRequestKey(app, r.Group, r.User)).
		Set(schema.GroupRequestAnswer, dynamo.Num(a)).SetOrRemove(schema.GroupRequestDecide, dynamo.StrIfAny(by)).
		If(dynamo.Equals(schema.GroupRequestTime, dynamo.Num(r.TimeMs)), dynamo.Absent(schema.GroupRequestAnswer))
}

// Refuse implements membership.RequestStore.
func (s *Store) Refuse(ctx context.Context, app int64, r domain.Request, by string) (bool, error) {
	_, ok, err := s.core.Update(ctx, answerWrite(app, r, domain.Refused, by))
	return ok, err
}

// Unlist implements membership.RequestStore.
func (s *Store) Unlist(ctx context.Context, app int64, r domain.Request, deciders []string) error {
	list := make([]dynamo.Item, len(deciders))
	for i, user := range deciders {
		list[i] = dynamo.NewItem(schema.PendingRequestKey(app, user, r.Group, r.User))
	}
	return s.core.DeleteAll(ctx, list)
}

// RemoveListed implements membership.RequestStore.
func (s *Store) RemoveListed(ctx context.Context, app int64, user string) (more bool, err error) {
	page, err := s.core.Query(ctx, dynamo.Query{PK: schema.PendingRequestsPK(app, user), Limit: dynamo.MaxBatchWrites, KeysOnly: true})
	if err != nil {
		return false, err
	}
	list := page.Items
	for _, item := range page.Items {
		if r, ok := schema.ParsePendingRequestSK(item.SK()); ok && r.User == user {
			list = append(list, dynamo.NewItem(schema.GroupRequestKey(app, r.Group, user)))
		}
	}
	return page.More(), s.core.DeleteAll(ctx, list)
}
