package object

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const algorithm = "AWS4-HMAC-SHA256"

// guard lets in what is signed.
func guard(next http.Handler, now func() time.Time) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		switch {
		case query.Has("X-Amz-Signature") || query.Has("X-Amz-Algorithm"):
			if code, why := presigned(r, query, now()); why != "" {
				refuse(w, code, why)
				return
			}
			for name := range query { // the storage knows nothing of them
				if strings.HasPrefix(name, "X-Amz-") {
					query.Del(name)
				}
			}
			r.URL.RawQuery = query.Encode()
		case !strings.HasPrefix(r.Header.Get("Authorization"), algorithm+" "):
			refuse(w, "AccessDenied", "Access Denied")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func refuse(w http.ResponseWriter, code, why string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(http.StatusForbidden)
	_, _ = fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>%s</Message></Error>`, code, why) // the caller has gone
}

// timeFormat is that of X-Amz-Date.
const timeFormat = "20060102T150405Z"

// longest is how long an address may work at most, a week.
const longest = 604800

// presigned says why a request whose query is signed is refused; nothing when it
// is not. The rules are those of Signature Version 4 for queries.
func presigned(r *http.Request, query url.Values, now time.Time) (code, why string) {
	for _, name := range []string{"Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature"} {
		if len(query["X-Amz-"+name]) != 1 {
			return "AuthorizationQueryParametersError", "X-Amz-" + name + " is missing or there twice"
		}
	}
	began, err := time.Parse(timeFormat, query.Get("X-Amz-Date"))
	if err != nil || query.Get("X-Amz-Algorithm") != algorithm {
		return "AuthorizationQueryParametersError", "X-Amz-Date or X-Amz-Algorithm is not valid"
	}
	seconds, err := strconv.Atoi(query.Get("X-Amz-Expires"))
	if err != nil || seconds < 1 || seconds > longest {
		return "AuthorizationQueryParametersError", "X-Amz-Expires is 1 to 604800"
	}
	scope := strings.Split(query.Get("X-Amz-Credential"), "/")
	if len(scope) != 5 || scope[1] != began.Format("20060102") || scope[3] != "s3" || scope[4] != "aws4_request" {
		return "AuthorizationQueryParametersError", "X-Amz-Credential is not valid"
	}
	headers := strings.Split(query.Get("X-Amz-SignedHeaders"), ";")
	if !slices.Contains(headers, "host") || !slices.IsSorted(headers) {
		return "AuthorizationQueryParametersError", "X-Amz-SignedHeaders lacks host or is not sorted"
	}
	if !hmac.Equal([]byte(signature(r, query, headers, scope)), []byte(query.Get("X-Amz-Signature"))) {
		return "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided"
	}
	if now.Before(began.Add(-15*time.Minute)) || !now.Before(began.Add(time.Duration(seconds)*time.Second)) {
		return "AccessDenied", "Request has expired"
	}
	return "", ""
}

// signature is what the signature of a request should be.
func signature(r *http.Request, query url.Values, headers, scope []string) string {
	signed := make(url.Values, len(query))
	for name, values := range query {
		if name != "X-Amz-Signature" {
			signed[name] = values
		}
	}
	var canonical strings.Builder
	fmt.Fprintf(&canonical, "%s\n%s\n%s\n", r.Method, r.URL.EscapedPath(), strings.ReplaceAll(signed.Encode(), "+", "%20"))
	for _, name := range headers {
		value := strings.Join(r.Header.Values(name), ",")
		if name == "host" {
			value = r.Host
		}
		fmt.Fprintf(&canonical, "%s:%s\n", name, strings.TrimSpace(value))
	}
	fmt.Fprintf(&canonical, "\n%s\nUNSIGNED-PAYLOAD", strings.Join(headers, ";"))
	sum := sha256.Sum256([]byte(canonical.String()))
	text := strings.Join([]string{algorithm, query.Get("X-Amz-Date"), strings.Join(scope[1:], "/"), hex.EncodeToString(sum[:])}, "\n")
	key := []byte("AWS4" + Secret)
	for _, part := range scope[1:] {
		key = digest(key, part)
	}
	return hex.EncodeToString(digest(key, text))
}

func digest(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write([]byte(text)) // never fails
	return h.Sum(nil)
}
