package reference

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"parley/infra/gen/events"
	"parley/shared/op"
)

// openAPI describes the operations of the HTTP API. Routes that only refuse what
// no other takes are left out.
func openAPI(entries []entry) ([]byte, error) {
	s := newSchemas()
	paths := object()
	bodies := events.Bodies()
	for _, e := range entries {
		for _, d := range e.Doors {
			method, path, _ := strings.Cut(d.HTTP, " ")
			if d.HTTP == "" || method == "ANY" || e.Request == nil {
				continue
			}
			content := object("schema", s.of(e.Request, asked))
			var sample yaml.Node
			if err := yaml.Unmarshal([]byte(bodies[e.Name]), &sample); err != nil {
				return nil, err
			}
			if len(sample.Content) > 0 {
				block(&sample)
				set(content, "example", sample.Content[0])
			}
			set(paths, path, object(strings.ToLower(method), object(
				"operationId", e.Name,
				"tags", list(e.Surface()+"."+e.Group()),
				"summary", first(e.Doc),
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
			"default", "http://127.0.0.1:8080", "description", "The output HttpUrl of the stack, or the local cloud")))),
		"paths", paths,
		"components", object(
			"securitySchemes", object(
				"userSigQuery", object("type", "apiKey", "in", "query", "name", "usersig",
					"description", "A UserSig of an admin of the application (usersig.md)"),
				"userSigHeader", object("type", "apiKey", "in", "header", "name", "Authorization",
					"description", "UserSig <sdkappid> <identifier> <usersig>"),
				"iam", object("type", "apiKey", "in", "header", "name", "Authorization",
					"description", "AWS Signature Version 4, service execute-api; open on the local cloud"),
			),
			"schemas", s.shared,
		),
	)
	return s.write(doc)
}

// block lays a JSON sample out as YAML.
func block(n *yaml.Node) {
	n.Style = 0
	for _, c := range n.Content {
		block(c)
	}
}

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

func parameters(surface string) any {
	query := func(name, kind, about string, required bool) *yaml.Node {
		return object("name", name, "in", "query", "required", required, "description", about, "schema", object("type", kind))
	}
	switch surface {
	case "tencent":
		return list(
			query("sdkappid", "integer", "The application", true),
			query("identifier", "string", "An admin of the application", true),
			query("random", "integer", "A random number, not read", false),
			query("contenttype", "string", "json", false),
		)
	case "client":
		return list(object("name", "Parley-Instance", "in", "header", "required", false,
			"description", "The installation that calls, which is then not told of what it does", "schema", object("type", "string")))
	}
	return nil
}

// responses are the envelope of the surface with the operation's answer.
func responses(s *schemas, e entry) *yaml.Node {
	answer := func(about string, schema *yaml.Node) *yaml.Node {
		return object("description", about, "content", object("application/json", object("schema", schema)))
	}
	failure := object("type", "object", "required", list("code"), "properties", object(
		"code", object("type", "integer"), "error", object("type", "string")))
	if e.Surface() == "tencent" {
		own := s.fields(e.Answer, sent)
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
		return object("200", answer("The outcome, a refusal, too", object(
			"type", "object", "required", list("ActionStatus", "ErrorCode", "ErrorInfo"), "properties", head)))
	}
	done := object("type", "object", "required", list("code"), "properties", object(
		"code", object("type", "integer"), "error", object("type", "string"), "body", s.of(e.Answer, sent)))
	if e.Surface() == "client" {
		return object("200", answer("The outcome, a refusal by the operation, too", done), "401", answer("The identity is refused", failure),
			"429", answer("A limit of rate was passed", failure), "500", answer("Parley failed", failure))
	}
	return object("200", answer("Done", done), "400", answer("Refused", failure), "404", answer("No such application", failure),
		"500", answer("Parley failed", failure))
}
