package timeline

import (
	"context"

	"parley/shared/domain/chat"
	domain "parley/shared/domain/timeline"
	"parley/shared/dynamo"
	"parley/shared/store/items"
	"parley/shared/store/schema"
)

// An entry of the operation log says that something happened to a message at a time
// (docs/adr/0015): its key has the time, the message and whom it concerns. An entry of a
// reaction also says who reacted and how.

// AppendOperations implements timeline.ChangeStore.
func (s *Store) AppendOperations(ctx context.Context, app int64, id chat.ID, entries []domain.LogEntry) error {
	list := make([]dynamo.Item, len(entries))
	for i, e := range entries {
		list[i] = dynamo.NewItem(schema.LogKey(app, id, e))
		list[i].Set(schema.Expires, dynamo.Num(e.Expires))
		if e.By != "" {
			list[i].Set(schema.LogReactionBy, reactedBy(id, e.By))
			list[i].Set(schema.LogReaction, dynamo.Str(e.Reaction))
		}
	}
	return s.msg.PutAll(ctx, list)
}

// reactedBy returns the value that says who reacted.
func reactedBy(id chat.ID, user string) dynamo.Value {
	if id.Kind() == chat.Group {
		return dynamo.Str(user)
	}
	return dynamo.Num(id.Side(user))
}

// LogSince implements timeline.ChangeStore. It leaves out the entries that concern only
// the other user.
func (s *Store) LogSince(ctx context.Context, app int64, user string, id chat.ID, r domain.LogRange) (domain.LogPage, error) {
	from := schema.LogLowerBound(id, domain.LogPosition{AtMs: max(r.SinceMs, 0)})
	if r.After != nil {
		from = schema.LogLowerBound(id, *r.After) + "~" // after the entries of this position, whomever they concern
	}
	q := dynamo.Query{
		PK: schema.TimelinePK(app, id), Range: dynamo.FromTo(dynamo.Str(from), dynamo.Str(schema.LogUpperBound)), Limit: r.Limit + 1, Strong: true,
	}
	var out domain.LogPage
	otherSide := 1 - id.Side(user)
	for page, err := range s.msg.Pages(ctx, &q) {
		if err != nil {
			return domain.LogPage{}, err
		}
		for _, item := range page.Items {
			at, concerns, ok := schema.ParseLogSK(id, item.SK())
			if !ok {
				items.NoteUnreadable(ctx, item, "key")
			}
			if !ok || concerns == otherSide {
				continue
			}
			if len(out.Entries) == r.Limit {
				last := out.Entries[r.Limit-1]
				out.Next = &domain.LogPosition{AtMs: last.AtMs, Key: last.Key}
				return out, nil
			}
			e := domain.LogEntry{AtMs: at.AtMs, Key: at.Key, Expires: item.Int(schema.Expires), Reaction: item.Text(schema.LogReaction)}
			switch {
			case e.Reaction == "":
			case id.Kind() == chat.Group:
				e.By = item.Text(schema.LogReactionBy)
			case int(item.Int(schema.LogReactionBy)) == id.Side(user):
				e.By = user
			default:
				e.By = id.Peer(user)
			}
			out.Entries = append(out.Entries, e)
		}
	}
	return out, nil
}
