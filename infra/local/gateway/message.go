package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
)

// parseSelection returns the names of the fields in a route selection expression.
// Example: for "$request.body.action" and "${request.body.action}" it is [action].
func parseSelection(expression string) []string {
	e := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(expression, "$"), "{"), "}")
	e, _ = strings.CutPrefix(e, "request.body")
	e = strings.TrimPrefix(e, ".")
	if e == "" {
		return []string{"action"}
	}
	return strings.Split(e, ".")
}

// routeKey returns the key of the route that a message selects, and $default if it
// selects none.
func (g *Gateway) routeKey(body []byte) string {
	raw := json.RawMessage(body)
	for _, name := range g.selectionPath {
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
	// Only the gateway itself uses the routes that begin with $. A client cannot select
	// them.
	if key, ok := scalar(value); ok && !strings.HasPrefix(key, "$") && g.socketRoutes[key] != nil {
		return key
	}
	return defaultRoute
}

// message handles one message of a client.
func (g *Gateway) message(c *connection, body []byte) {
	key := g.routeKey(body)
	route := g.socketRoutes[key]
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
	event := socketEvent{RequestContext: g.socketContext(&c.connectionInfo, "MESSAGE", key), Body: string(body)}
	event.RequestContext.MessageID = newID()
	payload, err := json.Marshal(event)
	if err != nil {
		g.log.Error("event not encoded", "route", key, "error", err)
		return
	}
	result, err := g.call(route.Function, route.Timeout, defaultSocketTimeout, payload)
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

// parseSocketAnswer returns the body that a two-way function answers. It is empty if
// the client must receive nothing.
func parseSocketAnswer(payload []byte) ([]byte, error) {
	var fields map[string]json.RawMessage
	if len(payload) == 0 {
		return nil, nil
	}
	if err := json.Unmarshal(payload, &fields); err != nil {
		return nil, err
	}
	if raw := fields["statusCode"]; raw != nil {
		if _, err := parseStatus(raw); err != nil {
			return nil, err
		}
	}
	return parseBody(fields)
}
