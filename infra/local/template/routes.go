package template

import "strings"

// An apiPart is a route, an integration, an authorizer or a stage of an API.
type apiPart struct {
	stack    *stack
	resource resource
	props    *props
	ref      string // what Ref returns
}

func (b *builder) addAPI(s *stack, r resource, p *props) error {
	a := API{ID: apiID(s, r.id), Name: p.text("Name"), WebSocket: s.isWebSocket(r), RouteSelection: p.text("RouteSelectionExpression")}
	if a.Name == "" {
		a.Name = r.id
	}
	for _, other := range b.model.APIs {
		if other.WebSocket && a.WebSocket {
			return s.fail(r.id, "is a second WebSocket API; the local cloud serves one")
		}
	}
	if body := p.nestedProps(p.values["Body"]); body.values != nil {
		b.apiParts = append(b.apiParts, apiPart{stack: s, resource: resource{id: r.id, kind: "OpenAPI"}, props: body, ref: a.ID})
		a.Name = body.nestedProps(body.values["info"]).required("title")
		a.CORS = openAPICORS(body)
	}
	cors := p.values["CorsConfiguration"]
	if isTrue(cors) {
		a.CORS = &CORS{Origins: []string{"*"}}
	} else if c := p.nestedProps(cors); c.values != nil {
		a.CORS = &CORS{
			Origins: c.texts("AllowOrigins"), Methods: c.texts("AllowMethods"), Headers: c.texts("AllowHeaders"),
			Expose: c.texts("ExposeHeaders"), MaxAge: c.int("MaxAge", 0), Credentials: c.boolean("AllowCredentials", false),
		}
	}
	if r.kind == "AWS::Serverless::HttpApi" {
		a.Stage = p.text("StageName")
	}
	if !a.WebSocket && a.Stage == "" {
		a.Stage = "$default"
	}
	b.model.APIs = append(b.model.APIs, a)
	return p.err
}

// addRoutes adds the routes and stages to their APIs. It runs when all parts are known.
func (b *builder) addRoutes() error {
	byRef := map[string]apiPart{}
	for _, p := range b.apiParts {
		byRef[p.resource.kind+" "+p.ref] = p
	}
	for _, p := range b.apiParts {
		switch p.resource.kind {
		case "AWS::ApiGatewayV2::Stage":
			a, err := b.apiOf(p)
			if err != nil {
				return err
			}
			a.Stage = p.props.required("StageName")
		case "AWS::ApiGatewayV2::Route":
			if err := b.addRoute(p, byRef); err != nil {
				return err
			}
		case "HttpApi":
			if err := b.addEventRoute(p); err != nil {
				return err
			}
		case "OpenAPI":
			if err := b.addOpenAPI(p); err != nil {
				return err
			}
		}
		if p.props.err != nil {
			return p.props.err
		}
	}
	return nil
}

// apiOf returns the API that the ApiId of a part names.
func (b *builder) apiOf(p apiPart) (*API, error) {
	id := p.props.text("ApiId")
	for i := range b.model.APIs {
		if b.model.APIs[i].ID == id {
			return &b.model.APIs[i], nil
		}
	}
	return nil, p.stack.fail(p.resource.id, "its ApiId %q is not an API of the templates; use !Ref of one", id)
}

// addEventRoute adds a route that a function declares in its Events.
func (b *builder) addEventRoute(p apiPart) error {
	a, err := b.apiOf(p)
	if err != nil {
		return err
	}
	f, _ := b.findFunction(p.ref)
	path, method := p.props.required("Path"), strings.ToUpper(p.props.required("Method"))
	if method == "*" || method == "X-AMAZON-APIGATEWAY-ANY-METHOD" {
		method = "ANY"
	}
	a.HTTP = append(a.HTTP, HTTPRoute{Method: method, Path: path, Function: f.Handler, Timeout: 30000,
		IAM: p.props.nestedProps(p.props.values["Auth"]).text("Authorizer") == "AWS_IAM"})
	return nil
}

func (b *builder) addRoute(p apiPart, byRef map[string]apiPart) error {
	a, err := b.apiOf(p)
	if err != nil {
		return err
	}
	key := p.props.required("RouteKey")
	target := strings.TrimPrefix(p.props.text("Target"), "integrations/")
	integration, ok := byRef["AWS::ApiGatewayV2::Integration "+target]
	if target != "" && !ok {
		return p.stack.fail(p.resource.id, "its Target %q is not an integration; write !Sub integrations/${LogicalId}", target)
	}
	handler := ""
	var mock *Mock
	timeout := 30000
	if a.WebSocket {
		timeout = 29000
	}
	if ok {
		timeout = integration.props.int("TimeoutInMillis", timeout)
		switch kind := integration.props.text("IntegrationType"); kind {
		case "AWS_PROXY":
			uri := integration.props.required("IntegrationUri")
			f, ok := b.findFunction(uri)
			if !ok {
				return integration.stack.fail(integration.resource.id, "its IntegrationUri %s is not a function of the templates; use the ARN of one", uri)
			}
			handler = f.Handler
			if version := integration.props.text("PayloadFormatVersion"); !a.WebSocket && version != "2.0" {
				return integration.stack.fail(integration.resource.id, "its PayloadFormatVersion is %q; the program reads 2.0", version)
			}
		case "MOCK":
			mock = b.mock(integration)
		default:
			return integration.stack.fail(integration.resource.id, "its IntegrationType %q is not supported by the local cloud; use AWS_PROXY or MOCK", kind)
		}
	}
	if !a.WebSocket {
		if handler == "" {
			return p.stack.fail(p.resource.id, "has no function; give it a Target with AWS_PROXY")
		}
		method, path, found := strings.Cut(key, " ")
		if !found {
			method, path = "", key
		}
		auth := p.props.text("AuthorizationType")
		if auth != "" && auth != "NONE" && auth != "AWS_IAM" {
			return p.stack.fail(p.resource.id, "its AuthorizationType %s is not supported by the local cloud; use NONE or AWS_IAM", auth)
		}
		a.HTTP = append(a.HTTP, HTTPRoute{Method: method, Path: path, Function: handler, IAM: auth == "AWS_IAM", Timeout: timeout})
		return nil
	}
	route := SocketRoute{Key: key, Function: handler, Mock: mock, Timeout: timeout, TwoWay: p.props.text("RouteResponseSelectionExpression") != ""}
	if route.TwoWay && !b.hasRouteResponse(p.ref) {
		return p.stack.fail(p.resource.id, "selects a route response but has none; add an AWS::ApiGatewayV2::RouteResponse")
	}
	if mock != nil && !route.TwoWay {
		mock.Response = ""
	}
	if p.props.text("AuthorizationType") == "CUSTOM" {
		authorizer, ok := byRef["AWS::ApiGatewayV2::Authorizer "+p.props.text("AuthorizerId")]
		if !ok || authorizer.props.text("AuthorizerType") != "REQUEST" {
			return p.stack.fail(p.resource.id, "its AuthorizerId is not a REQUEST authorizer; use !Ref of one")
		}
		f, ok := b.findFunction(authorizer.props.text("AuthorizerUri"))
		if !ok {
			return authorizer.stack.fail(authorizer.resource.id, "its AuthorizerUri is not a function of the templates; use the ARN of one")
		}
		route.Authorizer, route.Identity = f.Handler, authorizer.props.texts("IdentitySource")
	}
	a.Socket = append(a.Socket, route)
	return nil
}

// hasRouteResponse reports whether a route has a route response.
func (b *builder) hasRouteResponse(route string) bool {
	for _, p := range b.apiParts {
		if p.resource.kind == "AWS::ApiGatewayV2::RouteResponse" && p.props.text("RouteId") == route {
			return true
		}
	}
	return false
}

// mock returns what a MOCK integration answers. API Gateway evaluates the
// TemplateSelectionExpression to choose a response template; the local cloud takes
// the first one of the usual names, or else any.
func (b *builder) mock(integration apiPart) *Mock {
	for _, p := range b.apiParts {
		if p.resource.kind != "AWS::ApiGatewayV2::IntegrationResponse" || p.props.text("IntegrationId") != integration.ref {
			continue
		}
		templates, _ := p.props.values["ResponseTemplates"].(map[string]any)
		for _, name := range []string{"200", "$default", p.props.text("TemplateSelectionExpression"), "application/json"} {
			if body, ok := templates[name]; ok {
				return &Mock{Response: text(body)}
			}
		}
		for _, body := range templates {
			return &Mock{Response: text(body)}
		}
	}
	return &Mock{}
}
