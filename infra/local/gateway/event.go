package gateway

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// A socketEvent is what functions of the WebSocket API receive. Headers and
// query are there on $connect, headers alone on $disconnect, the body on
// messages.
type socketEvent struct {
	Headers        map[string]string   `json:"headers,omitempty"`
	MultiHeaders   map[string][]string `json:"multiValueHeaders,omitempty"`
	Query          map[string]string   `json:"queryStringParameters,omitempty"`
	MultiQuery     map[string][]string `json:"multiValueQueryStringParameters,omitempty"`
	RequestContext socketContext       `json:"requestContext"`
	Body           string              `json:"body,omitempty"`
	Base64         bool                `json:"isBase64Encoded"`
}

// An authorizerEvent is what the REQUEST authorizer of $connect receives.
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
	// Authorizer is what the authorizer said, on every event of a connection.
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

// A peer is what is known of a connection from its handshake on.
type peer struct {
	id         string
	domain     string
	from       identity
	connected  time.Time
	authorizer json.RawMessage
}

// context makes the requestContext of one event of this peer.
func (g *Gateway) context(p *peer, kind, route string) socketContext {
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
		ConnectedAt:       p.connected.UnixMilli(),
		RequestTimeEpoch:  now.UnixMilli(),
		Identity:          p.from,
		RequestID:         id,
		DomainName:        p.domain,
		ConnectionID:      p.id,
		APIID:             g.options.Socket.ID,
	}
}

// handshakeHeaders returns the headers of an upgrade as the events carry them:
// in the spelling of the client, the last value alone and all values.
func handshakeHeaders(r *http.Request, now time.Time) (map[string]string, map[string][]string) {
	one, all := map[string]string{}, map[string][]string{}
	for name, values := range r.Header {
		// net/http has changed the spelling of these; every client writes them so.
		if rest, ok := strings.CutPrefix(name, "Sec-Websocket-"); ok {
			name = "Sec-WebSocket-" + rest
		}
		if name == "Connection" || name == "Upgrade" {
			continue
		}
		one[name], all[name] = values[len(values)-1], values
	}
	for name, value := range forwarded(r, newTrace(now)) {
		one[name], all[name] = value, []string{value}
	}
	return one, all
}

// handshakeQuery returns the query of an upgrade in the same two forms.
func handshakeQuery(r *http.Request) (map[string]string, map[string][]string) {
	values := parseQuery(r.URL.RawQuery)
	one := make(map[string]string, len(values))
	for name, v := range values {
		one[name] = v[len(v)-1]
	}
	return one, values
}
