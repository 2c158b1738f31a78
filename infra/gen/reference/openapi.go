package reference

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"parley/infra/gen/source"
)

// openAPIPath returns the path of the OpenAPI document of a surface, below docs/reference.
func openAPIPath(surface string) string { return "openapi/" + surface + ".yaml" }

// openAPI describes the operations of a surface that have an HTTP route. It returns nil if
// there are none. It leaves out the routes with the method ANY, which only refuse unknown
// paths. about is the line of the surface; bodies are the sample bodies of the operations.
func openAPI(surface, about string, groups []group, bodies map[string]string) ([]byte, error) {
	s := newSchemas()
	paths, tags := object(), list()
	for _, g := range groups {
		described := false
		for _, e := range g.entries {
			for _, d := range e.Triggers {
				method, path, _ := strings.Cut(d.HTTP, " ")
				if d.HTTP == "" || method == "ANY" || e.Request == nil {
					continue
				}
				described = true
				operation, err := httpOperation(s, e, bodies[e.Name])
				if err != nil {
					return nil, err
				}
				set(paths, path, object(strings.ToLower(method), operation))
			}
		}
		if described {
			tags.Content = append(tags.Content, object("name", surface+"."+g.name, "description", g.entries[0].groupDoc))
		}
	}
	if len(paths.Content) == 0 {
		return nil, nil
	}
	scheme, signing := security(surface, groups[0].entries[0])
	doc := object(
		"openapi", "3.1.0",
		"info", object("title", "Parley: "+surface, "version", "v1", "description", about,
			"license", object("name", "Apache 2.0", "identifier", "Apache-2.0")),
		"servers", list(object("url", "{origin}", "variables", object("origin", object(
			"default", "http://127.0.0.1:8080", "description", "The output of the stack for this surface, such as ClientUrl, or the address of the local cloud")))),
		"security", list(object(scheme, list())),
		"tags", tags,
		"paths", paths,
		"components", object("securitySchemes", object(scheme, signing), "schemas", s.shared),
	)
	return s.write(doc)
}

// httpOperation describes an operation that has an HTTP route. sample is an example of its
// body; it may be empty.
func httpOperation(s *schemas, e entry, sample string) (*yaml.Node, error) {
	content := object("schema", s.of(e.Request, inRequest))
	var example yaml.Node
	if err := yaml.Unmarshal([]byte(sample), &example); err != nil {
		return nil, err
	}
	if len(example.Content) > 0 {
		clearStyle(&example)
		set(content, "example", example.Content[0])
	}
	return object(
		"operationId", e.Name,
		"tags", list(e.Surface()+"."+e.Group()),
		"summary", source.Summary(e.Doc),
		"description", e.Doc,
		"parameters", parameters(e.Surface()),
		"requestBody", object("required", true, "content", object("application/json", content)),
		"responses", responses(s, e),
	), nil
}

// clearStyle makes a node that was read from JSON be written in the block style of YAML.
func clearStyle(n *yaml.Node) {
	n.Style = 0
	for _, c := range n.Content {
		clearStyle(c)
	}
}

// security returns the name and the description of the way in which the callers of a surface
// sign.
func security(surface string, e entry) (string, *yaml.Node) {
	scheme := func(in, name, about string) *yaml.Node {
		return object("type", "apiKey", "in", in, "name", name, "description", about)
	}
	switch surface {
	case "tencent":
		return "userSigQuery", scheme("query", "usersig", "A UserSig of an admin of the application (docs/reference/usersig.md)")
	case "client":
		return "userSigHeader", scheme("header", "Authorization", "UserSig <sdkappid> <identifier> <usersig>")
	}
	if !e.Triggers[0].IAM {
		return "signature", scheme("header", "Authorization", "The signature of the caller, as the dialect of the surface reads it")
	}
	return "iam", scheme("header", "Authorization", "AWS Signature Version 4, service execute-api. The local cloud does not check it.")
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
