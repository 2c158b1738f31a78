package template

import (
	"maps"
	"slices"
	"strings"
)

// openAPICORS returns the CORS configuration of an OpenAPI definition, or nil.
func openAPICORS(body *props) *CORS {
	c := body.nestedProps(body.values["x-amazon-apigateway-cors"])
	if c.values == nil {
		return nil
	}
	return &CORS{
		Origins: c.texts("allowOrigins"), Methods: c.texts("allowMethods"), Headers: c.texts("allowHeaders"),
		Expose: c.texts("exposeHeaders"), MaxAge: c.int("maxAge", 0), Credentials: c.boolean("allowCredentials", false),
	}
}

// addOpenAPI adds the routes of the OpenAPI definition that is the Body of an HTTP API.
func (b *builder) addOpenAPI(p apiPart) error {
	i := slices.IndexFunc(b.model.APIs, func(a API) bool { return a.ID == p.ref })
	paths := p.props.nestedProps(p.props.values["paths"])
	for _, path := range slices.Sorted(maps.Keys(paths.values)) {
		item := paths.nestedProps(paths.values[path])
		for _, verb := range slices.Sorted(maps.Keys(item.values)) {
			operation := item.nestedProps(item.values[verb])
			integration := operation.nestedProps(operation.values["x-amazon-apigateway-integration"])
			if kind := integration.text("type"); !strings.EqualFold(kind, "aws_proxy") || integration.text("payloadFormatVersion") != "2.0" {
				return p.stack.fail(p.resource.id, "the integration of %s %s is not aws_proxy with payloadFormatVersion 2.0; the local cloud supports no other", verb, path)
			}
			f, ok := b.findFunction(integration.required("uri"))
			if !ok {
				return p.stack.fail(p.resource.id, "the uri %s of %s is not a function of the templates; use the ARN of one", integration.text("uri"), path)
			}
			method := strings.ToUpper(verb)
			if verb == "x-amazon-apigateway-any-method" {
				method = "ANY"
			}
			security, _ := operation.values["security"].([]any)
			b.model.APIs[i].HTTP = append(b.model.APIs[i].HTTP, HTTPRoute{
				Method: method, Path: path, Function: f.Handler, IAM: len(security) > 0, Timeout: integration.int("timeoutInMillis", 30000),
			})
			if integration.err != nil {
				return integration.err
			}
		}
	}
	return nil
}
