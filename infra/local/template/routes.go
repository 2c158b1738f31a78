package template

import "strings"

// A part is a route, an integration, an authorizer or a stage of some API.
type part struct {
	stack    *stack
	resource resource
	props    *props
	ref      string // what Ref answers
}

func (b *builder) api(s *stack, r resource, p *props) error {
	a := API{ID: apiID(s, r.id), Name: p.text("Name"), WebSocket: s.socket(r), RouteSelection: p.text("RouteSelectionExpression")}
	if a.Name == "" {
		a.Name = r.id
	}
	for _, other := range b.model.APIs {
		if other.WebSocket == a.WebSocket {
			return s.fail(r.id, "is a second API of its protocol; the local cloud serves one HTTP and one WebSocket API")
		}
	}
	cors := p.all["CorsConfiguration"]
	if truth(cors) {
		a.CORS = &CORS{Origins: []string{"*"}}
	} else if c := p.under(cors); c.all != nil {
		a.CORS = &CORS{
			Origins: c.words("AllowOrigins"), Methods: c.words("AllowMethods"), Headers: c.words("AllowHeaders"),
			Expose: c.words("ExposeHeaders"), MaxAge: c.int("MaxAge", 0), Credentials: c.flag("AllowCredentials", false),
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

// routes puts the parts together once all of them are known.
func (b *builder) routes() error {
	byRef := map[string]part{}
	for _, p := range b.parts {
		byRef[p.resource.kind+" "+p.ref] = p
	}
	for _, p := range b.parts {
		switch p.resource.kind {
		case "AWS::ApiGatewayV2::Stage":
			a, err := b.owner(p)
			if err != nil {
				return err
			}
			a.Stage = p.props.need("StageName")
		case "AWS::ApiGatewayV2::Route":
			if err := b.route(p, byRef); err != nil {
				return err
			}
		case "HttpApi":
			if err := b.eventRoute(p); err != nil {
				return err
			}
		}
		if p.props.err != nil {
			return p.props.err
		}
	}
	return nil
}

func (b *builder) owner(p part) (*API, error) {
	id := p.props.text("ApiId")
	for i := range b.model.APIs {
		if b.model.APIs[i].ID == id {
			return &b.model.APIs[i], nil
		}
	}
	return nil, p.stack.fail(p.resource.id, "its ApiId %q is no API of the templates; use !Ref of one", id)
}

func (b *builder) eventRoute(p part) error {
	a, err := b.owner(p)
	if err != nil {
		return err
	}
	f, _ := b.byARN(p.ref)
	path, method := p.props.need("Path"), strings.ToUpper(p.props.need("Method"))
	if method == "*" || method == "X-AMAZON-APIGATEWAY-ANY-METHOD" {
		method = "ANY"
	}
	a.HTTP = append(a.HTTP, HTTPRoute{Method: method, Path: path, Function: f.Handler, Timeout: 30000,
		IAM: p.props.under(p.props.all["Auth"]).text("Authorizer") == "AWS_IAM"})
	return nil
}

func (b *builder) route(p part, byRef map[string]part) error {
	a, err := b.owner(p)
	if err != nil {
		return err
	}
	key := p.props.need("RouteKey")
	target := strings.TrimPrefix(p.props.text("Target"), "integrations/")
	integration, ok := byRef["AWS::ApiGatewayV2::Integration "+target]
	if target != "" && !ok {
		return p.stack.fail(p.resource.id, "its Target %q is no integration; write !Sub integrations/${LogicalId}", target)
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
			uri := integration.props.need("IntegrationUri")
			f, ok := b.byARN(uri)
			if !ok {
				return integration.stack.fail(integration.resource.id, "its IntegrationUri %s is no function of the templates; point it at one", uri)
			}
			handler = f.Handler
			if version := integration.props.text("PayloadFormatVersion"); !a.WebSocket && version != "2.0" {
				return integration.stack.fail(integration.resource.id, "its PayloadFormatVersion is %q; the program reads 2.0", version)
			}
		case "MOCK":
			mock = b.mock(integration)
		default:
			return integration.stack.fail(integration.resource.id, "its IntegrationType %q has no local part; use AWS_PROXY or MOCK", kind)
		}
	}
	if !a.WebSocket {
		if handler == "" {
			return p.stack.fail(p.resource.id, "ends in no function; give it a Target with AWS_PROXY")
		}
		method, path, found := strings.Cut(key, " ")
		if !found {
			method, path = "", key
		}
		auth := p.props.text("AuthorizationType")
		if auth != "" && auth != "NONE" && auth != "AWS_IAM" {
			return p.stack.fail(p.resource.id, "its AuthorizationType %s has no local part; use NONE or AWS_IAM", auth)
		}
		a.HTTP = append(a.HTTP, HTTPRoute{Method: method, Path: path, Function: handler, IAM: auth == "AWS_IAM", Timeout: timeout})
		return nil
	}
	route := SocketRoute{Key: key, Function: handler, Mock: mock, Timeout: timeout, TwoWay: p.props.text("RouteResponseSelectionExpression") != ""}
	if route.TwoWay && !b.answers(p.ref) {
		return p.stack.fail(p.resource.id, "selects a route response but has none; add an AWS::ApiGatewayV2::RouteResponse")
	}
	if mock != nil && !route.TwoWay {
		mock.Response = ""
	}
	if p.props.text("AuthorizationType") == "CUSTOM" {
		authorizer, ok := byRef["AWS::ApiGatewayV2::Authorizer "+p.props.text("AuthorizerId")]
		if !ok || authorizer.props.text("AuthorizerType") != "REQUEST" {
			return p.stack.fail(p.resource.id, "its AuthorizerId is no REQUEST authorizer; use !Ref of one")
		}
		f, ok := b.byARN(authorizer.props.text("AuthorizerUri"))
		if !ok {
			return authorizer.stack.fail(authorizer.resource.id, "its AuthorizerUri is no function of the templates; point it at one")
		}
		route.Authorizer, route.Identity = f.Handler, authorizer.props.words("IdentitySource")
	}
	a.Socket = append(a.Socket, route)
	return nil
}

// answers tells whether a route has a route response.
func (b *builder) answers(route string) bool {
	for _, p := range b.parts {
		if p.resource.kind == "AWS::ApiGatewayV2::RouteResponse" && p.props.text("RouteId") == route {
			return true
		}
	}
	return false
}

// mock reads what a MOCK integration sends back: the template that the
// TemplateSelectionExpression selects, which is 200 or $default here.
func (b *builder) mock(integration part) *Mock {
	for _, p := range b.parts {
		if p.resource.kind != "AWS::ApiGatewayV2::IntegrationResponse" || p.props.text("IntegrationId") != integration.ref {
			continue
		}
		templates, _ := p.props.all["ResponseTemplates"].(map[string]any)
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
