// Package seal encrypts the secrets of applications, which are stored encrypted only.
//
// On AWS a KMS key encrypts them, on the local cloud a key in a file. A sealed secret is
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
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"parley/shared/attempt"
	"parley/shared/telemetry"
)

// A Sealer encrypts and decrypts small secrets. The purpose is not secret, and Open needs
// the purpose that Seal was given.
type Sealer interface {
	Seal(ctx context.Context, purpose string, secret []byte) ([]byte, error)
	Open(ctx context.Context, purpose string, sealed []byte) ([]byte, error)
}

// New returns a Sealer with a key: "file:" and the path of a file with 32 bytes in
// hexadecimal, or the ARN of a KMS key.
func New(key string, cfg aws.Config) (Sealer, error) {
	if path, ok := strings.CutPrefix(key, "file:"); ok {
		return newFileSealer(path)
	}
	return &kmsSealer{client: kms.NewFromConfig(cfg, func(o *kms.Options) { o.APIOptions = append(o.APIOptions, attempt.Bounded) }), key: key}, nil
}

type fileSealer struct{ aead cipher.AEAD }

func newFileSealer(path string) (*fileSealer, error) {
	text, err := os.ReadFile(path) // the deployment names the file
	if err != nil {
		return nil, fmt.Errorf("seal key: %w", err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != 32 {
		return nil, fmt.Errorf("seal key %s: want 32 bytes in hexadecimal", path)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return &fileSealer{aead: aead}, nil
}

// Seal encrypts with AES-256-GCM. The result begins with the random nonce.
func (s *fileSealer) Seal(ctx context.Context, purpose string, secret []byte) ([]byte, error) {
	telemetry.MeterOf(ctx).Touch("seal")
	nonce := make([]byte, s.aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return s.aead.Seal(nonce, nonce, secret, []byte(purpose)), nil
}

// Open reverses Seal.
func (s *fileSealer) Open(ctx context.Context, purpose string, sealed []byte) ([]byte, error) {
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
	client *kms.Client
	key    string
}

// Seal encrypts with the KMS key. The purpose is the encryption context.
func (s *kmsSealer) Seal(ctx context.Context, purpose string, secret []byte) ([]byte, error) {
	telemetry.MeterOf(ctx).Touch("seal")
	out, err := s.client.Encrypt(ctx, &kms.EncryptInput{
		KeyId: &s.key, Plaintext: secret, EncryptionContext: map[string]string{"parley": purpose},
	})
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return out.CiphertextBlob, nil
}

// Open reverses Seal.
func (s *kmsSealer) Open(ctx context.Context, purpose string, sealed []byte) ([]byte, error) {
	telemetry.MeterOf(ctx).Touch("open")
	out, err := s.client.Decrypt(ctx, &kms.DecryptInput{
		KeyId: &s.key, CiphertextBlob: sealed, EncryptionContext: map[string]string{"parley": purpose},
	})
	if err != nil {
		return nil, fmt.Errorf("open sealed secret for %s: %w", purpose, err)
	}
	return out.Plaintext, nil
}
