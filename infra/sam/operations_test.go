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
	"parley/shared/testkit"
)

// kinds names one operation of each kind, or the one of OPERATION (make sam OP=...).
func kinds() []string {
	if name := os.Getenv("OPERATION"); name != "" {
		return []string{name}
	}
	return []string{
		"tencent.account.account_check", "client.message.history", "client.session.authorizer", "worker.delivery.delivery",
	}
}

// The sample event of one operation of each kind through sam local invoke, with
// the deployed templates and the program built for this machine, against
// DynamoDB Local.
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
	world, err := testkit.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = world.Stop() }()
	if err := rie.Sample(t.Context(), world); err != nil {
		t.Fatal(err)
	}

	code := build(t, "../../functions")
	key, err := os.ReadFile(world.SealKey[len("file:"):])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(code, "seal.key"), key, 0o644); err != nil { //nolint:gosec // of a test
		t.Fatal(err)
	}
	address, err := url.Parse(db.Endpoint())
	if err != nil {
		t.Fatal(err)
	}
	env := rie.Environment(world, "http://"+e.Machine+":"+address.Port(), "http://"+e.Machine+":"+standin(t), "file:/var/task/seal.key")
	var names []string
	for name := range env {
		names = append(names, name)
	}
	staged, err := Stage(filepath.Join(root, "template.yaml"), t.TempDir(), code, names)
	if err != nil {
		t.Fatal(err)
	}
	model, err := template.Load(template.Options{Root: filepath.Join(root, "template.yaml")})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range kinds() {
		t.Run(name, func(t *testing.T) {
			o := catalog.Find(name)
			f, ok := model.Function(name)
			if o == nil || !ok {
				t.Fatalf("%s is not in the catalog and the templates", name)
			}
			event, err := os.ReadFile(filepath.Join(root, "events", events.Path(o)))
			if err != nil {
				t.Fatal(err)
			}
			answer, err := e.Invoke(t.Context(), Call{Template: staged, Function: f.Path, Event: event, Env: env})
			if err != nil {
				t.Fatal(err)
			}
			if wrong := rie.Accept(o, answer); wrong != "" {
				t.Errorf("%s: %s", wrong, answer)
			}
		})
	}
}

// standin is the port of a server that takes every post and job, on all interfaces:
// a container does not reach what listens on 127.0.0.1 alone.
func standin(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", ":0") //nolint:gosec // for the container
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(rie.Standin)} //nolint:gosec // of a test
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
