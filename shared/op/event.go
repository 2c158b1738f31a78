package op

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"parley/shared/plainjson"
)

// apiEvent has the fields that Parley reads of an event of the HTTP API (payload format 2.0)
// and of one of the WebSocket API, also of one for an authorizer. So an event is decoded once,
// before it is known of which API it is.
type apiEvent struct {
	Version  string            `json:"version"` // of the HTTP API only, like the next two
	Path     string            `json:"rawPath"`
	RawQuery string            `json:"rawQueryString"`
	Type     string            `json:"type"` // of the WebSocket API only, like the next two
	Method   string            `json:"methodArn"`
	Query    plainjson.Raw     `json:"queryStringParameters"`
	Headers  map[string]string `json:"headers"`
	Body     string            `json:"body"`
	Base64   bool              `json:"isBase64Encoded"`
	Context  struct {
		ID   string `json:"requestId"`
		HTTP struct {
			Method string `json:"method"`
		} `json:"http"`
		Connection string        `json:"connectionId"`
		Route      string        `json:"routeKey"`
		Event      string        `json:"eventType"`
		Connected  int64         `json:"connectedAt"`
		Authorizer plainjson.Raw `json:"authorizer"`
	} `json:"requestContext"`
}

// ReadEvent reads an event of the HTTP API or of the WebSocket API. The request of the latter
// has a Connection.
func ReadEvent(event []byte) (Request, error) {
	e, err := decodeEvent(event)
	if err != nil {
		return Request{}, err
	}
	if e.Context.Connection == "" {
		return e.http()
	}
	return e.socket(event)
}

// ReadHTTP reads an event of the HTTP API.
func ReadHTTP(event []byte) (Request, error) {
	e, err := decodeEvent(event)
	if err != nil {
		return Request{}, err
	}
	return e.http()
}

// ReadSocket reads an event of the WebSocket API.
func ReadSocket(event []byte) (Request, error) {
	e, err := decodeEvent(event)
	if err != nil {
		return Request{}, err
	}
	return e.socket(event)
}

func decodeEvent(event []byte) (*apiEvent, error) {
	e := &apiEvent{}
	if err := plainjson.UnmarshalEvent(event, e); err != nil {
		return nil, fmt.Errorf("event of an API: %w", err)
	}
	return e, nil
}

func (e *apiEvent) http() (Request, error) {
	if e.Version != "2.0" || e.Context.HTTP.Method == "" {
		return Request{}, errors.New("not an event of the HTTP API (payload format 2.0)")
	}
	r := Request{
		Method: e.Context.HTTP.Method, Path: e.Path, Header: e.Headers, ID: e.Context.ID, Body: []byte(e.Body),
		Query: parseQuery(e.RawQuery),
	}
	if e.Base64 {
		body, err := base64.StdEncoding.DecodeString(e.Body)
		if err != nil {
			return Request{}, fmt.Errorf("body of the event: %w", err)
		}
		r.Body = body
	}
	return r, nil
}

// parseQuery returns the parameters of a query. If a part is malformed, the other parts are
// used. If a name occurs twice, the first value is used.
func parseQuery(query string) map[string]string {
	values := make(map[string]string, strings.Count(query, "&")+1)
	for part := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(part, "=")
		name, nameErr := url.QueryUnescape(name)
		value, valueErr := url.QueryUnescape(value)
		if part == "" || strings.Contains(part, ";") || nameErr != nil || valueErr != nil {
			continue
		}
		if _, again := values[name]; !again {
			values[name] = value
		}
	}
	return values
}

func (e *apiEvent) socket(event []byte) (Request, error) {
	if e.Context.Connection == "" {
		return Request{}, errors.New("not an event of the WebSocket API")
	}
	r := Request{
		Method: e.Context.Event, Path: e.Method, Header: make(map[string]string, len(e.Headers)),
		Body: []byte(e.Body), ID: e.Context.ID, Connection: e.Context.Connection, Route: e.Context.Route,
		Connected: e.Context.Connected, Event: event,
	}
	if err := errors.Join(decodePart(e.Query, &r.Query), decodePart(e.Context.Authorizer, &r.Context)); err != nil {
		return Request{}, fmt.Errorf("event of the WebSocket API: %w", err)
	}
	for name, value := range e.Headers {
		r.Header[lower(name)] = value
	}
	return r, nil
}

// decodePart decodes a part of an event that only one of the APIs needs. The part may be
// missing.
func decodePart(part plainjson.Raw, into any) error {
	if len(part) == 0 {
		return nil
	}
	return plainjson.UnmarshalEvent(part, into)
}

// lower returns s with the letters A to Z in lower case.
func lower(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return 'A' <= r && r <= 'Z' }) < 0 {
		return s
	}
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
