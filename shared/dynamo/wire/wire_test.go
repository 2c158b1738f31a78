package wire_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"parley/infra/local/backing"
	"parley/infra/testkit"
	"parley/infra/wiretest"
	"parley/shared/attempt"
	"parley/shared/awscall"
	"parley/shared/clock"
	"parley/shared/dynamo/calls"
	"parley/shared/dynamo/wire"
	"parley/shared/httpclient"
)

var server *testkit.Server

func TestMain(m *testing.M) { testkit.Main(m, &server) }

type item = calls.Attributes

func options(endpoint string) wire.Options {
	return wire.Options{
		Region: "us-east-1", Endpoint: endpoint, Credentials: backing.Credentials(), Retryer: attempt.Retryer, Clock: clock.System{},
	}
}

func str(text string) calls.Value { return &calls.Text{Value: text} }

// anyText returns a text with characters that JSON or UTF-8 write in an unusual way.
func anyText(r *rand.Rand) string {
	var b strings.Builder
	for range 1 + r.IntN(12) {
		b.WriteString([]string{"a", "<", "&", "é", "😀", "\"", "\\", "\n", "\x1f", "\u2028", "/", "\x7f", "0"}[r.IntN(13)])
	}
	return b.String()
}

// anyValue returns an attribute of any type, nested up to a depth.
func anyValue(r *rand.Rand, depth int) calls.Value {
	kinds := 10
	if depth == 0 {
		kinds = 8
	}
	bytes := []byte(anyText(r))
	switch r.IntN(kinds) {
	case 0:
		return str(anyText(r))
	case 1:
		return &calls.Number{Value: fmt.Sprint(r.Int64N(1<<50) - 1<<40)}
	case 2:
		return &calls.Binary{Value: bytes}
	case 3:
		return &calls.Bool{Value: r.IntN(2) == 0}
	case 4:
		return &calls.Null{Value: true}
	case 5:
		return &calls.TextSet{Value: []string{"x" + anyText(r), "y" + anyText(r)}}
	case 6:
		return &calls.NumberSet{Value: []string{"1", "2.5"}}
	case 7:
		return &calls.BinarySet{Value: [][]byte{{1, byte(r.IntN(256))}, {2}}}
	case 8:
		list := []calls.Value{}
		for range r.IntN(4) {
			list = append(list, anyValue(r, depth-1))
		}
		return &calls.List{Value: list}
	}
	m := item{}
	for range r.IntN(4) {
		m[anyText(r)] = anyValue(r, depth-1)
	}
	return &calls.Map{Value: m}
}

// TestCallsEqualThoseOfTheSDK makes calls of every kind, with success and with errors, and lets
// the SDK read each answer.
func TestCallsEqualThoseOfTheSDK(t *testing.T) {
	check, err := wiretest.New(options(server.Endpoint))
	if err != nil {
		t.Fatal(err)
	}
	do := func(in any) (any, error) {
		t.Helper()
		out, err := check.Do(t.Context(), in)
		var d *wiretest.Difference
		if errors.As(err, &d) {
			t.Fatal(d)
		}
		return out, err
	}
	succeed := func(in any) any {
		t.Helper()
		out, err := do(in)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	table, unit := aws.String(server.Tables.Msg), calls.ReturnConsumedCapacityTotal
	pk := fmt.Sprint("wire", time.Now().UnixNano())
	key := func(n int) item { return item{"pk": str(pk), "sk": str(fmt.Sprintf("%03d", n))} }
	random := testkit.Rand(1)
	for n := range 40 {
		stored := key(n)
		for range random.IntN(6) {
			stored["a"+anyText(random)] = anyValue(random, 3)
		}
		succeed(&calls.PutItemInput{TableName: table, Item: stored, ReturnConsumedCapacity: unit})
		out := succeed(&calls.GetItemInput{TableName: table, Key: key(n), ConsistentRead: aws.Bool(true), ReturnConsumedCapacity: unit})
		if got := out.(*calls.GetItemOutput); len(got.Item) != len(stored) || got.ConsumedCapacity == nil {
			t.Errorf("item %d: got %v, want %v", n, got, stored)
		}
	}
	succeed(&calls.GetItemInput{TableName: table, Key: key(999)})
	succeed(&calls.GetItemInput{TableName: table, Key: key(1), ProjectionExpression: aws.String("#p"), ExpressionAttributeNames: map[string]string{"#p": "sk"}})
	both := []item{key(1), key(2), key(999)}
	succeed(&calls.BatchGetItemInput{ReturnConsumedCapacity: unit, RequestItems: map[string]calls.KeysAndAttributes{
		*table: {Keys: both, ConsistentRead: aws.Bool(true)}, server.Tables.Core: {Keys: both},
	}})
	query := &calls.QueryInput{
		TableName: table, KeyConditionExpression: aws.String("pk = :pk AND sk > :from"), Limit: aws.Int32(3), ScanIndexForward: aws.Bool(false),
		ExpressionAttributeValues: item{":pk": str(pk), ":from": str("0")}, ReturnConsumedCapacity: unit,
	}
	page := succeed(query).(*calls.QueryOutput)
	if len(page.Items) != 3 || page.LastEvaluatedKey == nil {
		t.Errorf("a page of 3: got %d, end %v", len(page.Items), page.LastEvaluatedKey)
	}
	query.ExclusiveStartKey = page.LastEvaluatedKey
	succeed(query)
	succeed(&calls.QueryInput{
		TableName: table, KeyConditionExpression: aws.String("pk = :pk"), Select: calls.SelectCount,
		ExpressionAttributeValues: item{":pk": str("none")},
	})
	update := &calls.UpdateItemInput{
		TableName: table, Key: key(1), UpdateExpression: aws.String("SET #n = :v"), ExpressionAttributeNames: map[string]string{"#n": "n"},
		ExpressionAttributeValues: item{":v": str("new")}, ConditionExpression: aws.String("attribute_exists(pk)"),
		ReturnValues: calls.AllNew, ReturnConsumedCapacity: unit, ReturnValuesOnConditionCheckFailure: calls.AllOld,
	}
	if out := succeed(update).(*calls.UpdateItemOutput); out.Attributes["n"] == nil {
		t.Errorf("an update returns %v, want the item", out.Attributes)
	}
	update.ConditionExpression = aws.String("attribute_not_exists(pk)")
	var failed *calls.ConditionalCheckFailedException
	if _, err := do(update); !errors.As(err, &failed) || failed.Item["n"] == nil {
		t.Errorf("a failed condition: %v with %v, want the item", err, failed)
	}
	succeed(&calls.DeleteItemInput{TableName: table, Key: key(3), ReturnValues: calls.AllOld, ReturnConsumedCapacity: unit})
	succeed(&calls.BatchWriteItemInput{ReturnConsumedCapacity: unit, RequestItems: map[string][]calls.WriteRequest{*table: {
		{PutRequest: &calls.PutRequest{Item: key(50)}}, {DeleteRequest: &calls.DeleteRequest{Key: key(4)}},
	}}})
	transaction := &calls.TransactWriteItemsInput{ReturnConsumedCapacity: unit, TransactItems: []calls.TransactWriteItem{
		{Put: &calls.Put{TableName: table, Item: key(60)}},
		{Update: &calls.Update{TableName: table, Key: key(61), UpdateExpression: aws.String("SET n = :v"), ExpressionAttributeValues: item{":v": str("v")}}},
		{Delete: &calls.Delete{TableName: table, Key: key(5)}},
		{ConditionCheck: &calls.ConditionCheck{TableName: table, Key: key(6), ConditionExpression: aws.String("attribute_exists(pk)")}},
	}}
	succeed(transaction)
	transaction.TransactItems[3].ConditionCheck.ConditionExpression = aws.String("attribute_not_exists(pk)")
	transaction.TransactItems[3].ConditionCheck.ReturnValuesOnConditionCheckFailure = calls.AllOld
	var canceled *calls.TransactionCanceledException
	if _, err := do(transaction); !errors.As(err, &canceled) || len(canceled.CancellationReasons) != 4 || canceled.CancellationReasons[3].Item == nil {
		t.Errorf("a canceled transaction: %v, want four reasons and the item", err)
	}
	var missing *attempt.AnswerError
	if _, err := do(&calls.GetItemInput{TableName: aws.String("no-such-table"), Key: key(1)}); !errors.As(err, &missing) || !strings.Contains(err.Error(), "ResourceNotFoundException") {
		t.Errorf("a table that does not exist: %v", err)
	}
	if _, err := do(&calls.UpdateItemInput{TableName: table, Key: key(1), UpdateExpression: aws.String("SET")}); err == nil || !strings.Contains(err.Error(), "ValidationException") {
		t.Errorf("an expression that is not valid: %v", err)
	}
	if _, err := check.Do(t.Context(), &dynamodb.ScanInput{}); err == nil {
		t.Error("a scan is made, want an error: the client does not know it")
	}
}

// TestTriesEqualThoseOfTheSDK shows after which answers a call is tried again, and that the SDK
// does the same.
func TestTriesEqualThoseOfTheSDK(t *testing.T) {
	const found = `{"Item":{"pk":{"S":"found"}}}`
	fault := func(code string) string {
		return `{"__type":"com.amazonaws.dynamodb.v20120810#` + code + `","message":"m"}`
	}
	for _, c := range []struct {
		name   string
		answer func(w http.ResponseWriter, r *http.Request) // of every request but the last
		bad    int64                                        // so many requests have this answer
		want   int64                                        // requests
		ok     bool
		alone  bool // the SDK is not asked: it does something else
	}{
		{"the service is down once", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, 1, 2, true, false},
		{"an internal error, always", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(500)
			_, _ = w.Write([]byte(fault("InternalServerError")))
		}, 9, 3, false, false},
		{"throttled twice", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(400)
			_, _ = w.Write([]byte(fault("ProvisionedThroughputExceededException")))
		}, 2, 3, true, false},
		{"a failed condition", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(400)
			_, _ = w.Write([]byte(fault("ConditionalCheckFailedException")))
		}, 9, 1, false, false},
		{"no right", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(400)
			_, _ = w.Write([]byte(fault("AccessDeniedException")))
		}, 9, 1, false, false},
		{"the connection is closed instead of an answer", func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_ = conn.Close()
			}
		}, 1, 2, true, false},
		{"the connection is closed within the answer", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte(`{"Item":`))
		}, 1, 2, true, true},
		{"a checksum that is wrong", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Amz-Crc32", "1")
			_, _ = w.Write([]byte(found))
		}, 1, 2, true, true},
		{"an answer that is not JSON", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"Item":{"pk":`)) }, 9, 1, false, true},
		{"a try that hangs", func(_ http.ResponseWriter, r *http.Request) {
			_, _ = r.Body.Read(make([]byte, 1<<10)) // without this, the server does not notice that the client closes the connection
			<-r.Context().Done()
		}, 1, 2, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int64
			fake := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if requests.Add(1) <= c.bad {
					c.answer(w, r)
					return
				}
				_, _ = w.Write([]byte(found))
			}))
			defer fake.Close()
			o := options(fake.URL)
			client, err := wire.New(o)
			if err != nil {
				t.Fatal(err)
			}
			sdk := dynamodb.New(dynamodb.Options{
				Region: o.Region, BaseEndpoint: &fake.URL, Retryer: attempt.Retryer(), Credentials: o.Credentials,
			}, dynamodb.WithAPIOptions(wiretest.Bounded))
			in := &calls.GetItemInput{TableName: aws.String("t"), Key: item{"pk": str("k")}}
			for name, call := range map[string]func(context.Context, any) (any, error){
				"the client": client.Do, "the SDK": func(ctx context.Context, in any) (any, error) { return wiretest.CallSDK(ctx, sdk, in) },
			} {
				if c.alone && name == "the SDK" {
					continue
				}
				requests.Store(0)
				ctx, cancel := context.WithTimeout(t.Context(), 6*time.Second)
				_, err := call(ctx, in)
				cancel()
				if requests.Load() != c.want || (err == nil) != c.ok {
					t.Errorf("%s: %d requests and %v, want %d and success: %t", name, requests.Load(), err, c.want, c.ok)
				}
			}
		})
	}
}

// TestCallEndsWithItsContext: a call whose context has ended sends nothing more.
func TestCallEndsWithItsContext(t *testing.T) {
	var requests atomic.Int64
	fake := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { requests.Add(1); w.WriteHeader(503) }))
	defer fake.Close()
	client, err := wire.New(options(fake.URL))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = client.Do(ctx, &calls.GetItemInput{TableName: aws.String("t"), Key: item{"pk": str("k")}})
	if !errors.Is(err, context.Canceled) || requests.Load() != 0 {
		t.Errorf("%v and %d requests, want %v and none", err, requests.Load(), context.Canceled)
	}
}

// TestEndpointOfTheRegion: without an endpoint, the address is that of AWS.
func TestEndpointOfTheRegion(t *testing.T) {
	for region, want := range map[string]string{"eu-central-1": "dynamodb.eu-central-1.amazonaws.com", "cn-north-1": "dynamodb.cn-north-1.amazonaws.com.cn"} {
		o, hosts := options(""), hostRecorder{}
		o.Region, o.Connect = region, hosts.connect
		client, err := wire.New(o)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = client.Do(t.Context(), &calls.GetItemInput{TableName: aws.String("t"), Key: item{"pk": str("k")}})
		if !hosts["https://"+want+"/"] {
			t.Errorf("%s: got %v, want %s", region, hosts, want)
		}
	}
}

// hostRecorder records the addresses of requests and answers none.
type hostRecorder map[string]bool

func (h hostRecorder) connect(address *url.URL) awscall.Transport {
	h[address.String()] = true
	return h
}

// Do implements awscall.Transport.
func (h hostRecorder) Do(context.Context, *httpclient.Request, *httpclient.Response) error {
	return os.ErrClosed
}

// BenchmarkUpdateItem compares an update with that of the SDK.
func BenchmarkUpdateItem(b *testing.B) {
	fake := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"Attributes":{"pk":{"S":"7#U#alice"},"sk":{"S":"K#c#bob"},"t":{"N":"1700000000000"},"n":{"N":"12"},"b":{"B":"aGVsbG8gd29ybGQ="}},"ConsumedCapacity":{"TableName":"t","CapacityUnits":1.0}}`))
	}))
	defer fake.Close()
	o := options(fake.URL)
	client, err := wire.New(o)
	if err != nil {
		b.Fatal(err)
	}
	sdk := dynamodb.New(dynamodb.Options{
		Region: o.Region, BaseEndpoint: &fake.URL, Retryer: attempt.Retryer(), Credentials: o.Credentials,
	}, dynamodb.WithAPIOptions(wiretest.Bounded))
	in := &calls.UpdateItemInput{
		TableName: aws.String("t"), Key: item{"pk": str("7#U#alice"), "sk": str("K#c#bob")},
		UpdateExpression: aws.String("SET #n = :v, b = :b ADD t :t"), ExpressionAttributeNames: map[string]string{"#n": "n"},
		ExpressionAttributeValues: item{":v": str("new"), ":b": &calls.Binary{Value: make([]byte, 200)}, ":t": &calls.Number{Value: "1"}},
		ReturnConsumedCapacity:    calls.ReturnConsumedCapacityTotal, ReturnValues: calls.AllNew,
	}
	for name, call := range map[string]func(context.Context, any) (any, error){
		"wire": client.Do, "sdk": func(ctx context.Context, in any) (any, error) { return wiretest.CallSDK(ctx, sdk, in) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := call(b.Context(), in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
