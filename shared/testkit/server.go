// Package testkit builds worlds to test in: the real store on DynamoDB Local, a
// clock that stands still until it is moved, seeded ids, and recorders of posts
// and jobs. A world belongs to one application, so that many share the tables.
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
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"parley/infra/local/backing"
	"parley/infra/local/object"
	"parley/infra/local/template"
	"parley/shared/app"
	"parley/shared/config"
	"parley/shared/objects"
	"parley/shared/seal"
	"parley/shared/store"
)

// A Server is what the worlds of one test package share.
type Server struct {
	Endpoint string
	Tables   config.Tables
	Sealer   seal.Sealer
	SealKey  string // as SEAL_KEY names it

	process *backing.Process
	objects *object.Server
	dir     string
}

// Start starts DynamoDB Local, or uses the one AWS_ENDPOINT_URL_DYNAMODB names,
// and makes tables of its own there.
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
	key := template.Attribute{Name: "pk", Type: "S"}
	sort := template.Attribute{Name: "sk", Type: "S"}
	var tables []template.Table
	for _, name := range []string{s.Tables.Core, s.Tables.Msg, s.Tables.Live, s.Tables.Ops} {
		// No TTL: a world's clock stands in 2023, where the sweeper would find
		// everything expired.
		tables = append(tables, template.Table{Name: name, HashKey: key, RangeKey: sort})
	}
	for _, a := range store.Aggregates() {
		for _, x := range a.Indexes() { // all of them of core
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

// Stop ends what Start began.
func (s *Server) Stop() error {
	if s.dir != "" {
		_ = os.RemoveAll(s.dir)
	}
	return errors.Join(s.objects.Stop(), s.process.Stop())
}

// bucket holds the objects of all worlds; applications part them.
const bucket = "archive"

// Objects returns the archive of the server's bucket. Options may add middleware.
func (s *Server) Objects(options ...func(*s3.Options)) *objects.Archive {
	cfg := app.AWS("us-east-1")
	cfg.Credentials = backing.Credentials()
	return objects.New(cfg, s.objects.Endpoint(), bucket, options...)
}

// Store returns a Store over the server's tables. Options may add middleware.
func (s *Server) Store(options ...func(*dynamodb.Options)) *store.Store {
	cfg := app.AWS("us-east-1")
	cfg.Credentials = backing.Credentials()
	return store.New(cfg, s.Endpoint, store.Names(s.Tables), options...)
}

// Main runs a package's tests with a Server, and is called by its TestMain. It
// adds the flag -update.
func Main(m *testing.M, keep **Server) {
	flag.Bool("update", false, "rewrite the answers, effects and tables that tests compare with")
	os.Exit(func() int {
		s, err := Start(context.Background())
		if err != nil {
			fmt.Fprintln(os.Stderr, "testkit:", err)
			return 1
		}
		defer func() { _ = s.Stop() }()
		*keep = s
		return m.Run()
	}())
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}
