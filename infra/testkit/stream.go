package testkit

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"parley/shared/domain/archive"
	"parley/shared/domain/chat"
	"parley/shared/dynamo"
	"parley/shared/dynamo/calls"
	archivestore "parley/shared/store/archive"
	"parley/shared/store/schema"
)

// streamEvent makes the event with which a table's stream delivers whole timelines.
// Each line of the body is the kind of record and pairs of users, or "@group" and the id of a group.
// Example: the line "INSERT alice bob @group chess" makes a record of each item of the timeline of
// alice and bob and of the timeline of the group chess.
func (w *World) streamEvent(body string) ([]byte, error) {
	records := []map[string]any{}
	for line := range strings.Lines(body) {
		words := strings.Fields(line)
		for i := 1; i+1 < len(words); i += 2 {
			id := chat.Between(words[i], words[i+1])
			if words[i] == "@group" {
				id = chat.OfGroup(words[i+1])
			}
			items, err := w.items(context.Background(), schema.Msg, schema.TimelinePK(w.ID, id))
			if err != nil {
				return nil, err
			}
			for _, item := range items {
				records = append(records, Streamed(words[0], item))
			}
		}
	}
	return json.Marshal(map[string]any{"Records": records})
}

// Streamed returns the stream record of an item. The kind is INSERT, MODIFY, or
// REMOVE.
func Streamed(kind string, item dynamo.Item) map[string]any {
	image := make(map[string]any, len(item))
	for name, v := range item {
		image[name] = streamed(v)
	}
	record := map[string]any{"Keys": map[string]any{"pk": image["pk"], "sk": image["sk"]}}
	if kind != "REMOVE" {
		record["NewImage"] = image
	}
	return map[string]any{"eventName": kind, "eventSource": "aws:dynamodb", "dynamodb": record}
}

// streamed returns a value as a stream record has it.
func streamed(v dynamo.Value) map[string]any {
	switch v := v.(type) {
	case *calls.Text:
		return map[string]any{"S": v.Value}
	case *calls.Number:
		return map[string]any{"N": v.Value}
	case *calls.Binary:
		return map[string]any{"B": v.Value}
	case *calls.Bool:
		return map[string]any{"BOOL": v.Value}
	case *calls.TextSet:
		return map[string]any{"SS": v.Value}
	case *calls.NumberSet:
		return map[string]any{"NS": v.Value}
	case *calls.List:
		list := make([]any, len(v.Value))
		for i, inner := range v.Value {
			list[i] = streamed(inner)
		}
		return map[string]any{"L": list}
	default:
		panic(fmt.Sprintf("a stream with a %T", v))
	}
}

// collect handles an event of the stream as the operation worker.archive.collect
// does.
func (w *World) collect(ctx context.Context, event []byte) error {
	changes, err := dynamo.ReadStream(event)
	if err != nil {
		return err
	}
	var records []archive.Record
	for _, c := range changes {
		r, ok, err := archivestore.ReadInsertedMessage(c)
		if err != nil {
			return err
		}
		if ok {
			records = append(records, r)
		}
	}
	return w.App.Archive().Collect(ctx, records)
}
