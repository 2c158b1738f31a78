// Package object is the object storage of the local cloud: gofakes3 behind a check of
// the signature. A request with a signature in a header is accepted without a check,
// as by the other local servers. A request with a signature in the query (a presigned
// URL) is checked as S3 checks it. Every other request is refused, because no bucket
// is public.
package object

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3bolt"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	bolt "go.etcd.io/bbolt"
)

// Secret is the secret access key that the local cloud gives to all its functions.
// Presigned URLs must be signed with it.
const Secret = "local"

// Options say what to serve.
type Options struct {
	Dir     string // where the objects are stored; empty means in memory
	Buckets []string
	Now     func() time.Time // default time.Now
}

// A Server is running object storage.
type Server struct {
	endpoint string
	server   *http.Server
	close    func() error
}

// Start serves the buckets on a free port. If AWS_ENDPOINT_URL_S3 is set, it starts
// nothing and returns the server at that address; then it creates no buckets.
func Start(o Options) (*Server, error) {
	if endpoint := os.Getenv("AWS_ENDPOINT_URL_S3"); endpoint != "" {
		return &Server{endpoint: strings.TrimSuffix(endpoint, "/")}, nil
	}
	backend, closeBackend, err := o.backend()
	if err != nil {
		return nil, fmt.Errorf("object storage: %w", err)
	}
	for _, name := range o.Buckets {
		if exists, err := backend.BucketExists(name); err != nil || exists {
			if err != nil {
				return nil, errors.Join(fmt.Errorf("bucket %s: %w", name, err), closeBackend())
			}
			continue
		}
		if err := backend.CreateBucket(name); err != nil {
			return nil, errors.Join(fmt.Errorf("bucket %s: %w", name, err), closeBackend())
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("object storage: %w", err), closeBackend())
	}
	now := o.Now
	if now == nil {
		now = time.Now
	}
	s := &Server{endpoint: "http://" + listener.Addr().String(), close: closeBackend}
	s.server = &http.Server{Handler: checkSignature(gofakes3.New(backend).Server(), now)}
	go func() { _ = s.server.Serve(listener) }() // returns when Stop is called
	return s, nil
}

// backend opens the storage and returns it with the function that closes it.
func (o Options) backend() (_ gofakes3.Backend, closeBackend func() error, _ error) {
	if o.Dir == "" {
		return s3mem.New(), func() error { return nil }, nil
	}
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return nil, nil, err
	}
	// All buckets are in one file. Each write is a transaction on disk.
	db, err := openFile(filepath.Join(o.Dir, "objects.db"))
	if err != nil {
		return nil, nil, err
	}
	return s3bolt.New(db), db.Close, nil
}

// Endpoint returns the address of the server.
func (s *Server) Endpoint() string { return s.endpoint }

// Stop waits up to 3 s for running requests, ends the server and closes its file.
func (s *Server) Stop() error {
	if s.server == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if err := s.server.Shutdown(ctx); err != nil {
		s.server.Close()
	}
	return s.close()
}

// openFile opens the file with all buckets. Only one process can have it open.
func openFile(name string) (*bolt.DB, error) {
	db, err := bolt.Open(name, 0o600, &bolt.Options{Timeout: time.Second})
	if err != nil {
		return nil, fmt.Errorf("%s: %w; another local cloud may use it", name, err)
	}
	return db, nil
}
