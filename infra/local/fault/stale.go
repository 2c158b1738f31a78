package fault

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// replica is what eventually consistent reads may be answered with: items as they
// were before their last write. It learns of writes while a rule needs it.
type replica struct {
	mu  sync.Mutex
	old map[string]version
}

type version struct {
	item json.RawMessage // nil: there was none
	at   time.Time       // when it was replaced
}

// key is pk and sk of an item, as they stand in a call.
type key struct{ PK, SK json.RawMessage }

func (k *key) UnmarshalJSON(text []byte) error {
	var in struct {
		PK json.RawMessage `json:"pk"`
		SK json.RawMessage `json:"sk"`
	}
	err := json.Unmarshal(text, &in)
	k.PK, k.SK = in.PK, in.SK
	return err
}

func (k key) in(table string) string {
	compact := func(raw json.RawMessage) string {
		var b bytes.Buffer
		if json.Compact(&b, raw) != nil {
			return string(raw)
		}
		return b.String()
	}
	return table + compact(k.PK) + compact(k.SK)
}

// A place is an item of a table.
type place struct {
	table string
	key   key
}

// written lists the items that a call writes.
func written(operation string, body []byte) (list []place) {
	type write struct {
		TableName string
		Key, Item *key
	}
	var in struct {
		write
		TransactItems []map[string]write
		RequestItems  map[string][]map[string]write
	}
	if !slices.Contains([]string{"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem"}, operation) || json.Unmarshal(body, &in) != nil {
		return nil
	}
	add := func(table string, w write) {
		for _, k := range []*key{w.Key, w.Item} {
			if k != nil {
				list = append(list, place{table, *k})
			}
		}
	}
	add(in.TableName, in.write)
	for _, item := range in.TransactItems {
		for _, w := range item {
			add(w.TableName, w)
		}
	}
	for table, writes := range in.RequestItems {
		for _, item := range writes {
			for _, w := range item {
				add(table, w)
			}
		}
	}
	return list
}

// remember keeps the items that a call is about to write.
func (p *Proxy) remember(ctx context.Context, r *http.Request, operation string, body []byte) {
	for _, w := range written(operation, body) {
		ask, err := json.Marshal(map[string]any{
			"TableName": w.table, "ConsistentRead": true,
			"Key": map[string]json.RawMessage{"pk": w.key.PK, "sk": w.key.SK},
		})
		if err != nil {
			continue
		}
		get := r.Clone(ctx)
		get.Header.Set("X-Amz-Target", "DynamoDB_20120810.GetItem")
		get.Header.Del("Content-Length")
		res, err := p.forward(ctx, get, ask)
		if err != nil {
			continue // the write itself will fail
		}
		text, err := io.ReadAll(res.Body)
		res.Body.Close()
		var out struct{ Item json.RawMessage }
		if err != nil || res.StatusCode != http.StatusOK || json.Unmarshal(text, &out) != nil {
			continue
		}
		p.replica.mu.Lock()
		if p.replica.old == nil {
			p.replica.old = map[string]version{}
		}
		p.replica.old[w.key.in(w.table)] = version{out.Item, time.Now()}
		p.replica.mu.Unlock()
	}
}

// before answers an item as it was, if it was written less than lag ago.
func (r *replica) before(table string, k key, lag time.Duration) (json.RawMessage, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v, ok := r.old[k.in(table)]
	return v.item, ok && time.Since(v.at) < lag
}

// weak reports whether a call reads what may be behind.
func weak(operation string, body []byte) bool {
	var in struct {
		ConsistentRead bool
		RequestItems   map[string]struct{ ConsistentRead bool }
	}
	switch operation {
	case "GetItem", "Query", "BatchGetItem":
	default:
		return false
	}
	if json.Unmarshal(body, &in) != nil || in.ConsistentRead {
		return false
	}
	for _, t := range in.RequestItems {
		if t.ConsistentRead {
			return false
		}
	}
	return true
}

// stale answers a read with items as they were a moment ago. What a query has
// since lost stays lost.
func (p *Proxy) stale(w http.ResponseWriter, r *http.Request, operation string, body []byte, lag time.Duration) {
	res, err := p.forward(r.Context(), r, body)
	if err != nil {
		cut(w)
		return
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	var out map[string]json.RawMessage
	if err != nil || res.StatusCode != http.StatusOK || json.Unmarshal(text, &out) != nil {
		cut(w)
		return
	}
	var in struct {
		TableName string
		Key       key
	}
	_ = json.Unmarshal(body, &in) // describe has read it
	switch operation {
	case "GetItem":
		if old, ok := p.replica.before(in.TableName, in.Key, lag); ok {
			delete(out, "Item")
			if old != nil {
				out["Item"] = old
			}
		}
	case "Query":
		out["Items"] = p.replica.list(in.TableName, out["Items"], lag)
	case "BatchGetItem":
		var tables map[string]json.RawMessage
		if json.Unmarshal(out["Responses"], &tables) == nil {
			for table, items := range tables {
				tables[table] = p.replica.list(table, items, lag)
			}
			out["Responses"], _ = json.Marshal(tables) // raw texts
		}
	}
	answer(w, http.StatusOK, out)
}

func (r *replica) list(table string, text json.RawMessage, lag time.Duration) json.RawMessage {
	var items []json.RawMessage
	if json.Unmarshal(text, &items) != nil {
		return text
	}
	kept := make([]json.RawMessage, 0, len(items))
	for _, item := range items {
		var k key
		if json.Unmarshal(item, &k) == nil {
			if old, ok := r.before(table, k, lag); ok {
				item = old
			}
		}
		if item != nil {
			kept = append(kept, item)
		}
	}
	out, err := json.Marshal(kept)
	if err != nil {
		return text
	}
	return out
}

// unprocessed answers a batch as DynamoDB does when it has no room for it now:
// nothing is done, and all of it is to be asked for again.
func unprocessed(w http.ResponseWriter, operation string, body []byte) {
	var in struct{ RequestItems json.RawMessage }
	_ = json.Unmarshal(body, &in) // describe has read it
	if operation == "BatchGetItem" {
		answer(w, http.StatusOK, map[string]any{"Responses": map[string]any{}, "UnprocessedKeys": in.RequestItems})
		return
	}
	answer(w, http.StatusOK, map[string]any{"UnprocessedItems": in.RequestItems})
}

// fits reports whether what a rule does can be done to a call at all; a rule that
// does not fit has not seen it.
func fits(do, operation string, body []byte) bool {
	switch do {
	case Stale:
		return weak(operation, body)
	case Unprocessed:
		return strings.HasPrefix(operation, "Batch")
	case Conflict:
		return slices.Contains([]string{"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"}, operation)
	}
	return true
}
