package op

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
)

// httpEvent has the fields that Parley reads of an event of the HTTP API (payload format
// 2.0).
type httpEvent struct {
	Version string            `json:"version"`
	Path    string            `json:"rawPath"`
	Query   string            `json:"rawQueryString"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
	Base64  bool              `json:"isBase64Encoded"`
	Context struct {
		ID   string `json:"requestId"`
		HTTP struct {
			Method string `json:"method"`
		} `json:"http"`
	} `json:"requestContext"`
}

// socketEvent has the fields that Parley reads of an event of the WebSocket API, also of
// one for an authorizer.
type socketEvent struct {
	Type    string            `json:"type"`
	Method  string            `json:"methodArn"`
	Headers map[string]string `json:"headers"`
	Query   map[string]string `json:"queryStringParameters"`
	Body    string            `json:"body"`
	Base64  bool              `json:"isBase64Encoded"`
	Context struct {
		ID         string         `json:"requestId"`
		Connection string         `json:"connectionId"`
		Route      string         `json:"routeKey"`
		Event      string         `json:"eventType"`
		Connected  int64          `json:"connectedAt"`
		Authorizer map[string]any `json:"authorizer"`
	} `json:"requestContext"`
}

// ReadHTTP reads an event of the HTTP API.
func ReadHTTP(event []byte) (Request, error) {
	var e httpEvent
	if err := json.Unmarshal(event, &e); err != nil {
		return Request{}, fmt.Errorf("event of the HTTP API: %w", err)
	}
	if e.Version != "2.0" || e.Context.HTTP.Method == "" {
		return Request{}, errors.New("not an event of the HTTP API (payload format 2.0)")
	}
	r := Request{
		Method: e.Context.HTTP.Method, Path: e.Path, Header: e.Headers, ID: e.Context.ID, Body: []byte(e.Body),
		Query: make(map[string]string),
	}
	if e.Base64 {
		body, err := base64.StdEncoding.DecodeString(e.Body)
		if err != nil {
			return Request{}, fmt.Errorf("body of the event: %w", err)
		}
		r.Body = body
	}
	// If a part of the query is malformed, the other parts are used.
	values, _ := url.ParseQuery(e.Query)
	for name, list := range values {
		r.Query[name] = list[0]
	}
	return r, nil
}

// ReadSocket reads an event of the WebSocket API.
func ReadSocket(event []byte) (Request, error) {
	var e socketEvent
	if err := json.Unmarshal(event, &e); err != nil {
		return Request{}, fmt.Errorf("event of the WebSocket API: %w", err)
	}
	if e.Context.Connection == "" {
		return Request{}, errors.New("not an event of the WebSocket API")
	}
	r := Request{
		Method: e.Context.Event, Path: e.Method, Query: e.Query, Header: make(map[string]string, len(e.Headers)),
		Body: []byte(e.Body), ID: e.Context.ID, Connection: e.Context.Connection, Route: e.Context.Route,
		Context: e.Context.Authorizer, Connected: e.Context.Connected, Event: event,
	}
	for name, value := range e.Headers {
		r.Header[lower(name)] = value
	}
	return r, nil
}

// IsSocket reports whether an event is one of the WebSocket API.
func IsSocket(event []byte) bool {
	var e socketEvent
	return json.Unmarshal(event, &e) == nil && e.Context.Connection != ""
}

// lower returns s with the letters A to Z in lower case.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
