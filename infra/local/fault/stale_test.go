package fault

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// fakeDynamoDB is a server that stores one item.
func fakeDynamoDB(t *testing.T) *httptest.Server {
	item := `{"pk":{"S":"p"},"sk":{"S":"s"},"n":{"N":"1"}}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		switch _, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), "."); operation {
		case "PutItem":
			var in struct{ Item json.RawMessage }
			if err := json.Unmarshal(body, &in); err != nil {
				t.Error(err)
			}
			item = string(in.Item)
			_, _ = io.WriteString(w, "{}")
		case "GetItem":
			_, _ = io.WriteString(w, `{"Item":`+item+`}`)
		case "Query":
			_, _ = io.WriteString(w, `{"Items":[`+item+`],"Count":1}`)
		case "BatchGetItem":
			_, _ = io.WriteString(w, `{"Responses":{"core":[`+item+`]}}`)
		}
	}))
	t.Cleanup(server.Close)
	return server
}

const (
	eventualGet     = `{"TableName":"core","Key":{"pk":{"S":"p"},"sk":{"S":"s"}}}`
	consistentGet   = `{"TableName":"core","ConsistentRead":true,"Key":{"pk":{"S":"p"},"sk":{"S":"s"}}}`
	eventualBatch   = `{"RequestItems":{"core":{"Keys":[{"pk":{"S":"p"},"sk":{"S":"s"}}]}}}`
	consistentBatch = `{"RequestItems":{"core":{"ConsistentRead":true,"Keys":[{"pk":{"S":"p"},"sk":{"S":"s"}}]}}}`
	put             = `{"TableName":"core","Item":{"pk":{"S":"p"},"sk":{"S":"s"},"n":{"N":"2"}}}`
)

func ask(t *testing.T, p *Proxy, operation, body string) (int, string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// Stale answers an eventually consistent read with the item as it was before its
// last write. A strongly consistent read still returns the item as it is.
func TestStaleAppliesToEventuallyConsistentReads(t *testing.T) {
	f := New(1)
	p, err := f.Proxy(OnDynamoDB, fakeDynamoDB(t).URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	if err := f.Add(Rule{On: OnDynamoDB, Do: Stale, DelayMS: 60_000}); err != nil {
		t.Fatal(err)
	}
	before, after := `"n":{"N":"1"}`, `"n":{"N":"2"}`
	check := func(operation, body, want string) {
		t.Helper()
		if status, got := ask(t, p, operation, body); status != http.StatusOK || !strings.Contains(got, want) {
			t.Errorf("%s %s: got %d %s, want %s in it", operation, body, status, got, want)
		}
	}
	check("GetItem", eventualGet, before)
	check("PutItem", put, "{}")
	check("GetItem", eventualGet, before)
	check("GetItem", consistentGet, after)
	check("Query", `{"TableName":"core"}`, before)
	check("Query", `{"TableName":"core","ConsistentRead":true}`, after)
	check("BatchGetItem", eventualBatch, before)
	check("BatchGetItem", consistentBatch, after)
	f.Clear()
	check("GetItem", eventualGet, after)
}

func TestUnprocessedAppliesToBatches(t *testing.T) {
	f := New(1)
	p, err := f.Proxy(OnDynamoDB, fakeDynamoDB(t).URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	if err := f.Replace(Rule{On: OnDynamoDB, Do: Unprocessed, Times: 2}); err != nil {
		t.Fatal(err)
	}
	if _, got := ask(t, p, "GetItem", eventualGet); !strings.Contains(got, `"Item"`) {
		t.Errorf("a call that is not a batch: %s", got)
	}
	if _, got := ask(t, p, "BatchGetItem", eventualBatch); !strings.Contains(got, `"UnprocessedKeys":{"core"`) {
		t.Errorf("a batch that reads: %s", got)
	}
	if _, got := ask(t, p, "BatchWriteItem", `{"RequestItems":{"core":[{"PutRequest":{"Item":{}}}]}}`); !strings.Contains(got, `"UnprocessedItems":{"core"`) {
		t.Errorf("a batch that writes: %s", got)
	}
	if _, got := ask(t, p, "BatchGetItem", eventualBatch); !strings.Contains(got, `"n":{"N":"1"}`) {
		t.Errorf("the third batch: %s", got)
	}
	if got := f.Fired()[0]; got != 2 {
		t.Errorf("fired %d times, want 2", got)
	}
}
