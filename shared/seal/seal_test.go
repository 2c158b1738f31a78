package seal_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"parley/shared/seal"
	"parley/shared/telemetry"
)

func keyFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "seal.key")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return "file:" + path
}

func fileSealer(t *testing.T, text string) seal.Sealer {
	t.Helper()
	s, err := seal.New(keyFile(t, text), aws.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFileSealerOpensOnlyWhatItSealed(t *testing.T) {
	key := strings.Repeat("0f", 32)
	s := fileSealer(t, key+"\n")
	secret := []byte("0123456789abcdef")
	sealed, err := s.Seal(t.Context(), "app/1", secret)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, secret) {
		t.Errorf("sealed %q shows the secret", sealed)
	}
	for what, opener := range map[string]seal.Sealer{"the same sealer": s, "another sealer with the same key": fileSealer(t, strings.ToUpper(key))} {
		if got, err := opener.Open(t.Context(), "app/1", sealed); err != nil || !bytes.Equal(got, secret) {
			t.Errorf("%s opens %q, %v, want %q", what, got, err, secret)
		}
	}
	again, err := s.Seal(t.Context(), "app/1", secret)
	if err != nil || bytes.Equal(again, sealed) {
		t.Errorf("sealed twice, %v, the result is the same: the nonce was used again", err)
	}
	refused := map[string][]byte{"an empty text": nil, "one byte more": append(bytes.Clone(sealed), 0), "only a nonce": sealed[:12]}
	for i := range sealed {
		flipped := bytes.Clone(sealed)
		flipped[i] ^= 1
		if got, err := s.Open(t.Context(), "app/1", flipped); err == nil {
			t.Errorf("a text with byte %d changed opens: %q", i, got)
		}
		if got, err := s.Open(t.Context(), "app/1", sealed[:i]); err == nil {
			t.Errorf("a text cut at byte %d opens: %q", i, got)
		}
	}
	for what, b := range refused {
		got, err := s.Open(t.Context(), "app/1", b)
		if err == nil {
			t.Errorf("%s opens: %q", what, got)
		} else if strings.Contains(err.Error(), string(secret)) {
			t.Errorf("%s: the error contains the secret: %v", what, err)
		}
	}
	for _, purpose := range []string{"app/2", "app/1 ", "APP/1", ""} {
		if got, err := s.Open(t.Context(), purpose, sealed); err == nil {
			t.Errorf("purpose %q opens a secret that was sealed for app/1: %q", purpose, got)
		}
	}
	if got, err := fileSealer(t, strings.Repeat("0e", 32)).Open(t.Context(), "app/1", sealed); err == nil {
		t.Errorf("another key opens it: %q", got)
	}
	empty, err := s.Seal(t.Context(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Open(t.Context(), "", empty); err != nil || len(got) != 0 {
		t.Errorf("an empty secret opens as %q, %v", got, err)
	}
}

func TestRejectsMalformedKeyFiles(t *testing.T) {
	for what, key := range map[string]string{
		"no file":                 "file:" + filepath.Join(t.TempDir(), "none"),
		"an empty file":           keyFile(t, ""),
		"not hexadecimal":         keyFile(t, strings.Repeat("zz", 32)),
		"31 bytes":                keyFile(t, strings.Repeat("00", 31)),
		"33 bytes":                keyFile(t, strings.Repeat("00", 33)),
		"an odd number of digits": keyFile(t, strings.Repeat("00", 31)+"0"),
		"no path":                 "file:",
		"a folder":                "file:" + t.TempDir(),
		"space inside":            keyFile(t, strings.Repeat("00", 16)+" "+strings.Repeat("00", 16)),
		"32 raw bytes":            keyFile(t, strings.Repeat("\x07", 32)),
		"only half of a key":      keyFile(t, strings.Repeat("00", 16)),
	} {
		if s, err := seal.New(key, aws.Config{}); err == nil {
			t.Errorf("%s is accepted as a key: %v", what, s)
		} else if strings.Contains(err.Error(), "0000") {
			t.Errorf("%s: the error contains the key: %v", what, err)
		}
	}
}

func TestMeterNotesSealAndOpen(t *testing.T) {
	m := telemetry.NewRecorder()
	ctx := telemetry.WithMeter(t.Context(), m)
	s := fileSealer(t, strings.Repeat("00", 32))
	sealed, err := s.Seal(ctx, "p", []byte("s"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := m.Touched(), []string{"seal"}; !slices.Equal(got, want) {
		t.Errorf("sealing touches %q, want %q", got, want)
	}
	if _, err := s.Open(ctx, "p", sealed); err != nil {
		t.Fatal(err)
	}
	if got, want := m.Touched(), []string{"open", "seal"}; !slices.Equal(got, want) {
		t.Errorf("opening touches %q, want %q", got, want)
	}
}

// TestKMSSealer runs against a server in the place of KMS. It checks the key, the
// encryption context and the results.
func TestKMSSealer(t *testing.T) {
	const key = "arn:aws:kms:us-east-1:123456789012:key/1"
	kms := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			KeyID      string `json:"KeyId"`
			Plaintext  string
			Ciphertext string            `json:"CiphertextBlob"`
			Context    map[string]string `json:"EncryptionContext"`
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.KeyID != key {
			t.Errorf("KMS is called with key %q, %v", in.KeyID, err)
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		out := map[string]string{}
		switch r.Header.Get("X-Amz-Target") {
		case "TrentService.Encrypt":
			plain, _ := base64.StdEncoding.DecodeString(in.Plaintext)
			out["CiphertextBlob"] = base64.StdEncoding.EncodeToString([]byte(in.Context["parley"] + "|" + string(plain)))
		case "TrentService.Decrypt":
			sealed, _ := base64.StdEncoding.DecodeString(in.Ciphertext)
			purpose, plain, _ := strings.Cut(string(sealed), "|")
			if purpose != in.Context["parley"] {
				w.WriteHeader(http.StatusBadRequest)
				out["__type"] = "InvalidCiphertextException"
				break
			}
			out["Plaintext"] = base64.StdEncoding.EncodeToString([]byte(plain))
		default:
			t.Errorf("KMS is called with target %s", r.Header.Get("X-Amz-Target"))
		}
		_ = json.NewEncoder(w).Encode(out)
	}))
	defer kms.Close()
	s, err := seal.New(key, aws.Config{
		Region: "us-east-1", BaseEndpoint: &kms.URL,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, nil
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := s.Seal(t.Context(), "app/1", []byte("secret"))
	if err != nil || string(sealed) != "app/1|secret" {
		t.Fatalf("Seal = %q, %v", sealed, err)
	}
	if got, err := s.Open(t.Context(), "app/1", sealed); err != nil || string(got) != "secret" {
		t.Errorf("Open = %q, %v, want secret", got, err)
	}
	if got, err := s.Open(t.Context(), "app/2", sealed); err == nil || !strings.Contains(err.Error(), "app/2") {
		t.Errorf("for another purpose: %q, %v, want an error that names it", got, err)
	}
}
