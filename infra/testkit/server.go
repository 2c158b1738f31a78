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

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"parley/infra/iam"
	"parley/infra/local/backing"
	"parley/infra/local/object"
	"parley/infra/local/template"
	"parley/shared/app"
	"parley/shared/config"
	"parley/shared/objects"
	"parley/shared/seal"
	"parley/shared/store"
)

// A Server is what the worlds of one test package share: tables and object storage.
type Server struct {
	Endpoint string
	Tables   config.Tables
	Sealer   seal.Sealer
	SealKey  string // a value for the environment variable SEAL_KEY

	process *backing.Process
	objects *object.Server
	dir     string

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
	for _, a := range store.Aggregates() {
		for _, x := range a.Indexes() { // core is the only table with indexes
			projection := "KEYS_ONLY"
			if len(x.Include) > 0 {
				projection = "INCLUDE"
			}
			tables[0].Indexes = append(tables[0].Indexes, template.Index{
				Name: x.Name, HashKey: template.Attribute{Name: store.IndexedBy, Type: "S"},
				RangeKey: template.Attribute{Name: x.Sort, Type: "N"}, Projection: projection, Include: x.Include,
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
	s.SealKey = "file:" + path
	s.Sealer, err = seal.New(s.SealKey, app.AWS("us-east-1"))
	return err
}

// Stop ends the processes that Start has started and removes its files.
func (s *Server) Stop() error {
	if s.dir != "" {
		_ = os.RemoveAll(s.dir)
	}
	return errors.Join(s.objects.Stop(), s.process.Stop())
}

// bucket holds the objects of all worlds. Each key contains the id of an application.
const bucket = "archive"

// Objects returns the archive in the server's bucket. Options may add middleware.
func (s *Server) Objects(options ...func(*s3.Options)) *objects.Archive {
	cfg := app.AWS("us-east-1")
	cfg.Credentials = backing.Credentials()
	return objects.New(cfg, s.objects.Endpoint(), bucket, options...)
}

// Store returns a Store of the server's tables. Options may add middleware.
func (s *Server) Store(options ...func(*dynamodb.Options)) *store.Store {
	cfg := app.AWS("us-east-1")
	cfg.Credentials = backing.Credentials()
	return store.New(cfg, s.Endpoint, store.Names(s.Tables), append([]func(*dynamodb.Options){s.recordRequests}, options...)...)
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
