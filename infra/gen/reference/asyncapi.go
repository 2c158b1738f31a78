package reference

import (
	"go.yaml.in/yaml/v3"

	"parley/infra/gen/source"
)

// asyncAPI describes the WebSocket API: actions with their answers, and the events that
// the server sends.
func asyncAPI(entries []entry, events []event) ([]byte, error) {
	s := newSchemas()
	messages, operations := object(), object()
	message := func(name string) *yaml.Node { return object("$ref", "#/channels/connection/messages/"+name) }
	channel := func() *yaml.Node { return object("$ref", "#/channels/connection") }
	for _, e := range entries {
		action := e.action()
		if action == "" {
			continue
		}
		set(messages, action, object("summary", source.Summary(e.Doc), "payload", object(
			"type", "object", "required", list("action"), "properties", object(
				"action", object("const", action),
				"id", object("type", "string", "maxLength", 64, "description", "The client chooses it, and the answer repeats it."),
				"body", s.of(e.Request, inRequest)))))
		set(messages, action+".answer", object("payload", object(
			"type", "object", "required", list("code"), "properties", object(
				"id", object("type", "string"),
				"code", object("type", "integer", "description", "0 for success, or an error number of errors.md"),
				"error", object("type", "string"),
				"body", s.of(e.Answer, inAnswer)))))
		set(operations, action, object("action", "receive", "channel", channel(), "summary", source.Summary(e.Doc), "description", e.Doc,
			"messages", list(message(action)),
			"reply", object("channel", channel(), "messages", list(message(action+".answer")))))
	}
	for _, action := range []struct{ name, about string }{
		{"p", "Keeps the connection open. The server does not answer."},
		{"pp", "Checks that the connection is open. The server answers with pong."},
	} {
		set(messages, action.name, object("summary", action.about, "payload", object(
			"type", "object", "required", list("action"), "properties", object("action", object("const", action.name)))))
		operation := object("action", "receive", "channel", channel(), "summary", action.about, "messages", list(message(action.name)))
		if action.name == "pp" {
			set(messages, "pong", object("payload", object("type", "object", "required", list("event"), "properties",
				object("event", object("const", "pong")))))
			set(operation, "reply", object("channel", channel(), "messages", list(message("pong"))))
		}
		set(operations, action.name, operation)
	}
	var eventMessages []any
	for _, e := range events {
		name := "event." + e.name
		set(messages, name, object("summary", e.about, "payload", object(
			"type", "object", "required", list("event", "body"), "properties", object(
				"event", object("const", e.name),
				"hi", object("type", "object", "description", "The highest offset (Ordinal) of the conversation that the server knows. A client that has not got all messages up to it asks for them.",
					"required", list("Ordinal"), "properties", object("Ordinal", object("type", "integer"))),
				"body", s.oneOf(e.forms)))))
		eventMessages = append(eventMessages, message(name))
	}
	set(operations, "events", object("action", "send", "channel", channel(), "summary", "Notifies the devices of a user of what happened.",
		"messages", list(eventMessages...)))
	text := func(about string) *yaml.Node { return object("type", "string", "description", about) }
	query := object("type", "object", "required", list("sdkappid", "identifier", "platform", "instance"), "properties", object(
		"sdkappid", object("type", "integer"), "identifier", text("The UserID of the caller"),
		"platform", object("type", "string", "enum", list("Android", "iPhone", "iPad", "Windows", "Mac", "Linux", "Web", "MiniProgram")),
		"instance", text("The app chooses it once for each installation."),
		"usersig", text("A UserSig. A client leaves it out if it gives the UserSig as the second sub-protocol: im.v1, <usersig>")))
	return s.write(object(
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
