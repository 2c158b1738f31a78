package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
)

// selection takes a route selection expression apart: "$request.body.action"
// and "${request.body.action}" become [action].
func selection(expression string) []string {
	e := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(expression, "$"), "{"), "}")
	e, _ = strings.CutPrefix(e, "request.body")
	e = strings.TrimPrefix(e, ".")
	if e == "" {
		return []string{"action"}
	}
	return strings.Split(e, ".")
}

// routeKey reads the route out of a message, $default when there is none.
func (g *Gateway) routeKey(body []byte) string {
	raw := json.RawMessage(body)
	for _, name := range g.path {
		var fields map[string]json.RawMessage
		if json.Unmarshal(raw, &fields) != nil {
			return defaultRoute
		}
		raw = fields[name]
	}
	var value any
	if raw == nil || json.Unmarshal(raw, &value) != nil {
		return defaultRoute
	}
	// A client cannot ask for what only the service itself may.
	if key, ok := scalar(value); ok && !strings.HasPrefix(key, "$") && g.sockets[key] != nil {
		return key
	}
	return defaultRoute
}

// message answers one message of a client.
func (g *Gateway) message(c *conn, body []byte) {
	key := g.routeKey(body)
	route := g.sockets[key]
	if route == nil {
		c.send(textFrames(errorFrame("Forbidden", c.id, newID())))
		return
	}
	if route.Mock != nil {
		if route.TwoWay && route.Mock.Response != "" {
			c.send(textFrames([]byte(route.Mock.Response)))
		}
		return
	}
	if route.Function == "" {
		return
	}
	event := socketEvent{RequestContext: g.context(&c.peer, "MESSAGE", key), Body: string(body)}
	event.RequestContext.MessageID = newID()
	payload, err := json.Marshal(event)
	if err != nil {
		g.log.Error("event not encoded", "route", key, "error", err)
		return
	}
	result, err := g.call(route.Function, route.Timeout, standardSocket, payload)
	fail := func(message string) {
		c.send(textFrames(errorFrame(message, c.id, event.RequestContext.RequestID)))
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		fail("Endpoint request timed out")
	case err != nil:
		g.log.Error("function not invoked", "function", route.Function, "error", err)
		fail("Internal server error")
	case result.Failed:
		fail("Internal server error")
	case route.TwoWay:
		answer, err := parseSocketAnswer(result.Payload)
		if err != nil {
			g.log.Error("malformed answer", "function", route.Function, "error", err)
			fail("Internal server error")
			return
		}
		if len(answer) > MaxMessage {
			g.log.Error("answer over 128 KB", "function", route.Function, "bytes", len(answer))
			fail("Internal server error")
			return
		}
		if len(answer) > 0 {
			c.send(textFrames(answer))
		}
	}
}

// parseSocketAnswer returns the body that a two-way function sends back, empty
// when it has nothing to say.
func parseSocketAnswer(payload []byte) ([]byte, error) {
	var fields map[string]json.RawMessage
	if len(payload) == 0 {
		return nil, nil
	}
	if err := json.Unmarshal(payload, &fields); err != nil {
		return nil, err
	}
	if raw := fields["statusCode"]; raw != nil {
		if _, err := statusCode(raw); err != nil {
			return nil, err
		}
	}
	return bodyOf(fields)
}
