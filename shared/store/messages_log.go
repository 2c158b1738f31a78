package store

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"parley/shared/domain/chat"
	"parley/shared/domain/timeline"
)

// An entry of the operation log says that something happened to a message at a time
// (docs/adr/0015): its key has the time, the message and whom it concerns, `x` is when
// it expires. An entry of a reaction also has `u`, the side of the user who reacted,
// and `r`, the reaction.

// Log implements timeline.ChangeStore.
func (s *Store) Log(ctx context.Context, app int64, id chat.ID, entries []timeline.LogEntry) error {
	items := make([]Item, len(entries))
	for i, e := range entries {
		items[i] = LogKey(app, id, e).attributes()
		items[i]["x"] = num(e.Expires)
		if e.By != "" {
			items[i]["u"], items[i]["r"] = num(id.Side(e.By)), str(e.Reaction)
		}
	}
	return s.putAll(ctx, Msg, items)
}

// LogSince implements timeline.ChangeStore. It leaves out the entries that concern only
// the other user.
func (s *Store) LogSince(ctx context.Context, app int64, user string, id chat.ID, q timeline.LogRange) (timeline.LogPage, error) {
	in := &dynamodb.QueryInput{
		TableName: s.name(Msg), ConsistentRead: aws.Bool(true), Limit: aws.Int32(int32(q.Limit + 1)),
		KeyConditionExpression: aws.String("pk = :pk AND sk BETWEEN :from AND :to"),
		ExpressionAttributeValues: Item{
			":pk": str(TimelinePK(app, id)), ":from": str(firstLogSK(timeline.LogPosition{AtMs: max(q.SinceMs, 0)})), ":to": str("p"),
		},
	}
	if q.After != nil {
		in.ExpressionAttributeValues[":from"] = str(firstLogSK(*q.After) + "~") // after the entries of this position, whomever they concern
	}
	var page timeline.LogPage
	otherSide := 1 - id.Side(user)
	for {
		out, err := s.db.Query(ctx, in)
		if err != nil {
			return timeline.LogPage{}, fmt.Errorf("operation log: %w", err)
		}
		for _, item := range out.Items {
			at, concerns, ok := ParseLogSK(text(item, "sk"))
			if !ok {
				noteUnreadable(ctx, item, "key")
			}
			if !ok || concerns == otherSide {
				continue
			}
			if len(page.Entries) == q.Limit {
				last := page.Entries[q.Limit-1]
				page.Next = &timeline.LogPosition{AtMs: last.AtMs, Key: last.Key}
				return page, nil
			}
			e := timeline.LogEntry{AtMs: at.AtMs, Key: at.Key, Expires: integer(item, "x"), Reaction: text(item, "r")}
			if e.Reaction != "" {
				e.By = user
				if int(integer(item, "u")) != id.Side(user) {
					e.By = id.Peer(user)
				}
			}
			page.Entries = append(page.Entries, e)
		}
		if out.LastEvaluatedKey == nil {
			return page, nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}
