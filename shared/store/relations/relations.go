// Package relations stores the friends, friend requests and blocks of users. It implements the
// Store, PageStore and LogStore of the domain package relations.
//
// One transaction writes the counters of the users concerned, the entries of both sides, and
// the log of changes of each friend table.
package relations

import (
	"context"
	"fmt"
	"slices"
	"strings"

	domain "parley/shared/domain/relations"
	"parley/shared/dynamo"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// Store reads and writes the aggregate Relations.
type Store struct{ core dynamo.Table }

var (
	_ domain.Store     = (*Store)(nil)
	_ domain.PageStore = (*Store)(nil)
	_ domain.LogStore  = (*Store)(nil)
)

// New returns a Store over the table core.
func New(core dynamo.Table) *Store { return &Store{core} }

// changeLogSeconds is how long the changes of a friend table are stored, in seconds.
// A device that was away for longer reads the whole table.
const changeLogSeconds = 30 * 24 * 3600

// endedSeconds is how long it is stored that an owner ended an entry, in seconds. It
// is longer than relations.Service.RepeatWindow, the time in which a second call for the same
// is taken for a repeat.
const endedSeconds = 10 * 60

// refKey returns the key of the item that a Ref names.
func refKey(app int64, r domain.EntryRef) dynamo.Key {
	if r.Removed {
		return schema.EndedKey(app, r.Kind, r.Owner, r.Peer)
	}
	switch r.Kind {
	case domain.RequestEntry:
		return schema.RequestKey(app, r.Owner, r.Peer)
	case domain.BlockEntry:
		return schema.BlockKey(app, r.Owner, r.Peer)
	default:
		return schema.FriendKey(app, r.Owner, r.Peer)
	}
}

// ReadRelations implements relations.Store. It reads the counters before the entries.
// If another call changes an entry in between, the counters that were read are the
// older ones, and the write that is planned from both fails its condition. Example:
// the counters have revision 5 and 3 friends, another call removes carol (revision 6),
// and the entry of carol is not found: a write on the condition of revision 5 fails. If
// both were read in one batch, the entry could be the older of the two: carol is found,
// the revision is 6, and the write would succeed. If no counters are asked for, the
// entries are read with eventual consistency.
func (s *Store) ReadRelations(ctx context.Context, app int64, users []string, refs []domain.EntryRef) (domain.Snapshot, error) {
	counterKeys, entryKeys := make([]dynamo.Key, len(users)), make([]dynamo.Key, len(refs))
	for i, user := range users {
		counterKeys[i] = schema.RelationCountersKey(app, user)
	}
	for i, r := range refs {
		entryKeys[i] = refKey(app, r)
	}
	out := domain.Snapshot{
		Counters: make(map[string]domain.Counters), Friends: make(map[domain.EntryKey]domain.Friend),
		Requests: make(map[domain.EntryKey]domain.Request), Blocks: make(map[domain.EntryKey]domain.Block),
		RemovedAt: make(map[domain.EntryRef]int64),
	}
	found, err := s.core.GetAll(ctx, counterKeys, true)
	if err != nil {
		return out, err
	}
	for i, user := range users {
		out.Counters[user] = counters(user, found[i])
	}
	if found, err = s.core.GetAll(ctx, entryKeys, len(users) > 0); err != nil {
		return out, err
	}
	for i, r := range refs {
		item := found[i]
		if item == nil {
			continue
		}
		switch {
		case r.Removed:
			out.RemovedAt[r] = item.Int(schema.EndedTime)
		case r.Kind == domain.FriendEntry:
			out.Friends[r.EntryKey], _ = friend(item)
		case r.Kind == domain.RequestEntry:
			out.Requests[r.EntryKey], _ = request(item)
		case r.Kind == domain.BlockEntry:
			out.Blocks[r.EntryKey], _ = block(item)
		}
	}
	return out, nil
}

// CountersEventually implements relations.Store.
func (s *Store) CountersEventually(ctx context.Context, app int64, user string) (domain.Counters, error) {
	item, err := s.core.Get(ctx, schema.RelationCountersKey(app, user), false)
	return counters(user, item), err
}

// WriteRelations implements relations.Store. The transaction has a condition on the
// revision of all counters that were read. Counters that do not change are only
// checked.
func (s *Store) WriteRelations(ctx context.Context, app int64, t domain.Transaction, now int64) (bool, error) {
	var writes []dynamo.Write
	for user, read := range t.CountersRead {
		unchanged := dynamo.EqualsOrAbsent(schema.CountersRevision, dynamo.NumIfAny(read.Rev))
		if c, changed := t.Counters[user]; changed {
			writes = append(writes, dynamo.Put(countersItem(app, c), unchanged))
		} else {
			writes = append(writes, dynamo.Check(schema.RelationCountersKey(app, user), unchanged))
		}
	}
	// write adds an item, or the removal of the item with its key.
	write := func(item dynamo.Item, exists bool) {
		if exists {
			writes = append(writes, dynamo.Put(item))
		} else {
			writes = append(writes, dynamo.Delete(item.Key()))
		}
	}
	for k, f := range t.Friends {
		if f == nil {
			write(dynamo.NewItem(schema.FriendKey(app, k.Owner, k.Peer)), false)
		} else {
			write(friendItem(app, k.Owner, *f), true)
		}
	}
	for k, exists := range t.FriendAudience {
		write(dynamo.NewItem(schema.FriendOfKey(app, k.Peer, k.Owner)), exists)
	}
	for r, at := range t.Removed {
		item := dynamo.NewItem(refKey(app, r))
		item.Set(schema.EndedTime, dynamo.Num(at))
		item.Set(schema.Expires, dynamo.Num(at+endedSeconds))
		write(item, true)
	}
	for k, r := range t.Requests {
		if r == nil {
			write(dynamo.NewItem(schema.RequestKey(app, k.Owner, k.Peer)), false)
		} else {
			write(requestItem(app, k.Owner, *r), true)
		}
	}
	for k, b := range t.Blocks {
		if b == nil {
			write(dynamo.NewItem(schema.BlockKey(app, k.Owner, k.Peer)), false)
		} else {
			write(blockItem(app, k.Owner, *b), true)
		}
	}
	for user, peers := range t.ChangedPeers {
		item := dynamo.NewItem(schema.FriendChangeKey(app, user, t.Counters[user].FriendVersion))
		item.Set(schema.ChangePeers, dynamo.Texts(peers))
		item.Set(schema.Expires, dynamo.Num(now+changeLogSeconds))
		write(item, true)
	}
	err := s.core.TransactOnce(ctx, writes...)
	if dynamo.CancellationReasons(err).ChangedByOther() {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("write relations: %w", err)
	}
	return true, nil
}

// page reads up to limit items of a user whose sort keys have the prefix, after prefix and
// after. It leaves out items whose keys cannot be read, and reads on until the page is full or
// the list ends.
func (s *Store) page(ctx context.Context, app int64, user, prefix, after string, limit int, strong bool) (list []dynamo.Item, more bool, err error) {
	pk := schema.RelationsPK(app, user)
	q := dynamo.Query{PK: pk, Range: dynamo.Prefix(prefix), Limit: limit, Strong: strong}
	if after != "" {
		q.StartAfter = dynamo.Key{PK: pk, SK: prefix + after}
	}
	for page, err := range s.core.Pages(ctx, &q) {
		if err != nil {
			return nil, false, err
		}
		for _, item := range page.Items {
			if !schema.IsID(strings.TrimPrefix(item.SK(), prefix)) {
				items.NoteUnreadable(ctx, item, "key")
				continue
			}
			list = append(list, item)
		}
		if len(list) > limit { // there were unreadable items, so a second query was made
			return list[:limit], true, nil
		}
		if len(list) == limit {
			return list, page.More(), nil
		}
	}
	return list, false, nil
}

// FriendsOf implements relations.PageStore.
func (s *Store) FriendsOf(ctx context.Context, app int64, owner, after string, limit int) ([]domain.Friend, bool, error) {
	list, more, err := s.page(ctx, app, owner, schema.FriendPrefix, after, limit, true)
	return items.Readable(ctx, list, friend), more, err
}

// RequestsTo implements relations.PageStore.
func (s *Store) RequestsTo(ctx context.Context, app int64, owner, after string, limit int) ([]domain.Request, bool, error) {
	list, more, err := s.page(ctx, app, owner, schema.RequestPrefix, after, limit, true)
	return items.Readable(ctx, list, request), more, err
}

// BlocksOf implements relations.PageStore.
func (s *Store) BlocksOf(ctx context.Context, app int64, owner, after string, limit int) ([]domain.Block, bool, error) {
	list, more, err := s.page(ctx, app, owner, schema.BlockPrefix, after, limit, true)
	return items.Readable(ctx, list, block), more, err
}

// FriendAudience implements relations.PageStore.
func (s *Store) FriendAudience(ctx context.Context, app int64, user, after string, limit int) ([]string, bool, error) {
	list, more, err := s.page(ctx, app, user, schema.FriendOfPrefix, after, limit, false)
	return items.Readable(ctx, list, func(item dynamo.Item) (string, bool) { return schema.ParseFriendOfSK(item.SK()) }), more, err
}

// FriendChanges implements relations.LogStore. It reads with eventual consistency: an
// entry of the log never changes, so a replica that is behind can only miss the last
// entries, and the missing version is noticed. Example: the caller asks for the
// versions 3 to 5, and the replica has 3 and 4. The result is false, and the caller
// reads the whole table.
func (s *Store) FriendChanges(ctx context.Context, app int64, owner string, since, upTo, now int64) ([]string, bool, error) {
	after := strings.TrimPrefix(schema.FriendChangeKey(app, owner, since).SK, schema.FriendChangePrefix)
	list, _, err := s.page(ctx, app, owner, schema.FriendChangePrefix, after, int(upTo-since), false)
	if err != nil {
		return nil, false, err
	}
	var peers []string
	next := since + 1
	for _, item := range list {
		version, ok := schema.ParseChangeSK(item.SK())
		if !ok || version != next || item.Int(schema.Expires) <= now {
			return nil, false, nil
		}
		next++
		peers = append(peers, item.Texts(schema.ChangePeers)...)
	}
	if next <= upTo {
		return nil, false, nil
	}
	slices.Sort(peers)
	return slices.Compact(peers), true, nil
}

// RemoveFriendLog implements relations.LogStore. The items that say what the owner ended
// (EndedKey) are not removed: they expire after ten minutes.
func (s *Store) RemoveFriendLog(ctx context.Context, app int64, owner string) (bool, error) {
	list, more, err := s.page(ctx, app, owner, schema.FriendChangePrefix, "", dynamo.MaxBatchWrites, false)
	if err != nil || len(list) == 0 {
		return false, err
	}
	return more, s.core.DeleteAll(ctx, list)
}

// RemoveCounters implements relations.Store.
func (s *Store) RemoveCounters(ctx context.Context, app int64, c domain.Counters) (bool, error) {
	unchanged := dynamo.AbsentOr(dynamo.Equals(schema.CountersRevision, dynamo.Num(c.Rev)))
	return s.core.DeleteIf(ctx, schema.RelationCountersKey(app, c.User), unchanged)
}
