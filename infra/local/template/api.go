package template

// An API is one AWS::ApiGatewayV2::Api of the templates with everything that
// hangs on it. Exactly one of HTTP and Socket is filled, by its protocol.
type API struct {
	// ID is what Ref of the API answers locally: the {apiid} of its address.
	// It is the logical path in lower case, letters and digits only.
	ID string
	// Name is the Name property, or the logical id.
	Name string
	// Stage is the name of its stage: "$default" for most HTTP APIs.
	Stage string
	// WebSocket tells the two protocols apart, even for an API without routes.
	WebSocket bool
	// HTTP holds the routes of an HTTP API in the order of the templates.
	HTTP []HTTPRoute
	// Socket holds the routes of a WebSocket API in the order of the templates.
	Socket []SocketRoute
	// RouteSelection is the RouteSelectionExpression, "$request.body.action".
	RouteSelection string
	// CORS is the CorsConfiguration, nil when the API has none.
	CORS *CORS
}

// An HTTPRoute is one route of an HTTP API that ends in a function, with
// payload format 2.0.
type HTTPRoute struct {
	// Method is "GET", "POST", ..., or "ANY". It is empty for "$default".
	Method string
	// Path is "/v4/openim/sendmsg", "/v4/{proxy+}" or "$default".
	Path string
	// Function is the Handler of the function: the name of the operation.
	Function string
	// IAM is true for AuthorizationType AWS_IAM.
	IAM bool
	// Timeout is TimeoutInMillis of the integration, 30000 when not given.
	Timeout int
}

// A SocketRoute is one route of a WebSocket API.
type SocketRoute struct {
	// Key is "$connect", "$disconnect", "$default" or an action.
	Key string
	// Function is the Handler that serves it, empty for a mock and for a
	// route without integration.
	Function string
	// Mock answers without a function when it is not nil.
	Mock *Mock
	// TwoWay says that what the function returns is sent to the client.
	TwoWay bool
	// Authorizer is the Handler of the REQUEST authorizer, only on $connect.
	Authorizer string
	// Identity holds the IdentitySource expressions of the authorizer. A
	// request that lacks one is refused with 401 without a call.
	Identity []string
	// Timeout is TimeoutInMillis of the integration, 29000 when not given.
	Timeout int
}

// A Mock is a MOCK integration.
type Mock struct {
	// Response is the frame sent back, as the response template gives it.
	// Empty: the route is one way.
	Response string
}

// CORS is the CorsConfiguration of an HTTP API.
type CORS struct {
	Origins     []string
	Methods     []string
	Headers     []string
	Expose      []string
	MaxAge      int
	Credentials bool
}
