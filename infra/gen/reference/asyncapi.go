package reference

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"parley/infra/gen/source"
)

// pushed names the type of each event's body (docs/client-protocol.md §5).
func pushed() [][3]string {
	return [][3]string{
		{"message.new", "shared/dialect/v4", "Message"},
		{"message.read", "shared/dialect/client", "readMark"},
		{"session.kick", "shared/dialect/client", "kick"},
	}
}

// asyncAPI describes the WebSocket API: actions with their answers, and events.
func asyncAPI(src *source.Source, entries []entry) ([]byte, error) {
	s := newSchemas()
	messages, operations := object(), object()
	here := func(name string) *yaml.Node { return object("$ref", "#/channels/connection/messages/"+name) }
	channel := func() *yaml.Node { return object("$ref", "#/channels/connection") }
	for _, e := range entries {
		for _, d := range e.Doors {
			if d.Socket == "" || strings.HasPrefix(d.Socket, "$") || e.Request == nil {
				continue
			}
			set(messages, d.Socket, object("summary", first(e.Doc), "payload", object(
				"type", "object", "required", list("action"), "properties", object(
					"action", object("const", d.Socket),
					"id", object("type", "string", "maxLength", 64, "description", "Chosen by the client; the answer has it"),
					"body", s.of(e.Request)))))
			set(messages, d.Socket+".answer", object("payload", object(
				"type", "object", "required", list("code"), "properties", object(
					"id", object("type", "string"),
					"code", object("type", "integer", "description", "0, or a number of errors.md"),
					"error", object("type", "string"),
					"body", s.of(e.Answer)))))
			set(operations, d.Socket, object("action", "receive", "channel", channel(), "summary", first(e.Doc), "description", e.Doc,
				"messages", list(here(d.Socket)),
				"reply", object("channel", channel(), "messages", list(here(d.Socket+".answer")))))
		}
	}
	for _, action := range []struct{ name, about string }{
		{"p", "Keeps the connection open; it is answered by nothing."}, {"pp", "Proves that the connection is open."},
	} {
		set(messages, action.name, object("summary", action.about, "payload", object(
			"type", "object", "required", list("action"), "properties", object("action", object("const", action.name)))))
		operation := object("action", "receive", "channel", channel(), "summary", action.about, "messages", list(here(action.name)))
		if action.name == "pp" {
			set(messages, "pong", object("payload", object("type", "object", "required", list("event"), "properties",
				object("event", object("const", "pong")))))
			set(operation, "reply", object("channel", channel(), "messages", list(here("pong"))))
		}
		set(operations, action.name, operation)
	}
	var events []any
	for _, p := range pushed() {
		t, err := src.Type(p[1], p[2])
		if err != nil {
			return nil, err
		}
		name := "event." + p[0]
		set(messages, name, object("payload", object(
			"type", "object", "required", list("event", "body"), "properties", object(
				"event", object("const", p[0]),
				"hi", object("type", "object", "description", "The highest number the server knows, so that a gap shows at once",
					"properties", object("Ordinal", object("type", "integer"))),
				"body", s.of(t)))))
		events = append(events, here(name))
	}
	set(operations, "events", object("action", "send", "channel", channel(), "summary", "What happens to the user.", "messages", list(events...)))
	text := func(about string) *yaml.Node { return object("type", "string", "description", about) }
	query := object("type", "object", "required", list("sdkappid", "identifier", "platform", "instance"), "properties", object(
		"sdkappid", object("type", "integer"), "identifier", text("The user"),
		"platform", object("type", "string", "enum", list("Android", "iPhone", "iPad", "Windows", "Mac", "Linux", "Web", "MiniProgram")),
		"instance", text("Chosen once for each installation"),
		"usersig", text("A UserSig, unless it is the second sub-protocol: im.v1, <usersig>")))
	return write(object(
		"asyncapi", "3.0.0",
		"info", object("title", "Parley", "version", "v1", "description", "The WebSocket API of a Parley deployment, protocol im.v1.",
			"license", object("name", "Apache 2.0")),
		"defaultContentType", "application/json",
		"channels", object("connection", object(
			"address", "/{stage}", "parameters", object("stage", object("default", "local")),
			"bindings", object("ws", object("method", "GET", "query", query)),
			"messages", messages)),
		"operations", operations,
		"components", object("schemas", s.shared),
	))
}
