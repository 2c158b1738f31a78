package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// signer makes AWS Signature Version 4 headers for posts. The signing key is
// kept for the day and the credentials it was made for.
type signer struct {
	region string
	mu     sync.Mutex
	day    string
	secret string
	key    []byte
}

const service = "execute-api"

// header returns the headers of a signed post. path is the path as it is sent.
func (s *signer) header(host, path string, f Frame, c aws.Credentials, now time.Time) http.Header {
	stamp := now.UTC().Format("20060102T150405Z")
	day := stamp[:8]
	length := strconv.Itoa(len(f.body))

	signed := "content-length;host;x-amz-date"
	var b strings.Builder
	b.Grow(512)
	b.WriteString("POST\n")
	b.WriteString(escapePath(path))
	b.WriteString("\n\ncontent-length:")
	b.WriteString(length)
	b.WriteString("\nhost:")
	b.WriteString(host)
	b.WriteString("\nx-amz-date:")
	b.WriteString(stamp)
	if c.SessionToken != "" {
		signed += ";x-amz-security-token"
		b.WriteString("\nx-amz-security-token:")
		b.WriteString(c.SessionToken)
	}
	b.WriteString("\n\n")
	b.WriteString(signed)
	b.WriteByte('\n')
	b.WriteString(f.hash)

	scope := day + "/" + s.region + "/" + service + "/aws4_request"
	sum := sha256.Sum256([]byte(b.String()))
	text := "AWS4-HMAC-SHA256\n" + stamp + "\n" + scope + "\n" + hex.EncodeToString(sum[:])
	signature := hex.EncodeToString(mac(s.signingKey(day, c.SecretAccessKey), text))

	h := http.Header{
		"X-Amz-Date":    {stamp},
		"Authorization": {"AWS4-HMAC-SHA256 Credential=" + c.AccessKeyID + "/" + scope + ", SignedHeaders=" + signed + ", Signature=" + signature},
		"User-Agent":    {"parley"},
	}
	if c.SessionToken != "" {
		h["X-Amz-Security-Token"] = []string{c.SessionToken}
	}
	return h
}

func (s *signer) signingKey(day, secret string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.day != day || s.secret != secret {
		key := mac([]byte("AWS4"+secret), day)
		for _, part := range []string{s.region, service, "aws4_request"} {
			key = mac(key, part)
		}
		s.day, s.secret, s.key = day, secret, key
	}
	return s.key
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write([]byte(text))
	return h.Sum(nil)
}

// escape encodes a connection id as one segment of a path.
func escape(id string) string { return escapeBytes(id, false) }

// escapePath encodes a path that is sent for the canonical request, where it is
// encoded once more.
func escapePath(path string) string { return escapeBytes(path, true) }

func escapeBytes(s string, slash bool) string {
	const digits = "0123456789ABCDEF"
	plain := func(c byte) bool {
		return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
			c == '-' || c == '.' || c == '_' || c == '~' || (slash && c == '/')
	}
	n := 0
	for i := range len(s) {
		if !plain(s[i]) {
			n++
		}
	}
	if n == 0 {
		return s
	}
	b := make([]byte, 0, len(s)+2*n)
	for i := range len(s) {
		if c := s[i]; plain(c) {
			b = append(b, c)
		} else {
			b = append(b, '%', digits[c>>4], digits[c&15])
		}
	}
	return string(b)
}
