// Package object is the object storage of the local cloud: gofakes3 behind a check
// of who may come in. Calls signed in a header are let in unchecked, as those of
// the other local servers; an address that was made for anybody to fetch is
// checked as S3 does; everything else is refused, for no bucket is public.
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
)

// Secret is the secret key of every caller, as the local cloud gives it to its
// functions.
const Secret = "local"

// Options say what to serve.
type Options struct {
	Dir     string // data on disk; empty: in memory
	Buckets []string
	Now     func() time.Time // default time.Now
}

// A Server is running object storage.
type Server struct {
	endpoint string
	server   *http.Server
	close    func() error
}

// Start serves the buckets on a free port. With AWS_ENDPOINT_URL_S3 in the
// environment it is the server there, whose buckets are as they are.
func Start(o Options) (*Server, error) {
	if endpoint := os.Getenv("AWS_ENDPOINT_URL_S3"); endpoint != "" {
		return &Server{endpoint: strings.TrimSuffix(endpoint, "/")}, nil
	}
	backend, closing, err := o.backend()
	if err != nil {
		return nil, fmt.Errorf("object storage: %w", err)
	}
	for _, name := range o.Buckets {
		if there, err := backend.BucketExists(name); err != nil || there {
			if err != nil {
				return nil, errors.Join(fmt.Errorf("bucket %s: %w", name, err), closing())
			}
			continue
		}
		if err := backend.CreateBucket(name); err != nil {
			return nil, errors.Join(fmt.Errorf("bucket %s: %w", name, err), closing())
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("object storage: %w", err), closing())
	}
	now := o.Now
	if now == nil {
		now = time.Now
	}
	s := &Server{endpoint: "http://" + listener.Addr().String(), close: closing}
	s.server = &http.Server{Handler: guard(gofakes3.New(backend).Server(), now)}
	go func() { _ = s.server.Serve(listener) }() // ends with the server
	return s, nil
}

func (o Options) backend() (gofakes3.Backend, func() error, error) {
	if o.Dir == "" {
		return s3mem.New(), func() error { return nil }, nil
	}
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return nil, nil, err
	}
	// One file whose every change is a transaction on disk.
	db, err := openFile(filepath.Join(o.Dir, "objects.db"))
	if err != nil {
		return nil, nil, err
	}
	return s3bolt.New(db), db.Close, nil
}

// Endpoint is the address of the server.
func (s *Server) Endpoint() string { return s.endpoint }

// Stop ends the server and closes its file; calls under way are finished.
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
