package template

// An API is one AWS::ApiGatewayV2::Api of the templates with its stage and routes.
// HTTP is filled for an HTTP API, Socket for a WebSocket API.
type API struct {
	// ID is what Ref of the API returns: the {apiid} of its address. It is made of
	// the logical path: lower case, letters and digits only.
	ID string
	// Name is the Name property, or the logical id.
	Name string
	// Stage is the name of its stage: "$default" for most HTTP APIs.
	Stage string
	// WebSocket says which of the two protocols the API has.
	WebSocket bool
	// HTTP holds the routes of an HTTP API in the order of the templates.
	HTTP []HTTPRoute
	// Socket holds the routes of a WebSocket API in the order of the templates.
	Socket []SocketRoute
	// RouteSelection is the RouteSelectionExpression, "$request.body.action".
	RouteSelection string
	// CORS is the CorsConfiguration, nil if the API has none.
	CORS *CORS
}

// An HTTPRoute is one route of an HTTP API. It invokes a function with an event of
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
	// Timeout is TimeoutInMillis of the integration, 30000 if it is not given.
	Timeout int
}

// A SocketRoute is one route of a WebSocket API.
type SocketRoute struct {
	// Key is "$connect", "$disconnect", "$default" or an action.
	Key string
	// Function is the Handler of the function. It is empty for a mock and for a
	// route without integration.
	Function string
	// Mock, if it is not nil, answers instead of a function.
	Mock *Mock
	// TwoWay says that the result of the function is sent to the client.
	TwoWay bool
	// Authorizer is the Handler of the REQUEST authorizer, only on $connect.
	Authorizer string
	// Identity holds the IdentitySource expressions of the authorizer. If a
	// request lacks one of them, it is refused with 401 and the authorizer is not
	// invoked.
	Identity []string
	// Timeout is TimeoutInMillis of the integration, 29000 if it is not given.
	Timeout int
}

// A Mock is a MOCK integration.
type Mock struct {
	// Response is the frame that is sent to the client, from the response
	// template. If it is empty, nothing is sent.
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
