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
	"parley/shared/app"
	"parley/shared/domain/accounts"
	"parley/shared/queue"
	"parley/shared/testkit"
)

// Every sample event, through the real program under the real Lambda Runtime
// Interface Emulator, each in a world of its own.
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
			world, err := testkit.Start(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = world.Stop() }()
			if err := Sample(t.Context(), world); err != nil {
				t.Fatal(err)
			}
			env := []string{"AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local", "AWS_REGION=us-east-1"}
			for name, value := range Environment(world, db.Endpoint(), standin.URL, world.SealKey) {
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
			if wrong := Accept(o, answer); wrong != "" {
				t.Errorf("%s: %s\n%s", wrong, answer, log.String())
			}
			if !strings.Contains(log.String(), `"operation":"`+o.Name+`"`) {
				t.Errorf("no log line of the call:\n%s", log.String())
			}
		})
	}
}

// What a function sends to a queue of the sample world is taken.
func TestStandin(t *testing.T) {
	standin := httptest.NewServer(http.HandlerFunc(Standin))
	defer standin.Close()
	cfg := app.AWS("us-east-1")
	cfg.Credentials = backing.Credentials()
	q := queue.New[accounts.Removal](cfg, standin.URL, queue.Sweep, standin.URL+"/000000000000/sweep")
	if err := q.Send(t.Context(), accounts.Removal{User: "alice"}, time.Second); err != nil {
		t.Error(err)
	}
}

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
