package testkit

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"

	"parley/shared/domain/archive"
	"parley/shared/objects"
	"parley/shared/store"
)

// Objects is the object storage of a world: the real client, and what it called.
type Objects struct {
	*objects.Archive
	mu    sync.Mutex
	calls []string
	hours map[archive.Hour]bool // that got parts
}

func newObjects(s *Server) *Objects {
	o := &Objects{hours: make(map[archive.Hour]bool)}
	o.Archive = s.Objects(func(options *s3.Options) {
		options.APIOptions = append(options.APIOptions, func(stack *middleware.Stack) error {
			return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("ParleyRecord", o.record), middleware.Before)
		})
	})
	return o
}

func (o *Objects) record(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
	line := ""
	switch p := in.Parameters.(type) {
	case *s3.PutObjectInput:
		line = "object put " + *p.Key
	case *s3.GetObjectInput:
		line = "object get " + *p.Key
	case *s3.ListObjectsV2Input:
		line = "object list " + *p.Prefix
	case *s3.DeleteObjectsInput:
		line = fmt.Sprintf("object delete %d", len(p.Delete.Objects))
	}
	o.mu.Lock()
	o.calls = append(o.calls, line)
	o.mu.Unlock()
	return next.HandleInitialize(ctx, in)
}

// PutPart implements archive.Objects.
func (o *Objects) PutPart(ctx context.Context, h archive.Hour, id string, content []byte) error {
	o.mu.Lock()
	o.hours[h] = true
	o.mu.Unlock()
	return o.Archive.PutPart(ctx, h, id, content)
}

var idShape = regexp.MustCompile(`/(\d+)/(C2C/\d{10}/)([0-9a-f]{32}.gz)?`)

// Take returns the calls since the last Take, sorted, without the ids of the
// application and of the content.
func (o *Objects) Take() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := o.calls
	o.calls = nil
	for i, line := range out {
		out[i] = idShape.ReplaceAllString(line, "/{app}/$2")
	}
	slices.Sort(out)
	return out
}

func (o *Objects) takeHours() []archive.Hour {
	o.mu.Lock()
	defer o.mu.Unlock()
	var out []archive.Hour
	for h := range o.hours {
		out = append(out, h)
	}
	return out
}

// streamEvent makes the event of a table's stream: each line of the body is a
// word and pairs of users, "INSERT alice bob carol dave", for all that is in
// their timelines.
func (w *World) streamEvent(body string) ([]byte, error) {
	records := []map[string]any{}
	for line := range strings.Lines(body) {
		words := strings.Fields(line)
		for i := 1; i+1 < len(words); i += 2 {
			items, err := w.timeline(words[i], words[i+1])
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

func (w *World) timeline(a, b string) ([]store.Item, error) {
	name, strong, query := store.Names(w.Server.Tables)[store.Msg], true, "pk = :pk"
	var items []store.Item
	var from store.Item
	for {
		out, err := w.raw.Query(context.Background(), &dynamodb.QueryInput{
			TableName: &name, ConsistentRead: &strong, KeyConditionExpression: &query, ExclusiveStartKey: from,
			ExpressionAttributeValues: store.Item{":pk": &types.AttributeValueMemberS{Value: store.TimelinePK(w.ID, a, b)}},
		})
		if err != nil {
			return nil, err
		}
		items = append(items, out.Items...)
		if from = out.LastEvaluatedKey; from == nil {
			return items, nil
		}
	}
}

// Streamed is a change of an item as a stream brings it.
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
	change := map[string]any{"Keys": map[string]any{"pk": image["pk"], "sk": image["sk"]}}
	if kind != "REMOVE" {
		change["NewImage"] = image
	}
	return map[string]any{"eventName": kind, "eventSource": "aws:dynamodb", "dynamodb": change}
}

// collect takes an event of the stream as the worker does.
func (w *World) collect(ctx context.Context, event []byte) error {
	changes, err := store.ReadChanges(event)
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
