package local

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// handler serves the HTTP port: paths under /_local, which only the local cloud has, the
// files of the demo app, and the HTTP API for everything else.
func (s *Stack) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/_local/faults", s.Faults)
	mux.HandleFunc("GET /_local/demo", s.serveDemo)
	mux.HandleFunc("GET /_local/usersig", s.serveUserSig)
	mux.HandleFunc("GET /_local/stats", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{"functions": s.Functions.Stats(), "gateway": s.Gateway.Counters()})
	})
	api := s.Gateway.HTTP()
	files := filepath.Join(s.options.Root, "web", "demo", "dist")
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if file := demoFile(files, r); file != "" {
			w.Header().Set("Cache-Control", "no-cache")
			http.ServeFile(w, r, file)
			return
		}
		if r.URL.Path == "/" && r.Method == http.MethodGet {
			http.Error(w, "The demo page is not built: web/demo/dist is missing. make run builds it.", http.StatusNotFound)
			return
		}
		api.ServeHTTP(w, r)
	})
	// A web page of another site could make its own host name resolve to 127.0.0.1 (DNS
	// rebinding) and read secrets from /_local. So only these two host names are served.
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/_local/") {
			host, _, _ := strings.Cut(r.Host, ":")
			if host != "127.0.0.1" && host != "localhost" {
				writeJSON(w, http.StatusForbidden, map[string]string{"message": "use 127.0.0.1 or localhost"})
				return
			}
		} else if strings.Contains(r.URL.Path, "//") || strings.Contains(r.URL.Path, "/.") {
			api.ServeHTTP(w, r) // the mux would redirect to the cleaned path
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// demoFile returns the file of the demo app that a request asks for, and "" if there is
// none.
func demoFile(root string, r *http.Request) string {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return ""
	}
	for _, prefix := range []string{"/v4/", "/client/", "/operator/", "/_local/"} {
		if strings.HasPrefix(r.URL.Path, prefix) {
			return ""
		}
	}
	name := strings.TrimPrefix(r.URL.Path, "/")
	if name == "" {
		name = "index.html"
	}
	if !filepath.IsLocal(name) {
		return ""
	}
	file := filepath.Join(root, filepath.FromSlash(name))
	if info, err := os.Stat(file); err != nil || info.IsDir() {
		return ""
	}
	if filepath.Base(file) == "index.html" {
		// ServeFile would redirect /index.html to ./, which is the same page.
		r.URL.Path = "/"
	}
	return file
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // an error means that the client has gone
}
