package sam

import (
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"parley/functions/catalog"
	"parley/infra/gen/events"
	"parley/infra/local/backing"
	"parley/infra/local/template"
	"parley/infra/rie"
	"parley/infra/testkit"
)

// operations returns the name of one operation of each kind, or the name in the variable
// OPERATION (make sam OP=...).
func operations() []string {
	if name := os.Getenv("OPERATION"); name != "" {
		return []string{name}
	}
	return []string{
		"tencent.account.account_check", "client.message.history", "client.session.authorizer", "worker.delivery.delivery",
	}
}

// TestOperations invokes one operation of each kind with its sample event: with sam local
// invoke, the templates that are deployed, the program built for this machine, and DynamoDB
// Local.
func TestOperations(t *testing.T) {
	e := engine(t)
	root, err := backing.Root()
	if err != nil {
		t.Fatal(err)
	}
	db, err := backing.DynamoDB(t.Context(), backing.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Stop() }()
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", db.Endpoint())
	server, err := testkit.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Stop() }()
	if err := rie.Sample(t.Context(), server); err != nil {
		t.Fatal(err)
	}

	code := build(t, "../../functions")
	key, err := os.ReadFile(server.SealKey[len("file:"):])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(code, "seal.key"), key, 0o644); err != nil { // of a test
		t.Fatal(err)
	}
	address, err := url.Parse(db.Endpoint())
	if err != nil {
		t.Fatal(err)
	}
	env := rie.Environment(server, "http://"+e.Machine+":"+address.Port(), "http://"+e.Machine+":"+startStandin(t), "file:/var/task/seal.key")
	var names []string
	for name := range env {
		names = append(names, name)
	}
	staged, err := Stage(filepath.Join(root, "template.yaml"), t.TempDir(), code, names)
	if err != nil {
		t.Fatal(err)
	}
	model, err := template.Load(template.Options{Root: filepath.Join(root, "template.yaml"), Data: filepath.Join(root, "infra/stacks/data.yaml")})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range operations() {
		t.Run(name, func(t *testing.T) {
			o := catalog.Find(name)
			f, ok := model.Function(name)
			if o == nil || !ok {
				t.Fatalf("%s is missing in the catalog or in the templates", name)
			}
			event, err := os.ReadFile(filepath.Join(root, "events", events.Path(o)))
			if err != nil {
				t.Fatal(err)
			}
			answer, err := e.Invoke(t.Context(), Call{Template: staged, Function: f.Path, Event: event, Env: env})
			if err != nil {
				t.Fatal(err)
			}
			if problem := rie.Accept(o, answer); problem != "" {
				t.Errorf("%s: %s", problem, answer)
			}
		})
	}
}

// startStandin starts a server with rie.Standin and returns its port. The server listens on all
// interfaces, because a container cannot reach 127.0.0.1 of this machine.
func startStandin(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", ":0") // for the container
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(rie.Standin)} // of a test
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
