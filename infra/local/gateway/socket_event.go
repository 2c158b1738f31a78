package gateway

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// A socketEvent is the event that functions of the WebSocket API receive. $connect
// has headers and the query, $disconnect has headers, a message has the body.
type socketEvent struct {
	Headers        map[string]string   `json:"headers,omitempty"`
	MultiHeaders   map[string][]string `json:"multiValueHeaders,omitempty"`
	Query          map[string]string   `json:"queryStringParameters,omitempty"`
	MultiQuery     map[string][]string `json:"multiValueQueryStringParameters,omitempty"`
	RequestContext socketContext       `json:"requestContext"`
	Body           string              `json:"body,omitempty"`
	Base64         bool                `json:"isBase64Encoded"`
}

// An authorizerEvent is the event that the REQUEST authorizer of $connect receives.
type authorizerEvent struct {
	Type           string              `json:"type"`
	MethodARN      string              `json:"methodArn"`
	Headers        map[string]string   `json:"headers"`
	MultiHeaders   map[string][]string `json:"multiValueHeaders"`
	Query          map[string]string   `json:"queryStringParameters"`
	MultiQuery     map[string][]string `json:"multiValueQueryStringParameters"`
	StageVariables map[string]string   `json:"stageVariables"`
	RequestContext socketContext       `json:"requestContext"`
}

type socketContext struct {
	RouteKey string `json:"routeKey"`
	// Authorizer is the context that the authorizer returned. Every event of the
	// connection has it.
	Authorizer        json.RawMessage `json:"authorizer,omitempty"`
	MessageID         string          `json:"messageId,omitempty"`
	DisconnectStatus  int             `json:"disconnectStatusCode,omitempty"`
	DisconnectReason  string          `json:"disconnectReason,omitempty"`
	EventType         string          `json:"eventType"`
	ExtendedRequestID string          `json:"extendedRequestId"`
	RequestTime       string          `json:"requestTime"`
	Direction         string          `json:"messageDirection"`
	Stage             string          `json:"stage"`
	ConnectedAt       int64           `json:"connectedAt"`
	RequestTimeEpoch  int64           `json:"requestTimeEpoch"`
	Identity          identity        `json:"identity"`
	RequestID         string          `json:"requestId"`
	DomainName        string          `json:"domainName"`
	ConnectionID      string          `json:"connectionId"`
	APIID             string          `json:"apiId"`
}

type identity struct {
	UserAgent string `json:"userAgent,omitempty"`
	SourceIP  string `json:"sourceIp"`
}

// connectionInfo is what the handshake says about a connection. It does not change.
type connectionInfo struct {
	id          string
	domain      string
	identity    identity // of the client
	connectedAt time.Time
	authorizer  json.RawMessage // context that the authorizer returned
}

// socketContext returns the requestContext of one event of a connection.
func (g *Gateway) socketContext(p *connectionInfo, kind, route string) socketContext {
	now := g.options.Now()
	id := newID()
	return socketContext{
		RouteKey:          route,
		Authorizer:        p.authorizer,
		EventType:         kind,
		ExtendedRequestID: id,
		RequestTime:       requestTime(now),
		Direction:         "IN",
		Stage:             g.options.Socket.Stage,
		ConnectedAt:       p.connectedAt.UnixMilli(),
		RequestTimeEpoch:  now.UnixMilli(),
		Identity:          p.identity,
		RequestID:         id,
		DomainName:        p.domain,
		ConnectionID:      p.id,
		APIID:             g.options.Socket.ID,
	}
}

// handshakeHeaders returns the headers of a handshake as events contain them, in the
// spelling of the client: with the last value of each, and with all values.
func handshakeHeaders(r *http.Request, now time.Time) (map[string]string, map[string][]string) {
	last, all := map[string]string{}, map[string][]string{}
	for name, values := range r.Header {
		// net/http changes the spelling of these. Clients write Sec-WebSocket-.
		if rest, ok := strings.CutPrefix(name, "Sec-Websocket-"); ok {
			name = "Sec-WebSocket-" + rest
		}
		if name == "Connection" || name == "Upgrade" {
			continue
		}
		last[name], all[name] = values[len(values)-1], values
	}
	for name, value := range forwarded(r, newTrace(now)) {
		last[name], all[name] = value, []string{value}
	}
	return last, all
}

// handshakeQuery returns the query of a handshake in the same two forms.
func handshakeQuery(r *http.Request) (map[string]string, map[string][]string) {
	values := parseQuery(r.URL.RawQuery)
	last := make(map[string]string, len(values))
	for name, v := range values {
		last[name] = v[len(v)-1]
	}
	return last, values
}
