package gateway

import (
	"net/http"
	"strconv"
	"strings"

	"parley/infra/local/template"
)

func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Origin") != "" && r.Header.Get("Access-Control-Request-Method") != ""
}

// preflight answers a preflight request with 204. No function is invoked. The
// Access-Control headers are set only if the origin is allowed.
func preflight(w http.ResponseWriter, r *http.Request, cors *template.CORS) {
	h := w.Header()
	if allowOrigin(h, r, cors) {
		set := func(name string, values []string) {
			if len(values) > 0 {
				h.Set(name, strings.Join(values, ","))
			}
		}
		set("Access-Control-Allow-Methods", cors.Methods)
		set("Access-Control-Allow-Headers", cors.Headers)
		if cors.MaxAge > 0 {
			h.Set("Access-Control-Max-Age", strconv.Itoa(cors.MaxAge))
		}
	}
	h.Set("Apigw-Requestid", newID())
	w.WriteHeader(http.StatusNoContent)
}

// allowOrigin sets the headers of a response to an allowed origin. It reports whether
// the origin is allowed.
func allowOrigin(h http.Header, r *http.Request, cors *template.CORS) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return false
	}
	for _, allowed := range cors.Origins {
		prefix, isPrefix := strings.CutSuffix(allowed, "*")
		switch {
		case allowed == "*":
			h.Set("Access-Control-Allow-Origin", "*")
		case strings.EqualFold(allowed, origin), isPrefix && strings.HasPrefix(origin, prefix):
			h.Set("Access-Control-Allow-Origin", origin)
			h.Add("Vary", "Origin")
		default:
			continue
		}
		if cors.Credentials {
			h.Set("Access-Control-Allow-Credentials", "true")
		}
		if len(cors.Expose) > 0 {
			h.Set("Access-Control-Expose-Headers", strings.Join(cors.Expose, ","))
		}
		return true
	}
	return false
}
