package usersig_test

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"parley/shared/dialect/usersig"
)

// The test vectors of docs/spec/tencent §2.5.
const (
	vectorApp  = 1_400_000_001
	vectorUser = "administrator"
	vectorSig  = "UQsxgFcjt6F0GDhE80028yjWl0uoj5X0cNHs1UdRqlc="
	// The same token, compressed with the zlib levels 6 and 0.
	vectorLevel6 = "eJyrVgrxCdYrSy1SslIy0jNQ0gHzM1NS80oy0zLBwokpuZl5mcUlRYkl*UVQBcUp2YkFBZkpSlaGJgYQYAiRSa0oyCxKVbKyMANKQIRKMnOBAobmUIVQ0eLMdKDhoYHFFeluyVklZm4G7i4ZrhYGBkYWlVnhOQal*VmmEQbJfh7FhqEpQYU5ybZKtQC8ajPm"
	vectorLevel0 = "eAEBrgBR-3siVExTLnZlciI6IjIuMCIsIlRMUy5pZGVudGlmaWVyIjoiYWRtaW5pc3RyYXRvciIsIlRMUy5zZGthcHBpZCI6MTQwMDAwMDAwMSwiVExTLmV4cGlyZSI6ODY0MDAsIlRMUy50aW1lIjoxNzAwMDAwMDAwLCJUTFMuc2lnIjoiVVFzeGdGY2p0NkYwR0RoRTgwMDI4eWpXbDB1b2o1WDBjTkhzMVVkUnFsYz0ifbxqM*Y_"
	vectorFirst  = 1_700_000_000
	vectorLast   = 1_700_086_400 // the last second in which the token is valid
)

var vectorSecret = strings.Repeat("0123456789abcdef", 4)

// pack returns the token of a JSON text, compressed with a zlib level.
func pack(t testing.TB, plain string, level int) string {
	t.Helper()
	var b bytes.Buffer
	w, err := zlib.NewWriterLevel(&b, level)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(plain)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return encodeToken(b.Bytes())
}

// encodeToken writes bytes in the base64 of a token.
func encodeToken(b []byte) string {
	return strings.NewReplacer("+", "*", "/", "-", "=", "_").Replace(base64.StdEncoding.EncodeToString(b))
}

// vectorJSON returns the JSON object of the test vectors.
func vectorJSON() string {
	return fmt.Sprintf(`{"TLS.ver":"2.0","TLS.identifier":%q,"TLS.sdkappid":%d,"TLS.expire":86400,"TLS.time":%d,"TLS.sig":%q}`,
		vectorUser, vectorApp, vectorFirst, vectorSig)
}

// TestParserForgets checks that a Parser reads each token as if it were its first, whatever it
// read before: a token that is cut off, one that is not compressed, or none.
func TestParserForgets(t *testing.T) {
	p := &usersig.Parser{}
	texts := []string{vectorLevel6, vectorLevel6[:len(vectorLevel6)/2], vectorLevel0, "", "x", vectorLevel6}
	for i := range 5 * len(texts) {
		text := texts[i*i%len(texts)]
		want, wantErr := usersig.Parse(text)
		if got, err := p.Parse(text); got != want || err != wantErr {
			t.Errorf("%.20q after %d others: %+v, %v, want %+v, %v", text, i, got, err, want, wantErr)
		}
	}
}

// TestVectors checks the first two test vectors, and that Sign makes a
// token with the same fields.
func TestVectors(t *testing.T) {
	want := usersig.Token{
		Version: "2.0", Identifier: vectorUser, AppID: vectorApp, Expire: 86_400, Time: vectorFirst, Sig: vectorSig,
	}
	for name, text := range map[string]string{"level 6": vectorLevel6, "level 0": vectorLevel0} {
		got, err := usersig.Parse(text)
		if err != nil || got != want {
			t.Errorf("%s: Parse = %+v, %v, want %+v", name, got, err, want)
		}
		for at, want := range map[int64]error{
			vectorFirst: nil, vectorFirst - 3600: nil, vectorLast: nil, vectorLast + 1: usersig.ErrExpired,
		} {
			if err := got.Verify([]string{vectorSecret}, vectorApp, vectorUser, time.Unix(at, 0)); err != want {
				t.Errorf("%s: at %d: %v, want %v", name, at, err, want)
			}
		}
		if got, want := got.Issued().Unix(), int64(vectorFirst); got != want {
			t.Errorf("%s: issued at %d, want %d", name, got, want)
		}
	}
	text, err := usersig.Sign(vectorSecret, vectorApp, vectorUser, time.Unix(vectorFirst, 0), 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := usersig.Parse(text); err != nil || got != want {
		t.Errorf("Sign makes %+v, %v, want %+v", got, err, want)
	}
}

// TestUserBuf checks the third test vector: a signature that covers a userbuf.
func TestUserBuf(t *testing.T) {
	buf, err := hex.DecodeString("000005757365723153724e010000271165554280000000ff00000000")
	if err != nil {
		t.Fatal(err)
	}
	token := usersig.Token{
		Version: "2.0", Identifier: "user1", AppID: vectorApp, Expire: 86_400, Time: vectorFirst,
		UserBuf: base64.StdEncoding.EncodeToString(buf), Sig: "O7RfLjG9y5qcxPvgAmBzYbrWQEP3mFOXyls39y3fgHs=",
	}
	plain, err := json.Marshal(token)
	if err != nil {
		t.Fatal(err)
	}
	got, err := usersig.Parse(pack(t, string(plain), 6))
	if err != nil || got != token {
		t.Fatalf("Parse = %+v, %v, want %+v", got, err, token)
	}
	now := time.Unix(vectorFirst, 0)
	if err := got.Verify([]string{vectorSecret}, vectorApp, "user1", now); err != nil {
		t.Errorf("with its userbuf: %v, want nil", err)
	}
	got.UserBuf = ""
	if err := got.Verify([]string{vectorSecret}, vectorApp, "user1", now); err != usersig.ErrMismatch {
		t.Errorf("without its userbuf: %v, want %v", err, usersig.ErrMismatch)
	}
	got.UserBuf = base64.StdEncoding.EncodeToString(append(buf, 0))
	if err := got.Verify([]string{vectorSecret}, vectorApp, "user1", now); err != usersig.ErrMismatch {
		t.Errorf("with another userbuf: %v, want %v", err, usersig.ErrMismatch)
	}
}

// TestParseAccepts checks which forms of the JSON object and of its compression are
// accepted.
func TestParseAccepts(t *testing.T) {
	plain := vectorJSON()
	accepted := map[string]string{
		"a newline after the object": pack(t, plain+"\n", 6),
		"white space around":         pack(t, "\r\n\t "+plain+" \n\n", 6),
		"another order of keys": pack(t, fmt.Sprintf(`{ "TLS.sig" : %q, "TLS.time" : %d , "TLS.expire": 86400, "TLS.identifier":%q,"TLS.sdkappid":%d,"TLS.ver":"2.0"}`,
			vectorSig, vectorFirst, vectorUser, vectorApp), 6),
		"an unknown key":        pack(t, strings.Replace(plain, "{", `{"TLS.future":[1,{"a":null}],`, 1), 6),
		"an escaped identifier": pack(t, strings.Replace(plain, "admin", `\u0061dmin`, 1), 6),
		"as large as allowed":   pack(t, plain+strings.Repeat(" ", 4096-len(plain)), 9),
	}
	for level := zlib.HuffmanOnly; level <= zlib.BestCompression; level++ {
		accepted[fmt.Sprintf("zlib level %d", level)] = pack(t, plain, level)
	}
	for name, text := range accepted {
		got, err := usersig.Parse(text)
		if err != nil {
			t.Errorf("%s: Parse: %v", name, err)
			continue
		}
		if err := got.Verify([]string{vectorSecret}, vectorApp, vectorUser, time.Unix(vectorFirst, 0)); err != nil {
			t.Errorf("%s: Verify: %v", name, err)
		}
	}
}

// TestParseRefuses checks which tokens are malformed.
func TestParseRefuses(t *testing.T) {
	plain := vectorJSON()
	packed, err := base64.StdEncoding.DecodeString(strings.NewReplacer("*", "+", "-", "/", "_", "=").Replace(vectorLevel0))
	if err != nil {
		t.Fatal(err)
	}
	broken := bytes.Clone(packed)
	broken[len(broken)-1]++ // the checksum
	refused := map[string]string{
		"nothing":                 "",
		"not base64":              "no token!",
		"no zlib":                 encodeToken([]byte(plain)),
		"a broken checksum":       encodeToken(broken),
		"no checksum":             encodeToken(packed[:len(packed)-4]),
		"a dictionary":            encodeToken([]byte{0x78, 0xbb, 0, 0, 0, 0, 1, 0, 0, 0xff, 0xff}),
		"nothing inside":          pack(t, "", 6),
		"no JSON":                 pack(t, "{", 6),
		"no object":               pack(t, `"2.0"`, 6),
		"null":                    pack(t, `null`, 6),
		"a list":                  pack(t, "["+plain+"]", 6),
		"two objects":             pack(t, plain+plain, 6),
		"no version":              pack(t, strings.Replace(plain, `"TLS.ver":"2.0",`, "", 1), 6),
		"version 1.0":             pack(t, strings.Replace(plain, `"2.0"`, `"1.0"`, 1), 6),
		"version as a number":     pack(t, strings.Replace(plain, `"2.0"`, `2.0`, 1), 6),
		"sdkappid as text":        pack(t, strings.Replace(plain, "1400000001", `"1400000001"`, 1), 6),
		"sdkappid as a fraction":  pack(t, strings.Replace(plain, "1400000001", "1400000001.5", 1), 6),
		"sdkappid over 64 bits":   pack(t, strings.Replace(plain, "1400000001", "14000000010000000000", 1), 6),
		"time as text":            pack(t, strings.Replace(plain, "1700000000", `"1700000000"`, 1), 6),
		"identifier as a number":  pack(t, strings.Replace(plain, `"administrator"`, "7", 1), 6),
		"larger than allowed":     pack(t, plain+strings.Repeat(" ", 4097-len(plain)), 9),
		"a text over 4 KB":        pack(t, plain+strings.Repeat(" ", 3900-len(plain)), 0),
		"the alphabet of the URL": strings.NewReplacer("*", "-", "-", "_", "_", "=").Replace(vectorLevel0),
	}
	for at := range len(vectorLevel6) - 1 {
		refused[fmt.Sprintf("cut after %d characters", at)] = vectorLevel6[:at]
	}
	for name, text := range refused {
		if got, err := usersig.Parse(text); err != usersig.ErrMalformed || got != (usersig.Token{}) {
			t.Errorf("%s: Parse = %+v, %v, want %v", name, got, err, usersig.ErrMalformed)
		}
	}
}

// TestLargeTokens checks that a token that inflates to far more than maxInflated is
// refused without the use of much memory.
func TestLargeTokens(t *testing.T) {
	for name, text := range map[string]string{
		"spaces":  pack(t, strings.Repeat(" ", 2<<20), 9),
		"a field": pack(t, `{"TLS.ver":"2.0","x":"`+strings.Repeat("x", 2<<20)+`"}`, 9),
	} {
		if len(text) > 4096 {
			t.Fatalf("%s: the token has %d bytes and is refused because of its length", name, len(text))
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := usersig.Parse(text)
		runtime.ReadMemStats(&after)
		if err != usersig.ErrMalformed {
			t.Errorf("%s: %v, want %v", name, err, usersig.ErrMalformed)
		}
		if got, most := after.TotalAlloc-before.TotalAlloc, uint64(256<<10); got > most {
			t.Errorf("%s: reading it takes %d bytes, more than %d", name, got, most)
		}
	}
}

// TestVerifyOrder breaks every combination of conditions. Verify fails with the first broken
// condition, in the order of docs/spec/tencent §2.4.
func TestVerifyOrder(t *testing.T) {
	good, err := usersig.Parse(vectorLevel6)
	if err != nil {
		t.Fatal(err)
	}
	conditions := []struct {
		want    error
		breakIt func(token *usersig.Token, app *int64, user *string, now *time.Time, secrets *[]string)
	}{
		{usersig.ErrApp, func(_ *usersig.Token, app *int64, _ *string, _ *time.Time, _ *[]string) { *app++ }},
		{usersig.ErrUser, func(_ *usersig.Token, _ *int64, user *string, _ *time.Time, _ *[]string) { *user = "other" }},
		{usersig.ErrExpired, func(_ *usersig.Token, _ *int64, _ *string, now *time.Time, _ *[]string) {
			*now = time.Unix(vectorLast+1, 0)
		}},
		{usersig.ErrMalformed, func(token *usersig.Token, _ *int64, _ *string, _ *time.Time, _ *[]string) { token.Sig = "?" }},
		{usersig.ErrMismatch, func(_ *usersig.Token, _ *int64, _ *string, _ *time.Time, secrets *[]string) {
			*secrets = []string{"another"}
		}},
	}
	for broken := range 1 << len(conditions) {
		token, app, user, now, secrets := good, int64(vectorApp), vectorUser, time.Unix(vectorFirst, 0), []string{vectorSecret}
		var want error
		for i, c := range conditions {
			if broken&(1<<i) == 0 {
				continue
			}
			c.breakIt(&token, &app, &user, &now, &secrets)
			if want == nil {
				want = c.want
			}
		}
		if got := token.Verify(secrets, app, user, now); got != want {
			t.Errorf("conditions %05b: %v, want %v", broken, got, want)
		}
	}
}

// TestVerifyEdges checks secrets, signatures and times at their limits.
func TestVerifyEdges(t *testing.T) {
	good, err := usersig.Parse(vectorLevel6)
	if err != nil {
		t.Fatal(err)
	}
	change := func(change func(*usersig.Token)) usersig.Token { t := good; change(&t); return t }
	now := time.Unix(vectorFirst, 0)
	for name, c := range map[string]struct {
		token   usersig.Token
		secrets []string
		want    error
	}{
		"no secret":            {good, nil, usersig.ErrMismatch},
		"an empty secret":      {good, []string{""}, usersig.ErrMismatch},
		"the secret as bytes":  {good, []string{"\x01\x23\x45\x67\x89\xab\xcd\xef"}, usersig.ErrMismatch},
		"an older secret":      {good, []string{"new", vectorSecret}, nil},
		"the newer secret":     {good, []string{vectorSecret, "old"}, nil},
		"no signature":         {change(func(t *usersig.Token) { t.Sig = "" }), []string{vectorSecret}, usersig.ErrMismatch},
		"half a signature":     {change(func(t *usersig.Token) { t.Sig = t.Sig[:20] }), []string{vectorSecret}, usersig.ErrMismatch},
		"a longer life":        {change(func(t *usersig.Token) { t.Expire++ }), []string{vectorSecret}, usersig.ErrMismatch},
		"a later time":         {change(func(t *usersig.Token) { t.Time++ }), []string{vectorSecret}, usersig.ErrMismatch},
		"a life below zero":    {change(func(t *usersig.Token) { t.Expire = -1 }), []string{vectorSecret}, usersig.ErrExpired},
		"a time below zero":    {change(func(t *usersig.Token) { t.Time = -1 << 63 }), []string{vectorSecret}, usersig.ErrExpired},
		"an endless life":      {change(func(t *usersig.Token) { t.Expire = 1<<63 - 1 }), []string{vectorSecret}, usersig.ErrMismatch},
		"a time out of bounds": {change(func(t *usersig.Token) { t.Time = 1<<63 - 1 }), []string{vectorSecret}, usersig.ErrMismatch},
	} {
		if got := c.token.Verify(c.secrets, vectorApp, vectorUser, now); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// FuzzParse checks that Parse fails with ErrMalformed only, and that a token with the
// fields of a parsed one can be signed and verified.
func FuzzParse(f *testing.F) {
	f.Add(vectorLevel6)
	f.Add(vectorLevel0)
	f.Add(pack(f, vectorJSON()+"\n", 9))
	f.Add(pack(f, strings.Repeat(" ", 1<<20), 9))
	f.Add("")
	f.Add("eJw*")
	f.Fuzz(func(t *testing.T, text string) {
		token, err := usersig.Parse(text)
		if err != nil {
			if err != usersig.ErrMalformed || token != (usersig.Token{}) {
				t.Errorf("Parse(%q) = %+v, %v", text, token, err)
			}
			return
		}
		_ = token.Verify([]string{vectorSecret}, token.AppID, token.Identifier, time.Unix(vectorFirst, 0))
		roundTrip(t, vectorSecret, token.AppID, token.Identifier, token.Time, token.Expire)
	})
}

// FuzzSign checks roundTrip for any fields. FuzzParse reaches few of them, because a random
// text is hardly ever a token.
func FuzzSign(f *testing.F) {
	f.Add(vectorSecret, int64(vectorApp), vectorUser, int64(vectorFirst), int64(86_400))
	f.Add("", int64(0), "", int64(0), int64(0))
	f.Add("\x00", int64(-1), "<&>\u2028\"\\", int64(1), int64(1))
	f.Fuzz(roundTrip)
}

// roundTrip checks that a token is read as it was made, is valid up to its last second, and
// is refused with another secret.
func roundTrip(t *testing.T, secret string, app int64, user string, issued, lifetime int64) {
	if issued < 0 || issued > 1<<40 || lifetime < 0 || lifetime > 100*365*86_400 || !utf8.ValidString(user) || len(user) > 200 {
		return
	}
	text, err := usersig.Sign(secret, app, user, time.Unix(issued, 0), time.Duration(lifetime)*time.Second)
	if err != nil {
		t.Fatalf("Sign: %v", err)
	}
	got, err := usersig.Parse(text)
	if err != nil {
		t.Fatalf("Parse of a signed token: %v", err)
	}
	if got.Identifier != user || got.AppID != app || got.Time != issued || got.Expire != lifetime {
		t.Errorf("the token has %+v", got)
	}
	last := time.Unix(issued+lifetime, 0)
	if err := got.Verify([]string{secret}, app, user, last); err != nil {
		t.Errorf("in its last second: %v, want nil", err)
	}
	if err := got.Verify([]string{secret}, app, user, last.Add(time.Second)); err != usersig.ErrExpired {
		t.Errorf("a second later: %v, want %v", err, usersig.ErrExpired)
	}
	if err := got.Verify([]string{secret + "x"}, app, user, last); err != usersig.ErrMismatch {
		t.Errorf("with another secret: %v, want %v", err, usersig.ErrMismatch)
	}
	if strings.ContainsAny(text, "+/=%& ") {
		t.Errorf("the token %q has characters that must be escaped in a URL", text)
	}
}
