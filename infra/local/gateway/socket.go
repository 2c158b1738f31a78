package gateway

import (
	"context"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/gobwas/ws"

	"parley/infra/local/template"
)

// The routes that the service itself asks for.
const (
	connectRoute    = "$connect"
	disconnectRoute = "$disconnect"
)

const connectionsPath = "/@connections/"

func (g *Gateway) serveSocket(w http.ResponseWriter, r *http.Request) {
	rest, ok := strings.CutPrefix(r.URL.Path, "/"+g.options.Socket.Stage)
	if !ok {
		refuse(w, http.StatusForbidden, "Forbidden")
		return
	}
	if id, ok := strings.CutPrefix(rest, connectionsPath); ok {
		g.serveConnection(w, r, id)
		return
	}
	if rest != "" && rest != "/" {
		refuse(w, http.StatusForbidden, "Forbidden")
		return
	}
	g.connect(w, r)
}

// connect runs authorizer and $connect, and only then takes the connection.
func (g *Gateway) connect(w http.ResponseWriter, r *http.Request) {
	key := r.Header.Get("Sec-Websocket-Key")
	switch {
	case r.Method != http.MethodGet || !hasToken(r.Header, "Connection", "upgrade") || !hasToken(r.Header, "Upgrade", "websocket"):
		w.Header().Set("Upgrade", "websocket")
		refuse(w, http.StatusUpgradeRequired, "Upgrade Required")
		return
	case r.Header.Get("Sec-Websocket-Version") != "13":
		w.Header().Set("Sec-Websocket-Version", "13")
		refuse(w, http.StatusUpgradeRequired, "Upgrade Required")
		return
	case len(key) != 24:
		refuse(w, http.StatusBadRequest, "Bad Request")
		return
	}
	if !g.begin() {
		refuse(w, http.StatusServiceUnavailable, "Service Unavailable")
		return
	}
	taken := false
	defer func() {
		if !taken {
			g.running.Done()
		}
	}()
	p := &peer{
		id:        newID(),
		domain:    strings.Clone(r.Host),
		from:      identity{UserAgent: strings.Clone(r.UserAgent()), SourceIP: sourceIP(r)},
		connected: g.options.Now(),
	}
	protocol, status := g.admit(p, r)
	if status != 0 {
		refuseConnect(w, p, status)
		return
	}
	c, err := g.take(w, p, key, protocol)
	if err != nil {
		// $connect has run, so the function hears of the end as well.
		g.log.Warn("connection lost in the handshake", "error", err)
		g.disconnected(p, abnormal)
		return
	}
	taken = true
	// A goroutine of its own lets go of everything net/http holds for a
	// request: 10 KB for a connection that says nothing for minutes.
	go c.serve()
}

// admit asks the authorizer and the function of $connect. It returns the
// sub-protocol that the function chose, or the status that refuses.
func (g *Gateway) admit(p *peer, r *http.Request) (protocol string, status int) {
	route := g.sockets[connectRoute]
	if route == nil {
		return "", 0
	}
	event := socketEvent{RequestContext: g.context(p, "CONNECT", connectRoute)}
	event.Headers, event.MultiHeaders = handshakeHeaders(r, p.connected)
	event.Query, event.MultiQuery = handshakeQuery(r)
	if route.Authorizer != "" {
		if p.authorizer, status = g.authorize(route, p, &event); status != 0 {
			return "", status
		}
		event.RequestContext.Authorizer = p.authorizer
	}
	if route.Function == "" {
		return "", 0
	}
	answer, status := g.askConnect(route, &event)
	if status != 0 {
		return "", status
	}
	if answer.status < 200 || answer.status > 299 {
		return "", answer.status
	}
	protocol = answer.headers["sec-websocket-protocol"]
	if protocol == "" && r.Header.Get("Sec-Websocket-Protocol") != "" {
		// The upgrade goes through, here and on AWS; it is the browser that
		// ends a connection whose sub-protocols were all ignored.
		g.log.Warn("$connect chose no sub-protocol; browsers will fail the connection", "offered", len(r.Header.Values("Sec-Websocket-Protocol")))
	}
	return protocol, 0
}

// askConnect calls the function of $connect. A status other than 0 says that
// it gave no answer.
func (g *Gateway) askConnect(route *template.SocketRoute, event *socketEvent) (httpAnswer, int) {
	payload, err := json.Marshal(event)
	if err != nil {
		g.log.Error("event not encoded", "route", route.Key, "error", err)
		return httpAnswer{}, http.StatusInternalServerError
	}
	result, err := g.call(route.Function, route.Timeout, standardSocket, payload)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return httpAnswer{}, http.StatusGatewayTimeout
	case err != nil:
		g.log.Error("function not invoked", "function", route.Function, "error", err)
		return httpAnswer{}, http.StatusBadGateway
	case result.Failed:
		return httpAnswer{}, http.StatusBadGateway
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(result.Payload, &fields) != nil || fields["statusCode"] == nil {
		g.log.Error("malformed answer", "function", route.Function, "error", "statusCode is missing")
		return httpAnswer{}, http.StatusBadGateway
	}
	answer, err := parseHTTPAnswer(result.Payload)
	if err != nil {
		g.log.Error("malformed answer", "function", route.Function, "error", err)
		return httpAnswer{}, http.StatusBadGateway
	}
	return answer, 0
}

// take takes the connection over from net/http and opens it.
func (g *Gateway) take(w http.ResponseWriter, p *peer, key, protocol string) (*conn, error) {
	socket, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, err
	}
	if err := socket.SetDeadline(time.Time{}); err != nil {
		socket.Close()
		return nil, err
	}
	early := make([]byte, buffered.Reader.Buffered())
	if _, err := io.ReadFull(buffered.Reader, early); err != nil {
		socket.Close()
		return nil, err
	}
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	answer := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		base64.StdEncoding.EncodeToString(sum[:]) + "\r\n"
	// A header with a line break in it would be a second header.
	if protocol != "" && !strings.ContainsAny(protocol, "\r\n") {
		answer += "Sec-WebSocket-Protocol: " + protocol + "\r\n"
	}
	c := newConn(g, p, socket, early)
	g.connections.Add(1)
	c.open([]byte(answer + "\r\n"))
	return c, nil
}

// disconnected tells the function of $disconnect, once per connection and on a
// best effort: nobody waits and nobody repeats.
func (g *Gateway) disconnected(p *peer, why ending) {
	route := g.sockets[disconnectRoute]
	if route == nil || route.Function == "" {
		return
	}
	event := socketEvent{RequestContext: g.context(p, "DISCONNECT", disconnectRoute)}
	event.RequestContext.DisconnectStatus = int(why.status)
	event.RequestContext.DisconnectReason = why.reason
	event.Headers = map[string]string{"Host": p.domain, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""}
	event.MultiHeaders = make(map[string][]string, len(event.Headers))
	for name, value := range event.Headers {
		event.MultiHeaders[name] = []string{value}
	}
	payload, err := json.Marshal(event)
	if err != nil {
		g.log.Error("event not encoded", "route", disconnectRoute, "error", err)
		return
	}
	if _, err := g.call(route.Function, route.Timeout, standardSocket, payload); err != nil {
		g.log.Warn("disconnect not told", "function", route.Function, "error", err)
	}
}

// refuseConnect answers a handshake that was not accepted.
func refuseConnect(w http.ResponseWriter, p *peer, status int) {
	message := http.StatusText(status)
	switch status {
	case http.StatusInternalServerError, http.StatusBadGateway:
		message = "Internal server error"
	case http.StatusGatewayTimeout:
		message = "Endpoint request timed out"
	}
	w.Header().Set("Content-Type", "application/json")
	if status < 200 {
		status = http.StatusInternalServerError
	}
	w.WriteHeader(status)
	w.Write(errorFrame(message, p.id, newID()))
}

// errorFrame is what the service itself tells a client of the WebSocket API.
func errorFrame(message, connection, request string) []byte {
	return []byte(`{"message": "` + message + `", "connectionId":"` + connection + `", "requestId":"` + request + `"}`)
}

// hasToken looks for a word in the comma separated values of a header.
func hasToken(h http.Header, name, token string) bool {
	for _, value := range h.Values(name) {
		for word := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(word), token) {
				return true
			}
		}
	}
	return false
}

// An ending is why and how a connection ends: what the client is told in the
// close frame and the function in the $disconnect event.
type ending struct {
	status ws.StatusCode
	reason string
	manner manner
}

// A manner is how the end comes about.
type manner int

const (
	polite  manner = iota // what is queued, then a close frame
	flushed               // what is queued, then the line is cut
	abrupt                // the line is cut
)

var (
	goingAway = ending{status: ws.StatusGoingAway, reason: "Going away"}
	deleted   = ending{status: ws.StatusNormalClosure, reason: "Connection Closed Normally"}
	abnormal  = ending{status: ws.StatusAbnormalClosure, reason: "Connection Closed Abnormally", manner: abrupt}
	severed   = ending{status: ws.StatusAbnormalClosure, reason: "Connection Closed Abnormally", manner: flushed}
)
