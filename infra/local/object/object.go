// Package object is the object storage of the local cloud: the calls of S3 that Parley
// makes, on a folder with one file an object. It answers every other call with
// NotImplemented, so that a new call is not misunderstood. docs/adr/0001-modules.md says
// why it is no module.
//
// A request with a signature in a header is accepted without a check, as by the other
// local servers. A request with a signature in the query (a presigned URL) is checked as
// S3 checks it. Every other request is refused, because no bucket is public.
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
)

// Secret is the secret access key that the local cloud gives to all its functions.
// Presigned URLs must be signed with it.
const Secret = "local"

// Options say what to serve.
type Options struct {
	// Dir is where the objects are stored. Only one server may use it at a time. If it is
	// empty, the objects are in a temporary folder, which Stop removes.
	Dir     string
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
	dir, remove := o.Dir, func() error { return nil }
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "parley-objects-"); err != nil {
			return nil, fmt.Errorf("object storage: %w", err)
		}
		remove = func() error { return os.RemoveAll(dir) }
	}
	for _, name := range append([]string{incoming}, o.Buckets...) {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			return nil, errors.Join(fmt.Errorf("object storage: %w", err), remove())
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("object storage: %w", err), remove())
	}
	now := o.Now
	if now == nil {
		now = time.Now
	}
	s := &Server{endpoint: "http://" + listener.Addr().String(), close: remove}
	s.server = &http.Server{Handler: checkSignature(folder(dir), now)}
	go func() { _ = s.server.Serve(listener) }() // returns when Stop is called
	return s, nil
}

// Endpoint returns the address of the server.
func (s *Server) Endpoint() string { return s.endpoint }

// Stop waits up to 3 s for running requests, and ends the server.
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
