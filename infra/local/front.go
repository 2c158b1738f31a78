package local

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// front is the HTTP side: what only the local cloud has under /_local, the
// files of the demo, and the HTTP API for everything else.
func (s *Stack) front() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/_local/faults", s.Faults)
	mux.HandleFunc("GET /_local/demo", s.serveDemo)
	mux.HandleFunc("GET /_local/usersig", s.serveUserSig)
	mux.HandleFunc("GET /_local/stats", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{"functions": s.Functions.Stats(), "gateway": s.Gateway.Counters()})
	})
	api := s.Gateway.HTTP()
	files := filepath.Join(s.options.Root, "web", "demo", "dist")
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if file := page(files, r); file != "" {
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
	// Pages of other sites must not read /_local through a rebound name.
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/_local/") {
			host, _, _ := strings.Cut(r.Host, ":")
			if host != "127.0.0.1" && host != "localhost" {
				answer(w, http.StatusForbidden, map[string]string{"message": "use 127.0.0.1 or localhost"})
				return
			}
		} else if strings.Contains(r.URL.Path, "//") || strings.Contains(r.URL.Path, "/.") {
			api.ServeHTTP(w, r) // the mux would redirect to the clean path
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// page answers the file of the demo that a request is for, "" for none.
func page(root string, r *http.Request) string {
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
		// ServeFile redirects /index.html to ./, which is this very page.
		r.URL.Path = "/"
	}
	return file
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the caller has gone: nobody to tell
}
