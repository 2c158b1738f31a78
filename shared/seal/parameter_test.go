package seal_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"parley/shared/seal"
)

// parameterStore is a server in the place of Systems Manager, with one SecureString.
type parameterStore struct {
	value string
	reads atomic.Int64
	fails atomic.Int64 // so many of the next reads are refused
}

func (p *parameterStore) start(t *testing.T) aws.Config {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Name           string
			WithDecryption bool
		}
		err := json.NewDecoder(r.Body).Decode(&in)
		if target := r.Header.Get("X-Amz-Target"); err != nil || target != "AmazonSSM.GetParameter" || in.Name != "/parley/dev/seal-key" || !in.WithDecryption {
			t.Errorf("Systems Manager gets %s %+v, %v", target, in, err)
		}
		if signature := r.Header.Get("Authorization"); !strings.Contains(signature, "/us-east-1/ssm/aws4_request") {
			t.Errorf("the signature is %q", signature)
		}
		p.reads.Add(1)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		if p.fails.Add(-1) >= 0 {
			w.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(w).Encode(map[string]string{"__type": "ParameterNotFound"})
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"Parameter": map[string]any{"Name": in.Name, "Type": "SecureString", "Value": p.value}})
	}))
	t.Cleanup(server.Close)
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: &server.URL,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, nil
		}),
	}
}

// TestParameterSealer: the key is read at the first use and once, also by calls at the same
// time, and another instance with the same parameter opens what this one sealed.
func TestParameterSealer(t *testing.T) {
	store := &parameterStore{value: strings.Repeat("0f", 32)}
	cfg := store.start(t)
	s, err := seal.New("ssm:/parley/dev/seal-key", cfg)
	if err != nil || store.reads.Load() != 0 {
		t.Fatalf("New: %v, %d reads, want none", err, store.reads.Load())
	}
	sealed, err := s.Seal(t.Context(), "app/1", []byte("secret"))
	if err != nil || strings.Contains(string(sealed), "secret") {
		t.Fatalf("Seal = %q, %v", sealed, err)
	}
	if got, err := s.Open(t.Context(), "app/1", sealed); err != nil || string(got) != "secret" {
		t.Errorf("Open = %q, %v, want secret", got, err)
	}
	if got, err := s.Open(t.Context(), "app/2", sealed); err == nil || !strings.Contains(err.Error(), "app/2") {
		t.Errorf("for another purpose: %q, %v, want an error that names it", got, err)
	}
	if got, err := fileSealer(t, store.value).Open(t.Context(), "app/1", sealed); err != nil || string(got) != "secret" {
		t.Errorf("with the same key in a file: %q, %v", got, err)
	}
	if n := store.reads.Load(); n != 1 {
		t.Errorf("the key was read %d times, want once", n)
	}
	again, err := seal.New("ssm:/parley/dev/seal-key", cfg)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	for range 8 {
		go func() {
			_, err := again.Open(t.Context(), "app/1", sealed)
			done <- err
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n := store.reads.Load(); n != 2 {
		t.Errorf("the key was read %d times by two instances, want twice", n)
	}
}

// TestParameterSealerTriesAgain: a key that could not be read is read by the next call. A
// parameter whose content is not a key is refused, and no error shows the content.
func TestParameterSealerTriesAgain(t *testing.T) {
	store := &parameterStore{value: strings.Repeat("0f", 32)}
	store.fails.Store(1)
	s, err := seal.New("ssm:/parley/dev/seal-key", store.start(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Seal(t.Context(), "app/1", nil); err == nil || !strings.Contains(err.Error(), "/parley/dev/seal-key") {
		t.Errorf("without the parameter: %v, want an error that names it", err)
	}
	if _, err := s.Seal(t.Context(), "app/1", nil); err != nil {
		t.Errorf("with the parameter: %v", err)
	}
	short := &parameterStore{value: strings.Repeat("0e", 31)}
	if s, err = seal.New("ssm:/parley/dev/seal-key", short.start(t)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := s.Seal(t.Context(), "app/1", nil); err == nil || strings.Contains(err.Error(), "0e0e") {
			t.Errorf("with 31 bytes: %v, want an error without the key", err)
		}
	}
}
