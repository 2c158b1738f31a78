package rie

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/functions/catalog"
	"parley/infra/gen/events"
	"parley/infra/local/backing"
	"parley/infra/testkit"
	"parley/shared/app"
	"parley/shared/domain/accounts"
	"parley/shared/queue"
)

// TestEvents invokes every operation with its sample event: the real program in the real
// Lambda Runtime Interface Emulator, with tables of its own for each operation.
func TestEvents(t *testing.T) {
	path := emulator(t)
	program := build(t, "../../functions")
	db, err := backing.DynamoDB(t.Context(), backing.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Stop() }()
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", db.Endpoint())
	standin := httptest.NewServer(http.HandlerFunc(Standin))
	defer standin.Close()
	all := catalog.All()
	for i := range all {
		o := &all[i]
		t.Run(o.Name, func(t *testing.T) {
			event, err := os.ReadFile(filepath.Join("../../events", events.Path(o)))
			if err != nil {
				t.Fatal(err)
			}
			server, err := testkit.Start(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = server.Stop() }()
			if err := Sample(t.Context(), server); err != nil {
				t.Fatal(err)
			}
			env := []string{"AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local", "AWS_REGION=us-east-1"}
			for name, value := range Environment(server, db.Endpoint(), standin.URL, server.SealKey) {
				env = append(env, name+"="+value)
			}
			var log strings.Builder
			e, err := Start(t.Context(), Options{Emulator: path, Program: program, Handler: o.Name, Timeout: 20 * time.Second, Env: env, Log: &log})
			if err != nil {
				t.Fatal(err)
			}
			answer, err := e.Invoke(t.Context(), event)
			e.Stop()
			if err != nil {
				t.Fatalf("%v\n%s", err, log.String())
			}
			if problem := Accept(o, answer); problem != "" {
				t.Errorf("%s: %s\n%s", problem, answer, log.String())
			}
			if !strings.Contains(log.String(), `"operation":"`+o.Name+`"`) {
				t.Errorf("the call has no log line:\n%s", log.String())
			}
		})
	}
}

// TestStandin checks that Standin accepts a job that a function sends to a queue.
func TestStandin(t *testing.T) {
	standin := httptest.NewServer(http.HandlerFunc(Standin))
	defer standin.Close()
	cfg := app.AWS("us-east-1")
	cfg.Credentials = backing.Credentials()
	q := queue.New[accounts.Removal](cfg, standin.URL, queue.Background, standin.URL+"/000000000000/background")
	if err := q.Send(t.Context(), accounts.Removal{User: "alice"}, time.Second); err != nil {
		t.Error(err)
	}
}

// TestAcceptRefuses checks that Accept finds the failures of each kind of operation.
func TestAcceptRefuses(t *testing.T) {
	for name, answer := range map[string]string{
		"tencent.message.sendmsg":   `{"statusCode":200,"body":"{\"ErrorCode\":90001}"}`,
		"client.message.send":       `{"statusCode":401,"body":"{\"code\":0}"}`,
		"client.session.connect":    `{"statusCode":403}`,
		"client.session.authorizer": `{"policyDocument":{"Statement":[{"Effect":"Deny"}]}}`,
		"worker.delivery.delivery":  `{"batchItemFailures":[{"itemIdentifier":"1"}]}`,
		"tencent.gateway.unknown":   `{"statusCode":200,"body":"{\"ErrorCode\":0}"}`,
	} {
		if Accept(catalog.Find(name), []byte(answer)) == "" {
			t.Errorf("%s: %s is accepted", name, answer)
		}
	}
}
