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

	"parley/infra/local/template"
)

// The routes that the gateway itself invokes.
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

// connect invokes the authorizer and $connect. If both accept, it opens the connection.
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
	if !g.beginWork() {
		refuse(w, http.StatusServiceUnavailable, "Service Unavailable")
		return
	}
	opened := false
	defer func() {
		if !opened {
			g.running.Done()
		}
	}()
	info := &connectionInfo{
		id:          newID(),
		domain:      strings.Clone(r.Host),
		identity:    identity{UserAgent: strings.Clone(r.UserAgent()), SourceIP: sourceIP(r)},
		connectedAt: g.options.Now(),
	}
	protocol, status := g.authorizeAndConnect(info, r)
	if status != 0 {
		refuseConnect(w, info, status)
		return
	}
	c, err := g.upgrade(w, info, key, protocol)
	if err != nil {
		// $connect has accepted the connection, so $disconnect must run as well.
		g.log.Warn("connection lost in the handshake", "error", err)
		g.invokeDisconnect(info, abnormal)
		return
	}
	opened = true
	// A new goroutine serves the connection, so that this one ends and net/http frees
	// what it holds for a request: 10 KB for each open connection.
	go c.serve()
}

// authorizeAndConnect invokes the authorizer and the function of $connect. It returns
// the sub-protocol that the function has chosen. A status other than 0 refuses the
// connection.
func (g *Gateway) authorizeAndConnect(info *connectionInfo, r *http.Request) (protocol string, status int) {
	route := g.socketRoutes[connectRoute]
	if route == nil {
		return "", 0
	}
	event := socketEvent{RequestContext: g.socketContext(info, "CONNECT", connectRoute)}
	event.Headers, event.MultiHeaders = handshakeHeaders(r, info.connectedAt)
	event.Query, event.MultiQuery = handshakeQuery(r)
	if route.Authorizer != "" {
		if info.authorizer, status = g.authorize(route, &event); status != 0 {
			return "", status
		}
		event.RequestContext.Authorizer = info.authorizer
	}
	if route.Function == "" {
		return "", 0
	}
	answer, status := g.invokeConnect(route, &event)
	if status != 0 {
		return "", status
	}
	if answer.status < 200 || answer.status > 299 {
		return "", answer.status
	}
	protocol = answer.headers["sec-websocket-protocol"]
	if protocol == "" && r.Header.Get("Sec-Websocket-Protocol") != "" {
		// The connection is opened, here and on AWS. But a browser ends a connection
		// if none of the sub-protocols that it offered was chosen.
		g.log.Warn("$connect chose no sub-protocol; browsers will fail the connection", "offered", len(r.Header.Values("Sec-Websocket-Protocol")))
	}
	return protocol, 0
}

// invokeConnect invokes the function of $connect. A status other than 0 says that there
// is no response that can be used.
func (g *Gateway) invokeConnect(route *template.SocketRoute, event *socketEvent) (httpAnswer, int) {
	payload, err := json.Marshal(event)
	if err != nil {
		g.log.Error("event not encoded", "route", route.Key, "error", err)
		return httpAnswer{}, http.StatusInternalServerError
	}
	result, err := g.call(route.Function, route.Timeout, defaultSocketTimeout, payload)
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

// upgrade takes the connection from net/http, answers the handshake and opens it.
func (g *Gateway) upgrade(w http.ResponseWriter, info *connectionInfo, key, protocol string) (*connection, error) {
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
	// A value with a line break would add another header.
	if protocol != "" && !strings.ContainsAny(protocol, "\r\n") {
		answer += "Sec-WebSocket-Protocol: " + protocol + "\r\n"
	}
	c := newConnection(g, info, socket, early)
	g.connections.Add(1)
	c.open([]byte(answer + "\r\n"))
	return c, nil
}

// invokeDisconnect invokes the function of $disconnect, once for each connection. If
// that fails, it is not repeated, as on AWS.
func (g *Gateway) invokeDisconnect(info *connectionInfo, e ending) {
	route := g.socketRoutes[disconnectRoute]
	if route == nil || route.Function == "" {
		return
	}
	event := socketEvent{RequestContext: g.socketContext(info, "DISCONNECT", disconnectRoute)}
	event.RequestContext.DisconnectStatus = int(e.status)
	event.RequestContext.DisconnectReason = e.reason
	event.Headers = map[string]string{"Host": info.domain, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""}
	event.MultiHeaders = make(map[string][]string, len(event.Headers))
	for name, value := range event.Headers {
		event.MultiHeaders[name] = []string{value}
	}
	payload, err := json.Marshal(event)
	if err != nil {
		g.log.Error("event not encoded", "route", disconnectRoute, "error", err)
		return
	}
	if _, err := g.call(route.Function, route.Timeout, defaultSocketTimeout, payload); err != nil {
		g.log.Warn("$disconnect not invoked", "function", route.Function, "error", err)
	}
}

// refuseConnect answers a handshake that is refused.
func refuseConnect(w http.ResponseWriter, info *connectionInfo, status int) {
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
	w.Write(errorFrame(message, info.id, newID()))
}

// errorFrame returns the text that the gateway itself sends to a client if an error
// occurs.
func errorFrame(message, connection, request string) []byte {
	return []byte(`{"message": "` + message + `", "connectionId":"` + connection + `", "requestId":"` + request + `"}`)
}

// hasToken reports whether the comma separated values of a header contain a token.
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
