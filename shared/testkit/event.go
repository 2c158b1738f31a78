package testkit

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"parley/shared/op"
)

// event makes the event that API Gateway or SQS would send for a request.
func (w *World) event(o *op.Operation, d map[string]string, body, door string) ([]byte, error) {
	first := o.Doors[0]
	switch {
	case first.Authorizer:
		return w.authorizerEvent(d)
	case first.Queue != "":
		return queueEvent(body)
	case first.Stream != "":
		return w.streamEvent(body)
	case first.Schedule != "":
		return []byte(`{"detail-type":"Scheduled Event"}`), nil
	case first.Socket != "" || door != "" || d["door"] == "socket":
		route := first.Socket
		if route == "" {
			route = o.Doors[1].Socket
		}
		return w.socketEvent(o, d, body, route)
	}
	return w.httpEvent(o, d, body)
}

func (w *World) caller(o *op.Operation, d map[string]string) string {
	if as := d["as"]; as != "" {
		return as
	}
	if o.Surface() == "tencent" {
		return Admin
	}
	return "alice"
}

// signature makes the signature a directive asks for.
func (w *World) signature(user string, d map[string]string) string {
	now := w.Clock.Now()
	switch d["sig"] {
	case "":
		return w.Sign(user)
	case "none":
		return ""
	case "expired":
		return w.SignAt(user, now.Add(-time.Hour-time.Second), time.Hour)
	case "last-second":
		return w.SignAt(user, now.Add(-time.Hour), time.Hour)
	case "cut":
		sig := w.Sign(user)
		return sig[:len(sig)/2]
	case "other-user":
		return w.Sign("mallory")
	case "other-app":
		other := *w
		other.ID++
		return other.Sign(user)
	case "other-key":
		other := *w
		other.Secret = strings.Repeat("0", 64)
		return other.Sign(user)
	case "old":
		return w.SignAt(user, now.Add(-time.Hour), 24*time.Hour)
	}
	return d["sig"]
}

func (w *World) appOf(d map[string]string) string {
	switch d["app"] {
	case "":
		return fmt.Sprint(w.ID)
	case "none":
		return ""
	case "unknown":
		return "1"
	}
	return d["app"]
}

func (w *World) httpEvent(o *op.Operation, d map[string]string, body string) ([]byte, error) {
	method, path, _ := strings.Cut(o.Doors[0].HTTP, " ")
	if method == "ANY" {
		method = "POST"
	}
	if d["method"] != "" {
		method = d["method"]
	}
	if d["path"] != "" {
		path = d["path"]
	}
	query, header := url.Values{}, map[string]string{"content-type": "application/json"}
	user := w.caller(o, d)
	if user == "nobody" {
		user = ""
	}
	switch o.Surface() {
	case "tencent":
		query = url.Values{"random": {"99"}, "contenttype": {"json"}}
		for name, value := range map[string]string{"sdkappid": w.appOf(d), "identifier": user, "usersig": w.signature(user, d)} {
			if value != "" {
				query.Set(name, value)
			}
		}
	case "client":
		header["authorization"] = fmt.Sprintf("UserSig %s %s %s", w.appOf(d), user, w.signature(user, d))
		if d["header"] != "" {
			header["authorization"] = strings.TrimPrefix(d["header"], "authorization ")
		}
		if d["instance"] != "" {
			header["parley-instance"] = d["instance"]
		}
	}
	return json.Marshal(map[string]any{
		"version": "2.0", "routeKey": o.Doors[0].HTTP, "rawPath": path, "rawQueryString": query.Encode(), "headers": header,
		"body": body, "isBase64Encoded": false,
		"requestContext": map[string]any{
			"requestId": "req-1", "http": map[string]any{"method": method, "path": path, "sourceIp": "192.0.2.1"},
		},
	})
}

func (w *World) socketEvent(o *op.Operation, d map[string]string, body, route string) ([]byte, error) {
	user := w.caller(o, d)
	if user == "nobody" {
		user = ""
	}
	instance, platform := "i1", "iPhone"
	if d["instance"] != "" {
		instance = d["instance"]
	}
	if d["platform"] != "" {
		platform = d["platform"]
	}
	connection := user + "/" + instance
	if d["connection"] != "" {
		connection = d["connection"]
	}
	frame := body
	if !strings.HasPrefix(route, "$") {
		frame = fmt.Sprintf(`{"action":%q,"id":"7","body":%s}`, route, body)
		if _, raw := d["raw"]; raw {
			frame = body
		}
	}
	issued := w.Clock.Now()
	if d["sig"] == "old" {
		issued = issued.Add(-time.Hour)
	}
	header := map[string]string{}
	if d["protocols"] != "" {
		header["Sec-WebSocket-Protocol"] = d["protocols"]
	}
	kind := "MESSAGE"
	switch route {
	case "$connect":
		kind = "CONNECT"
	case "$disconnect":
		kind = "DISCONNECT"
	}
	query := map[string]string{}
	if _, ok := d["fresh"]; ok {
		query["fresh"] = "1"
	}
	return json.Marshal(map[string]any{
		"headers": header, "queryStringParameters": query, "body": frame, "isBase64Encoded": false,
		"requestContext": map[string]any{
			"requestId": "req-1", "connectionId": connection, "routeKey": route, "eventType": kind,
			"authorizer": map[string]any{
				"principalId": user, "app": fmt.Sprint(w.ID), "user": user, "platform": platform, "instance": instance,
				"issued": fmt.Sprint(issued.Unix()),
			},
		},
	})
}

func (w *World) authorizerEvent(d map[string]string) ([]byte, error) {
	user := "alice"
	if d["as"] != "" {
		user = d["as"]
	}
	if user == "nobody" {
		user = ""
	}
	query := map[string]string{"platform": "iPhone", "instance": "i1"}
	for _, name := range []string{"platform", "instance"} {
		if v, ok := d[name]; ok {
			query[name] = v
		}
	}
	header := map[string]string{}
	if d["protocols"] != "" {
		header["Sec-WebSocket-Protocol"] = strings.ReplaceAll(d["protocols"], "{sig}", w.signature(user, d))
	} else {
		query["usersig"] = w.signature(user, d)
	}
	query["sdkappid"], query["identifier"] = w.appOf(d), user
	return json.Marshal(map[string]any{
		"type": "REQUEST", "methodArn": "arn:aws:execute-api:us-east-1:123456789012:api/local/$connect",
		"headers": header, "queryStringParameters": query,
		"requestContext": map[string]any{
			"requestId": "req-1", "connectionId": user + "/i1", "routeKey": "$connect", "eventType": "CONNECT",
		},
	})
}

// queueEvent makes a batch of the lines of a body, one message each.
func queueEvent(body string) ([]byte, error) {
	var records []map[string]any
	for i, line := range strings.Split(body, "\n") {
		records = append(records, map[string]any{"messageId": fmt.Sprintf("m%d", i+1), "body": line, "eventSource": "aws:sqs"})
	}
	return json.Marshal(map[string]any{"Records": records})
}
