// Package seal encrypts the secrets of applications, which are stored encrypted only.
//
// On AWS a KMS key encrypts them, or, in a small stage, a key in a parameter of Systems
// Manager, which costs nothing; on the local cloud a key in a file. A sealed secret is
// bound to its purpose. Example: a secret that was sealed for "app/1" cannot be opened
// for "app/2", even if somebody copies it into the item of that application.
package seal

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"parley/shared/awscall"
	"parley/shared/clock"
	"parley/shared/telemetry"
)

// A Sealer encrypts and decrypts small secrets. The purpose is not secret, and Open needs
// the purpose that Seal was given.
type Sealer interface {
	Seal(ctx context.Context, purpose string, secret []byte) ([]byte, error)
	Open(ctx context.Context, purpose string, sealed []byte) ([]byte, error)
}

// New returns a Sealer with a key: "file:" and the path of a file with 32 bytes in
// hexadecimal, "ssm:" and the name of a SecureString with the same content, or the ARN of
// a KMS key.
func New(key string, cfg aws.Config) (Sealer, error) {
	if path, ok := strings.CutPrefix(key, "file:"); ok {
		text, err := os.ReadFile(path) // the deployment names the file
		if err != nil {
			return nil, fmt.Errorf("seal key: %w", err)
		}
		return newKeySealer(path, string(text))
	}
	if name, ok := strings.CutPrefix(key, "ssm:"); ok {
		return newParameterSealer(name, cfg), nil
	}
	return &kmsSealer{client: awscall.New(cfg, awscall.Service{Name: "kms", Target: "TrentService", Version: "1.1"}, clock.System{}), key: key}, nil
}

// keySealer encrypts with a key that it has.
type keySealer struct{ aead cipher.AEAD }

// newKeySealer returns a Sealer with a key in hexadecimal. from says in errors where the key
// is.
func newKeySealer(from, text string) (*keySealer, error) {
	key, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != 32 {
		return nil, fmt.Errorf("seal key %s: want 32 bytes in hexadecimal", from)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return &keySealer{aead: aead}, nil
}

// Seal encrypts with AES-256-GCM. The result begins with the random nonce.
func (s *keySealer) Seal(ctx context.Context, purpose string, secret []byte) ([]byte, error) {
	telemetry.MeterOf(ctx).Touch("seal")
	nonce := make([]byte, s.aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return s.aead.Seal(nonce, nonce, secret, []byte(purpose)), nil
}

// Open reverses Seal.
func (s *keySealer) Open(ctx context.Context, purpose string, sealed []byte) ([]byte, error) {
	telemetry.MeterOf(ctx).Touch("open")
	n := s.aead.NonceSize()
	if len(sealed) < n {
		return nil, errors.New("sealed secret is too short")
	}
	secret, err := s.aead.Open(nil, sealed[:n], sealed[n:], []byte(purpose))
	if err != nil {
		return nil, fmt.Errorf("open sealed secret for %s: %w", purpose, err)
	}
	return secret, nil
}

type kmsSealer struct {
	client *awscall.Client
	key    string
}

// A kmsRequest is the request of Encrypt or Decrypt. KMS has bytes in base64, as encoding/json.
type kmsRequest struct {
	KeyID             string `json:"KeyId"`
	Plaintext         []byte `json:",omitempty"`
	CiphertextBlob    []byte `json:",omitempty"`
	EncryptionContext map[string]string
}

func (s *kmsSealer) request(purpose string) kmsRequest {
	return kmsRequest{KeyID: s.key, EncryptionContext: map[string]string{"parley": purpose}}
}

// Seal encrypts with the KMS key. The purpose is the encryption context.
func (s *kmsSealer) Seal(ctx context.Context, purpose string, secret []byte) ([]byte, error) {
	telemetry.MeterOf(ctx).Touch("seal")
	in := s.request(purpose)
	in.Plaintext = secret
	var out struct{ CiphertextBlob []byte }
	if err := s.client.Call(ctx, "Encrypt", in, &out); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return out.CiphertextBlob, nil
}

// Open reverses Seal.
func (s *kmsSealer) Open(ctx context.Context, purpose string, sealed []byte) ([]byte, error) {
	telemetry.MeterOf(ctx).Touch("open")
	in := s.request(purpose)
	in.CiphertextBlob = sealed
	var out struct{ Plaintext []byte }
	if err := s.client.Call(ctx, "Decrypt", in, &out); err != nil {
		return nil, fmt.Errorf("open sealed secret for %s: %w", purpose, err)
	}
	return out.Plaintext, nil
}
