package store

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/domain/sessions"
)

// A subscription to the presence of a user is stored as two items: one in the partition
// of the user, to notify the watchers, and one in the partition of the watcher, to list
// and to count the subscriptions.

// subscriptions reads a page of one of these partitions, after a user. It leaves out
// the count, which sorts before all users.
func (s *Store) subscriptions(ctx context.Context, pk, after string, limit int) ([]string, bool, error) {
	if after == "" {
		after = skWatchCount
	}
	in := &dynamodb.QueryInput{
		TableName: s.name(Live), KeyConditionExpression: aws.String("pk = :pk AND sk > :sk"),
		ExpressionAttributeValues: Item{":pk": str(pk), ":sk": str(after)}, ConsistentRead: aws.Bool(true),
		Limit: aws.Int32(int32(limit)),
	}
	for {
		out, err := s.db.Query(ctx, in)
		if err != nil {
			return nil, false, fmt.Errorf("query %q: %w", pk, err)
		}
		users := readItems(ctx, out.Items, func(item Item) (string, bool) {
			user := text(item, "sk")
			return user, isID(user)
		})
		if more := out.LastEvaluatedKey != nil; !more || len(users) > 0 {
			return users, more, nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// WatchedUsers implements presence.WatchStore.
func (s *Store) WatchedUsers(ctx context.Context, app int64, watcher, after string, limit int) ([]string, bool, error) {
	return s.subscriptions(ctx, WatchedPK(app, watcher), after, limit)
}

// Watching implements presence.WatchStore.
func (s *Store) Watching(ctx context.Context, app int64, watcher string, targets []string) ([]bool, int, error) {
	keys := []Key{WatchCountKey(app, watcher)}
	for _, t := range targets {
		keys = append(keys, WatchedKey(app, watcher, t))
	}
	items, err := s.getAll(ctx, Live, keys, true)
	if err != nil {
		return nil, 0, err
	}
	watching := make([]bool, len(targets))
	for i := range targets {
		watching[i] = items[i+1] != nil
	}
	return watching, int(integer(items[0], "n")), nil
}

// Watch implements presence.WatchStore. One transaction writes the two items of each
// subscription and the count.
func (s *Store) Watch(ctx context.Context, app int64, watcher string, targets []string, limit int) (bool, error) {
	items := []types.TransactWriteItem{{Update: &types.Update{
		TableName: s.name(Live), Key: WatchCountKey(app, watcher).attributes(), UpdateExpression: aws.String("ADD n :k"),
		ConditionExpression:       aws.String("(attribute_not_exists(n) AND :room >= :none) OR n <= :room"),
		ExpressionAttributeValues: Item{":k": num(len(targets)), ":room": num(limit - len(targets)), ":none": num(0)},
	}}}
	for _, t := range targets {
		items = append(items, types.TransactWriteItem{Put: &types.Put{
			TableName: s.name(Live), Item: WatchedKey(app, watcher, t).attributes(),
			ConditionExpression: aws.String("attribute_not_exists(pk)"),
		}}, types.TransactWriteItem{Put: &types.Put{
			TableName: s.name(Live), Item: WatcherKey(app, t, watcher).attributes(),
		}})
	}
	return s.writeSubscriptions(ctx, items)
}

// Unwatch implements presence.WatchStore.
func (s *Store) Unwatch(ctx context.Context, app int64, watcher string, targets []string) (bool, error) {
	items := []types.TransactWriteItem{{Update: &types.Update{
		TableName: s.name(Live), Key: WatchCountKey(app, watcher).attributes(), UpdateExpression: aws.String("ADD n :k"),
		ExpressionAttributeValues: Item{":k": num(-len(targets))},
	}}}
	for _, t := range targets {
		items = append(items, types.TransactWriteItem{Delete: &types.Delete{
			TableName: s.name(Live), Key: WatchedKey(app, watcher, t).attributes(),
			ConditionExpression: aws.String("attribute_exists(pk)"),
		}}, types.TransactWriteItem{Delete: &types.Delete{
			TableName: s.name(Live), Key: WatcherKey(app, t, watcher).attributes(),
		}})
	}
	return s.writeSubscriptions(ctx, items)
}

func (s *Store) writeSubscriptions(ctx context.Context, items []types.TransactWriteItem) (bool, error) {
	err := s.db.TransactOnce(ctx, items)
	if otherCallWasFirst(cancellationReasons(err)) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("change subscriptions: %w", err)
	}
	return true, nil
}

// RecordSubscription implements presence.SessionStore. It is not part of the transaction of
// Watch: a connect of the user that met the transaction on the session would fail.
func (s *Store) RecordSubscription(ctx context.Context, app int64, user string) (sessions.Session, error) {
	item, err := s.update(ctx, update{
		table: Live, key: SessionKey(app, user), set: "ADD w :one REMOVE an", values: Item{":one": num(1)},
		returning: types.ReturnValueAllNew,
	})
	return readSession(user, item), err
}

// RecordUnwatched implements presence.SessionStore. The condition is on the count of all
// subscriptions so far (`w`). Example: a worker finds that nobody watches bob at `w` =
// 2, alice subscribes and `w` becomes 3, and then the worker writes: its condition
// fails, and bob stays watched.
func (s *Store) RecordUnwatched(ctx context.Context, app int64, user string, watches int64) error {
	return s.updateSession(ctx, app, user, "SET wn = :w REMOVE an, ant", "w = :w", nil, Item{":w": num(watches)})
}

// RecordNotified implements presence.SessionStore. It changes nothing if a later state has
// been recorded (`ant`), or if somebody subscribed since `w` was read.
func (s *Store) RecordNotified(ctx context.Context, app int64, user, state string, ms, watches int64) error {
	return s.updateSession(ctx, app, user, "SET an = :an, ant = :ms", "w = :w AND (attribute_not_exists(ant) OR ant < :ms)", nil,
		Item{":w": num(watches), ":an": str(state), ":ms": num(ms)})
}

// SetStatus implements presence.SessionStore.
func (s *Store) SetStatus(ctx context.Context, app int64, user, status string) (sessions.Session, error) {
	u := update{table: Live, key: SessionKey(app, user), set: "REMOVE st", returning: types.ReturnValueAllNew}
	if status != "" {
		u.set, u.values = "SET st = :st", Item{":st": str(status)}
	}
	item, err := s.update(ctx, u)
	return readSession(user, item), err
}

// ForgetPresence implements presence.WatchStore.
func (s *Store) ForgetPresence(ctx context.Context, app int64, user string) error {
	_, err := s.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: s.name(Live), Key: WatchCountKey(app, user).attributes()})
	if err != nil {
		return fmt.Errorf("forget subscriptions: %w", err)
	}
	return nil
}
