package seal

import (
	"context"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"

	"parley/shared/awscall"
	"parley/shared/clock"
)

// parameterSealer encrypts with a key in a SecureString of Systems Manager. An instance of a
// function reads it once, when it first needs it: most operations never do.
type parameterSealer struct {
	client *awscall.Client
	name   string

	mu  sync.Mutex
	key *keySealer // nil until it is read
}

func newParameterSealer(name string, cfg aws.Config) *parameterSealer {
	client := awscall.New(cfg, awscall.Service{Name: "ssm", Target: "AmazonSSM", Version: "1.1"}, clock.System{})
	return &parameterSealer{client: client, name: name}
}

// Seal encrypts with AES-256-GCM.
func (s *parameterSealer) Seal(ctx context.Context, purpose string, secret []byte) ([]byte, error) {
	key, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	return key.Seal(ctx, purpose, secret)
}

// Open reverses Seal.
func (s *parameterSealer) Open(ctx context.Context, purpose string, sealed []byte) ([]byte, error) {
	key, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	return key.Open(ctx, purpose, sealed)
}

// read returns the sealer of the key. If reading fails, the next call tries again.
func (s *parameterSealer) read(ctx context.Context) (*keySealer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.key != nil {
		return s.key, nil
	}
	in := struct {
		Name           string
		WithDecryption bool
	}{s.name, true}
	var out struct{ Parameter struct{ Value string } }
	err := s.client.Call(ctx, "GetParameter", in, &out)
	if err != nil {
		return nil, fmt.Errorf("seal key %s: %w", s.name, err)
	}
	s.key, err = newKeySealer(s.name, out.Parameter.Value)
	return s.key, err
}
