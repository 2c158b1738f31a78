package fault

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// A replica holds the items as they were before their last write. The proxy
// answers eventually consistent reads from it. The proxy fills it as long as a
// rule with Stale is in force.
type replica struct {
	mu       sync.Mutex
	versions map[string]version // by itemKey.id
}

type version struct {
	item       json.RawMessage // nil if the item did not exist
	replacedAt time.Time
}

// primaryKey is pk and sk of an item, as a call writes them.
type primaryKey struct{ PK, SK json.RawMessage }

func (k *primaryKey) UnmarshalJSON(text []byte) error {
	var in struct {
		PK json.RawMessage `json:"pk"`
		SK json.RawMessage `json:"sk"`
	}
	err := json.Unmarshal(text, &in)
	k.PK, k.SK = in.PK, in.SK
	return err
}

// An itemKey names one item of one table.
type itemKey struct {
	table string
	key   primaryKey
}

// id is equal for two keys that differ in white space only.
func (k itemKey) id() string {
	compact := func(raw json.RawMessage) string {
		var b bytes.Buffer
		if json.Compact(&b, raw) != nil {
			return string(raw)
		}
		return b.String()
	}
	return k.table + compact(k.key.PK) + compact(k.key.SK)
}

// writtenItems returns the keys of the items that a call writes.
func writtenItems(operation string, body []byte) (list []itemKey) {
	type write struct {
		TableName string
		Key, Item *primaryKey
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
		for _, k := range []*primaryKey{w.Key, w.Item} {
			if k != nil {
				list = append(list, itemKey{table, *k})
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

// saveVersions reads the items that a call is about to write, and stores them in
// the replica.
func (p *Proxy) saveVersions(ctx context.Context, r *http.Request, operation string, body []byte) {
	for _, w := range writtenItems(operation, body) {
		request, err := json.Marshal(map[string]any{
			"TableName": w.table, "ConsistentRead": true,
			"Key": map[string]json.RawMessage{"pk": w.key.PK, "sk": w.key.SK},
		})
		if err != nil {
			continue
		}
		get := r.Clone(ctx)
		get.Header.Set("X-Amz-Target", "DynamoDB_20120810.GetItem")
		get.Header.Del("Content-Length")
		res, err := p.forward(ctx, get, request)
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
		if p.replica.versions == nil {
			p.replica.versions = map[string]version{}
		}
		p.replica.versions[w.id()] = version{out.Item, time.Now()}
		p.replica.mu.Unlock()
	}
}

// previous returns the item as it was before its last write. ok is false if that
// write was not seen, or was lag ago or longer.
func (r *replica) previous(k itemKey, lag time.Duration) (_ json.RawMessage, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v, ok := r.versions[k.id()]
	return v.item, ok && time.Since(v.replacedAt) < lag
}

// eventuallyConsistent reports whether a call is a read without ConsistentRead.
func eventuallyConsistent(operation string, body []byte) bool {
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

// answerStale answers a read with items as they were before a write that was less
// than lag ago. An item that the last write removed from the result of a query is
// not added again.
func (p *Proxy) answerStale(w http.ResponseWriter, r *http.Request, operation string, body []byte, lag time.Duration) {
	res, err := p.forward(r.Context(), r, body)
	if err != nil {
		closeConnection(w)
		return
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	var out map[string]json.RawMessage
	if err != nil || res.StatusCode != http.StatusOK || json.Unmarshal(text, &out) != nil {
		closeConnection(w)
		return
	}
	var in struct {
		TableName string
		Key       primaryKey
	}
	_ = json.Unmarshal(body, &in) // never fails: describe has parsed the body
	switch operation {
	case "GetItem":
		if old, ok := p.replica.previous(itemKey{in.TableName, in.Key}, lag); ok {
			delete(out, "Item")
			if old != nil {
				out["Item"] = old
			}
		}
	case "Query":
		out["Items"] = p.replica.previousItems(in.TableName, out["Items"], lag)
	case "BatchGetItem":
		var tables map[string]json.RawMessage
		if json.Unmarshal(out["Responses"], &tables) == nil {
			for table, items := range tables {
				tables[table] = p.replica.previousItems(table, items, lag)
			}
			out["Responses"], _ = json.Marshal(tables) // never fails: the values are JSON already
		}
	}
	writeJSON(w, http.StatusOK, out)
}

// previousItems replaces each item of a JSON list by its previous version, if there
// is one, and removes the items that did not exist.
func (r *replica) previousItems(table string, text json.RawMessage, lag time.Duration) json.RawMessage {
	var items []json.RawMessage
	if json.Unmarshal(text, &items) != nil {
		return text
	}
	previous := make([]json.RawMessage, 0, len(items))
	for _, item := range items {
		var k primaryKey
		if json.Unmarshal(item, &k) == nil {
			if old, ok := r.previous(itemKey{table, k}, lag); ok {
				item = old
			}
		}
		if item != nil {
			previous = append(previous, item)
		}
	}
	out, err := json.Marshal(previous)
	if err != nil {
		return text
	}
	return out
}

// answerUnprocessed answers a batch as DynamoDB does if it has no capacity for it
// now: nothing is done, and the caller must send all of it again.
func answerUnprocessed(w http.ResponseWriter, operation string, body []byte) {
	var in struct{ RequestItems json.RawMessage }
	_ = json.Unmarshal(body, &in) // never fails: describe has parsed the body
	if operation == "BatchGetItem" {
		writeJSON(w, http.StatusOK, map[string]any{"Responses": map[string]any{}, "UnprocessedKeys": in.RequestItems})
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"UnprocessedItems": in.RequestItems})
}
