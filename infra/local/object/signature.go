package object

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const algorithm = "AWS4-HMAC-SHA256"

// checkSignature gives a request to next if its signature is accepted, and answers
// 403 if not. See the package comment for what is checked.
func checkSignature(next http.Handler, now func() time.Time) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		switch {
		case query.Has("X-Amz-Signature") || query.Has("X-Amz-Algorithm"):
			if code, reason := checkPresigned(r, query, now()); reason != "" {
				refuse(w, http.StatusForbidden, code, reason)
				return
			}
			for name := range query { // what is left says what to do
				if strings.HasPrefix(name, "X-Amz-") {
					query.Del(name)
				}
			}
			r.URL.RawQuery = query.Encode()
		case !strings.HasPrefix(r.Header.Get("Authorization"), algorithm+" "):
			refuse(w, http.StatusForbidden, "AccessDenied", "Access Denied")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// refuse answers with an error of S3.
func refuse(w http.ResponseWriter, status int, code, message string) {
	body := struct {
		XMLName       xml.Name `xml:"Error"`
		Code, Message string
	}{Code: code, Message: message}
	text, _ := xml.Marshal(body) // two texts never fail
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = w.Write(append([]byte(xml.Header), text...)) // an error means that the client has gone
}

// timeFormat is the format of X-Amz-Date.
const timeFormat = "20060102T150405Z"

// maxExpires is how long a presigned URL may be valid, in seconds: one week.
const maxExpires = 604800

// checkPresigned checks a request with a signature in its query, by the rules of AWS
// Signature Version 4. If it refuses the request, it returns S3's error code and the
// reason; if not, both are "".
func checkPresigned(r *http.Request, query url.Values, now time.Time) (code, reason string) {
	for _, name := range []string{"Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature"} {
		if len(query["X-Amz-"+name]) != 1 {
			return "AuthorizationQueryParametersError", "X-Amz-" + name + " is missing or there twice"
		}
	}
	signedAt, err := time.Parse(timeFormat, query.Get("X-Amz-Date"))
	if err != nil || query.Get("X-Amz-Algorithm") != algorithm {
		return "AuthorizationQueryParametersError", "X-Amz-Date or X-Amz-Algorithm is not valid"
	}
	seconds, err := strconv.Atoi(query.Get("X-Amz-Expires"))
	if err != nil || seconds < 1 || seconds > maxExpires {
		return "AuthorizationQueryParametersError", "X-Amz-Expires is 1 to 604800"
	}
	scope := strings.Split(query.Get("X-Amz-Credential"), "/")
	if len(scope) != 5 || scope[1] != signedAt.Format("20060102") || scope[3] != "s3" || scope[4] != "aws4_request" {
		return "AuthorizationQueryParametersError", "X-Amz-Credential is not valid"
	}
	headers := strings.Split(query.Get("X-Amz-SignedHeaders"), ";")
	if !slices.Contains(headers, "host") || !slices.IsSorted(headers) {
		return "AuthorizationQueryParametersError", "X-Amz-SignedHeaders lacks host or is not sorted"
	}
	if !hmac.Equal([]byte(signature(r, query, headers, scope)), []byte(query.Get("X-Amz-Signature"))) {
		return "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided"
	}
	if now.Before(signedAt.Add(-15*time.Minute)) || !now.Before(signedAt.Add(time.Duration(seconds)*time.Second)) {
		return "AccessDenied", "Request has expired"
	}
	return "", ""
}

// signature computes the signature that a request must have.
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
		key = hmacSHA256(key, part)
	}
	return hex.EncodeToString(hmacSHA256(key, text))
}

func hmacSHA256(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write([]byte(text)) // never fails
	return h.Sum(nil)
}
