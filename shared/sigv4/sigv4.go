// Package sigv4 signs HTTP requests with AWS Signature Version 4
// (docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html). It signs
// posts to connections, calls of DynamoDB, which are the two kinds of requests that the program
// sends most, rare calls, and calls and links of S3. The signer of the SDK takes several times the
// CPU; the tests compare each signature with that of the SDK.
package sigv4

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

// A Signer makes the headers of signed requests to one service in one region. It keeps the last
// signing key, which is valid for one day and one secret key. It is safe for concurrent use.
type Signer struct {
	region, service string
	scratch         sync.Pool // of *[]byte

	mu     sync.Mutex
	day    string
	secret string
	key    signingKey
}

// A signingKey is a key of HMAC-SHA256.
type signingKey [sha256.Size]byte

// New returns a Signer for a service, for example "dynamodb", in a region.
func New(region, service string) *Signer { return &Signer{region: region, service: service} }

// A Request is what is signed of a request.
type Request struct {
	Method      string
	Host        string
	Path        string // escaped, as it is sent
	Query       string // sorted and escaped, as it is sent
	ContentType string // the header Content-Type, if it is not empty
	Target      string // the header X-Amz-Target, if it is not empty
	Length      int    // of the body, in bytes
	Hash        string // SHA-256 of the body in hexadecimal
	// S3 says that the request goes to S3, which wants the path signed as it is sent, and the
	// hash in the header X-Amz-Content-Sha256.
	S3 bool
}

// Hash returns what Request.Hash needs of a body.
func Hash(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// Header returns the headers of a signed request. The credentials must not be empty.
func (s *Signer) Header(r Request, c aws.Credentials, now time.Time) http.Header {
	var stamp [stampLength]byte
	now.UTC().AppendFormat(stamp[:0], stampFormat)
	h := http.Header{
		"X-Amz-Date": {string(stamp[:])}, "Authorization": {string(s.appendAuthorization(nil, &r, &c, &stamp))}, "User-Agent": {userAgent},
	}
	for name, value := range map[string]string{"Content-Type": r.ContentType, "X-Amz-Security-Token": c.SessionToken, "X-Amz-Target": r.Target} {
		if value != "" {
			h[name] = []string{value}
		}
	}
	if r.S3 {
		h["X-Amz-Content-Sha256"] = []string{r.Hash}
	}
	return h
}

// Append appends the headers that Header returns to a buffer, as lines that end with "\r\n". It
// needs no memory of its own. The request is not one to S3.
func (s *Signer) Append(b []byte, r *Request, c *aws.Credentials, now time.Time) []byte {
	var stamp [stampLength]byte
	now.UTC().AppendFormat(stamp[:0], stampFormat)
	b = append(b, "Authorization: "...)
	b = s.appendAuthorization(b, r, c, &stamp)
	b = append(b, "\r\nX-Amz-Date: "...)
	b = append(b, stamp[:]...)
	b = append(b, "\r\nUser-Agent: "+userAgent+"\r\n"...)
	for _, line := range [...]struct{ name, value string }{{"Content-Type: ", r.ContentType}, {"X-Amz-Security-Token: ", c.SessionToken}, {"X-Amz-Target: ", r.Target}} {
		if line.value != "" {
			b = append(b, line.name...)
			b = append(b, line.value...)
			b = append(b, "\r\n"...)
		}
	}
	return b
}

const (
	stampFormat = "20060102T150405Z"
	stampLength = len(stampFormat)
	dayLength   = len("20060102")
	userAgent   = "parley"
)

// appendScope appends what the signing key is for.
func (s *Signer) appendScope(b []byte, stamp *[stampLength]byte) []byte {
	b = append(b, stamp[:dayLength]...)
	b = append(b, '/')
	b = append(b, s.region...)
	b = append(b, '/')
	b = append(b, s.service...)
	return append(b, "/aws4_request"...)
}

// appendSigned appends the names of the signed headers, in order.
func appendSigned(b []byte, r *Request, c *aws.Credentials) []byte {
	if r.Length > 0 { // the SDK does the same
		b = append(b, "content-length;"...)
	}
	if r.ContentType != "" {
		b = append(b, "content-type;"...)
	}
	b = append(b, "host;"...)
	if r.S3 {
		b = append(b, "x-amz-content-sha256;"...)
	}
	b = append(b, "x-amz-date"...)
	if c.SessionToken != "" {
		b = append(b, ";x-amz-security-token"...)
	}
	if r.Target != "" {
		b = append(b, ";x-amz-target"...)
	}
	return b
}

// appendCanonical appends the canonical request.
func appendCanonical(b []byte, r *Request, c *aws.Credentials, stamp *[stampLength]byte) []byte {
	b = append(b, r.Method...)
	b = append(b, '\n')
	if r.S3 {
		b = append(b, r.Path...)
	} else {
		b = appendEscaped(b, r.Path, true)
	}
	b = append(b, '\n')
	b = append(b, r.Query...)
	b = append(b, '\n')
	if r.Length > 0 {
		b = append(b, "content-length:"...)
		b = strconv.AppendInt(b, int64(r.Length), 10)
		b = append(b, '\n')
	}
	if r.ContentType != "" {
		b = append(b, "content-type:"...)
		b = append(b, r.ContentType...)
		b = append(b, '\n')
	}
	b = append(b, "host:"...)
	b = append(b, r.Host...)
	if r.S3 {
		b = append(b, "\nx-amz-content-sha256:"...)
		b = append(b, r.Hash...)
	}
	b = append(b, "\nx-amz-date:"...)
	b = append(b, stamp[:]...)
	if c.SessionToken != "" {
		b = append(b, "\nx-amz-security-token:"...)
		b = append(b, c.SessionToken...)
	}
	if r.Target != "" {
		b = append(b, "\nx-amz-target:"...)
		b = append(b, r.Target...)
	}
	b = append(b, "\n\n"...)
	b = appendSigned(b, r, c)
	b = append(b, '\n')
	return append(b, r.Hash...)
}

// appendAuthorization appends the value of the header Authorization.
func (s *Signer) appendAuthorization(b []byte, r *Request, c *aws.Credentials, stamp *[stampLength]byte) []byte {
	scratch, ok := s.scratch.Get().(*[]byte)
	if !ok {
		scratch = new([]byte)
	}
	text := appendCanonical((*scratch)[:0], r, c, stamp)
	sum := sha256.Sum256(text)

	text = append(text[:0], "AWS4-HMAC-SHA256\n"...)
	text = append(text, stamp[:]...)
	text = append(text, '\n')
	text = s.appendScope(text, stamp)
	text = append(text, '\n')
	text = hex.AppendEncode(text, sum[:])
	key := s.signingKey(stamp, c.SecretAccessKey)
	signature := key.sign(text)
	*scratch = text
	s.scratch.Put(scratch)

	b = append(b, "AWS4-HMAC-SHA256 Credential="...)
	b = append(b, c.AccessKeyID...)
	b = append(b, '/')
	b = s.appendScope(b, stamp)
	b = append(b, ", SignedHeaders="...)
	b = appendSigned(b, r, c)
	b = append(b, ", Signature="...)
	return hex.AppendEncode(b, signature[:])
}

// signingKey returns the signing key of a day and a secret. It derives the key if it is not
// the last one.
func (s *Signer) signingKey(stamp *[stampLength]byte, secret string) signingKey {
	s.mu.Lock()
	defer s.mu.Unlock()
	if day := stamp[:dayLength]; s.day != string(day) || s.secret != secret {
		key := mac([]byte("AWS4"+secret), []byte(string(day))) // a copy, so that stamp stays on the stack
		for _, part := range []string{s.region, s.service, "aws4_request"} {
			key = mac(key, []byte(part))
		}
		s.day, s.secret, s.key = string(day), secret, signingKey(key)
	}
	return s.key
}

// sign returns the HMAC-SHA256 of a text (RFC 2104). That of the standard library makes two hashes
// in memory for each signature.
func (k *signingKey) sign(text []byte) [sha256.Size]byte {
	var inner [sha256.BlockSize + 512]byte
	var outer [sha256.BlockSize + sha256.Size]byte
	for i := range sha256.BlockSize {
		inner[i], outer[i] = 0x36, 0x5c
	}
	for i, c := range k {
		inner[i] ^= c
		outer[i] ^= c
	}
	sum := sha256.Sum256(append(inner[:sha256.BlockSize], text...))
	return sha256.Sum256(append(outer[:sha256.BlockSize], sum[:]...))
}

// mac returns the HMAC-SHA256 of a text.
func mac(key, text []byte) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write(text)
	return h.Sum(nil)
}

// Escape escapes a text as one segment of a path.
func Escape(segment string) string { return escape(segment, false) }

// EscapePath escapes a path, and leaves its slashes.
func EscapePath(path string) string { return escape(path, true) }

// escape escapes all characters that are not unreserved. If keepSlash is set, it
// leaves slashes.
func escape(s string, keepSlash bool) string {
	for i := range len(s) {
		if !unreserved(s[i], keepSlash) {
			return string(appendEscaped(make([]byte, 0, len(s)+16), s, keepSlash))
		}
	}
	return s
}

func unreserved(c byte, slash bool) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == '~' || (slash && c == '/')
}

// appendEscaped is escape, and appends to a buffer.
func appendEscaped(b []byte, s string, keepSlash bool) []byte {
	const digits = "0123456789ABCDEF"
	for i := range len(s) {
		if c := s[i]; unreserved(c, keepSlash) {
			b = append(b, c)
		} else {
			b = append(b, '%', digits[c>>4], digits[c&15])
		}
	}
	return b
}
