package reference

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"parley/infra/gen/source"
	"parley/shared/op"
)

// openAPIPath returns the path of the OpenAPI document of a surface, below docs/reference.
func openAPIPath(surface string) string { return "openapi/" + surface + ".yaml" }

// openAPI describes the operations of a surface that have an HTTP route. It returns nil if
// there are none. It leaves out the routes with the method ANY, which only refuse unknown
// paths. said is what the surface says about itself; bodies are the sample bodies of the
// operations.
func openAPI(surface string, said op.Description, groups []group, bodies map[string]string) ([]byte, error) {
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
				operation, err := httpOperation(s, said, e, bodies[e.Name])
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
	doc := object(
		"openapi", "3.1.0",
		"info", object("title", "Parley: "+surface, "version", "v1", "description", said.Brief,
			"license", object("name", "Apache 2.0", "identifier", "Apache-2.0")),
		"servers", list(object("url", "{origin}", "variables", object("origin", object(
			"default", "http://127.0.0.1:8080", "description", "The output of the stack for this surface, such as ClientUrl, or the address of the local cloud")))),
		"security", list(object(said.Scheme, list())),
		"tags", tags,
		"paths", paths,
		"components", object("securitySchemes", object(said.Scheme, security(said.Signature)), "schemas", s.shared),
	)
	return s.write(doc)
}

// httpOperation describes an operation that has an HTTP route. sample is an example of its
// body; it may be empty.
func httpOperation(s *schemas, said op.Description, e entry, sample string) (*yaml.Node, error) {
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
		"parameters", parameters(said.Parameters),
		"requestBody", object("required", true, "content", object("application/json", content)),
		"responses", responses(s, said.Envelopes, e.Answer),
	), nil
}

// clearStyle makes a node that was read from JSON be written in the block style of YAML.
func clearStyle(n *yaml.Node) {
	n.Style = 0
	for _, c := range n.Content {
		clearStyle(c)
	}
}

// security returns the description of the way in which the callers of a surface sign.
func security(p op.Parameter) *yaml.Node {
	return object("type", "apiKey", "in", p.In, "name", p.Name, "description", p.About)
}

// parameters returns the query parameters and headers that all operations of a surface have
// in common.
func parameters(common []op.Parameter) any {
	if len(common) == 0 {
		return nil
	}
	all := list()
	for _, p := range common {
		all.Content = append(all.Content, object("name", p.Name, "in", p.In, "required", p.Required, "description", p.About, "schema", object("type", p.Type)))
	}
	return all
}

// responses returns the envelopes of the surface with the answer of the operation in them.
func responses(s *schemas, envelopes []op.Envelope, answer *source.Type) *yaml.Node {
	all := object()
	for _, e := range envelopes {
		set(all, strconv.Itoa(e.Status), object("description", e.About, "content",
			object("application/json", object("schema", envelope(s, e.Fields, answer)))))
	}
	return all
}

// envelope makes the schema of an envelope, or of an object in it. If the fields of the answer
// are beside those of the envelope, none of them is required: a refusal does not have them.
func envelope(s *schemas, fields []op.EnvelopeField, answer *source.Type) *yaml.Node {
	properties, required := object(), list()
	for _, f := range fields {
		switch {
		case f.Name == "":
			for i, own := 0, s.fields(answer, inAnswer).Content; i+1 < len(own); i += 2 {
				if own[i].Value == "properties" {
					properties.Content = append(properties.Content, own[i+1].Content...)
				}
			}
			continue
		case len(f.Fields) > 0:
			set(properties, f.Name, envelope(s, f.Fields, answer))
		case f.Type == "":
			set(properties, f.Name, s.of(answer, inAnswer))
		case len(f.Values) > 0:
			set(properties, f.Name, object("type", f.Type, "enum", f.Values))
		default:
			set(properties, f.Name, object("type", f.Type))
		}
		if !f.Optional {
			required.Content = append(required.Content, node(f.Name))
		}
	}
	schema := object("type", "object")
	if len(required.Content) > 0 {
		set(schema, "required", required)
	}
	set(schema, "properties", properties)
	return schema
}
