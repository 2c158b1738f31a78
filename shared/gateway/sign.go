package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// signer makes the headers of AWS Signature Version 4 for posts. It keeps the last signing
// key, which is valid for one day and one secret key.
type signer struct {
	region string
	mu     sync.Mutex
	day    string
	secret string
	key    []byte
}

const (
	service     = "execute-api"
	contentType = "application/octet-stream" // what the SDK sends
)

// header returns the headers of a signed post. path is the escaped path that is sent.
func (s *signer) header(host, path string, f Frame, c aws.Credentials, now time.Time) http.Header {
	stamp := now.UTC().Format("20060102T150405Z")
	day := stamp[:8]
	scope := day + "/" + s.region + "/" + service + "/aws4_request"
	var signed string
	switch empty, token := len(f.body) == 0, c.SessionToken != ""; {
	case empty && token:
		signed = "content-type;host;x-amz-date;x-amz-security-token"
	case empty:
		signed = "content-type;host;x-amz-date"
	case token:
		signed = "content-length;content-type;host;x-amz-date;x-amz-security-token"
	default:
		signed = "content-length;content-type;host;x-amz-date"
	}

	// The canonical request. The buffer is large enough for a session token, which has a
	// kilobyte or more.
	b := make([]byte, 0, 512+len(host)+3*len(path)+len(c.SessionToken))
	b = append(b, "POST\n"...)
	b = append(b, escapePath(path)...)
	b = append(b, "\n\n"...)
	if len(f.body) > 0 { // the SDK does the same
		b = append(b, "content-length:"...)
		b = strconv.AppendInt(b, int64(len(f.body)), 10)
		b = append(b, '\n')
	}
	b = append(b, "content-type:"+contentType+"\nhost:"...)
	b = append(b, host...)
	b = append(b, "\nx-amz-date:"...)
	b = append(b, stamp...)
	if c.SessionToken != "" {
		b = append(b, "\nx-amz-security-token:"...)
		b = append(b, c.SessionToken...)
	}
	b = append(b, "\n\n"...)
	b = append(b, signed...)
	b = append(b, '\n')
	b = append(b, f.hash...)
	sum := sha256.Sum256(b)

	// The string to sign.
	b = append(b[:0], "AWS4-HMAC-SHA256\n"...)
	b = append(b, stamp...)
	b = append(b, '\n')
	b = append(b, scope...)
	b = append(b, '\n')
	b = hex.AppendEncode(b, sum[:])
	signature := mac(s.signingKey(day, c.SecretAccessKey), b)

	b = append(b[:0], "AWS4-HMAC-SHA256 Credential="...)
	b = append(b, c.AccessKeyID...)
	b = append(b, '/')
	b = append(b, scope...)
	b = append(b, ", SignedHeaders="...)
	b = append(b, signed...)
	b = append(b, ", Signature="...)
	b = hex.AppendEncode(b, signature)

	values := []string{stamp, string(b), contentType, "parley", c.SessionToken}
	h := http.Header{
		"X-Amz-Date":    values[0:1:1],
		"Authorization": values[1:2:2],
		"Content-Type":  values[2:3:3],
		"User-Agent":    values[3:4:4],
	}
	if c.SessionToken != "" {
		h["X-Amz-Security-Token"] = values[4:5:5]
	}
	return h
}

// signingKey returns the signing key of a day and a secret. It derives the key if it is not
// the last one.
func (s *signer) signingKey(day, secret string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.day != day || s.secret != secret {
		key := mac([]byte("AWS4"+secret), []byte(day))
		for _, part := range []string{s.region, service, "aws4_request"} {
			key = mac(key, []byte(part))
		}
		s.day, s.secret, s.key = day, secret, key
	}
	return s.key
}

// mac returns the HMAC-SHA256 of a text.
func mac(key, text []byte) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write(text)
	return h.Sum(nil)
}

// escape escapes a connection id as one segment of a path.
func escape(id string) string { return escapeBytes(id, false) }

// escapePath escapes an escaped path once more, as the canonical request has it.
func escapePath(path string) string { return escapeBytes(path, true) }

// escapeBytes escapes all characters that are not unreserved. If keepSlash is set, it
// leaves slashes.
func escapeBytes(s string, keepSlash bool) string {
	const digits = "0123456789ABCDEF"
	plain := func(c byte) bool {
		return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
			c == '-' || c == '.' || c == '_' || c == '~' || (keepSlash && c == '/')
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
