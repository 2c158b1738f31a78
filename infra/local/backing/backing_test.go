package backing

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"parley/infra/local/template"
)

var tables = []template.Table{{
	Name: "core", HashKey: template.Attribute{Name: "pk", Type: "S"}, RangeKey: template.Attribute{Name: "sk", Type: "S"},
	TTL: "x", Stream: "NEW_IMAGE",
}}

func database(t *testing.T, o Options) *Process {
	t.Helper()
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", "")
	db, err := DynamoDB(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Stop(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// An acknowledged item is still stored after a stop, a start and another
// CreateTables.
func TestDynamoDBKeepsItemsOverARestart(t *testing.T) {
	o := Options{Dir: t.TempDir()}
	db := database(t, o)
	t.Logf("started in %v", db.Took())
	ctx := t.Context()
	if err := CreateTables(ctx, db.Endpoint(), tables); err != nil {
		t.Fatal(err)
	}
	key := map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "a"}, "sk": &types.AttributeValueMemberS{Value: "b"}}
	if _, err := Client(db.Endpoint()).PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("core"), Item: key}); err != nil {
		t.Fatal(err)
	}
	if err := db.Stop(); err != nil {
		t.Fatal(err)
	}
	o.LongRun = true // which changes how fast the server is, and nothing else
	db = database(t, o)
	if err := CreateTables(ctx, db.Endpoint(), tables); err != nil {
		t.Fatal(err)
	}
	got, err := Client(db.Endpoint()).GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("core"), Key: key})
	if err != nil || len(got.Item) != 2 {
		t.Errorf("got %v, %v, want the item", got, err)
	}
	other := []template.Table{{Name: "core", HashKey: template.Attribute{Name: "id", Type: "S"}}}
	if err := CreateTables(ctx, db.Endpoint(), other); err == nil || !strings.Contains(err.Error(), "remove the local data") {
		t.Errorf("other keys: got %v, want advice to remove the data", err)
	}
}

// ElasticMQ has the queues of the templates, and still has an acknowledged message
// after it was killed.
func TestElasticMQKeepsMessagesOverAKill(t *testing.T) {
	t.Setenv("AWS_ENDPOINT_URL_SQS", "")
	o := Options{Dir: t.TempDir()}
	start := func() *Process {
		mq, err := ElasticMQ(t.Context(), o, []template.Queue{
			{Name: "jobs", Visibility: 60 * time.Second, DeadLetter: "dead", MaxReceive: 3}, {Name: "dead", Visibility: 30 * time.Second},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { mq.Stop() })
		return mq
	}
	mq := start()
	t.Logf("started in %v", mq.Took())
	url := aws.String(mq.Endpoint() + "/000000000000/jobs")
	got, err := Queues(mq.Endpoint()).GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: url, AttributeNames: []sqstypes.QueueAttributeName{"All"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if v := got.Attributes["VisibilityTimeout"]; v != "60" {
		t.Errorf("visibility: got %s, want 60", v)
	}
	if v := got.Attributes["RedrivePolicy"]; !strings.Contains(v, ":dead") || !strings.Contains(v, "3") {
		t.Errorf("redrive: got %s, want dead after 3", v)
	}
	extra := []template.Queue{{Name: "late", Visibility: time.Second}}
	if err := CreateQueues(t.Context(), mq.Endpoint(), extra); err != nil {
		t.Error(err)
	}
	if _, err := Queues(mq.Endpoint()).SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("kept")}); err != nil {
		t.Fatal(err)
	}
	syscall.Kill(-mq.PID(), syscall.SIGKILL) // harder than Stop
	<-mq.Done()
	mq = start()
	out, err := Queues(mq.Endpoint()).ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
		QueueUrl: aws.String(mq.Endpoint() + "/000000000000/jobs"), WaitTimeSeconds: 1,
	})
	if err != nil || len(out.Messages) != 1 || aws.ToString(out.Messages[0].Body) != "kept" {
		t.Errorf("got %v, %v, want the message", out, err)
	}
}

// If the parent is killed with SIGKILL, its child gets SIGTERM. The test binary runs
// itself as the parent.
func TestChildEndsAfterItsParentWasKilled(t *testing.T) {
	if os.Getenv("PARLEY_PARENT") != "" {
		port, err := freePort()
		if err != nil {
			t.Fatal(err)
		}
		file := os.Getenv("PARLEY_PARENT")
		log := file + ".log" // in the folder of the test that runs this parent
		script := fmt.Sprintf(`trap 'echo flushed >%s; exit 0' TERM; echo ready >%s; while :; do sleep 0.05; done`, file, file)
		go start(context.Background(), "child", port, log, "", "/bin/sh", "-c", script)
		until(t, "the child is ready", func() bool { return read(file) == "ready\n" })
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	file := t.TempDir() + "/file"
	parent := exec.Command(os.Args[0], "-test.run=^TestChildEndsAfterItsParentWasKilled$")
	parent.Env = append(os.Environ(), "PARLEY_PARENT="+file)
	var killed *exec.ExitError
	if err := parent.Run(); !errors.As(err, &killed) || killed.Exited() {
		t.Fatalf("the parent ended with %v, want a kill", err)
	}
	until(t, "the child gets SIGTERM", func() bool { return read(file) == "flushed\n" })
}

// until waits for a condition. It waits long: the machine may be busy.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 2 minutes: %s", what)
		}
	}
}

// read returns the text of a file, and "" if the file does not exist yet.
func read(path string) string {
	text, _ := os.ReadFile(path)
	return string(text)
}

func TestEndpointInTheEnvironmentReplacesTheChild(t *testing.T) {
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1/")
	p, err := DynamoDB(t.Context(), Options{})
	if err != nil || p.Endpoint() != "http://127.0.0.1:1" || !p.External() || p.Stop() != nil {
		t.Errorf("got %+v, %v", p, err)
	}
}

func TestMissingProgramIsReportedInOneLine(t *testing.T) {
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", "")
	t.Setenv("PATH", t.TempDir())
	_, err := DynamoDB(t.Context(), Options{InMemory: true})
	if err == nil || !strings.Contains(err.Error(), "install a Java 17 runtime") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v, want one line that says how to get Java", err)
	}
}
