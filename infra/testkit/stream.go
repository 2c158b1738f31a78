package testkit

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"parley/shared/domain/archive"
	"parley/shared/domain/chat"
	"parley/shared/store"
)

// streamEvent makes the event with which a table's stream delivers whole timelines.
// Each line of the body is the kind of record and pairs of users. Example: the line
// "INSERT alice bob carol dave" makes a record of each item of the timeline of alice
// and bob and of the timeline of carol and dave.
func (w *World) streamEvent(body string) ([]byte, error) {
	records := []map[string]any{}
	for line := range strings.Lines(body) {
		words := strings.Fields(line)
		for i := 1; i+1 < len(words); i += 2 {
			items, err := w.items(context.Background(), store.Msg, store.TimelinePK(w.ID, chat.Between(words[i], words[i+1])))
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
func Streamed(kind string, item store.Item) map[string]any {
	image := make(map[string]any, len(item))
	for name, v := range item {
		switch v := v.(type) {
		case *types.AttributeValueMemberS:
			image[name] = map[string]any{"S": v.Value}
		case *types.AttributeValueMemberN:
			image[name] = map[string]any{"N": v.Value}
		case *types.AttributeValueMemberB:
			image[name] = map[string]any{"B": v.Value}
		case *types.AttributeValueMemberBOOL:
			image[name] = map[string]any{"BOOL": v.Value}
		}
	}
	record := map[string]any{"Keys": map[string]any{"pk": image["pk"], "sk": image["sk"]}}
	if kind != "REMOVE" {
		record["NewImage"] = image
	}
	return map[string]any{"eventName": kind, "eventSource": "aws:dynamodb", "dynamodb": record}
}

// collect handles an event of the stream as the operation worker.archive.collect
// does.
func (w *World) collect(ctx context.Context, event []byte) error {
	changes, err := store.ReadStream(event)
	if err != nil {
		return err
	}
	var records []archive.Record
	for _, c := range changes {
		r, ok, err := c.Stored()
		if err != nil {
			return err
		}
		if ok {
			records = append(records, r)
		}
	}
	return w.App.Archive().Collect(ctx, records)
}
