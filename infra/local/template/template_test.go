package template

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func load(t *testing.T, parameters map[string]string) *Model {
	t.Helper()
	m, err := Load(Options{
		Root: "testdata/tiny/template.yaml", State: "/state", Parameters: parameters,
		HTTP: "http://127.0.0.1:1", WebSocket: "http://127.0.0.1:2", SQS: "http://127.0.0.1:3",
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestLoadReadsFunctions(t *testing.T) {
	m := load(t, nil)
	got, ok := m.Function("client.message.send")
	if !ok {
		t.Fatal("client.message.send is missing")
	}
	want := Function{
		Path: "Client/Send", Name: "parley-local-Client-Send",
		ARN:     "arn:aws:lambda:us-east-1:000000000000:function:parley-local-Client-Send",
		Handler: "client.message.send", Memory: 256, Timeout: 29 * time.Second,
		Environment: map[string]string{
			"STAGE": "local", "TABLE_CORE": "parley-local-core", "SEAL_KEY": "file:/state/seal.key", "HOST": "b",
			"QUEUE_JOBS":           "http://127.0.0.1:3/000000000000/parley-local-Data-Jobs",
			"CONNECTIONS_ENDPOINT": "http://127.0.0.1:2/local",
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if f, _ := m.Function("client.session.authorize"); f.Memory != 512 {
		t.Errorf("memory of the authorizer: got %d, want its own 512", f.Memory)
	}
}

func TestLoadReadsEventSources(t *testing.T) {
	f, _ := load(t, nil).Function("worker.delivery")
	if got, want := f.Queues, []QueueSource{{
		Queue: "parley-local-Data-Jobs", ARN: "arn:aws:sqs:us-east-1:000000000000:parley-local-Data-Jobs", BatchSize: 5, Partial: true,
	}}; !reflect.DeepEqual(got, want) {
		t.Errorf("queues: got %+v, want %+v", got, want)
	}
	if got, want := f.Streams, []StreamSource{{
		Table: "parley-local-core", ARN: "arn:aws:dynamodb:us-east-1:000000000000:table/parley-local-core/stream/local",
		BatchSize: 50, Window: time.Second, FromStart: true, Retries: 3,
	}}; !reflect.DeepEqual(got, want) {
		t.Errorf("streams: got %+v, want %+v", got, want)
	}
	if got, want := f.Schedules, []Schedule{{Name: "Client/Deliver/Every", Expression: "rate(1 minute)", Input: `{"a":1}`}}; !reflect.DeepEqual(got, want) {
		t.Errorf("schedules: got %+v, want %+v", got, want)
	}
}

func TestLoadReadsAPIs(t *testing.T) {
	m := load(t, nil)
	wantHTTP := API{
		ID: "clientapi", Name: "Api", Stage: "$default",
		HTTP: []HTTPRoute{{Method: "POST", Path: "/v4/openim/sendmsg", Function: "client.message.send", IAM: true, Timeout: 30000}},
		CORS: &CORS{Origins: []string{"*"}, Methods: []string{"POST"}, MaxAge: 600},
	}
	if got := m.HTTP(); !reflect.DeepEqual(got, []API{wantHTTP}) {
		t.Errorf("http: got %+v, want %+v", got, wantHTTP)
	}
	wantSocket := API{
		ID: "clientsocket", Name: "sockets", Stage: "local", WebSocket: true, RouteSelection: "$request.body.action",
		Socket: []SocketRoute{
			{Key: "$connect", Function: "client.session.connect", Authorizer: "client.session.authorize",
				Identity: []string{"route.request.querystring.sdkappid"}, Timeout: 29000},
			{Key: "pp", Mock: &Mock{Response: `{"event":"pong"}`}, TwoWay: true, Timeout: 29000},
			{Key: "p", Mock: &Mock{}, Timeout: 29000},
		},
	}
	if got := *m.WebSocket(); !reflect.DeepEqual(got, wantSocket) {
		t.Errorf("socket: got %+v, want %+v", got, wantSocket)
	}
	wantOutputs := map[string]string{"Socket": "ws://127.0.0.1:2/local", "Rest": "http://127.0.0.1:1"}
	if !reflect.DeepEqual(m.Outputs, wantOutputs) {
		t.Errorf("outputs: got %v, want %v", m.Outputs, wantOutputs)
	}
}

func TestLoadReadsTablesQueuesAndKeys(t *testing.T) {
	m := load(t, nil)
	wantTables := []Table{{
		Path: "Data/Core", Name: "parley-local-core", ARN: "arn:aws:dynamodb:us-east-1:000000000000:table/parley-local-core",
		HashKey: Attribute{"pk", "S"}, RangeKey: Attribute{"sk", "S"}, TTL: "x", Stream: "NEW_IMAGE",
	}}
	if !reflect.DeepEqual(m.Tables, wantTables) {
		t.Errorf("tables: got %+v, want %+v", m.Tables, wantTables)
	}
	var names []string
	for _, q := range m.Queues {
		names = append(names, q.Name)
		if q.Path == "Data/Jobs" && (q.Visibility != time.Minute || q.DeadLetter != "parley-local-Data-Dead" || q.MaxReceive != 5) {
			t.Errorf("jobs queue: got %+v", q)
		}
	}
	if got, want := strings.Join(names, " "), "only-here parley-local-Data-Dead parley-local-Data-Jobs"; got != want {
		t.Errorf("queues: got %s, want %s", got, want)
	}
	if got, want := m.Keys, []Key{{Path: "Data/Key", File: "/state/seal.key"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("keys: got %v, want %v", got, want)
	}
}

func TestParametersOverrideDefaults(t *testing.T) {
	m := load(t, map[string]string{"Stage": "prod"})
	f, _ := m.Function("client.message.send")
	if f.Memory != 1024 || f.Environment["GONE"] != "set" || m.Outputs["Never"] == "" {
		t.Errorf("prod: got %d MB, %v, outputs %v", f.Memory, f.Environment, m.Outputs)
	}
}

func TestMistakesAreReportedInOneLine(t *testing.T) {
	for _, c := range []struct{ name, template, want string }{
		{"a resource without a type", "Resources:\n  A: {}", "t.yaml: A: has no Type"},
		{"Ref of something unknown", "Resources:\n  A: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref B}}", "t.yaml: A: B is neither a parameter nor a resource"},
		{"a file that is not YAML", "a: [", "t.yaml: is not YAML"},
		{"a duplicate key", "Resources:\n  A: {Type: AWS::KMS::Key}\n  A: {Type: AWS::KMS::Key}", "A is given twice"},
		{"a parameter without a value", "Parameters: {P: {Type: String}}\nResources:\n  A: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref P}}", "t.yaml: P: has no value"},
		{"a nested file that is missing", "Resources:\n  A: {Type: AWS::Serverless::Application, Properties: {Location: none.yaml}}", "none.yaml: cannot be read"},
		{"a template that nests itself", "Resources:\n  A: {Type: AWS::Serverless::Application, Properties: {Location: t.yaml}}", "t.yaml: nests itself"},
		{"a condition that depends on itself", "Conditions: {A: !Not [!Condition A]}\nResources:\n  Q: {Type: AWS::SQS::Queue, Condition: A}", "condition A depends on itself"},
		{"a queue that is not declared", "Resources:\n  F: {Type: AWS::Serverless::Function, Properties: {Handler: h, Events: {E: {Type: SQS, Properties: {Queue: 'arn:aws:sqs:r:1:nope'}}}}}", "t.yaml: F: event E: the queue nope is not in the templates"},
		{"a text that must be a number", "Resources:\n  F: {Type: AWS::Serverless::Function, Properties: {Handler: h, Timeout: soon}}", `Timeout is "soon", not a number`},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "t.yaml")
			if err := os.WriteFile(file, []byte(c.template), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Load(Options{Root: file})
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want one line with %q", err, c.want)
			}
		})
	}
}
