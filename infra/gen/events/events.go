// Package events makes a sample event for each operation, exactly as API Gateway, SQS, a
// DynamoDB stream or EventBridge delivers it. Every sample can be replayed: the application
// is 1400000001 with the key Secret, the caller is its admin or alice, and the UserSig is
// valid until 2073.
package events

import (
	"bytes"
	"crypto/md5" // the events of SQS have it
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"parley/shared/dialect/usersig"
	"parley/shared/op"
	"parley/shared/queue"
)

// What the samples contain. Whoever replays them has to create the application, the users
// and the messages first; package rie does so.
const (
	App      = 1400000001
	Secret   = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	Admin    = "administrator"
	User     = "alice"
	Instance = "installation-1"
	// NewInstance is the installation that connects. It is not Instance: that one has a
	// connection that was opened after the time of the event.
	NewInstance = "installation-2"
	Platform    = "iPhone"
	// Future is the time of the messages that the events change, in 2100. So the time in which
	// a message can be recalled or edited never ends.
	Future = 4102444800

	issued     = 1700000000
	lifetime   = 50 * 365 * 24 * time.Hour
	account    = "123456789012"
	region     = "us-east-1"
	client     = "192.0.2.1"
	agent      = "parley-sample/1"
	httpAPI    = "a1b2c3d4e5"
	socketAPI  = "f6g7h8i9j0"
	requestID  = "5f1b2c3d-0001"
	extended   = "JKJaXmPLvHcESHA="
	connection = "L0SM9cOFvHcCIhw="
	trace      = "Root=1-6553f100-000000000000000000000001"
	timeText   = "14/Nov/2023:22:13:20 +0000"
	timeMs     = issued * 1000
)

// Generate returns the events by path below events/, for example "client/message/send.json".
// bodies are those of Bodies.
func Generate(operations []op.Operation, bodies map[string]string) (map[string][]byte, error) {
	files := make(map[string][]byte)
	for i := range operations {
		o := &operations[i]
		event, err := sample(o, bodies[o.Name])
		if err != nil {
			return nil, fmt.Errorf("event of %s: %w", o.Name, err)
		}
		var text bytes.Buffer
		e := json.NewEncoder(&text)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(event); err != nil {
			return nil, fmt.Errorf("event of %s: %w", o.Name, err)
		}
		files[Path(o)] = text.Bytes()
	}
	return files, nil
}

// Path returns the path of the event of an operation, below events/.
func Path(o *op.Operation) string { return strings.ReplaceAll(o.Name, ".", "/") + ".json" }

// sample makes an event of the first trigger of an operation.
func sample(o *op.Operation, body string) (any, error) {
	trigger := o.Triggers[0]
	if trigger.Authorizer {
		return authorizerEvent()
	}
	if trigger.Socket == "$connect" || trigger.Socket == "$disconnect" {
		return connectionEvent(trigger.Socket)
	}
	switch {
	case trigger.Queue != "":
		return queueEvent(trigger.Queue, body), nil
	case trigger.Stream != "":
		return streamEvent(string(trigger.Stream), json.RawMessage(body)), nil
	case trigger.Schedule != "":
		return scheduleEvent(o), nil
	case trigger.Socket != "":
		return frameEvent(trigger.Socket, body), nil
	}
	return newHTTPEvent(o, trigger, body)
}

// sign returns a UserSig for a user.
func sign(user string) (string, error) {
	return usersig.Sign(Secret, App, user, time.Unix(issued, 0), lifetime)
}

// httpEvent is an event of an HTTP API, payload format 2.0.
type httpEvent struct {
	Version        string            `json:"version"`
	RouteKey       string            `json:"routeKey"`
	RawPath        string            `json:"rawPath"`
	RawQuery       string            `json:"rawQueryString"`
	Headers        map[string]string `json:"headers"`
	Query          map[string]string `json:"queryStringParameters,omitempty"`
	Context        httpContext       `json:"requestContext"`
	PathParameters map[string]string `json:"pathParameters,omitempty"`
	Body           string            `json:"body"`
	Base64         bool              `json:"isBase64Encoded"`
}

type httpContext struct {
	Account    string            `json:"accountId"`
	API        string            `json:"apiId"`
	Authorizer any               `json:"authorizer,omitempty"`
	Domain     string            `json:"domainName"`
	Prefix     string            `json:"domainPrefix"`
	HTTP       map[string]string `json:"http"`
	ID         string            `json:"requestId"`
	RouteKey   string            `json:"routeKey"`
	Stage      string            `json:"stage"`
	Time       string            `json:"time"`
	TimeMs     int64             `json:"timeEpoch"`
}

// newHTTPEvent makes the event of a call of an HTTP route.
func newHTTPEvent(o *op.Operation, trigger op.Trigger, body string) (httpEvent, error) {
	method, path, _ := strings.Cut(trigger.HTTP, " ")
	if method == "ANY" {
		method = "POST"
	}
	var parameters map[string]string
	if base, ok := strings.CutSuffix(path, "{proxy+}"); ok {
		parameters = map[string]string{"proxy": "no/such.thing"}
		path = base + parameters["proxy"]
	}
	domain := httpAPI + ".execute-api." + region + ".amazonaws.com"
	e := httpEvent{
		Version: "2.0", RouteKey: trigger.HTTP, RawPath: path, PathParameters: parameters, Body: body,
		Headers: map[string]string{
			"accept": "*/*", "content-length": strconv.Itoa(len(body)), "content-type": "application/json", "host": domain,
			"user-agent": agent, "x-amzn-trace-id": trace, "x-forwarded-for": client, "x-forwarded-port": "443", "x-forwarded-proto": "https",
		},
		Context: httpContext{
			Account: account, API: httpAPI, Domain: domain, Prefix: httpAPI, ID: requestID, RouteKey: trigger.HTTP, Stage: "$default",
			HTTP: map[string]string{"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": client, "userAgent": agent},
			Time: timeText, TimeMs: timeMs,
		},
	}
	switch o.Surface() {
	case "tencent":
		sig, err := sign(Admin)
		if err != nil {
			return e, err
		}
		e.Query = map[string]string{
			"sdkappid": strconv.Itoa(App), "identifier": Admin, "usersig": sig, "random": "99999999", "contenttype": "json",
		}
		values := make(url.Values)
		for name, value := range e.Query {
			values.Set(name, value)
		}
		e.RawQuery = values.Encode()
	case "client":
		sig, err := sign(User)
		if err != nil {
			return e, err
		}
		e.Headers["authorization"] = fmt.Sprintf("UserSig %d %s %s", App, User, sig)
		e.Headers["parley-instance"] = Instance
	default:
		if s, ok := o.Protocol.(op.Signer); ok {
			if err := s.Sign(e.Headers, op.Signature{App: App, Secret: Secret, User: User, Issued: time.Unix(issued, 0), Lifetime: lifetime}); err != nil {
				return e, err
			}
		}
	}
	if trigger.IAM {
		e.Context.Authorizer = map[string]any{"iam": map[string]any{
			"accessKey": "AKIAIOSFODNN7EXAMPLE", "accountId": account, "callerId": "AIDACKCEVSQ6C2EXAMPLE", "cognitoIdentity": nil,
			"principalOrgId": nil, "userArn": "arn:aws:iam::" + account + ":user/operator", "userId": "AIDACKCEVSQ6C2EXAMPLE",
		}}
	}
	return e, nil
}

// socketEvent is an event of a WebSocket API.
type socketEvent struct {
	Type           string              `json:"type,omitempty"`
	MethodARN      string              `json:"methodArn,omitempty"`
	Headers        map[string]string   `json:"headers,omitempty"`
	MultiHeaders   map[string][]string `json:"multiValueHeaders,omitempty"`
	Query          map[string]string   `json:"queryStringParameters,omitempty"`
	MultiQuery     map[string][]string `json:"multiValueQueryStringParameters,omitempty"`
	StageVariables *struct{}           `json:"stageVariables,omitempty"`
	Context        socketContext       `json:"requestContext"`
	Body           string              `json:"body,omitempty"`
	Base64         *bool               `json:"isBase64Encoded,omitempty"`
}

type socketContext struct {
	RouteKey   string            `json:"routeKey"`
	Authorizer map[string]any    `json:"authorizer,omitempty"`
	MessageID  string            `json:"messageId,omitempty"`
	Status     int               `json:"disconnectStatusCode,omitempty"`
	Reason     string            `json:"disconnectReason,omitempty"`
	Event      string            `json:"eventType"`
	Extended   string            `json:"extendedRequestId"`
	Time       string            `json:"requestTime"`
	Direction  string            `json:"messageDirection"`
	Stage      string            `json:"stage"`
	Connected  int64             `json:"connectedAt"`
	TimeMs     int64             `json:"requestTimeEpoch"`
	Identity   map[string]string `json:"identity"`
	ID         string            `json:"requestId"`
	Domain     string            `json:"domainName"`
	Connection string            `json:"connectionId"`
	API        string            `json:"apiId"`
}

// newSocketContext makes the context that all events of a connection have.
func newSocketContext(route, kind string) socketContext {
	return socketContext{
		RouteKey: route, Event: kind, Extended: extended, Time: timeText, Direction: "IN", Stage: "local", Connected: timeMs,
		TimeMs: timeMs, Identity: map[string]string{"sourceIp": client, "userAgent": agent}, ID: extended,
		Domain: socketAPI + ".execute-api." + region + ".amazonaws.com", Connection: connection, API: socketAPI,
	}
}

// authorizerContext returns the context that the authorizer gave for the connection. API
// Gateway puts it in every later event of the connection.
func authorizerContext() map[string]any {
	return map[string]any{
		"principalId": User, "integrationLatency": 12, "app": strconv.Itoa(App), "user": User, "platform": Platform,
		"instance": NewInstance, "issued": strconv.Itoa(issued),
	}
}

// addHandshake adds the headers and the query of the request that opens a connection. The
// UserSig is the second sub-protocol.
func addHandshake(e *socketEvent) error {
	sig, err := sign(User)
	if err != nil {
		return err
	}
	e.Headers = map[string]string{
		"Host": e.Context.Domain, "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits",
		"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol": "im.v1, " + sig, "Sec-WebSocket-Version": "13",
		"User-Agent": agent, "X-Amzn-Trace-Id": trace, "X-Forwarded-For": client, "X-Forwarded-Port": "443", "X-Forwarded-Proto": "https",
	}
	e.Query = map[string]string{"sdkappid": strconv.Itoa(App), "identifier": User, "platform": Platform, "instance": NewInstance}
	e.MultiHeaders, e.MultiQuery = multiValued(e.Headers), multiValued(e.Query)
	return nil
}

// multiValued returns headers or query parameters with one value each in the form of
// several values.
func multiValued(single map[string]string) map[string][]string {
	all := make(map[string][]string, len(single))
	for name, value := range single {
		all[name] = []string{value}
	}
	return all
}

// authorizerEvent makes the event of the authorizer of the WebSocket API.
func authorizerEvent() (socketEvent, error) {
	e := socketEvent{
		Type: "REQUEST", MethodARN: fmt.Sprintf("arn:aws:execute-api:%s:%s:%s/local/$connect", region, account, socketAPI),
		StageVariables: &struct{}{}, Context: newSocketContext("$connect", "CONNECT"),
	}
	return e, addHandshake(&e)
}

// connectionEvent makes the event of a connection that opens or has closed.
func connectionEvent(route string) (socketEvent, error) {
	e := socketEvent{Context: newSocketContext(route, strings.ToUpper(route[1:])), Base64: new(bool)}
	e.Context.Authorizer = authorizerContext()
	if route == "$connect" {
		return e, addHandshake(&e)
	}
	e.Context.Status, e.Context.Reason = 1001, "Going away"
	e.Headers = map[string]string{"Host": e.Context.Domain, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""}
	e.MultiHeaders = multiValued(e.Headers)
	return e, nil
}

// frameEvent makes the event of a frame that a client sent.
func frameEvent(route, body string) socketEvent {
	e := socketEvent{Context: newSocketContext(route, "MESSAGE"), Body: body, Base64: new(bool)}
	e.Context.Authorizer, e.Context.MessageID = authorizerContext(), connection
	if route != "$default" {
		e.Body = fmt.Sprintf(`{"action":%q,"id":"1","body":%s}`, route, body)
	}
	return e
}

// streamEvent makes a batch with one stream record: a new item in a table.
func streamEvent(table string, item json.RawMessage) any {
	var keys struct {
		PK json.RawMessage `json:"pk"`
		SK json.RawMessage `json:"sk"`
	}
	_ = json.Unmarshal(item, &keys) // Bodies has checked that it is JSON
	arn := fmt.Sprintf("arn:aws:dynamodb:%s:%s:table/parley-%s/stream/2023-11-14T22:13:20.000", region, account, table)
	return map[string]any{"Records": []map[string]any{{
		"eventID": "c4ca4238a0b923820dcc509a6f75849b", "eventName": "INSERT", "eventVersion": "1.1", "eventSource": "aws:dynamodb",
		"awsRegion": region, "eventSourceARN": arn,
		"dynamodb": map[string]any{
			"ApproximateCreationDateTime": issued, "Keys": keys, "NewImage": item, "SequenceNumber": "4421584500000000017450439091",
			"SizeBytes": 200, "StreamViewType": "NEW_IMAGE",
		},
	}}}
}

// scheduleEvent makes the event that a schedule sends.
func scheduleEvent(o *op.Operation) any {
	return map[string]any{
		"version": "0", "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa", "detail-type": "Scheduled Event", "source": "aws.events",
		"account": account, "time": "2023-11-14T22:13:20Z", "region": region,
		"resources": []string{fmt.Sprintf("arn:aws:events:%s:%s:rule/parley-%s", region, account, strings.ReplaceAll(o.Name, ".", "-"))},
		"detail":    map[string]any{},
	}
}

type queueRecord struct {
	ID         string            `json:"messageId"`
	Receipt    string            `json:"receiptHandle"`
	Body       string            `json:"body"`
	Attributes map[string]string `json:"attributes"`
	Custom     struct{}          `json:"messageAttributes"`
	MD5        string            `json:"md5OfBody"`
	Source     string            `json:"eventSource"`
	ARN        string            `json:"eventSourceARN"`
	Region     string            `json:"awsRegion"`
}

// queueEvent makes a batch with one job of a queue.
func queueEvent(name queue.Name, body string) map[string][]queueRecord {
	sum := md5.Sum([]byte(body)) // the events of SQS have it
	return map[string][]queueRecord{"Records": {{
		ID: "059f36b4-87a3-44ab-83d2-661975830a7d", Receipt: "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a", Body: body,
		Attributes: map[string]string{
			"ApproximateReceiveCount": "1", "SentTimestamp": strconv.Itoa(timeMs),
			"SenderId": "AROAEXAMPLE:parley", "ApproximateFirstReceiveTimestamp": strconv.Itoa(timeMs + 1),
		},
		MD5: hex.EncodeToString(sum[:]), Source: "aws:sqs", ARN: fmt.Sprintf("arn:aws:sqs:%s:%s:parley-%s", region, account, name), Region: region,
	}}}
}
