package reference

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"parley/infra/gen/events"
	"parley/infra/gen/source"
	"parley/shared/op"
)

// openAPI describes the operations of the HTTP API. It leaves out the routes with the method
// ANY, which only refuse unknown paths.
func openAPI(entries []entry) ([]byte, error) {
	s := newSchemas()
	paths := object()
	bodies := events.Bodies()
	for _, e := range entries {
		for _, d := range e.Triggers {
			method, path, _ := strings.Cut(d.HTTP, " ")
			if d.HTTP == "" || method == "ANY" || e.Request == nil {
				continue
			}
			content := object("schema", s.of(e.Request, inRequest))
			var sample yaml.Node
			if err := yaml.Unmarshal([]byte(bodies[e.Name]), &sample); err != nil {
				return nil, err
			}
			if len(sample.Content) > 0 {
				clearStyle(&sample)
				set(content, "example", sample.Content[0])
			}
			set(paths, path, object(strings.ToLower(method), object(
				"operationId", e.Name,
				"tags", list(e.Surface()+"."+e.Group()),
				"summary", source.Summary(e.Doc),
				"description", e.Doc,
				"security", security(e.Operation),
				"parameters", parameters(e.Surface()),
				"requestBody", object("required", true, "content", object("application/json", content)),
				"responses", responses(s, e),
			)))
		}
	}
	doc := object(
		"openapi", "3.1.0",
		"info", object("title", "Parley", "version", "v1", "description", "The HTTP API of a Parley deployment.",
			"license", object("name", "Apache 2.0", "identifier", "Apache-2.0")),
		"servers", list(object("url", "{origin}", "variables", object("origin", object(
			"default", "http://127.0.0.1:8080", "description", "The output HttpUrl of the stack, or the address of the local cloud")))),
		"paths", paths,
		"components", object(
			"securitySchemes", object(
				"userSigQuery", object("type", "apiKey", "in", "query", "name", "usersig",
					"description", "A UserSig of an admin of the application (usersig.md)"),
				"userSigHeader", object("type", "apiKey", "in", "header", "name", "Authorization",
					"description", "UserSig <sdkappid> <identifier> <usersig>"),
				"iam", object("type", "apiKey", "in", "header", "name", "Authorization",
					"description", "AWS Signature Version 4, service execute-api. The local cloud does not check it."),
			),
			"schemas", s.shared,
		),
	)
	return s.write(doc)
}

// clearStyle makes a node that was read from JSON be written in the block style of YAML.
func clearStyle(n *yaml.Node) {
	n.Style = 0
	for _, c := range n.Content {
		clearStyle(c)
	}
}

// security returns how the caller of an operation signs.
func security(o *op.Operation) *yaml.Node {
	name := "iam"
	switch o.Surface() {
	case "tencent":
		name = "userSigQuery"
	case "client":
		name = "userSigHeader"
	}
	return list(object(name, list()))
}

// parameters returns the query parameters or the header that all operations of a surface
// have in common.
func parameters(surface string) any {
	query := func(name, kind, about string, required bool) *yaml.Node {
		return object("name", name, "in", "query", "required", required, "description", about, "schema", object("type", kind))
	}
	switch surface {
	case "tencent":
		return list(
			query("sdkappid", "integer", "The application", true),
			query("identifier", "string", "An admin of the application", true),
			query("random", "integer", "A random number. Parley does not read it.", false),
			query("contenttype", "string", "Always json", false),
		)
	case "client":
		return list(object("name", "Parley-Instance", "in", "header", "required", false,
			"description", "The installation that makes the call. Events about the call are not delivered to it, but to the other devices of the user.", "schema", object("type", "string")))
	}
	return nil
}

// responses returns the envelope of the surface with the answer of the operation in it.
func responses(s *schemas, e entry) *yaml.Node {
	answer := func(about string, schema *yaml.Node) *yaml.Node {
		return object("description", about, "content", object("application/json", object("schema", schema)))
	}
	failure := object("type", "object", "required", list("code"), "properties", object(
		"code", object("type", "integer"), "error", object("type", "string")))
	if e.Surface() == "tencent" {
		own := s.fields(e.Answer, inAnswer)
		head := object(
			"ActionStatus", object("type", "string", "enum", list("OK", "SomeError", "FAIL")),
			"ErrorCode", object("type", "integer"),
			"ErrorInfo", object("type", "string"),
		)
		for i := 0; i+1 < len(own.Content); i += 2 {
			if own.Content[i].Value == "properties" {
				head.Content = append(head.Content, own.Content[i+1].Content...)
			}
		}
		return object("200", answer("The operation succeeded or refused: see ErrorCode", object(
			"type", "object", "required", list("ActionStatus", "ErrorCode", "ErrorInfo"), "properties", head)))
	}
	done := object("type", "object", "required", list("code"), "properties", object(
		"code", object("type", "integer"), "error", object("type", "string"), "body", s.of(e.Answer, inAnswer)))
	if e.Surface() == "client" {
		return object("200", answer("The operation succeeded or refused: see code", done), "401", answer("The caller is not identified, or is refused", failure),
			"429", answer("A rate limit is exceeded", failure), "500", answer("Parley failed", failure))
	}
	return object("200", answer("The operation succeeded", done), "400", answer("The operation refused", failure), "404", answer("The application does not exist", failure),
		"500", answer("Parley failed", failure))
}
