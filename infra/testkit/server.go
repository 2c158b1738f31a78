// Package testkit makes worlds for tests. A world is one application with the real
// store on DynamoDB Local, a clock that stands still until the test moves it, and
// recorders of posts and jobs. Many worlds share the tables of a Server, since each
// has an application of its own.
//
// Cases runs the case tables of operations. SEEDS.md lists what a seed can do.
package testkit

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"parley/infra/iam"
	"parley/infra/local/backing"
	"parley/infra/local/object"
	"parley/infra/local/template"
	"parley/infra/wiretest"
	"parley/shared/app"
	"parley/shared/attempt"
	"parley/shared/clock"
	"parley/shared/config"
	"parley/shared/dynamo"
	"parley/shared/dynamo/wire"
	"parley/shared/objects"
	"parley/shared/s3"
	"parley/shared/seal"
	"parley/shared/store"
	"parley/shared/store/schema"
)

// A Server is what the worlds of one test package share: tables and object storage.
type Server struct {
	Endpoint string
	Tables   config.Tables
	Sealer   seal.Sealer
	SealKey  string // a value for the environment variable SEAL_KEY

	process *backing.Process
	call    *wiretest.Checker
	plain   *wire.Client
	objects *object.Server
	dir     string

	exercised exercises
	rolesOnce sync.Once
	rolesRead map[string]iam.Policy // by operation
	rolesErr  error
}

// Start makes a Server with tables of its own. It starts DynamoDB Local, or uses the
// one at AWS_ENDPOINT_URL_DYNAMODB if that is set.
func Start(ctx context.Context) (*Server, error) {
	process, err := backing.DynamoDB(ctx, backing.Options{InMemory: true})
	if err != nil {
		return nil, err
	}
	s := &Server{Endpoint: process.Endpoint(), process: process}
	if s.objects, err = object.Start(object.Options{Buckets: []string{bucket}}); err != nil {
		_ = process.Stop()
		return nil, err
	}
	if err := s.prepare(ctx); err != nil {
		_ = s.Stop()
		return nil, err
	}
	return s, nil
}

func (s *Server) prepare(ctx context.Context) error {
	prefix := "t" + hex.EncodeToString(random(4)) + "-"
	s.Tables = config.Tables{Core: prefix + "core", Msg: prefix + "msg", Live: prefix + "live", Ops: prefix + "ops"}
	partition := template.Attribute{Name: "pk", Type: "S"}
	sort := template.Attribute{Name: "sk", Type: "S"}
	var tables []template.Table
	for _, name := range []string{s.Tables.Core, s.Tables.Msg, s.Tables.Live, s.Tables.Ops} {
		// The tables have no TTL: a world's clock shows a time in 2023, so that for
		// DynamoDB all items would have expired.
		tables = append(tables, template.Table{Name: name, HashKey: partition, RangeKey: sort})
	}
	for _, d := range schema.Descriptors() {
		for _, x := range d.Indexes { // core is the only table with indexes
			projection := "KEYS_ONLY"
			if len(x.Include) > 0 {
				projection = "INCLUDE"
			}
			var include []string
			for _, a := range x.Include {
				include = append(include, string(a))
			}
			tables[0].Indexes = append(tables[0].Indexes, template.Index{
				Name: x.Name, HashKey: template.Attribute{Name: string(schema.IndexedBy), Type: "S"},
				RangeKey: template.Attribute{Name: string(x.Sort), Type: "N"}, Projection: projection, Include: include,
			})
		}
	}
	if err := backing.CreateTables(ctx, s.Endpoint, tables); err != nil {
		return err
	}
	var err error
	if s.dir, err = os.MkdirTemp("", "parley-test-"); err != nil {
		return err
	}
	path := filepath.Join(s.dir, "seal.key")
	if err := os.WriteFile(path, []byte(hex.EncodeToString(random(32))), 0o600); err != nil {
		return err
	}
	cfg := app.AWS("us-east-1")
	options := wire.Options{
		Region: cfg.Region, Endpoint: s.Endpoint, Credentials: backing.Credentials(), Retryer: cfg.Retryer, Clock: clock.System{},
	}
	if s.call, err = wiretest.New(options); err != nil {
		return err
	}
	if s.plain, err = wire.New(options); err != nil {
		return err
	}
	s.SealKey = "file:" + path
	s.Sealer, err = seal.New(s.SealKey, cfg)
	return err
}

// Stop ends the processes that Start has started and removes its files.
func (s *Server) Stop() error {
	if s.dir != "" {
		_ = os.RemoveAll(s.dir)
	}
	return errors.Join(s.objects.Stop(), s.process.Stop())
}

// Past makes a call to the server's DynamoDB past the store. It is not recorded and not compared.
func Past[Out any](ctx context.Context, s *Server, in any) (*Out, error) {
	out, err := s.plain.Do(ctx, in)
	if err != nil {
		return nil, err
	}
	return out.(*Out), nil
}

// bucket holds the objects of all worlds. Each key contains the id of an application.
const bucket = "archive"

// Objects returns the archive in the server's bucket. The layers are around every call. Each call
// is compared with that of the SDK.
func (s *Server) Objects(layers ...s3.Layer) *objects.Archive {
	check := wiretest.NewObjects(s3.Options{
		Region: "us-east-1", Endpoint: s.objects.Endpoint(), Bucket: bucket, Credentials: backing.Credentials(), Retryer: attempt.Retryer,
		Transport: s3.NewTransport(), Clock: clock.System{},
	})
	return objects.New(check.Client, backing.Credentials(), append(layers, check.Compare)...)
}

// Call makes a call to the server's DynamoDB, and compares it with that of the SDK.
func (s *Server) Call(ctx context.Context, in any) (any, error) { return s.call.Do(ctx, in) }

// Store returns a Store of the server's tables. The layers are around every call.
func (s *Server) Store(layers ...dynamo.Layer) *store.Store {
	return store.New(s.Call, schema.TableNames(s.Tables), append([]dynamo.Layer{s.recordRequests}, layers...)...)
}

// StoreToMeasure is a Store as a deployed function has it: its calls are not compared and not
// recorded.
func (s *Server) StoreToMeasure(layers ...dynamo.Layer) *store.Store {
	return store.New(s.plain.Do, schema.TableNames(s.Tables), layers...)
}

// Main runs the tests of a package with a Server, which it stores in *server. The
// TestMain of the package calls it. It defines the flag -update.
func Main(m *testing.M, server **Server) {
	defineUpdate()
	os.Exit(func() int {
		s, err := Start(context.Background())
		if err != nil {
			fmt.Fprintln(os.Stderr, "testkit:", err)
			return 1
		}
		defer func() { _ = s.Stop() }()
		*server = s
		return m.Run()
	}())
}

func defineUpdate() {
	flag.Bool("update", false, "rewrite the answers, effects and tables that tests compare with")
}

// Updating reports whether the tests run with -update, which means that they rewrite
// what they compare with.
func Updating() bool {
	f := flag.Lookup("update")
	return f != nil && f.Value.String() == "true"
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}
