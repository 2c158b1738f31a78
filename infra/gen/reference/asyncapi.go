package reference

import "go.yaml.in/yaml/v3"

// asyncAPI describes the WebSocket API: actions with their answers, and events.
func asyncAPI(entries []entry, pushed []event) ([]byte, error) {
	s := newSchemas()
	messages, operations := object(), object()
	here := func(name string) *yaml.Node { return object("$ref", "#/channels/connection/messages/"+name) }
	channel := func() *yaml.Node { return object("$ref", "#/channels/connection") }
	for _, e := range entries {
		action := e.action()
		if action == "" {
			continue
		}
		set(messages, action, object("summary", first(e.Doc), "payload", object(
			"type", "object", "required", list("action"), "properties", object(
				"action", object("const", action),
				"id", object("type", "string", "maxLength", 64, "description", "Chosen by the client; the answer has it"),
				"body", s.of(e.Request, asked)))))
		set(messages, action+".answer", object("payload", object(
			"type", "object", "required", list("code"), "properties", object(
				"id", object("type", "string"),
				"code", object("type", "integer", "description", "0, or a number of errors.md"),
				"error", object("type", "string"),
				"body", s.of(e.Answer, sent)))))
		set(operations, action, object("action", "receive", "channel", channel(), "summary", first(e.Doc), "description", e.Doc,
			"messages", list(here(action)),
			"reply", object("channel", channel(), "messages", list(here(action+".answer")))))
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
	for _, e := range pushed {
		name := "event." + e.name
		set(messages, name, object("summary", e.about, "payload", object(
			"type", "object", "required", list("event", "body"), "properties", object(
				"event", object("const", e.name),
				"hi", object("type", "object", "description", "The highest number the server knows, so that a gap shows at once",
					"required", list("Ordinal"), "properties", object("Ordinal", object("type", "integer"))),
				"body", s.oneOf(e.forms)))))
		events = append(events, here(name))
	}
	set(operations, "events", object("action", "send", "channel", channel(), "summary", "What happens to the user.", "messages", list(events...)))
	text := func(about string) *yaml.Node { return object("type", "string", "description", about) }
	query := object("type", "object", "required", list("sdkappid", "identifier", "platform", "instance"), "properties", object(
		"sdkappid", object("type", "integer"), "identifier", text("The user"),
		"platform", object("type", "string", "enum", list("Android", "iPhone", "iPad", "Windows", "Mac", "Linux", "Web", "MiniProgram")),
		"instance", text("Chosen once for each installation"),
		"usersig", text("A UserSig, unless it is the second sub-protocol: im.v1, <usersig>")))
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
