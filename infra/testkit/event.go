package testkit

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"parley/shared/op"
)

// event returns the event with which AWS invokes the operation for a request: that of
// its first trigger. If route is not "" or the directives say so, it is the event of
// the WebSocket API.
func (w *World) event(o *op.Operation, d map[string]string, body, route string) ([]byte, error) {
	first := o.Triggers[0]
	switch {
	case first.Authorizer:
		return w.authorizerEvent(d)
	case first.Queue != "":
		return queueEvent(body)
	case first.Stream != "":
		return w.streamEvent(body)
	case first.Schedule != "":
		return []byte(`{"detail-type":"Scheduled Event"}`), nil
	case first.Socket != "":
		return w.socketEvent(o, d, body, first.Socket)
	case route != "" || d["trigger"] == "socket":
		return w.socketEvent(o, d, body, o.Triggers[1].Socket)
	}
	return w.httpEvent(o, d, body)
}

// caller returns the user who calls: the admin for the server API, alice for the
// client protocol, unless the directive "as" names another.
func (w *World) caller(o *op.Operation, d map[string]string) string {
	if as := d["as"]; as != "" {
		return as
	}
	if o.Surface() == "tencent" {
		return Admin
	}
	return "alice"
}

// signature returns the UserSig that the directive "sig" describes: a valid one
// without the directive, the value itself if it is not one of these words.
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

// appOf returns the SdkAppId that the directive "app" describes.
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

// httpEvent returns an event of an HTTP API.
func (w *World) httpEvent(o *op.Operation, d map[string]string, body string) ([]byte, error) {
	method, path, _ := strings.Cut(o.Triggers[0].HTTP, " ")
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
	if w.acceptEncoding != "" {
		header["accept-encoding"] = w.acceptEncoding
	}
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
	default:
		if s, ok := o.Protocol.(op.Signer); ok && user != "" {
			if err := s.Sign(header, op.Signature{App: w.ID, Secret: w.Secret, User: user, Issued: w.Clock.Now(), Lifetime: 24 * time.Hour}); err != nil {
				return nil, err
			}
		}
	}
	return json.Marshal(map[string]any{
		"version": "2.0", "routeKey": o.Triggers[0].HTTP, "rawPath": path, "rawQueryString": query.Encode(), "headers": header,
		"body": body, "isBase64Encoded": false,
		"requestContext": map[string]any{
			"requestId": "req-1", "http": map[string]any{"method": method, "path": path, "sourceIp": "192.0.2.1"},
		},
	})
}

// socketEvent returns an event of a route of the WebSocket API, with the identity that
// the authorizer has given to the connection.
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

// authorizerEvent returns the event with which the WebSocket API asks the authorizer.
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

// queueEvent returns a batch of SQS messages: each line of the body is one message.
func queueEvent(body string) ([]byte, error) {
	var records []map[string]any
	for i, line := range strings.Split(body, "\n") {
		records = append(records, map[string]any{"messageId": fmt.Sprintf("m%d", i+1), "body": line, "eventSource": "aws:sqs"})
	}
	return json.Marshal(map[string]any{"Records": records})
}
