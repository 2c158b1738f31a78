package local

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/coder/websocket"

	"parley/infra/local/backing"
	"parley/infra/local/fault"
)

// tiny starts testdata/tiny with testdata/program.
func tiny(t *testing.T, o Options) *Stack {
	t.Helper()
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", "") // the stack starts servers of its own,
	t.Setenv("AWS_ENDPOINT_URL_SQS", "")      // even if other tests share a server
	o.Template = "testdata/tiny/template.yaml"
	if o.Program == "" {
		o.Program = build(t)
	}
	if o.State == "" {
		o.State = t.TempDir()
	}
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Stop() })
	t.Logf("ready in %v: DynamoDB %v, SQS %v; fault seed %d", s.Took, s.DynamoDB.Took(), s.SQS.Took(), s.Faults.Seed())
	return s
}

func build(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "program")
	cmd := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", file, "./testdata/program")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return file
}

func post(t *testing.T, s *Stack, body string) int {
	t.Helper()
	res, err := http.Post(s.HTTP+"/write", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

// count returns the counter of an item: 0 if the item has none, -1 if there is no item.
func count(t *testing.T, s *Stack, pk, sk string) int {
	t.Helper()
	out, err := backing.Client(s.DynamoDB.Endpoint()).GetItem(context.Background(), &dynamodb.GetItemInput{
		TableName: &s.Model.Tables[0].Name, ConsistentRead: aws.Bool(true),
		Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: sk}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if out.Item == nil {
		return -1
	}
	if n, ok := out.Item["n"].(*types.AttributeValueMemberN); ok {
		v, _ := strconv.Atoi(n.Value)
		return v
	}
	return 0
}

// patience is how long eventually waits for a condition. It is long because the machine
// may be busy with other work.
const patience = 3 * time.Minute

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

// All these tests share one stack, because its start takes most of their time.
func TestStack(t *testing.T) {
	s := tiny(t, Options{InMemory: true, QueueRetry: time.Second})

	t.Run("a request reaches tables, queue and stream", func(t *testing.T) {
		if got := post(t, s, `{"ID":"a","Send":["m1","m2"]}`); got != 200 {
			t.Fatalf("got %d, want 200", got)
		}
		if got := count(t, s, "a", "write"); got != 0 {
			t.Errorf("the item: got %d", got)
		}
		eventually(t, "messages", func() bool { return count(t, s, "m1", "consume") == 1 && count(t, s, "m2", "consume") == 1 })
		eventually(t, "change", func() bool { return count(t, s, "a", "change") == 1 })
	})
	t.Run("only the failed message of a batch is delivered again, and then moved to the dead-letter queue", func(t *testing.T) {
		post(t, s, `{"Send":["good","bad1"]}`)
		dead := s.queue(t, "Dead")
		eventually(t, "dead letter", func() bool {
			out, err := backing.Queues(s.SQS.Endpoint()).ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &dead})
			return err == nil && len(out.Messages) == 1 && aws.ToString(out.Messages[0].Body) == "bad1"
		})
		if good, bad := count(t, s, "good", "consume"), count(t, s, "bad1", "consume"); good != 1 || bad != 2 {
			t.Errorf("deliveries: got good %d, bad %d, want 1 and 2", good, bad)
		}
	})
	t.Run("a stream record that fails delays the next ones until it is skipped", func(t *testing.T) {
		post(t, s, `{"ID":"bad2"}`)
		eventually(t, "attempts", func() bool { return count(t, s, "bad2", "change") == 1 })
		post(t, s, `{"ID":"after"}`)
		eventually(t, "the next change", func() bool { return count(t, s, "after", "change") == 1 })
		if got := count(t, s, "bad2", "change"); got != 3 {
			t.Errorf("attempts: got %d, want 3", got)
		}
	})
	t.Run("a chain of 20 jobs needs RecursiveLoop: Allow", func(t *testing.T) {
		post(t, s, `{"Send":["chain20"]}`)
		eventually(t, "a dropped job", func() bool { return s.Functions.Stats().Dropped == 1 })
		// The first job has 20, and the sixteenth 5.
		eventually(t, "the sixteenth job", func() bool { return count(t, s, "chain5", "consume") == 1 })
		if got := count(t, s, "chain4", "consume"); got > 0 {
			t.Errorf("the job after the sixteenth ran %d times", got)
		}
		allowed := tiny(t, Options{InMemory: true, Parameters: map[string]string{"Recursion": "Allow"}})
		post(t, allowed, `{"Send":["chain20"]}`)
		eventually(t, "the end of the chain", func() bool { return count(t, allowed, "chain0", "consume") == 1 })
	})
	t.Run("Fire invokes the function of a schedule", func(t *testing.T) {
		if n := s.Sources.InvokeScheduled(t.Context(), "tiny.tick"); n != 1 || count(t, s, "tick", "tick") != 1 {
			t.Errorf("got %d schedules, counted %d, want 1 and 1", n, count(t, s, "tick", "tick"))
		}
	})
	t.Run("the demo application", func(t *testing.T) { demoApp(t, s) })
	t.Run("injected faults", func(t *testing.T) { faults(t, s) })
	t.Run("posts to connections", func(t *testing.T) { posts(t, s) })
	t.Run("refusals of the proxy", func(t *testing.T) { refusals(t, s) })
	t.Run("only its owner can read the seal key", func(t *testing.T) {
		info, err := os.Stat(filepath.Join(s.options.State, "seal.key"))
		if err != nil || info.Mode().Perm() != 0o600 || info.Size() != 65 {
			t.Errorf("got %v, %v", info, err)
		}
	})
	if t.Failed() {
		t.Logf("fault seed %d", s.Faults.Seed())
	}
}

func (s *Stack) queue(t *testing.T, path string) string {
	t.Helper()
	for _, q := range s.Model.Queues {
		if q.Path == path {
			return q.URL
		}
	}
	t.Fatalf("no queue %s", path)
	return ""
}

func demoApp(t *testing.T, s *Stack) {
	// Demo repeats a call whose function fails.
	if err := s.Faults.Add(fault.Rule{On: "dynamodb", Do: "kill-before", Operation: "UpdateItem", Times: 1}); err != nil {
		t.Fatal(err)
	}
	app, err := s.Demo(t.Context())
	if fired := s.Faults.Fired(); fired[0] != 1 {
		t.Errorf("the rule was applied %d times, want once", fired[0])
	}
	s.Faults.Clear()
	if err != nil {
		t.Fatal(err)
	}
	if app.ID != 1400000001 || len(app.Secret) != 64 || count(t, s, "user carol", "import") != 1 {
		t.Errorf("app: got %+v", app)
	}
	if again, err := s.Demo(t.Context()); err != nil || again.ID != app.ID {
		t.Errorf("again: got %+v, %v, want the same app", again, err)
	}
	for path, want := range map[string]string{
		"/_local/demo":              `"users":[{"id":"alice","nick":"Alice"}`,
		"/_local/usersig?user=dave": `"identifier":"dave"`,
		"/_local/usersig":           "1 to 32 bytes",
		"/_local/faults":            `"seed":`,
		"/_local/stats":             `"Invocations":`,
		"/nowhere":                  "Not Found",
	} {
		if got := get(t, s.HTTP+path); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
	if got := count(t, s, "user dave", "import"); got != 1 {
		t.Errorf("dave was imported %d times, want once", got)
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	return string(text)
}

func faults(t *testing.T, s *Stack) {
	n := 0
	for _, c := range []struct {
		name          string
		rule          fault.Rule
		status, after int // HTTP status, and count of the item: 0 if it is stored, -1 if not
	}{
		{"kill-before loses the write", fault.Rule{On: "dynamodb", Do: "kill-before", Operation: "PutItem", Function: "tiny.write"}, 500, -1},
		{"kill-after keeps the write", fault.Rule{On: "dynamodb", Do: "kill-after", Operation: "PutItem", Nth: 1}, 500, 0},
		{"a rule for another operation does not apply", fault.Rule{On: "dynamodb", Do: "kill-before", Operation: "Query"}, 200, 0},
		{"a rule for another table does not apply", fault.Rule{On: "dynamodb", Do: "fail", Name: "other"}, 200, 0},
		{"the SDK retries a throttled write", fault.Rule{On: "dynamodb", Do: "throttle", Name: "Core", Operation: "PutItem", Times: 1}, 200, 0},
		{"fail fails every write", fault.Rule{On: "dynamodb", Do: "fail", Operation: "PutItem"}, 500, -1},
		{"the SDK repeats a write whose answer was lost", fault.Rule{On: "dynamodb", Do: "cut-after", Operation: "PutItem", Times: 1}, 200, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer s.Faults.Clear()
			if err := s.Faults.Add(c.rule); err != nil {
				t.Fatal(err)
			}
			n++
			id := fmt.Sprintf("f%d", n)
			if got := post(t, s, `{"ID":"`+id+`"}`); got != c.status {
				t.Errorf("got %d, want %d", got, c.status)
			}
			if got := count(t, s, id, "write"); got != c.after {
				t.Errorf("stored: got %d, want %d", got, c.after)
			}
		})
	}
	for _, c := range []struct {
		do   string
		want int
	}{{"drop", -1}, {"repeat", 2}, {"delay", 1}, {"reorder", 1}} {
		t.Run("a queue message: "+c.do, func(t *testing.T) {
			defer s.Faults.Clear()
			rule, _ := json.Marshal(fault.State{Rules: []fault.Rule{{On: "sqs", Do: c.do, DelayMS: 50}}})
			req, _ := http.NewRequest(http.MethodPut, s.HTTP+"/_local/faults", bytes.NewReader(rule))
			if res, err := http.DefaultClient.Do(req); err != nil || res.StatusCode != http.StatusOK {
				t.Fatalf("set: got %v, %v", res, err)
			}
			if got := post(t, s, `{"Send":["`+c.do+`"]}`); got != 200 {
				t.Fatalf("got %d, want 200", got)
			}
			if c.want < 0 { // a message that is sent later arrives; this one never does
				s.Faults.Clear()
				if got := post(t, s, `{"Send":["after `+c.do+`"]}`); got != 200 {
					t.Fatalf("the later message: got %d, want 200", got)
				}
				eventually(t, "the later message", func() bool { return count(t, s, "after "+c.do, "consume") == 1 })
			}
			eventually(t, c.do, func() bool { return count(t, s, c.do, "consume") == c.want })
		})
	}
	t.Run("a frozen call continues when the rules are cleared", func(t *testing.T) {
		if err := s.Faults.Add(fault.Rule{On: "dynamodb", Do: "freeze"}); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		time.AfterFunc(300*time.Millisecond, s.Faults.Clear)
		if got := post(t, s, `{"ID":"frozen"}`); got != 200 || time.Since(began) < 250*time.Millisecond {
			t.Errorf("got %d after %v, want 200 after the rules were cleared", got, time.Since(began))
		}
	})
}

// A function posts to a connection at the address that the template gives it, and rules
// on posts apply.
func posts(t *testing.T, s *Stack) {
	defer s.Faults.Clear()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, _, err := websocket.Dial(ctx, s.WebSocket, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	write := func(text string) {
		if err := c.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	read := func(want string) {
		t.Helper()
		if _, got, err := c.Read(ctx); err != nil || string(got) != "you said "+want {
			t.Fatalf("got %s, %v, want %s", got, err, want)
		}
	}
	write("one")
	read("one")
	if err := s.Faults.Add(fault.Rule{On: "post", Do: "drop", Times: 1}, fault.Rule{On: "post", Do: "repeat", Times: 1}); err != nil {
		t.Fatal(err)
	}
	write("lost")
	eventually(t, "the drop", func() bool { return s.Faults.Fired()[0] == 1 })
	write("two")
	read("two")
	read("two")
	s.Faults.SetLimits(fault.Limits{Life: time.Millisecond})
	if _, _, err := c.Read(ctx); err == nil || ctx.Err() != nil {
		t.Errorf("a connection after its life: got %v, want a close", err)
	}
}

// The AWS SDK understands the errors that the proxy answers instead of the servers.
func refusals(t *testing.T, s *Stack) {
	defer s.Faults.Clear()
	if err := s.Faults.Add(
		fault.Rule{On: "dynamodb", Do: "conflict", Operation: "TransactWriteItems"},
		fault.Rule{On: "dynamodb", Do: "throttle"}, fault.Rule{On: "sqs", Do: "fail"},
	); err != nil {
		t.Fatal(err)
	}
	once := func(o *dynamodb.Options) { o.RetryMaxAttempts = 1 }
	proxy, err := s.Faults.Proxy(fault.OnDynamoDB, s.DynamoDB.Endpoint())
	if err != nil {
		t.Fatal(err)
	}
	defer proxy.Close()
	put := types.TransactWriteItem{Put: &types.Put{TableName: &s.Model.Tables[0].Name, Item: map[string]types.AttributeValue{}}}
	_, err = backing.Client(proxy.Endpoint()).TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{put, put}}, once)
	var cancelled *types.TransactionCanceledException
	if !errors.As(err, &cancelled) || len(cancelled.CancellationReasons) != 2 || aws.ToString(cancelled.CancellationReasons[0].Code) != "TransactionConflict" {
		t.Errorf("conflict: got %v", err)
	}
	_, err = backing.Client(proxy.Endpoint()).ListTables(t.Context(), &dynamodb.ListTablesInput{}, once)
	var throttled *types.ThrottlingException
	if !errors.As(err, &throttled) {
		t.Errorf("throttle: got %v", err)
	}
}

// Data survives a stop and a new start. A second stack cannot use the same data.
func TestDataSurvivesARestart(t *testing.T) {
	o := Options{State: t.TempDir(), Program: build(t)}
	s := tiny(t, o)
	if got := post(t, s, `{"ID":"kept","Send":["later"]}`); got != 200 {
		t.Fatalf("got %d, want 200", got)
	}
	second := o
	second.Template = "testdata/tiny/template.yaml"
	if _, err := Start(t.Context(), second); err == nil || !strings.Contains(err.Error(), "another local cloud uses") {
		t.Errorf("a second stack: got %v, want a refusal", err)
	}
	s.Stop()
	s = tiny(t, o)
	if got := count(t, s, "kept", "write"); got != 0 {
		t.Errorf("after the start: got %d, want the item", got)
	}
	eventually(t, "the message", func() bool { return count(t, s, "later", "consume") == 1 })
	eventually(t, "the change", func() bool { return count(t, s, "kept", "change") == 1 })
}

// A change that is written while the local cloud is stopped, or a moment before it stops,
// reaches the function after the next start.
func TestChangesBeforeARestartAreDelivered(t *testing.T) {
	o := Options{State: t.TempDir(), Program: build(t)}
	s := tiny(t, o)
	s.Stop()
	db, err := backing.DynamoDB(t.Context(), backing.Options{
		Dir: filepath.Join(o.State, "data", "dynamodb"), Log: filepath.Join(o.State, "log", "between.log"),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = backing.Client(db.Endpoint()).PutItem(t.Context(), &dynamodb.PutItemInput{
		TableName: &s.Model.Tables[0].Name,
		Item:      map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "between"}, "sk": &types.AttributeValueMemberS{Value: "write"}},
	})
	db.Stop()
	if err != nil {
		t.Fatal(err)
	}
	s = tiny(t, o)
	eventually(t, "the change", func() bool { return count(t, s, "between", "change") == 1 })
}

func TestPortInUseIsReportedInOneLine(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = Start(t.Context(), Options{
		Template: "testdata/tiny/template.yaml", Program: os.Args[0], State: t.TempDir(), InMemory: true,
		HTTPPort: l.Addr().(*net.TCPAddr).Port,
	})
	if err == nil || !strings.Contains(err.Error(), "is in use: stop what listens there") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v, want one line", err)
	}
}
