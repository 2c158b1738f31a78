package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"parley/infra/local/template"
)

// maxHeaders is how long the request line and the headers may be together, in bytes.
const maxHeaders = 10240

// defaultHTTPTimeout is the timeout of an integration of an HTTP API if the template
// gives none, in ms.
const defaultHTTPTimeout = 30000

// An httpAPI is one HTTP API with its routes.
type httpAPI struct {
	template.API

	routes httpRoutes
}

func newHTTPAPIs(list []template.API) []httpAPI {
	out := make([]httpAPI, len(list))
	for i, a := range list {
		if a.Stage == "" {
			a.Stage = defaultStage
		}
		out[i] = httpAPI{a, newHTTPRoutes(a.HTTP)}
	}
	return out
}

// find returns the route of a request to an API and its path parameters. The route is nil if
// the API has none, or does not have the stage of the path.
func (a *httpAPI) find(method, path string) (*httpRoute, map[string]string) {
	if a.Stage != defaultStage {
		rest, ok := strings.CutPrefix(path, "/"+a.Stage)
		if !ok || rest != "" && rest[0] != '/' {
			return nil, nil
		}
		path = rest
	}
	if path == "" {
		path = "/"
	}
	return a.routes.find(method, path)
}

// route returns the API that serves a request, with the route and its path parameters. If
// none has a route, it is the first API, and the route is nil.
func (g *Gateway) route(method, path string) (*httpAPI, *httpRoute, map[string]string) {
	for i := range g.http {
		if route, params := g.http[i].find(method, path); route != nil {
			return &g.http[i], route, params
		}
	}
	if len(g.http) == 0 {
		return &httpAPI{}, nil, nil
	}
	return &g.http[0], nil, nil
}

func (g *Gateway) serveHTTP(w http.ResponseWriter, r *http.Request) {
	// Functions receive the decoded path, without what follows a decoded question
	// mark. An HTTP API of AWS does the same.
	path, _, _ := strings.Cut(r.URL.Path, "?")
	method := r.Method
	if isPreflight(r) {
		method = r.Header.Get("Access-Control-Request-Method")
	}
	api, route, params := g.route(method, path)
	if api.CORS != nil {
		if isPreflight(r) {
			preflight(w, r, api.CORS)
			return
		}
		allowOrigin(w.Header(), r, api.CORS)
	} else if method != r.Method {
		api, route, params = g.route(r.Method, path)
	}
	if route == nil {
		g.notFound(w, r)
		return
	}
	if headerBytes(r) > maxHeaders {
		refuse(w, http.StatusRequestHeaderFieldsTooLarge, "Request Header Fields Too Large")
		return
	}
	if r.ContentLength > MaxBody {
		refuse(w, http.StatusRequestEntityTooLarge, "Request Entity Too Large")
		return
	}
	body, err := readBody(w, r)
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			refuse(w, http.StatusRequestEntityTooLarge, "Request Entity Too Large")
			return
		}
		refuse(w, http.StatusBadRequest, "Bad Request")
		return
	}
	id := newID()
	w.Header().Set("Apigw-Requestid", id)
	event := g.httpEvent(r, api, route, params, body, id)
	payload, err := json.Marshal(event)
	if err != nil {
		g.log.Error("event not encoded", "route", route.key, "error", err)
		refuse(w, http.StatusInternalServerError, "Internal Server Error")
		return
	}
	if len(payload) > MaxEvent {
		refuse(w, http.StatusRequestEntityTooLarge, "Request Entity Too Large")
		return
	}
	g.requests.Add(1)
	result, err := g.call(route.Function, route.Timeout, defaultHTTPTimeout, payload)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		refuse(w, http.StatusServiceUnavailable, "Service Unavailable")
		return
	case err != nil:
		g.log.Error("function not invoked", "function", route.Function, "error", err)
		refuse(w, http.StatusInternalServerError, "Internal Server Error")
		return
	case result.Failed:
		refuse(w, http.StatusInternalServerError, "Internal Server Error")
		return
	}
	answer, err := parseHTTPAnswer(result.Payload)
	if err != nil {
		g.log.Error("malformed answer", "function", route.Function, "error", err)
		refuse(w, http.StatusInternalServerError, "Internal Server Error")
		return
	}
	answer.write(w, api.CORS != nil)
}

func (g *Gateway) notFound(w http.ResponseWriter, r *http.Request) {
	if g.options.Fallback != nil {
		g.options.Fallback.ServeHTTP(w, r)
		return
	}
	refuse(w, http.StatusNotFound, "Not Found")
}

// refuse answers with an error of the gateway itself.
func refuse(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"message":"`+message+`"}`)
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength == 0 {
		return nil, nil
	}
	if r.ContentLength > 0 {
		body := make([]byte, r.ContentLength)
		_, err := io.ReadFull(r.Body, body)
		return body, err
	}
	return io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
}

func headerBytes(r *http.Request) int {
	n := len(r.Method) + len(r.RequestURI) + len(r.Proto) + len(r.Host)
	for name, values := range r.Header {
		for _, v := range values {
			n += len(name) + len(v)
		}
	}
	return n
}
