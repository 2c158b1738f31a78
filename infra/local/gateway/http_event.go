package gateway

import (
	"encoding/base64"
	"maps"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// httpEvent is an event of payload format 2.0. Optional fields that are empty are left
// out, as on AWS.
type httpEvent struct {
	Version        string            `json:"version"`
	RouteKey       string            `json:"routeKey"`
	RawPath        string            `json:"rawPath"`
	RawQuery       string            `json:"rawQueryString"`
	Cookies        []string          `json:"cookies,omitempty"`
	Headers        map[string]string `json:"headers"`
	Query          map[string]string `json:"queryStringParameters,omitempty"`
	RequestContext httpContext       `json:"requestContext"`
	PathParameters map[string]string `json:"pathParameters,omitempty"`
	Body           string            `json:"body,omitempty"`
	Base64         bool              `json:"isBase64Encoded"`
}

type httpContext struct {
	AccountID    string          `json:"accountId"`
	APIID        string          `json:"apiId"`
	Authorizer   *httpAuthorizer `json:"authorizer,omitempty"`
	DomainName   string          `json:"domainName"`
	DomainPrefix string          `json:"domainPrefix"`
	HTTP         httpRequest     `json:"http"`
	RequestID    string          `json:"requestId"`
	RouteKey     string          `json:"routeKey"`
	Stage        string          `json:"stage"`
	Time         string          `json:"time"`
	TimeEpoch    int64           `json:"timeEpoch"`
}

type httpRequest struct {
	Method    string `json:"method"`
	Path      string `json:"path"`
	Protocol  string `json:"protocol"`
	SourceIP  string `json:"sourceIp"`
	UserAgent string `json:"userAgent"`
}

// httpAuthorizer says who signed a request to an AWS_IAM route. The signature is not
// checked.
type httpAuthorizer struct {
	IAM iamIdentity `json:"iam"`
}

type iamIdentity struct {
	AccessKey       string  `json:"accessKey"`
	AccountID       string  `json:"accountId"`
	CallerID        string  `json:"callerId"`
	CognitoIdentity *string `json:"cognitoIdentity"`
	PrincipalOrgID  *string `json:"principalOrgId"`
	UserARN         string  `json:"userArn"`
	UserID          string  `json:"userId"`
}

func (g *Gateway) httpEvent(r *http.Request, api *httpAPI, route *httpRoute, params map[string]string, body []byte, id string) httpEvent {
	now := g.options.Now()
	path, _, _ := strings.Cut(r.URL.Path, "?")
	prefix, _, _ := strings.Cut(r.Host, ".")
	e := httpEvent{
		Version:        "2.0",
		RouteKey:       route.key,
		RawPath:        path,
		RawQuery:       r.URL.RawQuery,
		Headers:        make(map[string]string, len(r.Header)+6),
		PathParameters: params,
		RequestContext: httpContext{
			AccountID:    g.options.Account,
			APIID:        api.ID,
			DomainName:   r.Host,
			DomainPrefix: prefix,
			HTTP: httpRequest{
				Method: r.Method, Path: path, Protocol: r.Proto,
				SourceIP: sourceIP(r), UserAgent: r.UserAgent(),
			},
			RequestID: id,
			RouteKey:  route.key,
			Stage:     api.Stage,
			Time:      requestTime(now),
			TimeEpoch: now.UnixMilli(),
		},
	}
	for name, values := range r.Header {
		switch name {
		case "Cookie":
			for _, v := range values {
				for cookie := range strings.SplitSeq(v, ";") {
					e.Cookies = append(e.Cookies, strings.TrimSpace(cookie))
				}
			}
		case "Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade":
			// Hop-by-hop headers: they concern the connection to the gateway only.
		default:
			e.Headers[strings.ToLower(name)] = strings.Join(values, ",")
		}
	}
	for name, value := range forwarded(r, newTrace(now)) {
		e.Headers[strings.ToLower(name)] = value
	}
	// net/http does not put this header into r.Header.
	if r.ContentLength >= 0 && (r.ContentLength > 0 || r.Method != http.MethodGet && r.Method != http.MethodHead) {
		e.Headers["content-length"] = itoa(r.ContentLength)
	}
	if query := parseQuery(r.URL.RawQuery); len(query) > 0 {
		e.Query = make(map[string]string, len(query))
		for name, values := range query {
			e.Query[name] = strings.Join(values, ",")
		}
	}
	if len(body) > 0 {
		if isText(r.Header.Get("Content-Type")) && utf8.Valid(body) {
			e.Body = string(body)
		} else {
			e.Body, e.Base64 = base64.StdEncoding.EncodeToString(body), true
		}
	}
	if route.IAM {
		key := accessKey(r.Header.Get("Authorization"))
		e.RequestContext.Authorizer = &httpAuthorizer{IAM: iamIdentity{
			AccessKey: key, AccountID: g.options.Account, CallerID: key, UserID: key,
			UserARN: "arn:aws:iam::" + g.options.Account + ":user/local",
		}}
	}
	return e
}

// forwarded returns the headers that the gateway adds to each request.
func forwarded(r *http.Request, trace string) map[string]string {
	from := sourceIP(r)
	if before := r.Header.Values("X-Forwarded-For"); len(before) > 0 {
		from = strings.Join(before, ", ") + ", " + from
	}
	proto, port := "http", "80"
	if r.TLS != nil {
		proto, port = "https", "443"
	}
	if _, p, err := net.SplitHostPort(r.Host); err == nil {
		port = p
	}
	h := map[string]string{"Host": r.Host, "X-Forwarded-For": from, "X-Forwarded-Port": port, "X-Forwarded-Proto": proto}
	if r.Header.Get("X-Amzn-Trace-Id") == "" {
		h["X-Amzn-Trace-Id"] = trace
	}
	return h
}

// isText reports whether an event contains a body of this type as text and not in
// base64. The list is that of API Gateway: a form, and a body without a type, are
// binary.
func isText(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	return strings.HasPrefix(kind, "text/") ||
		slices.Contains([]string{"application/json", "application/xml", "application/javascript"}, kind)
}

// parseQuery parses a query. A part that cannot be decoded is used as it is.
func parseQuery(raw string) url.Values {
	values, err := url.ParseQuery(raw)
	if err == nil {
		return values
	}
	values = url.Values{}
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		if s, err := url.QueryUnescape(name); err == nil {
			name = s
		}
		if s, err := url.QueryUnescape(value); err == nil {
			value = s
		}
		values[name] = append(values[name], value)
	}
	return values
}

func sourceIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// accessKey returns the access key id of a SigV4 Authorization header.
func accessKey(authorization string) string {
	_, rest, _ := strings.Cut(authorization, "Credential=")
	key, _, _ := strings.Cut(rest, "/")
	return key
}

// sortedKeys returns the keys of a map in an order that is the same each time.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
