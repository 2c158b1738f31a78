// Package usersig makes and checks UserSig tokens of version 2.0, HMAC-SHA256
// (docs/spec/tencent §2, docs/reference/usersig.md).
//
// A token is a small JSON object, compressed with zlib and written in base64, with "*",
// "-" and "_" in place of "+", "/" and "=". The key of the HMAC is the text of the secret,
// although the text is hexadecimal: it is not decoded.
package usersig

import (
	"bytes"
	"compress/zlib"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"parley/shared/plainjson"
)

// Errors of Parse and Verify. If several apply, the first one is returned, in the order of
// the vendor's verifier (docs/spec/tencent §2.4). Example: a token for another user that
// has expired fails with ErrUser.
var (
	ErrMalformed = errors.New("usersig: not a UserSig")
	ErrApp       = errors.New("usersig: made for another sdkappid")
	ErrUser      = errors.New("usersig: made for another user")
	ErrExpired   = errors.New("usersig: expired")
	ErrMismatch  = errors.New("usersig: made with another secret")
)

const (
	maxInflated = 4 << 10 // maximum size of the JSON object; real ones are below 300 bytes
	maxToken    = 4 << 10 // maximum length of the token; real ones are below 400 bytes
)

// A Token is a decoded UserSig. Its signature is not checked until Verify.
type Token struct {
	Version    string `json:"TLS.ver"`
	Identifier string `json:"TLS.identifier"`
	AppID      int64  `json:"TLS.sdkappid"`
	Expire     int64  `json:"TLS.expire"` // lifetime in seconds
	Time       int64  `json:"TLS.time"`   // issue time, Unix seconds
	UserBuf    string `json:"TLS.userbuf,omitempty"`
	Sig        string `json:"TLS.sig"`
}

// Sign returns a token for identifier that expires lifetime after issued.
func Sign(secret string, app int64, identifier string, issued time.Time, lifetime time.Duration) (string, error) {
	t := Token{
		Version: "2.0", Identifier: identifier, AppID: app,
		Time: issued.Unix(), Expire: int64(lifetime / time.Second),
	}
	t.Sig = base64.StdEncoding.EncodeToString(t.mac(secret))
	plain, err := json.Marshal(t)
	if err != nil {
		return "", err
	}
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	if _, err := w.Write(plain); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	return encode.Replace(base64.StdEncoding.EncodeToString(packed.Bytes())), nil
}

// Replacers between base64 and the alphabet of a token.
//
// immutable
var (
	encode = strings.NewReplacer("+", "*", "/", "-", "=", "_")
	decode = strings.NewReplacer("*", "+", "-", "/", "_", "=")
)

// A Parser decodes tokens. It keeps its memory from one token to the next: to inflate a token
// takes 40 KB. The zero Parser is ready, and it may be used by several goroutines.
type Parser struct{ inflaters sync.Pool }

// inflate returns the content of a zlib stream, but not more than maxInflated+1 bytes.
func (p *Parser) inflate(packed []byte) ([]byte, error) {
	r, kept := p.inflaters.Get().(io.ReadCloser)
	var err error
	if kept {
		err = r.(zlib.Resetter).Reset(bytes.NewReader(packed), nil)
	} else {
		r, err = zlib.NewReader(bytes.NewReader(packed))
	}
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(io.LimitReader(r, maxInflated+1))
	p.inflaters.Put(r)
	return plain, err
}

// Parse is Parser.Parse for one token.
func Parse(text string) (Token, error) { return new(Parser).Parse(text) }

// Parse decodes a token and does not check its signature. Its only error is
// ErrMalformed.
func (p *Parser) Parse(text string) (Token, error) {
	if text == "" || len(text) > maxToken {
		return Token{}, ErrMalformed
	}
	packed, err := base64.StdEncoding.DecodeString(decode.Replace(text))
	if err != nil {
		return Token{}, ErrMalformed
	}
	plain, err := p.inflate(packed)
	if err != nil || len(plain) > maxInflated {
		return Token{}, ErrMalformed
	}
	var t Token
	if err := plainjson.Unmarshal(plain, &t); err != nil || t.Version != "2.0" {
		return Token{}, ErrMalformed
	}
	return t, nil
}

// Issued returns the time at which the token was made.
func (t Token) Issued() time.Time { return time.Unix(t.Time, 0) }

// Verify checks that the token is for app and identifier, has not expired at now, and was
// signed with one of the secrets. The token is still valid in the second Time + Expire. A
// token with a userbuf is accepted if its signature covers the userbuf.
func (t Token) Verify(secrets []string, app int64, identifier string, now time.Time) error {
	switch {
	case t.AppID != app:
		return ErrApp
	case t.Identifier != identifier:
		return ErrUser
	case t.Expire < 0 || t.Time < 0 || now.Unix()-t.Time > t.Expire:
		return ErrExpired
	}
	got, err := base64.StdEncoding.DecodeString(t.Sig)
	if err != nil {
		return ErrMalformed
	}
	for _, secret := range secrets {
		if hmac.Equal(got, t.mac(secret)) {
			return nil
		}
	}
	return ErrMismatch
}

// mac returns the HMAC of the token's fields (docs/spec/tencent §2.2).
func (t Token) mac(secret string) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(h, "TLS.identifier:%s\nTLS.sdkappid:%d\nTLS.time:%d\nTLS.expire:%d\n",
		t.Identifier, t.AppID, t.Time, t.Expire)
	if t.UserBuf != "" {
		fmt.Fprintf(h, "TLS.userbuf:%s\n", t.UserBuf)
	}
	return h.Sum(nil)
}
